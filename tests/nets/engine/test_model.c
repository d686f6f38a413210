/* tests/nets/engine/test_model.c -- whole nets: the CPU against the reference backend, plans that share
 * weights, and what a step may not do. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/plan.h"

/* Counts allocations of the whole program, libraries included, but for the few hundred bytes of arguments
 * that oneDNN copies at each call; under sanitizers malloc is not ours to replace. */
enum { BOOKKEEPING_BYTES = 512 };
static long allocations;
#ifndef CC_SANITIZED
extern void *__libc_malloc(size_t size);
void *malloc(size_t size);
void *malloc(size_t size) {
    allocations += size > BOOKKEEPING_BYTES;
    return __libc_malloc(size);
}
#endif

static const cc_net_spec small_unet = {
    .arch = "unet", .width = 6, .depth = 3, .in_channels = 1, .classes = 1};
static const cc_net_spec small_unet_bn = {
    .arch = "unet-bn", .width = 8, .depth = 3, .in_channels = 2, .classes = 3};

typedef struct net {
    cc_model *model;
    cc_plan *plan;
    cc_shape in, out;
    float *input, *gradient;
} net;

static void net_open(net *n, const cc_net_spec *spec, const cc_backend *backend, bool training) {
    cc_plan_options options = {.n = 2, .height = 16, .width = 24, .training = training};
    assert_ok(cc_model_create(&n->model, spec, backend));
    assert_ok(cc_plan_create(&n->plan, n->model, &options));
    assert_ok(cc_model_initialise(n->model, 3));
    n->in = cc_shape_2d(2, spec->in_channels, 16, 24);
    n->out = cc_shape_2d(2, spec->classes, 16, 24);
    n->input = malloc((size_t)cc_shape_count(&n->in) * sizeof(float));
    n->gradient = malloc((size_t)cc_shape_count(&n->out) * sizeof(float));
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int64_t i = 0; i < cc_shape_count(&n->in); i++) n->input[i] = (float)cc_rng_normal(&rng);
    for (int64_t i = 0; i < cc_shape_count(&n->out); i++) n->gradient[i] = (float)cc_rng_normal(&rng);
}

static void net_close(net *n) {
    cc_plan_destroy(n->plan);
    cc_model_destroy(n->model);
    free(n->input);
    free(n->gradient);
}

static double relative_error(const float *got, const float *want, int64_t count) {
    double error = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        error += pow((double)got[i] - want[i], 2);
        norm += pow(want[i], 2);
    }
    return sqrt(error / (norm > 0 ? norm : 1));
}

static void compare_parameters(const net *a, const net *b, double tolerance) {
    for (int i = 0; i < cc_model_parameter_count(a->model); i++) {
        const cc_parameter *p = cc_model_parameter(a->model, i);
        float *x = malloc((size_t)p->count * sizeof *x), *y = malloc((size_t)p->count * sizeof *y);
        assert_ok(p->trained ? cc_model_get_gradient(x, a->model, i) : cc_model_get(x, a->model, i));
        assert_ok(p->trained ? cc_model_get_gradient(y, b->model, i) : cc_model_get(y, b->model, i));
        double error = relative_error(x, y, p->count);
        if (error > tolerance) print_error("%s: %.2e\n", p->name, error);
        assert_true(error <= tolerance);
        free(x);
        free(y);
    }
}

static void compare_backends(const cc_net_spec *spec, double tolerance) {
    net cpu, reference;
    const float *a, *b;
    net_open(&cpu, spec, &cc_backend_cpu, true);
    net_open(&reference, spec, &cc_backend_reference, true);
    assert_ok(cc_plan_forward(cpu.plan, cpu.input, &a));
    assert_ok(cc_plan_forward(reference.plan, reference.input, &b));
    assert_true(relative_error(a, b, cc_shape_count(&cpu.out)) < tolerance);
    assert_ok(cc_plan_backward(cpu.plan, cpu.gradient));
    assert_ok(cc_plan_backward(reference.plan, reference.gradient));
    compare_parameters(&cpu, &reference, 20 * tolerance);
    net_close(&cpu);
    net_close(&reference);
}

static void a_whole_unet_on_the_cpu_equals_the_reference(void **state) {
    (void)state;
    compare_backends(&small_unet, 1e-5);
    compare_backends(&small_unet_bn, 1e-5);
}

static void plans_share_weights_and_statistics(void **state) {
    (void)state;
    net n;
    cc_plan *single;
    const float *logits, *alone;
    cc_plan_options options = {.n = 1, .height = 16, .width = 24};
    net_open(&n, &small_unet_bn, &cc_backend_cpu, false);
    assert_ok(cc_plan_create(&single, n.model, &options));
    int64_t half = cc_shape_count(&n.out) / 2;
    assert_ok(cc_plan_forward(n.plan, n.input, &logits));
    assert_ok(cc_plan_forward(single, n.input + cc_shape_count(&n.in) / 2, &alone));
    assert_true(relative_error(alone, logits + half, half) < 1e-5);
    cc_plan_destroy(single);
    net_close(&n);
}

static void values_come_back_as_they_were_set(void **state) {
    (void)state;
    net n;
    net_open(&n, &small_unet_bn, &cc_backend_cpu, true);
    size_t count = cc_model_value_count(n.model);
    float *set = malloc(count * sizeof *set), *got = malloc(count * sizeof *got);
    for (size_t i = 0; i < count; i++) set[i] = (float)i;
    assert_ok(cc_model_set_all(n.model, set));
    assert_ok(cc_model_get_all(got, n.model));
    assert_memory_equal(set, got, count * sizeof *set);
    free(set);
    free(got);
    net_close(&n);
}

static void the_same_step_gives_the_same_bytes(void **state) {
    (void)state;
    net a, b;
    const float *x, *y;
    net_open(&a, &small_unet_bn, &cc_backend_cpu, true);
    net_open(&b, &small_unet_bn, &cc_backend_cpu, true);
    assert_ok(cc_plan_forward(a.plan, a.input, &x));
    assert_ok(cc_plan_forward(b.plan, b.input, &y));
    assert_memory_equal(x, y, (size_t)cc_shape_count(&a.out) * sizeof(float));
    assert_ok(cc_plan_backward(a.plan, a.gradient));
    assert_ok(cc_plan_backward(b.plan, b.gradient));
    compare_parameters(&a, &b, 0);
    net_close(&a);
    net_close(&b);
}

static void a_step_allocates_nothing(void **state) {
    (void)state;
    net n;
    const float *logits;
    net_open(&n, &small_unet_bn, &cc_backend_cpu, true);
    for (int i = 0; i < 2; i++) { /* the first step may warm up libraries */
        allocations = 0;
        assert_ok(cc_plan_forward(n.plan, n.input, &logits));
        assert_ok(cc_plan_backward(n.plan, n.gradient));
    }
    assert_int_equal(allocations, 0);
    net_close(&n);
}

static void memory_is_reused_where_lifetimes_allow(void **state) {
    (void)state;
    net n, trained;
    /* whose kernels take no memory to work in */
    net_open(&n, &small_unet_bn, &cc_backend_reference, false);
    net_open(&trained, &small_unet_bn, &cc_backend_reference, true);
    size_t sum = 0;
    for (int i = 0; i < cc_graph_node_count(cc_plan_graph(n.plan)); i++)
        sum += (size_t)cc_shape_count(&cc_graph_node(cc_plan_graph(n.plan), i)->shape) * sizeof(float);
    assert_true(cc_plan_bytes(n.plan) < sum / 2);
    assert_true(cc_plan_bytes(trained.plan) < 2 * sum);
    net_close(&n);
    net_close(&trained);
}

static void the_papers_unet_has_its_parameters(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec spec = {.arch = "unet-bn", .width = 64, .depth = 5, .in_channels = 1, .classes = 1};
    assert_ok(cc_net_build(&graph, &spec, 1, 0, 512, 512));
    assert_int_equal(cc_graph_trained_values(graph), 31036481);
    cc_graph_destroy(graph);
}

static void a_prior_sets_the_bias_of_the_last_layer_alone(void **state) {
    (void)state;
    cc_net_spec with = small_unet_bn;
    with.prior = 0.01;
    net plain, prior;
    net_open(&plain, &small_unet_bn, cc_backend_find("cpu"), false);
    net_open(&prior, &with, cc_backend_find("cpu"), false);
    size_t count = cc_model_value_count(plain.model), classes = (size_t)with.classes;
    float *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
    assert_ok(cc_model_get_all(a, plain.model));
    assert_ok(cc_model_get_all(b, prior.model));
    assert_memory_equal(a, b, (count - classes) * sizeof *a);
    for (size_t i = count - classes; i < count; i++) {
        assert_true(a[i] == 0);
        assert_true(fabs(1 / (1 + exp(-(double)b[i])) - 0.01) < 1e-6);
    }
    free(a), free(b);
    net_close(&plain), net_close(&prior);
}

static void sizes_and_nets_that_do_not_exist_are_refused(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec unknown = small_unet;
    unknown.arch = "vnet";
    assert_error(cc_net_build(&graph, &small_unet, 1, 0, 30, 32), CC_EINVAL, "multiple of 4");
    assert_error(cc_net_build(&graph, &unknown, 1, 0, 32, 32), CC_ECONFIG, "vnet");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_unet_on_the_cpu_equals_the_reference),
        cmocka_unit_test(plans_share_weights_and_statistics),
        cmocka_unit_test(values_come_back_as_they_were_set),
        cmocka_unit_test(the_same_step_gives_the_same_bytes),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(memory_is_reused_where_lifetimes_allow),
        cmocka_unit_test(the_papers_unet_has_its_parameters),
        cmocka_unit_test(a_prior_sets_the_bias_of_the_last_layer_alone),
        cmocka_unit_test(sizes_and_nets_that_do_not_exist_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
