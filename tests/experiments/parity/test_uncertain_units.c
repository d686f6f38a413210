/* tests/experiments/parity/test_uncertain_units.c -- ReLU inputs near zero and near ties of max pools:
 * which are found, and what crossing one does to the gradients. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include "core/rng.h"
#include "experiments/parity/uncertain_units.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"

enum { N = 2, SIDE = 16 };

static const cc_net_spec with_norm = {
    .arch = "unet-bn", .width = 8, .depth = 3, .in_channels = 1, .classes = 1};
static const cc_net_spec without = {.arch = "unet", .width = 8, .depth = 3, .in_channels = 1, .classes = 1};

typedef struct net {
    cc_model *model;
    cc_plan *plan;
    float input[N * SIDE * SIDE], gradient[N * SIDE * SIDE];
    size_t count;
} net;

static void net_open(net *n, const cc_net_spec *spec, const cc_backend *backend) {
    const cc_plan_options options = {
        .n = N, .height = SIDE, .width = SIDE, .training = true, .keeps_values = true};
    assert_ok(cc_model_create(&n->model, spec, backend));
    assert_ok(cc_plan_create(&n->plan, n->model, &options));
    assert_ok(cc_model_initialise(n->model, 3));
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < N * SIDE * SIDE; i++) n->input[i] = (float)cc_rng_normal(&rng);
    for (int i = 0; i < N * SIDE * SIDE; i++) n->gradient[i] = (float)cc_rng_normal(&rng);
    n->count = (size_t)cc_model_trained_values(n->model);
}

static void net_close(net *n) {
    cc_plan_destroy(n->plan);
    cc_model_destroy(n->model);
}

/* All gradients of a pass with the units flipped; the caller frees them. */
static float *gradients(net *n, const cc_uncertain_unit *flipped, size_t count) {
    const float *logits;
    float *all = malloc(n->count * sizeof *all), *next = all;
    assert_non_null(all);
    assert_ok(cc_plan_forward(n->plan, n->input, &logits));
    for (size_t i = 0; i < count; i++) assert_ok(cc_uncertain_unit_flip(n->plan, &flipped[i]));
    assert_ok(cc_plan_backward(n->plan, n->gradient));
    for (int i = 0; i < cc_model_parameter_count(n->model); i++) {
        if (!cc_model_parameter(n->model, i)->trained) continue;
        assert_ok(cc_model_get_gradient(next, n->model, i));
        next += cc_model_parameter(n->model, i)->count;
    }
    return all;
}

static double difference(const float *a, const float *b, size_t count) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        error += pow((double)a[i] - b[i], 2);
        norm += pow(b[i], 2);
    }
    return sqrt(error / norm);
}

static bool is_pool(const net *n, const cc_uncertain_unit *unit) {
    return cc_graph_node(cc_plan_graph(n->plan), unit->node)->op->near_ties != NULL;
}

static void find(cc_uncertain_units *units, net *n, double bound) {
    const float *logits;
    assert_ok(cc_plan_forward(n->plan, n->input, &logits));
    assert_ok(cc_uncertain_units_find(units, n->plan, n->model, bound));
}

static void the_closest_within_the_bound_come_first(void **state) {
    (void)state;
    static net n;
    cc_uncertain_units wide, narrow;
    net_open(&n, &with_norm, &cc_backend_cpu);
    find(&wide, &n, 2e-2);
    assert_int_equal(wide.count, CC_UNCERTAIN_UNITS_MAX);
    assert_true(wide.units > CC_UNCERTAIN_UNITS_MAX);
    for (size_t i = 1; i < wide.count; i++) assert_true(wide.items[i - 1].distance <= wide.items[i].distance);
    find(&narrow, &n, wide.items[9].distance);
    assert_int_equal(narrow.units, 10);
    for (size_t i = 0; i < 10; i++) assert_int_equal(narrow.items[i].unit, wide.items[i].unit);
    net_close(&n);
}

/* Two backends round differently, but a unit that is flipped counts the same in both: of ReLUs, or of max
 * pools, the first four. */
static void check_crossing(const cc_net_spec *spec, bool pools) {
    static net cpu, reference;
    cc_uncertain_units units;
    int crossed = 0;
    net_open(&cpu, spec, &cc_backend_cpu);
    net_open(&reference, spec, &cc_backend_reference);
    find(&units, &cpu, 1e-2);
    float *plain = gradients(&cpu, NULL, 0);
    for (size_t i = 0; i < units.count && crossed < 4; i++) {
        if (is_pool(&cpu, &units.items[i]) != pools) continue;
        float *a = gradients(&cpu, &units.items[i], 1), *b = gradients(&reference, &units.items[i], 1);
        assert_true(difference(a, plain, cpu.count) > 1e-4);
        assert_true(difference(a, b, cpu.count) < 2e-5);
        crossed++;
        free(a);
        free(b);
    }
    assert_int_equal(crossed, 4);
    float *again = gradients(&cpu, NULL, 0);
    assert_memory_equal(again, plain, cpu.count * sizeof *plain);
    free(plain);
    free(again);
    net_close(&cpu);
    net_close(&reference);
}

static void a_unit_of_a_batch_norm_crosses_alike_in_every_backend(void **state) {
    (void)state;
    check_crossing(&with_norm, false);
}

static void a_unit_of_a_plain_relu_crosses_alike_in_every_backend(void **state) {
    (void)state;
    check_crossing(&without, false);
}

static void a_near_tie_of_a_max_pool_crosses_alike_in_every_backend(void **state) {
    (void)state;
    check_crossing(&with_norm, true);
    check_crossing(&without, true);
}

/* Each tie is listed once, and no window of shut ReLUs: both of its values are exactly 0 there. */
static void windows_of_zeros_are_no_ties(void **state) {
    (void)state;
    static net n;
    cc_uncertain_units units;
    int ties = 0;
    net_open(&n, &without, &cc_backend_cpu);
    find(&units, &n, 1e-2);
    for (size_t i = 0; i < units.count; i++) {
        if (!is_pool(&n, &units.items[i])) continue;
        ties++;
        assert_true(units.items[i].other > 1e-4f); /* of a window of zeros it would be some 1e-6 */
        for (size_t k = 0; k < i; k++)
            assert_false(units.items[k].node == units.items[i].node &&
                         units.items[k].unit == units.items[i].unit &&
                         units.items[k].at == units.items[i].at);
    }
    assert_true(ties > 0);
    net_close(&n);
}

typedef struct ties {
    cc_near_tie found[8];
    int count;
} ties;

static void note_tie(void *context, const cc_near_tie *tie) {
    ties *t = context;
    assert_true(t->count < 8);
    t->found[t->count++] = *tie;
}

/* Windows 1 4 4 0, whose second largest is as large; 2 9 8.75 3, a quarter below; 5 0 4
 * -7, further. */
static void max_pools_tell_what_they_nearly_chose(void **state) {
    (void)state;
    const cc_shape in = {4, {1, 1, 2, 6}}, out = {4, {1, 1, 1, 3}};
    const float x[] = {1, 4, 2, 9, 5, 0, 4, 0, 8.75f, 3, 4, -7};
    const cc_max_pool_attr pool = cc_max_pool_2d(2, 2, 0);
    ties t = {.count = 0};
    const cc_reference_io io = {.attr = &pool, .input_shapes = {&in}, .output_shape = &out, .x = {x}};
    cc_op_max_pool.near_ties(&io, 0.25, note_tie, &t);
    assert_int_equal(t.count, 2);
    assert_true(t.found[0].unit == 0 && t.found[0].winner == 1 && t.found[0].other == 6);
    assert_true(t.found[1].unit == 1 && t.found[1].winner == 3 && t.found[1].other == 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_closest_within_the_bound_come_first),
        cmocka_unit_test(a_unit_of_a_batch_norm_crosses_alike_in_every_backend),
        cmocka_unit_test(a_unit_of_a_plain_relu_crosses_alike_in_every_backend),
        cmocka_unit_test(a_near_tie_of_a_max_pool_crosses_alike_in_every_backend),
        cmocka_unit_test(windows_of_zeros_are_no_ties),
        cmocka_unit_test(max_pools_tell_what_they_nearly_chose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
