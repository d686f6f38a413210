/* tests/nets/cuda_convs.h -- every way in which the CUDA backend may compute a convolution, whichever it
 * would choose, against the naive reference: on a GPU, and on the host with stand-ins for the libraries. */
#ifndef CC_TESTS_NETS_CUDA_CONVS_H
#define CC_TESTS_NETS_CUDA_CONVS_H

#include "cuda_ops.h"
#include "nets/ops/conv/cuda/conv_choice.h"
#include "nets/ops/conv/cuda/depthwise.h"

static const op_case convolutions[] = {
    {"3x3", &cc_op_conv, CONV(32, 1, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 16, 9, 12)}},
    {"3x3 stride 2, odd channels", &cc_op_conv, CONV(5, 1, 1, 3, 3, 2, 1, 1, true), 1, {SHAPE(2, 3, 8, 7)}},
    {"7x7 stride 2 of images", &cc_op_conv, CONV(64, 1, 1, 7, 7, 2, 3, 1, false), 1, {SHAPE(2, 1, 16, 18)}},
    {"grouped", &cc_op_conv, CONV(16, 2, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 16, 8, 8)}},
    {"depthwise 3x3", &cc_op_conv, CONV(40, 40, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 40, 7, 9)}},
    {"depthwise 5x5 stride 2", &cc_op_conv, CONV(24, 24, 1, 5, 5, 2, 2, 1, true), 1, {SHAPE(2, 24, 9, 8)}},
    {"1x1", &cc_op_conv, CONV(24, 1, 1, 1, 1, 1, 0, 1, false), 1, {SHAPE(2, 96, 5, 6)}},
    {"1x1 head", &cc_op_conv, CONV(1, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(2, 16, 9, 7)}},
    {"3x3 head", &cc_op_conv, CONV(1, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 24, 9, 7)}},
    {"5x5 of images", &cc_op_conv, CONV(16, 1, 1, 5, 5, 1, 2, 1, true), 1, {SHAPE(2, 1, 9, 10)}},
    {"transposed", &cc_op_conv_transpose, CONV(16, 1, 1, 2, 2, 2, 0, 1, true), 1, {SHAPE(2, 32, 5, 6)}},
    {"transposed head", &cc_op_conv_transpose, CONV(1, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 16, 5, 6)}},
    {"transposed head without bias",
     &cc_op_conv_transpose,
     CONV(1, 1, 1, 3, 3, 1, 1, 1, false),
     1,
     {SHAPE(2, 16, 5, 6)}},
    {"same, of images", &cc_op_conv, SAME(32, 1, 3, 0, false), 1, {SHAPE(2, 1, 16, 18)}},
    {"same, of colours", &cc_op_conv, SAME(32, 1, 3, 0, false), 1, {SHAPE(2, 3, 16, 18)}},
    {"same, depthwise 3x3", &cc_op_conv, SAME(24, 24, 3, 0, false), 1, {SHAPE(2, 24, 8, 10)}},
    {"same, depthwise 5x5", &cc_op_conv, SAME(24, 24, 5, 1, true), 1, {SHAPE(2, 24, 8, 10)}},
    {"voxels", &cc_op_conv, CONV(8, 1, 3, 3, 3, 1, 1, 1, true), 1, {SHAPE3(1, 8, 4, 5, 6)}},
};
enum { CONVOLUTIONS = sizeof convolutions / sizeof *convolutions };

typedef struct way_count {
    int tried, refused;
} way_count;

/* One pass by the way of that name, the others by rule. An inference ends with the activation. */
static void check_way(way_count *n, const op_case *c, int pass, const char *way, bool training,
                      cc_activation activation, cc_dtype dtype) {
    bench b;
    cuda_rig r;
    op_case named = *c;
    char name[300];
    const cc_activation_attr after = {.kind = activation};
    snprintf(name, sizeof name, "%s, pass %d by %s", c->name, pass, way);
    named.name = name;
    bench_open(&b, c, training, dtype);
    describe_rig(&r, c, &b, training, dtype);
    r.task.recorded[pass].algorithm = way;
    if (!training) r.task.fused_op = &cc_op_activation, r.task.fused_attr = &after;
    cc_status status = r.task.kernel->plan(&r.task);
    if (status == CC_EUNSUPPORTED) {
        n->refused++;
    } else {
        n->tried++;
        assert_ok(status);
        assert_string_equal(r.task.choices[pass].algorithm, way);
        place_parameters(&r, &b);
        place_values(&r, c, &b, false);
        if (!training) assert_ok(r.task.kernel->derive(&r.task));
        c->op->reference_forward(&b.io);
        assert_ok(r.task.kernel->forward(&r.task));
        int64_t count = cc_shape_count(&b.signature.output);
        for (int64_t i = 0; !training && i < count; i++)
            b.io.y[i] = (float)cc_activation_value(activation, 0, b.io.y[i]);
        compare_value(&r, "y", &named, r.task.y, r.task.output_shape, b.io.y);
        if (training) {
            c->op->reference_backward(&b.io);
            assert_ok(r.task.kernel->backward(&r.task));
            compare_gradients(&r, &named, &b, false);
        }
        compare_parameters(&r, &named, &b);
    }
    close_rig(&r);
    bench_close(&b);
}

static cc_conv_request request_of_pass(const op_case *c, const cc_shape *y, int pass, bool training,
                                       cc_activation activation, cc_dtype dtype) {
    static const cc_pass passes[2][CC_PASSES] = {
        {CC_PASS_FORWARD, CC_PASS_BACKWARD_DATA, CC_PASS_BACKWARD_WEIGHTS},
        {CC_PASS_BACKWARD_DATA, CC_PASS_FORWARD, CC_PASS_BACKWARD_WEIGHTS}};
    bool transposed = c->op == &cc_op_conv_transpose;
    const cc_conv_attr *a = c->attr;
    cc_depthwise_cuda own;
    return (cc_conv_request){.conv = {.pass = passes[transposed][pass],
                                      .attr = *a,
                                      .input = transposed ? *y : c->inputs[0],
                                      .output = transposed ? c->inputs[0] : *y,
                                      .dtype = dtype,
                                      .fused = pass == CC_PASS_FORWARD && (a->bias || !training),
                                      .activation = activation},
                             .depthwise =
                                 !transposed && cc_depthwise_cuda_init(&own, a, &c->inputs[0], y, dtype)};
}

/* Of each engine the first setting: the others differ in tiles. */
static bool is_first_of_engine(char (*names)[CC_CONV_CHOICE_NAME_MAX], int i) {
    size_t length = strcspn(names[i], "_");
    for (int j = 0; j < i; j++)
        if (strncmp(names[j], names[i], length) == 0 && names[j][length] == names[i][length]) return false;
    return true;
}

static void check_pass(way_count *n, const op_case *c, int pass, bool training, cc_activation activation,
                       cc_dtype dtype) {
    bench b;
    char(*names)[CC_CONV_CHOICE_NAME_MAX];
    int count;
    bench_open(&b, c, training, dtype);
    cc_conv_request request = request_of_pass(c, &b.signature.output, pass, training, activation, dtype);
    assert_ok(cc_conv_choice_list(&names, &count, &request));
    way_count before = *n;
    for (int i = 0; i < count; i++) /* a name that was recorded stands for one algorithm */
        for (int j = 0; j < i; j++) assert_string_not_equal(names[i], names[j]);
    for (int i = 0; i < count; i++)
        if (is_first_of_engine(names, i)) check_way(n, c, pass, names[i], training, activation, dtype);
    assert_true(n->tried > before.tried);
    free(names);
    bench_close(&b);
}

static void every_way(cc_dtype dtype) {
    static const cc_activation activations[] = {CC_ACTIVATION_NONE, CC_ACTIVATION_RELU, CC_ACTIVATION_SILU};
    way_count n = {0};
    for (int i = 0; i < CONVOLUTIONS; i++) {
        for (int pass = 0; pass < CC_PASSES; pass++)
            check_pass(&n, &convolutions[i], pass, true, CC_ACTIVATION_NONE, dtype);
        for (int k = 0; k < (i % 6 ? 2 : 3); k++) /* cuDNN compiles its kernels for SiLU: 3x3 and 1x1 alone */
            check_pass(&n, &convolutions[i], CC_PASS_FORWARD, false, activations[k], dtype);
    }
    print_message("%d ways compute the same, %d were refused\n", n.tried, n.refused);
}

static void every_way_computes_the_same(void **state) {
    (void)state;
    every_way(CC_F32);
}

static void every_way_in_bf16_differs_by_its_rounding_alone(void **state) {
    (void)state;
    if (!cc_backend_cuda.has(CC_BF16)) {
        print_message("skipped: this device has no bf16\n");
        return;
    }
    every_way(CC_BF16);
}

static const struct CMUnitTest cuda_conv_tests[] = {
    cmocka_unit_test(every_way_computes_the_same),
    cmocka_unit_test(every_way_in_bf16_differs_by_its_rounding_alone),
};

#endif
