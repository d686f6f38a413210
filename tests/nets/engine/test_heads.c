/* tests/nets/engine/test_heads.c -- a net of two outputs: their gradients add up where both were made from
 * the same features, logits outlive the backward pass, and what a loss trains of its own is stepped, kept and
 * put back. The net is mtal at its smallest size. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"

enum { SIDE = 256, PIXELS = SIDE * SIDE, LOGITS = 6 * PIXELS, TARGETS = 2 * PIXELS };

static const cc_net_spec mtal = {.arch = "mtal", .in_channels = 1};
static const cc_loss_spec terms[] = {{.type = "cross-entropy", .head = "region", .weight = 1},
                                     {.type = "cross-entropy", .head = "lesion", .weight = 1}};
static const cc_loss_spec loss = {.type = "uncertainty",
                                  .terms = terms,
                                  .term_count = 2,
                                  .log_variance = {0.25, -0.5},
                                  .log_variance_count = 2};
static const cc_optimizer_spec sgd = {.type = "sgd", .lr = 0.01, .momentum = 0.9};

typedef struct net {
    cc_model *model;
    cc_plan *plan;
    float *input, *target;
} net;

static void make(net *n) {
    const cc_plan_options options = {.n = 1, .height = SIDE, .width = SIDE, .training = true};
    cc_rng rng = cc_rng_init(4, CC_PURPOSE_TEST, 0, 0);
    assert_ok(cc_model_create(&n->model, &mtal, &cc_backend_cpu));
    assert_ok(cc_plan_create(&n->plan, n->model, &options));
    assert_ok(cc_model_initialise(n->model, 1));
    n->input = malloc(PIXELS * sizeof *n->input);
    n->target = malloc(TARGETS * sizeof *n->target);
    for (int i = 0; i < PIXELS; i++) n->input[i] = (float)cc_rng_normal(&rng);
    for (int i = 0; i < TARGETS; i++)
        n->target[i] = (float)(int)((i < PIXELS ? 4 : 2) * cc_rng_uniform(&rng));
}

static void destroy(net *n) {
    cc_plan_destroy(n->plan);
    cc_model_destroy(n->model);
    free(n->input), free(n->target);
}

static void gradients_of_two_outputs_add_up_and_logits_stay(void **state) {
    (void)state;
    net n;
    make(&n);
    const cc_loss_heads heads = cc_plan_heads(n.plan);
    assert_int_equal(heads.count, 2);
    assert_string_equal(heads.items[0].name, "region");
    assert_int_equal(heads.items[1].shape.classes, 2);
    const size_t count = cc_model_flat(n.model).count;
    float *gradient = malloc(LOGITS * sizeof *gradient), *before = malloc(LOGITS * sizeof *before),
          *sum = calloc(count, sizeof *sum);
    double difference = 0, size = 0;
    /* Of the first output alone, of the second alone, of both. */
    for (int part = 0; part < 3; part++) {
        const float *logits;
        assert_ok(cc_plan_forward(n.plan, n.input, &logits));
        memcpy(before, logits, LOGITS * sizeof *before);
        for (int i = 0; i < LOGITS; i++) {
            const int head = i >= 4 * PIXELS;
            gradient[i] = part == 2 || part == head ? (float)(i % 5 - 2) / PIXELS : 0;
        }
        assert_ok(cc_plan_backward(n.plan, gradient));
        assert_memory_equal(before, logits, LOGITS * sizeof *before);
        const float *got = cc_model_flat(n.model).grads;
        for (size_t i = 0; i < count; i++) {
            if (part < 2)
                sum[i] += got[i];
            else
                difference += pow(got[i] - sum[i], 2), size += pow(got[i], 2);
        }
    }
    assert_true(size > 0 && sqrt(difference / size) < 1e-4);
    free(gradient), free(before), free(sum);
    destroy(&n);
}

/* s becomes s - lr (1/2 - exp(-s) L); the whole state goes through a host view and back. */
static void what_a_loss_trains_is_stepped_kept_and_put_back(void **state) {
    (void)state;
    net n;
    cc_learner *learner;
    float s[CC_LOSS_PARAMETERS_MAX], later[CC_LOSS_PARAMETERS_MAX], by_s[CC_LOSS_PARAMETERS_MAX];
    const float *logits;
    double value, wanted;
    int count;
    make(&n);
    cc_loss_heads heads = cc_plan_heads(n.plan);
    assert_ok(cc_loss_bind(&heads, &loss));
    assert_ok(cc_learner_create(&learner, n.model, n.plan, &loss, &sgd));
    assert_ok(cc_learner_loss_parameters(s, &count, learner));
    assert_true(count == 2 && s[0] == 0.25f && s[1] == -0.5f);

    void *scratch = malloc(cc_loss_scratch_bytes_of(&loss, &heads));
    assert_ok(cc_plan_forward(n.plan, n.input, &logits));
    assert_ok(cc_loss_evaluate_heads(&wanted, &loss,
                                     &(cc_loss_io){.heads = &heads,
                                                   .logits = logits,
                                                   .target = n.target,
                                                   .parameter_gradients = by_s,
                                                   .scratch = scratch}));
    free(scratch);
    assert_ok(cc_learner_step(learner, n.input, n.target, sgd.lr, &value));
    assert_true(fabs(value - wanted) < 1e-6 * fabs(wanted));
    assert_ok(cc_learner_loss_parameters(later, &count, learner));
    for (int i = 0; i < 2; i++) assert_true(fabs(later[i] - (s[i] - sgd.lr * by_s[i])) < 1e-6);

    /* A checkpoint is this view; a training that starts anew forgets it. */
    cc_host_view *view = cc_learner_state(learner);
    float *kept = malloc(view->count * sizeof *kept);
    assert_ok(cc_host_view_fetch(view));
    memcpy(kept, view->values, view->count * sizeof *kept);
    assert_ok(cc_learner_reset(learner));
    assert_ok(cc_learner_loss_parameters(s, &count, learner));
    assert_true(s[0] == 0.25f && s[1] == -0.5f && *cc_learner_steps(learner) == 0);
    memcpy(view->values, kept, view->count * sizeof *kept);
    assert_ok(cc_host_view_put(view));
    assert_ok(cc_learner_loss_parameters(s, &count, learner));
    assert_memory_equal(s, later, 2 * sizeof *s);
    free(kept);
    cc_learner_destroy(learner);
    destroy(&n);
}

/* Outputs come in the order of net.heads; dropout leaves out values of the encoder's last features alone,
 * those that both decoders begin at. */
static void outputs_lie_in_the_order_of_the_heads_and_dropout_before_both_decoders(void **state) {
    (void)state;
    cc_net_spec spec = mtal;
    cc_graph *graph;
    int dropped = 0, readers = 0;
    cc_value value = CC_NO_VALUE;
    spec.heads[0] = (cc_head_spec){.name = "lesion", .classes = 2};
    spec.heads[1] = (cc_head_spec){.name = "region", .classes = 5};
    spec.head_count = 2;
    spec.dropout = 0.5;
    assert_ok(cc_net_build(&graph, &spec, 1, 0, SIDE, SIDE));
    assert_string_equal(cc_graph_output_at(graph, 0)->name, "lesion");
    assert_string_equal(cc_graph_output_at(graph, 1)->name, "region");
    assert_int_equal(cc_graph_shape(graph, cc_graph_output_at(graph, 1)->value).dims[1], 5);
    for (int i = 0; i < cc_graph_node_count(graph); i++) {
        const cc_node *node = cc_graph_node(graph, i);
        for (int k = 0; k < node->input_count; k++)
            readers += node->inputs[k] == value && value != CC_NO_VALUE;
        if (strcmp(node->op->name, "dropout") != 0) continue;
        dropped++;
        value = i + 1;
        assert_int_equal(node->shape.dims[1], 128);
        assert_int_equal(node->shape.dims[2], 1);
    }
    assert_int_equal(dropped, 1);
    assert_int_equal(readers, 1); /* enlarged once, for both */
    cc_graph_destroy(graph);
    spec.dropout = 0;
    assert_ok(cc_net_build(&graph, &spec, 1, 0, SIDE, SIDE));
    for (int i = 0; i < cc_graph_node_count(graph); i++)
        assert_string_not_equal(cc_graph_node(graph, i)->op->name, "dropout");
    cc_graph_destroy(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_loss_trains_is_stepped_kept_and_put_back),
        cmocka_unit_test(outputs_lie_in_the_order_of_the_heads_and_dropout_before_both_decoders),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(gradients_of_two_outputs_add_up_and_logits_stay),
    };
    return cc_test_run_group(tests, optimised, NULL, NULL);
}
