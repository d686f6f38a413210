/* tests/nets/backends/test_cuda_on_host_cudnn_pass.c -- a pass of a convolution by cuDNN's graph API, of
 * which the stand-in knows engines of every kind. */
#include <stdio.h>
#include "cuda_runtime_api.h"
#include "cudnn.h"
#include "nets/backends/cuda/device.h"
#include "nets/ops/conv/cuda/cudnn_pass.h"
#include "op_cases.h"

static const op_case convolutions[] = {
    {"3x3", &cc_op_conv, CONV(32, 1, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 16, 9, 12)}},
    {"3x3 stride 2, odd channels", &cc_op_conv, CONV(5, 1, 1, 3, 3, 2, 1, 1, false), 1, {SHAPE(2, 3, 8, 7)}},
    {"dilated", &cc_op_conv, CONV(8, 1, 1, 3, 3, 1, 2, 2, false), 1, {SHAPE(1, 8, 10, 9)}},
    {"1x1", &cc_op_conv, CONV(24, 1, 1, 1, 1, 1, 0, 1, false), 1, {SHAPE(2, 40, 5, 6)}},
    {"2x2 stride 2", &cc_op_conv, CONV(32, 1, 1, 2, 2, 2, 0, 1, false), 1, {SHAPE(2, 16, 6, 8)}},
    {"grouped", &cc_op_conv, CONV(16, 2, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 16, 8, 8)}},
    {"depthwise", &cc_op_conv, CONV(24, 24, 1, 5, 5, 2, 2, 1, false), 1, {SHAPE(2, 24, 9, 8)}},
    {"voxels", &cc_op_conv, CONV(8, 1, 3, 3, 3, 1, 1, 1, false), 1, {SHAPE3(1, 12, 4, 5, 6)}},
    {"voxels, stride 2", &cc_op_conv, CONV(4, 1, 2, 2, 2, 2, 0, 1, false), 1, {SHAPE3(1, 6, 4, 7, 6)}},
};
static const cc_activation activations[] = {CC_ACTIVATION_NONE, CC_ACTIVATION_RELU, CC_ACTIVATION_SILU};
enum { CONVOLUTIONS = sizeof convolutions / sizeof *convolutions, ACTIVATIONS = 3 };

/* One pass, what it works on, and what it must give. */
typedef struct trial {
    const op_case *c;
    cc_cuda_conv conv;
    cc_cudnn_pass pass;
    cc_conv_operands operands;
    bench b;
    cc_shape weights;
    float *want; /* plain; borrowed */
    int way;     /* for run_trial */
} trial;

static void *place(const float *plain, const cc_shape *shape, cc_dtype dtype) {
    void *out = malloc((size_t)cc_shape_count(shape) * cc_dtype_bytes(dtype));
    cc_backend_cpu.to_blocked(out, plain, shape, shape->dims[1], dtype);
    return out;
}

static void *result_of(const trial *t, const cc_shape **shape) {
    *shape = t->conv.pass == CC_PASS_BACKWARD_WEIGHTS ? &t->weights
             : t->conv.pass == CC_PASS_BACKWARD_DATA  ? &t->conv.input
                                                      : &t->conv.output;
    return t->conv.pass == CC_PASS_BACKWARD_WEIGHTS ? t->operands.weights
           : t->conv.pass == CC_PASS_BACKWARD_DATA  ? t->operands.input
                                                    : t->operands.output;
}

/* The plain result of the naive reference. */
static float *work_out(trial *t) {
    if (t->conv.pass == CC_PASS_FORWARD)
        t->c->op->reference_forward(&t->b.io);
    else
        t->c->op->reference_backward(&t->b.io);
    return t->conv.pass == CC_PASS_FORWARD         ? t->b.io.y
           : t->conv.pass == CC_PASS_BACKWARD_DATA ? t->b.io.dx[0]
                                                   : t->b.io.dp[0];
}

static void finish(float *values, const float *bias, const cc_shape *shape, cc_activation activation) {
    int64_t pixels = cc_shape_count(shape) / (shape->dims[0] * shape->dims[1]);
    for (int64_t i = 0; i < cc_shape_count(shape); i++)
        values[i] =
            (float)cc_activation_value(activation, 0, (double)values[i] + bias[i / pixels % shape->dims[1]]);
}

static void add_bias(trial *t) {
    const cc_shape *shape;
    result_of(t, &shape);
    cc_shape by_channel = {.rank = 4, .dims = {1, shape->dims[1], 1, 1}};
    float *bias = random_array(shape->dims[1], 50);
    round_to(t->conv.dtype, bias, shape->dims[1]);
    t->operands.bias = place(bias, &by_channel, t->conv.dtype);
    finish(t->want, bias, shape, t->conv.activation);
    free(bias);
}

static void set_up(trial *t, const op_case *c, cc_cuda_conv conv, bool fast) {
    *t = (trial){.c = c, .conv = conv};
    bench_open(&t->b, c, true, conv.dtype);
    t->conv.attr = *(const cc_conv_attr *)c->attr;
    t->conv.input = c->inputs[0];
    t->conv.output = t->b.signature.output;
    const cc_op_parameter *w = &t->b.signature.parameters[0];
    t->weights.rank = w->rank;
    memcpy(t->weights.dims, w->dims, sizeof w->dims);
    round_to(conv.dtype, t->b.io.p[0], t->b.parameter_counts[0]);
    t->want = work_out(t);
    const float *output = conv.pass == CC_PASS_FORWARD ? t->b.io.y : t->b.io.dy;
    t->operands.input = place(t->b.io.x[0], &t->conv.input, conv.dtype);
    t->operands.output = place(output, &t->conv.output, conv.dtype);
    t->operands.weights = place(t->b.io.p[0], &t->weights, conv.dtype);
    if (conv.fused) add_bias(t);
    assert_ok(cc_cudnn_pass_init(&t->pass, &t->conv, fast));
}

static void tear_down(trial *t) {
    cc_cudnn_pass_deinit(&t->pass);
    free(t->operands.input), free(t->operands.output), free(t->operands.weights);
    free((void *)t->operands.bias);
    bench_close(&t->b);
}

static void wipe_result(const trial *t) {
    const cc_shape *shape;
    void *result = result_of(t, &shape);
    memset(result, 0xff, (size_t)cc_shape_count(shape) * cc_dtype_bytes(t->conv.dtype));
}

static cc_status run_trial(void *context) {
    const trial *t = context;
    return cc_cudnn_pass_run(&t->pass, t->way, &t->operands);
}

/* Of a way that was prepared: the plain result, which the caller frees. */
static float *run(trial *t, int way) {
    const cc_shape *shape;
    void *result = result_of(t, &shape);
    float *out = malloc((size_t)cc_shape_count(shape) * sizeof *out);
    t->way = way;
    t->operands.workspace = malloc(t->pass.ways[way].workspace);
    wipe_result(t);
    assert_ok(run_trial(t));
    cc_backend_cpu.from_blocked(out, result, shape, shape->dims[1], t->conv.dtype);
    free(t->operands.workspace);
    t->operands.workspace = NULL;
    return out;
}

/* Relative, Euclidean. */
static double error_of(const trial *t, const float *got) {
    const cc_shape *shape;
    double error = 0, norm = 0;
    result_of(t, &shape);
    for (int64_t i = 0; i < cc_shape_count(shape); i++) {
        error += pow((double)got[i] - t->want[i], 2);
        norm += pow(t->want[i], 2);
    }
    return sqrt(error / norm);
}

static bool rounds_float(int64_t engine) {
    return engine == CC_ON_HOST_TENSOR_CORE || engine == CC_ON_HOST_COMPILED;
}

/* Runs every way there is; adds which engines did. */
static void check_ways(trial *t, int runs[CC_ON_HOST_ENGINES]) {
    for (int i = 0; i < t->pass.count; i++) {
        const cc_conv_way *way = &t->pass.ways[i];
        const cc_shape *shape;
        op_case named = *t->c;
        char name[200];
        cc_status status = cc_cudnn_pass_prepare(&t->pass, i);
        assert_int_equal(status, way->engine == CC_ON_HOST_REFUSED ? CC_EUNSUPPORTED : CC_OK);
        if (status != CC_OK) continue;
        bool rounds = t->conv.dtype == CC_F32 && rounds_float(way->engine);
        float *got = run(t, i);
        result_of(t, &shape);
        snprintf(name, sizeof name, "%s, pass %d by %s", t->c->name, t->conv.pass, way->name);
        named.name = name;
        assert_close("the result", &named, shape->dims[1], got, t->want, cc_shape_count(shape),
                     rounds ? 1e-3 : tolerance_of(t->conv.dtype));
        if (rounds) assert_true(error_of(t, got) > 1e-5);
        runs[way->engine]++;
        free(got);
    }
}

static void check_everything(cc_dtype dtype, bool tf32, bool fast, int runs[CC_ON_HOST_ENGINES]) {
    trial t;
    for (int i = 0; i < CONVOLUTIONS; i++) {
        for (int pass = 0; pass < CC_PASSES; pass++) {
            set_up(&t, &convolutions[i], (cc_cuda_conv){.pass = (cc_pass)pass, .dtype = dtype, .tf32 = tf32},
                   fast);
            check_ways(&t, runs);
            tear_down(&t);
        }
        for (int k = 0; k < ACTIVATIONS; k++) {
            set_up(&t, &convolutions[i],
                   (cc_cuda_conv){.dtype = dtype, .tf32 = tf32, .fused = true, .activation = activations[k]},
                   fast);
            assert_int_equal(t.pass.count > 0, t.conv.attr.groups == 1);
            check_ways(&t, runs);
            tear_down(&t);
        }
    }
}

static void every_way_of_every_pass_computes_it(void **state) {
    (void)state;
    int runs[CC_ON_HOST_ENGINES] = {0};
    check_everything(CC_F32, true, true, runs);
    check_everything(CC_BF16, false, true, runs);
    for (int i = 0; i < CC_ON_HOST_ENGINES; i++) assert_int_equal(runs[i] > 0, i != CC_ON_HOST_REFUSED);
}

static void float32_is_rounded_where_that_is_asked_for_alone(void **state) {
    (void)state;
    int runs[CC_ON_HOST_ENGINES] = {0};
    check_everything(CC_F32, false, false, runs);
    assert_int_equal(runs[CC_ON_HOST_TENSOR_CORE] + runs[CC_ON_HOST_COMPILED], 0);
    assert_true(runs[CC_ON_HOST_PLAIN] > 0);
}

static bool differs_each_time(trial *t, int way) {
    const cc_shape *shape;
    result_of(t, &shape);
    float *one = run(t, way), *other = run(t, way);
    bool differ = memcmp(one, other, (size_t)cc_shape_count(shape) * sizeof *one) != 0;
    free(one), free(other);
    return differ;
}

static void what_varies_is_there_for_fast_plans_alone(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        bool fast = k % 2;
        trial t;
        set_up(&t, &convolutions[0], (cc_cuda_conv){.dtype = k < 2 ? CC_F32 : CC_BF16, .tf32 = true}, fast);
        assert_int_equal(t.pass.ways[0].engine, fast ? CC_ON_HOST_VARYING : CC_ON_HOST_TENSOR_CORE);
        for (int i = 0; i < t.pass.count; i++)
            if (cc_cudnn_pass_prepare(&t.pass, i) == CC_OK)
                assert_int_equal(differs_each_time(&t, i), t.pass.ways[i].engine == CC_ON_HOST_VARYING);
        tear_down(&t);
    }
}

/* [fused-]engENGINE[_kKNOB=VALUE]... */
static bool is_name(const char *name, bool fused, int64_t engine) {
    const char *start = fused ? "fused-eng" : "eng";
    char *end = (char *)name;
    if (strncmp(name, start, strlen(start)) != 0 || strtoll(name + strlen(start), &end, 10) != engine)
        return false;
    while (*end) {
        if (strncmp(end, "_k", 2) != 0) return false;
        long long knob = strtoll(end + 2, &end, 10);
        if (knob < 1 || *end != '=') return false;
        const char *value = end + 1;
        strtoll(value, &end, 10);
        if (end == value) return false;
    }
    return true;
}

static void a_way_is_known_by_its_name(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        trial t;
        set_up(&t, &convolutions[0], (cc_cuda_conv){.tf32 = true, .fused = k}, true);
        int settings = 0, compiled = 0, direct = 0;
        for (int i = 0; i < t.pass.count; i++) {
            const cc_conv_way *w = &t.pass.ways[i];
            assert_true(is_name(w->name, k, w->engine));
            for (int j = 0; j < i; j++) assert_string_not_equal(w->name, t.pass.ways[j].name);
            settings += w->engine == CC_ON_HOST_TENSOR_CORE;
            compiled += w->compiled;
            direct += w->direct;
            assert_int_equal(w->compiled, w->engine == CC_ON_HOST_COMPILED);
            assert_int_equal(w->direct, w->engine != CC_ON_HOST_WINOGRAD);
        }
        assert_int_equal(settings, 2);
        assert_int_equal(compiled, k);
        assert_int_equal(t.pass.count - direct, 1 - k);
        tear_down(&t);
    }
}

static void the_way_that_is_kept_goes_on(void **state) {
    (void)state;
    const int before = cc_on_host_descriptors();
    for (int k = 0, count = 1; k < 2 * count; k++) {
        trial t;
        int way = k / 2;
        set_up(&t, &convolutions[0], (cc_cuda_conv){.tf32 = true}, true);
        count = t.pass.count;
        const cc_conv_way kept = t.pass.ways[way];
        if (k % 2) (void)cc_cudnn_pass_prepare(&t.pass, way);
        cc_cudnn_pass_keep(&t.pass, way);
        assert_int_equal(t.pass.count, 1);
        assert_string_equal(t.pass.ways[0].name, kept.name);
        int runs[CC_ON_HOST_ENGINES] = {0};
        check_ways(&t, runs);
        assert_int_equal(runs[kept.engine], kept.engine != CC_ON_HOST_REFUSED);
        tear_down(&t);
    }
    assert_int_equal(cc_on_host_descriptors(), before);
}

static void an_engine_that_cannot_after_all_leaves_nothing_behind(void **state) {
    (void)state;
    const int before = cc_on_host_descriptors();
    trial t;
    set_up(&t, &convolutions[1], (cc_cuda_conv){.dtype = CC_BF16}, false);
    const int with_pass = cc_on_host_descriptors();
    for (int i = 0; i < t.pass.count; i++) {
        if (t.pass.ways[i].engine != CC_ON_HOST_REFUSED) continue;
        assert_error(cc_cudnn_pass_prepare(&t.pass, i), CC_EUNSUPPORTED, "engine eng4 cannot be used");
        assert_null(t.pass.ways[i].plan);
    }
    assert_int_equal(cc_on_host_descriptors(), with_pass);
    tear_down(&t);
    assert_int_equal(cc_on_host_descriptors(), before);
}

/* What was recorded is computed anew, from what lies there then. */
static void a_pass_can_be_recorded(void **state) {
    (void)state;
    trial t;
    cc_sequence *sequence = NULL;
    const cc_shape *shape;
    set_up(&t, &convolutions[0], (cc_cuda_conv){.fused = true, .activation = CC_ACTIVATION_RELU}, false);
    float *got = result_of(&t, &shape), *plain = malloc((size_t)cc_shape_count(shape) * sizeof *plain);
    for (t.way = 0; cc_cudnn_pass_prepare(&t.pass, t.way) != CC_OK;) t.way++;
    t.operands.workspace = malloc(t.pass.ways[t.way].workspace);
    for (int i = 0; i < 3; i++) {
        cc_on_host_forget_runs();
        wipe_result(&t);
        assert_ok(cc_cuda_run(&sequence, run_trial, &t));
        assert_int_equal(cc_on_host_runs((int)t.pass.ways[t.way].engine), 1);
        cc_backend_cpu.from_blocked(plain, got, shape, shape->dims[1], CC_F32);
        assert_true(error_of(&t, plain) < tolerance_of(CC_F32));
    }
    cc_cuda_forget(sequence);
    free(t.operands.workspace), free(plain);
    tear_down(&t);
}

static void memory_that_is_not_right_is_an_error(void **state) {
    (void)state;
    trial t;
    set_up(&t, &convolutions[0], (cc_cuda_conv){.fused = true}, true);
    assert_ok(cc_cudnn_pass_prepare(&t.pass, 0));
    assert_true(t.pass.ways[0].workspace > 0);
    assert_error(run_trial(&t), CC_EDEVICE, "the scratch memory is not there");
    t.operands.workspace = malloc(t.pass.ways[0].workspace);
    cc_conv_operands right = t.operands;
    t.operands.input = (char *)t.operands.input + 4;
    assert_error(run_trial(&t), CC_EDEVICE, "tensor 1 is not aligned");
    t.operands = right;
    t.operands.output = t.operands.input;
    assert_error(run_trial(&t), CC_EDEVICE, "tensor 1 overlaps the result");
    t.operands = right;
    t.operands.bias = NULL;
    assert_error(run_trial(&t), CC_EDEVICE, "tensor 4 has no pointer");
    t.operands = right;
    free(t.operands.workspace);
    tear_down(&t);
}

/* As cuDNN answers, so that what is tested with the stand-in is not what cuDNN would refuse. */
static void the_stand_in_is_as_strict_as_cudnn(void **state) {
    (void)state;
    const int before = cc_on_host_descriptors();
    const int64_t dims[] = {2, 8, 4, 4}, strides[] = {128, 1, 32, 8}, one = 1;
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnDataType_t got;
    int64_t count, values[4];
    cudnnBackendDescriptor_t t, other;
#define SET(d, name, kind, count, values)                                                                    \
    cudnnBackendSetAttribute(d, CUDNN_ATTR_##name, CUDNN_TYPE_##kind, count, values)
#define GET(d, name, kind, asked, values)                                                                    \
    cudnnBackendGetAttribute(d, CUDNN_ATTR_##name, CUDNN_TYPE_##kind, asked, &count, values)
    assert_int_equal(cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &t), CUDNN_STATUS_SUCCESS);
    assert_int_equal(GET(t, TENSOR_DATA_TYPE, DATA_TYPE, 1, &got), CUDNN_STATUS_NOT_INITIALIZED);
    assert_int_equal(SET(t, TENSOR_DATA_TYPE, INT64, 1, &one), CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    assert_int_equal(SET(t, TENSOR_DATA_TYPE, DATA_TYPE, 2, &type), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(SET(t, CONVOLUTION_COMP_TYPE, DATA_TYPE, 1, &type), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(cudnnBackendFinalize(t), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(SET(t, TENSOR_DATA_TYPE, DATA_TYPE, 1, &type), CUDNN_STATUS_SUCCESS);
    assert_int_equal(SET(t, TENSOR_DIMENSIONS, INT64, 4, dims), CUDNN_STATUS_SUCCESS);
    assert_int_equal(SET(t, TENSOR_STRIDES, INT64, 4, strides), CUDNN_STATUS_SUCCESS);
    assert_int_equal(SET(t, TENSOR_UNIQUE_ID, INT64, 1, &one), CUDNN_STATUS_SUCCESS);
    assert_int_equal(SET(t, TENSOR_BYTE_ALIGNMENT, INT64, 1, &one), CUDNN_STATUS_SUCCESS);
    assert_int_equal(cudnnBackendFinalize(t), CUDNN_STATUS_SUCCESS);
    assert_int_equal(cudnnBackendFinalize(t), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(SET(t, TENSOR_DATA_TYPE, DATA_TYPE, 1, &type), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(GET(t, TENSOR_DIMENSIONS, INT64, 0, NULL), CUDNN_STATUS_SUCCESS);
    assert_int_equal(count, 4);
    assert_int_equal(GET(t, TENSOR_DIMENSIONS, INT64, 2, values), CUDNN_STATUS_SUCCESS);
    assert_int_equal(count, 2);
    assert_int_equal(values[1], 8);
    assert_int_equal(cudnnBackendCreateDescriptor(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, &other),
                     CUDNN_STATUS_SUCCESS);
    assert_int_equal(SET(other, OPERATION_POINTWISE_XDESC, BACKEND_DESCRIPTOR, 1, &t), CUDNN_STATUS_SUCCESS);
    assert_int_equal(cudnnBackendFinalize(other), CUDNN_STATUS_BAD_PARAM);
    assert_int_equal(cudnnBackendDestroyDescriptor(other), CUDNN_STATUS_SUCCESS);
    assert_int_equal(cudnnBackendDestroyDescriptor(t), CUDNN_STATUS_SUCCESS);
    assert_int_equal(cudnnBackendDestroyDescriptor(NULL), CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
#undef SET
#undef GET
    assert_int_equal(cc_on_host_descriptors(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_every_pass_computes_it),
        cmocka_unit_test(float32_is_rounded_where_that_is_asked_for_alone),
        cmocka_unit_test(what_varies_is_there_for_fast_plans_alone),
        cmocka_unit_test(a_way_is_known_by_its_name),
        cmocka_unit_test(the_way_that_is_kept_goes_on),
        cmocka_unit_test(an_engine_that_cannot_after_all_leaves_nothing_behind),
        cmocka_unit_test(a_pass_can_be_recorded),
        cmocka_unit_test(memory_that_is_not_right_is_an_error),
        cmocka_unit_test(the_stand_in_is_as_strict_as_cudnn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
