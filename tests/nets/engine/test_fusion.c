/* tests/nets/engine/test_fusion.c -- inference plans fold batch norm and activations into convolutions: the
 * same values, whatever happens to the weights between two passes. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/ema.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"
#include "nets/ops/ops.h"

enum { BATCH = 2, SIZE = 64 };

typedef struct nets { /* the same net twice */
    cc_model *models[2];
    cc_plan *plans[2];
    float input[BATCH * SIZE * SIZE];
} nets;

/* The CPU's kernels without the talent to fuse. */
static cc_kernel plain_kernels[2];
static cc_backend plain_backend;

static const cc_kernel *plain_kernel_of(const cc_op *op) {
    return op == &cc_op_conv ? &plain_kernels[0] : op == &cc_op_conv_transpose ? &plain_kernels[1] : op->cpu;
}

static int make_plain_backend(void **state) {
    (void)state;
    plain_kernels[0] = *cc_op_conv.cpu;
    plain_kernels[1] = *cc_op_conv_transpose.cpu;
    plain_kernels[0].fuses = plain_kernels[1].fuses = NULL;
    plain_backend = cc_backend_cpu;
    plain_backend.kernel_of = plain_kernel_of;
    return 0;
}

static const cc_backend *const backends[] = {&cc_backend_cpu, &plain_backend};

/* Random statistics, as training leaves them, and random weights. */
static void shake(nets *n, uint64_t stream) {
    cc_rng rng = cc_rng_init(21, CC_PURPOSE_TEST, 0, stream);
    assert_ok(cc_model_initialise(n->models[0], stream));
    for (int i = 0; i < cc_model_parameter_count(n->models[0]); i++) {
        const cc_parameter *p = cc_model_parameter(n->models[0], i);
        float *values = malloc((size_t)p->count * sizeof *values);
        assert_ok(cc_model_get(values, n->models[0], i));
        for (int64_t k = 0; k < p->count && p->of.role != CC_ROLE_KERNEL; k++)
            values[k] += (float)cc_rng_between(&rng, p->of.role == CC_ROLE_RUNNING_VAR ? 0 : -0.3, 0.3);
        for (int k = 0; k < 2; k++) assert_ok(cc_model_set(n->models[k], i, values));
        free(values);
    }
}

static nets *open_nets(const char *name) {
    nets *n = calloc(1, sizeof *n);
    cc_net_spec spec;
    cc_plan_options options = {.n = BATCH, .height = SIZE, .width = SIZE};
    cc_rng rng = cc_rng_init(20, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < BATCH * SIZE * SIZE; i++) n->input[i] = (float)cc_rng_normal(&rng);
    assert_ok(cc_net_find(&spec, name));
    for (int k = 0; k < 2; k++) {
        assert_ok(cc_model_create(&n->models[k], &spec, backends[k]));
        assert_ok(cc_plan_create(&n->plans[k], n->models[k], &options));
    }
    return n;
}

static void close_nets(nets *n) {
    for (int k = 0; k < 2; k++) {
        cc_plan_destroy(n->plans[k]);
        cc_model_destroy(n->models[k]);
    }
    free(n);
}

static double difference(const float *a, const float *b, int count) {
    double error = 0, norm = 0;
    for (int i = 0; i < count; i++) {
        error += pow((double)a[i] - b[i], 2);
        norm += pow(b[i], 2);
    }
    return sqrt(error / norm);
}

static void assert_equal_outputs(nets *n, const char *name) {
    const float *logits[2];
    for (int k = 0; k < 2; k++) assert_ok(cc_plan_forward(n->plans[k], n->input, &logits[k]));
    double error = difference(logits[0], logits[1], BATCH * SIZE * SIZE);
    if (!(error <= 1e-5)) print_error("%s: %.2e\n", name, error);
    assert_true(error <= 1e-5);
}

/* A folded norm has nothing to do: no time is spent at its node. */
static int silent_nodes(nets *n) {
    const cc_node_time *times;
    const float *logits;
    int count = 0;
    assert_ok(cc_plan_time(&times, n->plans[0]));
    assert_ok(cc_plan_forward(n->plans[0], n->input, &logits));
    for (int i = 0; i < cc_graph_node_count(cc_plan_graph(n->plans[0])); i++)
        count += times[i].forward_s == 0;
    return count;
}

static void folded_nets_equal_unfolded_ones_and_follow_their_weights(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int folded_at_least;
    } table[] = {{"efficientnet-b0:transpose", 30}, {"unet:8x3", 10}, {"unet-bn:8x3", 10}, {"resnet-34", 8}};
    for (int i = 0; i < cc_test_cases(sizeof table / sizeof *table); i++) {
        nets *n = open_nets(table[i].name);
        for (uint64_t turn = 0; turn < 2; turn++) {
            shake(n, turn);
            assert_equal_outputs(n, table[i].name);
        }
        assert_in_range(silent_nodes(n), table[i].folded_at_least, 1000);
        close_nets(n);
    }
}

/* A plan that has run before says what one made now does. */
static void assert_as_fresh(cc_plan *kept, cc_model *model, const float *input) {
    cc_plan_options options = {.n = BATCH, .height = SIZE, .width = SIZE};
    cc_plan *fresh;
    const float *logits, *anew;
    assert_ok(cc_plan_forward(kept, input, &logits));
    assert_ok(cc_plan_create(&fresh, model, &options));
    assert_ok(cc_plan_forward(fresh, input, &anew));
    assert_memory_equal(logits, anew, BATCH * SIZE * SIZE * sizeof *logits);
    cc_plan_destroy(fresh);
}

/* What validation after every epoch does: one inference plan beside a training plan, with or without the
 * moving average in the weights' place. */
static void folded_weights_follow_training(void **state) {
    (void)state;
    static float input[BATCH * SIZE * SIZE], target[BATCH * SIZE * SIZE], before[BATCH * SIZE * SIZE];
    const cc_loss_spec loss = {.type = "bce"};
    const cc_optimizer_spec sgd = {.type = "sgd", .lr = 0.1};
    cc_plan_options options = {.n = BATCH, .height = SIZE, .width = SIZE, .training = true};
    cc_net_spec spec;
    cc_model *model;
    cc_plan *train, *kept;
    cc_learner *learner;
    cc_ema *ema;
    const float *logits;
    double value;
    cc_rng rng = cc_rng_init(22, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < BATCH * SIZE * SIZE; i++)
        input[i] = (float)cc_rng_normal(&rng), target[i] = input[i] > 1;
    assert_ok(cc_net_find(&spec, "unet-bn:8x3"));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
    assert_ok(cc_plan_create(&train, model, &options));
    options.training = false;
    assert_ok(cc_plan_create(&kept, model, &options));
    assert_ok(cc_model_initialise(model, 1));
    assert_ok(cc_learner_create(&learner, model, train, &loss, &sgd));
    assert_ok(cc_ema_create(&ema, model, 0.5));
    for (int step = 1; step <= 3; step++) {
        assert_ok(cc_plan_forward(kept, input, &logits));
        memcpy(before, logits, sizeof before);
        assert_ok(cc_learner_step(learner, input, target, 0.1, &value));
        assert_ok(cc_ema_update(ema, step));
        assert_ok(cc_plan_forward(kept, input, &logits));
        assert_true(difference(logits, before, BATCH * SIZE * SIZE) > 1e-4);
        assert_as_fresh(kept, model, input);
        assert_ok(cc_ema_swap(ema));
        assert_as_fresh(kept, model, input);
        assert_ok(cc_ema_swap(ema));
    }
    cc_ema_destroy(ema);
    cc_learner_destroy(learner);
    cc_plan_destroy(train);
    cc_plan_destroy(kept);
    cc_model_destroy(model);
}

/* A leaky ReLU behind a convolution is folded where not a bit changes: in float32, whatever the algorithm,
 * and not into the narrow convolution of mtal's regions. Its other ones stand behind batch norms. */
static void folded_leaky_relus_change_no_bit(void **state) {
    (void)state;
    enum { SIDE = 256, VALUES = 6 * SIDE * SIDE };
    static const cc_dtype dtypes[] = {CC_F32, CC_BF16};
    for (int d = 0; d < 2; d++) {
        if (!cc_backend_cpu.has(dtypes[d])) continue;
        nets *n = calloc(1, sizeof *n);
        const cc_plan_options options = {.n = 1, .height = SIDE, .width = SIDE, .dtype = dtypes[d]};
        const cc_net_spec spec = {.arch = "mtal", .in_channels = 2};
        float *input = malloc(2 * SIDE * SIDE * sizeof *input);
        const float *logits[2];
        cc_rng rng = cc_rng_init(23, CC_PURPOSE_TEST, 0, 0);
        assert_true(n && input);
        for (int i = 0; i < 2 * SIDE * SIDE; i++) input[i] = (float)cc_rng_normal(&rng);
        for (int k = 0; k < 2; k++) {
            assert_ok(cc_model_create(&n->models[k], &spec, backends[k]));
            assert_ok(cc_plan_create(&n->plans[k], n->models[k], &options));
        }
        shake(n, 3);
        for (int k = 0; k < 2; k++) assert_ok(cc_plan_forward(n->plans[k], input, &logits[k]));
        assert_memory_equal(logits[0], logits[1], VALUES * sizeof **logits);
        const cc_node_time *times;
        int folded = 0;
        assert_ok(cc_plan_time(&times, n->plans[0]));
        assert_ok(cc_plan_forward(n->plans[0], input, &logits[0]));
        for (int i = 0; i < cc_graph_node_count(cc_plan_graph(n->plans[0])); i++)
            folded += times[i].forward_s == 0;
        assert_in_range(folded, d ? 0 : 15, d ? 0 : 1000);
        free(input);
        close_nets(n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded_nets_equal_unfolded_ones_and_follow_their_weights),
        cmocka_unit_test(folded_weights_follow_training), cmocka_unit_test(folded_leaky_relus_change_no_bit)};
    return cmocka_run_group_tests(tests, make_plain_backend, NULL);
}
