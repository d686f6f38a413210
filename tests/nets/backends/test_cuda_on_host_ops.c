/* tests/nets/backends/test_cuda_on_host_ops.c -- the kernels of the CUDA backend, compiled for the host. */
#include "cuda_ops.h"
#include "cuda_runtime_api.h"
#include "nets/ops/conv/cuda/depthwise.h"
#include "nets/ops/conv/cuda/one_channel.h"

static const op_case *find_case(const char *name) {
    for (int i = 0; i < CASES; i++)
        if (strcmp(cases[i].name, name) == 0) return &cases[i];
    for (int i = 0; i < CUDA_CASES; i++)
        if (strcmp(cuda_cases[i].name, name) == 0) return &cuda_cases[i];
    fail_msg("no case %s", name);
    return NULL;
}

/* Kernels of one training pass each way. */
static void count_kernels(size_t *forward, size_t *backward, const op_case *c) {
    bench b;
    cuda_rig r;
    bench_open(&b, c, true, CC_F32);
    open_rig(&r, c, &b, true, CC_F32);
    place_parameters(&r, &b);
    place_values(&r, c, &b, false);
    size_t before = cc_on_host_kernels();
    assert_ok(r.task.kernel->forward(&r.task));
    *forward = cc_on_host_kernels() - before;
    assert_ok(r.task.kernel->backward(&r.task));
    *backward = cc_on_host_kernels() - before - *forward;
    close_rig(&r);
    bench_close(&b);
}

/* A launch takes as long as a small kernel. */
static void passes_take_few_kernels(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t forward, backward;
    } few[] = {{"batch_norm relu", 1, 1},
               {"batch_norm most rows of one kernel", 1, 1},
               {"batch_norm many rows", 2, 2},
               {"batch_norm many rows, residual", 2, 2},
               {"squeeze_excite", 4, 5},
               {"squeeze_excite many channels", 4, 5},
               {"drop_path", 1, 1},
               {"concat", 1, 1},
               {"max_pool 2x2", 1, 1},
               {"upsample", 1, 1}};
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        size_t forward, backward;
        count_kernels(&forward, &backward, find_case(few[i].name));
        if (forward != few[i].forward || backward != few[i].backward)
            print_error("%s: %zu and %zu kernels\n", few[i].name, forward, backward);
        assert_int_equal(forward, few[i].forward);
        assert_int_equal(backward, few[i].backward);
    }
}

/* Appends what lies on the device. */
static void append(unsigned char **to, size_t *count, const void *from, size_t bytes) {
    *to = realloc(*to, *count + bytes);
    assert_ok(cc_backend_cuda.store->fetch(*to + *count, from, bytes));
    *count += bytes;
}

/* All that both passes write, one behind another. */
static unsigned char *results_of(size_t *count, const op_case *c, cc_dtype dtype) {
    bench b;
    cuda_rig r;
    unsigned char *out = NULL;
    *count = 0;
    bench_open(&b, c, true, dtype);
    open_rig(&r, c, &b, true, dtype);
    place_parameters(&r, &b);
    place_values(&r, c, &b, r.task.kernel->accumulates);
    assert_ok(r.task.kernel->forward(&r.task));
    assert_ok(r.task.kernel->backward(&r.task));
    append(&out, count, r.task.y, (size_t)cc_shape_count(r.task.output_shape) * cc_dtype_bytes(dtype));
    for (int i = 0; i < c->input_count; i++)
        append(&out, count, r.task.dx[i], (size_t)cc_shape_count(&c->inputs[i]) * cc_dtype_bytes(dtype));
    for (int i = 0; i < r.task.parameter_count; i++) {
        bool statistic = is_statistic(&r.parameters[i].of);
        append(&out, count, statistic ? r.slots[i].value : r.slots[i].grad,
               (size_t)b.parameter_counts[i] * sizeof(float));
    }
    close_rig(&r);
    bench_close(&b);
    return out;
}

static void check_turns(const op_case *c, cc_dtype dtype) {
    size_t count, again;
    unsigned char *first = results_of(&count, c, dtype);
    for (int order = 1; order < CC_ON_HOST_ORDERS; order++) {
        cc_on_host_take_turns((cc_on_host_order)order);
        unsigned char *other = results_of(&again, c, dtype);
        cc_on_host_take_turns(CC_ON_HOST_FIRST);
        if (memcmp(first, other, count) != 0) print_error("%s, order %d\n", c->name, order);
        assert_int_equal(again, count);
        assert_memory_equal(first, other, count);
        free(other);
    }
    free(first);
}

/* The largest case of elementwise kernels is left out for its time. */
static void results_do_not_depend_on_who_comes_first(void **state) {
    (void)state;
    for (int i = 0; i < CASES + CUDA_CASES; i++) {
        const op_case *c = i < CASES ? &cases[i] : &cuda_cases[i - CASES];
        if (!cc_backend_cuda.kernel_of(c->op) || strcmp(c->name, "relu large") == 0) continue;
        if (cc_test_sanitized() && i % 4) continue;
        check_turns(c, i % 2 ? CC_BF16 : CC_F32);
    }
}

/* Nor do losses. */
static void losses_do_not_depend_on_who_comes_first(void **state) {
    (void)state;
    enum { PIXELS = 61 * 68 };
    static const cc_loss_spec specs[] = {{.type = "bce"},
                                         {.type = "dice", .smooth = 1},
                                         {.type = "generalised-dice"},
                                         {.type = "bootstrap-bce", .fraction = 0.25},
                                         {.type = "tversky", .alpha = 0.3, .beta = 0.7, .gamma = 1}};
    static float gradient[CC_ON_HOST_ORDERS][3 * PIXELS];
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        double value[CC_ON_HOST_ORDERS];
        for (int order = 0; order < CC_ON_HOST_ORDERS; order++) {
            cc_on_host_take_turns((cc_on_host_order)order);
            value[order] =
                loss_on(gradient[order], &cc_backend_cuda, &specs[i], (cc_loss_shape){3, 1, PIXELS});
            cc_on_host_take_turns(CC_ON_HOST_FIRST);
            assert_memory_equal(&value[order], &value[0], sizeof *value);
            assert_memory_equal(gradient[order], gradient[0], sizeof *gradient);
        }
    }
}

static cc_shape output_of(const cc_conv_attr *a, const cc_shape *x) {
    cc_op_signature signature = {0};
    assert_ok(cc_op_conv.infer(&signature, a, &x, 1));
    return signature.output;
}

static bool is_depthwise(const cc_conv_attr *a, cc_shape x) {
    cc_depthwise_cuda d;
    const cc_shape y = output_of(a, &x);
    return cc_depthwise_cuda_init(&d, a, &x, &y, CC_F32);
}

static void other_convolutions_are_not_depthwise(void **state) {
    (void)state;
    assert_true(is_depthwise(CONV(8, 8, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 8, 9, 9)));
    assert_false(is_depthwise(CONV(8, 2, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 8, 9, 9)));
    assert_false(is_depthwise(CONV(16, 8, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 8, 9, 9)));
    assert_false(is_depthwise(CONV(8, 8, 1, 3, 5, 1, 2, 1, true), (cc_shape)SHAPE(2, 8, 9, 9)));
    assert_false(is_depthwise(CONV(8, 8, 3, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE3(2, 8, 9, 9, 9)));
    assert_true(
        is_depthwise(CONV(8, 8, 1, 3, 3, 2, 1, 1, true), (cc_shape)SHAPE(65535, 8, 1 << 13, 1 << 13)));
    assert_false(is_depthwise(CONV(8, 8, 1, 3, 3, 2, 1, 1, true), (cc_shape)SHAPE(65536, 8, 9, 9)));
    assert_false(is_depthwise(CONV(8, 8, 1, 3, 3, 2, 1, 1, true), (cc_shape)SHAPE(1, 8, 65536, 9)));
    assert_false(is_depthwise(CONV(8, 8, 1, 3, 3, 2, 1, 1, true), (cc_shape)SHAPE(1, 8, 1 << 14, 1 << 14)));
}

static void assert_activated(const float *activated, const float *plain, int64_t count, cc_activation f) {
    for (int64_t i = 0; i < count; i++)
        assert_true(fabs(activated[i] - cc_activation_value(f, 0, plain[i])) < 1e-6);
}

/* f of what the convolution is without it, for every kernel that has it. */
static void check_activation(int kernel, int stride, int channels, cc_activation f) {
    enum { MOST = 6 * 7 * 12 };
    cc_depthwise_cuda d = {
        2, 6, 7, (6 - 1) / stride + 1, (7 - 1) / stride + 1, channels, kernel, stride, kernel / 2, 1, CC_F32};
    float plain[2 * MOST], activated[2 * MOST], *x = random_array(2 * MOST, 60),
                                                *w = random_array(25 * 12, 61), *bias = random_array(12, 62);
    cc_depthwise_cuda_forward(&d, plain, x, w, bias, CC_ACTIVATION_NONE);
    cc_depthwise_cuda_forward(&d, activated, x, w, bias, f);
    assert_activated(activated, plain, 2 * d.out_height * d.out_width * channels, f);
    free(x), free(w), free(bias);
}

static void depthwise_convolutions_activate(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++)
        for (int f = CC_ACTIVATION_RELU; f <= CC_ACTIVATION_SIGMOID; f++)
            check_activation(i & 1 ? 3 : 5, i & 2 ? 1 : 2, i & 4 ? 12 : 11, (cc_activation)f);
}

static bool is_one_channel(const cc_conv_attr *a, cc_shape x) {
    cc_one_channel_cuda d;
    const cc_shape y = output_of(a, &x);
    return cc_one_channel_cuda_init(&d, a, &x, &y, CC_F32);
}

static void other_convolutions_are_not_of_one_channel(void **state) {
    (void)state;
    assert_true(is_one_channel(CONV(64, 1, 1, 7, 7, 2, 3, 1, false), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_true(is_one_channel(CONV(1, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 128, 9, 9)));
    assert_false(is_one_channel(CONV(1, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_false(is_one_channel(CONV(1, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 12, 9, 9)));
    assert_false(is_one_channel(CONV(1, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(2, 136, 9, 9)));
    assert_false(is_one_channel(CONV(1, 1, 1, 3, 3, 2, 1, 1, true), (cc_shape)SHAPE(2, 16, 9, 9)));
    assert_false(is_one_channel(CONV(16, 1, 1, 3, 3, 3, 1, 1, true), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_false(is_one_channel(CONV(16, 1, 1, 3, 3, 1, 1, 2, true), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_false(is_one_channel(CONV(16, 1, 1, 3, 5, 1, 2, 1, true), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_false(is_one_channel(CONV(16, 1, 1, 2, 2, 2, 0, 1, true), (cc_shape)SHAPE(2, 1, 8, 8)));
    assert_false(is_one_channel(CONV(16, 1, 1, 9, 9, 1, 4, 1, true), (cc_shape)SHAPE(2, 1, 9, 9)));
    assert_false(is_one_channel(CONV(8, 1, 3, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE3(2, 1, 9, 9, 9)));
    assert_false(is_one_channel(CONV(16, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(1, 1, 65536, 9)));
    assert_false(
        is_one_channel(CONV(64, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(1, 1, 1 << 13, 1 << 13)));
    assert_false(is_one_channel(CONV(8, 1, 1, 3, 3, 1, 1, 1, true), (cc_shape)SHAPE(1 << 13, 1, 512, 512)));
}

/* f of what the convolution is without it. */
static void check_one_activation(int kernel, bool into, cc_activation f) {
    enum { CHANNELS = 16, PIXELS = 2 * 6 * 7, MOST = PIXELS * CHANNELS };
    cc_one_channel_cuda d = {2, 6, 7, 6, 7, CHANNELS, kernel, 1, kernel / 2, into, CC_F32};
    float plain[MOST], activated[MOST], *x = random_array(MOST, 63), *w = random_array(49 * CHANNELS, 64),
                                        *bias = random_array(CHANNELS, 65);
    cc_one_channel_cuda_forward(&d, plain, x, w, bias, CC_ACTIVATION_NONE);
    cc_one_channel_cuda_forward(&d, activated, x, w, bias, f);
    assert_activated(activated, plain, PIXELS * (into ? CHANNELS : 1), f);
    free(x), free(w), free(bias);
}

static void convolutions_of_one_channel_activate(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++)
        for (int f = CC_ACTIVATION_RELU; f <= CC_ACTIVATION_SIGMOID; f++)
            check_one_activation(1 + i / 2 * 2, i % 2, (cc_activation)f);
}

static void check_quotients(int64_t by) {
    static const int64_t largest = ((int64_t)1 << 31) - 1;
    const int64_t near[] = {0, 1, 2, by / 3, largest / by, largest / by / 3, largest / 2 / by + 1};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        for (int64_t n = near[i] * by - 1; n <= near[i] * by + 1; n++)
            if (n >= 0) assert_int_equal(cc_on_host_quotient(n, by), n / by);
    for (int64_t n = largest - 1; n <= largest + 2; n++) assert_int_equal(cc_on_host_quotient(n, by), n / by);
    assert_int_equal(cc_on_host_quotient(largest * 5 + 3, by), (largest * 5 + 3) / by);
}

static void kernels_divide_exactly(void **state) {
    (void)state;
    cc_rng rng = cc_rng_init(4, CC_PURPOSE_TEST, 0, 0);
    for (int64_t by = 1; by < 5000; by++) check_quotients(by);
    for (int bit = 12; bit < 33; bit++)
        for (int64_t off = -3; off <= 3; off++) check_quotients(((int64_t)1 << bit) + off);
    for (int i = 0; i < 20000; i++) {
        int64_t by = (int64_t)cc_rng_between(&rng, 1, 2e9),
                n = (int64_t)cc_rng_between(&rng, 0, 2147483647.0);
        assert_int_equal(cc_on_host_quotient(n, by), n / by);
        assert_int_equal(cc_on_host_quotient(n, by % 1000 + 1), n / (by % 1000 + 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_take_few_kernels),
        cmocka_unit_test(results_do_not_depend_on_who_comes_first),
        cmocka_unit_test(losses_do_not_depend_on_who_comes_first),
        cmocka_unit_test(kernels_divide_exactly),
        cmocka_unit_test(other_convolutions_are_not_depthwise),
        cmocka_unit_test(depthwise_convolutions_activate),
        cmocka_unit_test(other_convolutions_are_not_of_one_channel),
        cmocka_unit_test(convolutions_of_one_channel_activate),
    };
    int failed = cmocka_run_group_tests(cuda_op_tests, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
