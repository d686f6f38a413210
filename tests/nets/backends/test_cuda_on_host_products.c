/* tests/nets/backends/test_cuda_on_host_products.c -- 1x1 convolutions as products of cuBLAS, with a stand-in
 * for that, against the naive reference. */
#include "nets/backends/cuda/device.h"
#include "nets/ops/conv/cuda/product.h"
#include "op_cases.h"

static const op_case products[] = {
    {"as many channels", &cc_op_conv, CONV(16, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(2, 16, 4, 8)}},
    {"odd sizes", &cc_op_conv, CONV(5, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(3, 7, 9, 11)}},
    {"one channel in", &cc_op_conv, CONV(3, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(1, 1, 5, 3)}},
    {"one channel out", &cc_op_conv, CONV(1, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(2, 33, 6, 2)}},
    {"one pixel", &cc_op_conv, CONV(24, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(1, 40, 1, 1)}},
    {"voxels", &cc_op_conv, CONV(12, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE3(2, 9, 3, 4, 5)}},
};
enum { PRODUCTS = sizeof products / sizeof *products };

typedef struct rig {
    bench b;
    const op_case *c;
    cc_dtype dtype;
    cc_shape weights, bias;
    cc_conv_operands operands;
} rig;

static void *upload(const float *plain, const cc_shape *shape, cc_dtype dtype) {
    size_t count = (size_t)cc_shape_count(shape);
    void *staged, *out;
    assert_ok(cc_storage_cuda.get(&staged, count * sizeof(float), "test"));
    assert_ok(cc_storage_cuda.get(&out, count * cc_dtype_bytes(dtype), "test"));
    assert_ok(cc_storage_cuda.put(staged, plain, count * sizeof(float)));
    cc_backend_cuda.to_blocked(out, staged, shape, shape->dims[1], dtype);
    cc_storage_cuda.free(staged);
    return out;
}

static void compare(const rig *r, const char *what, const void *values, const cc_shape *shape, cc_dtype dtype,
                    const float *want) {
    int64_t count = cc_shape_count(shape);
    size_t bytes = (size_t)count * sizeof(float);
    void *staged;
    float *plain = malloc(bytes);
    assert_ok(cc_storage_cuda.get(&staged, bytes, "test"));
    cc_backend_cuda.from_blocked(staged, values, shape, shape->dims[1], dtype);
    assert_ok(cc_storage_cuda.fetch(plain, staged, bytes));
    assert_close(what, r->c, shape->dims[1], plain, want, count, tolerance_of(dtype));
    cc_storage_cuda.free(staged);
    free(plain);
}

/* All that enters is what the dtype can hold; the sides that a pass writes hold something else before. */
static void open_rig(rig *r, const op_case *c, cc_pass pass, cc_dtype dtype) {
    bench *b = &r->b;
    *r = (rig){.c = c, .dtype = dtype};
    bench_open(b, c, true, dtype);
    const cc_shape *input = &c->inputs[0], *output = &b->signature.output;
    r->weights = (cc_shape){.rank = 4, .dims = {output->dims[1], input->dims[1], 1, 1}};
    r->bias = (cc_shape){.rank = 4, .dims = {1, output->dims[1], 1, 1}};
    round_to(dtype, b->io.p[0], b->parameter_counts[0]);
    round_to(dtype, b->io.p[1], b->parameter_counts[1]);
    r->operands.input = upload(b->io.x[0], input, dtype);
    r->operands.output = upload(b->io.dy, output, dtype);
    r->operands.weights = upload(b->io.p[0], &r->weights, pass == CC_PASS_BACKWARD_WEIGHTS ? CC_F32 : dtype);
    r->operands.bias = upload(b->io.p[1], &r->bias, dtype);
}

static void close_rig(rig *r) {
    void *all[] = {r->operands.input, r->operands.output, r->operands.weights, (void *)r->operands.bias};
    for (int i = 0; i < 4; i++) cc_storage_cuda.free(all[i]);
    bench_close(&r->b);
}

static void init(cc_product *p, const rig *r, cc_pass pass, cc_product_end end) {
    assert_true(cc_product_fits(r->c->attr, &r->c->inputs[0], &r->b.signature.output));
    assert_ok(cc_product_init(p, pass, &r->c->inputs[0], &r->b.signature.output, r->dtype, false, end));
}

/* The workspace lies as badly as it may. */
static void run_way(rig *r, const cc_product *p, const cc_product_way *way) {
    void *memory;
    assert_ok(cc_storage_cuda.get(&memory, way->workspace + 1, "test"));
    r->operands.workspace = (char *)memory + 1;
    assert_ok(cc_product_run(p, way, &r->operands));
    cc_storage_cuda.free(memory);
}

static void compare_pass(rig *r, cc_pass pass, cc_product_end end) {
    cc_reference_io *io = &r->b.io;
    int64_t outputs = cc_shape_count(io->output_shape);
    if (end == CC_PRODUCT_PLAIN) memset(io->p[1], 0, (size_t)r->b.parameter_counts[1] * sizeof(float));
    r->c->op->reference_forward(io);
    r->c->op->reference_backward(io);
    for (int64_t i = 0; end == CC_PRODUCT_BIAS_RELU && i < outputs; i++) io->y[i] = fmaxf(io->y[i], 0);
    if (pass == CC_PASS_FORWARD) compare(r, "y", r->operands.output, io->output_shape, r->dtype, io->y);
    if (pass == CC_PASS_BACKWARD_DATA)
        compare(r, "dx", r->operands.input, &r->c->inputs[0], r->dtype, io->dx[0]);
    if (pass == CC_PASS_BACKWARD_WEIGHTS)
        compare(r, "dw", r->operands.weights, &r->weights, CC_F32, io->dp[0]);
}

static void check_pass(const op_case *c, cc_pass pass, cc_dtype dtype, cc_product_end end) {
    cc_product_way ways[CC_PRODUCT_WAYS_MAX];
    int count = 1;
    for (int i = 0; i < count; i++) {
        rig r;
        cc_product p;
        open_rig(&r, c, pass, dtype);
        init(&p, &r, pass, end);
        assert_ok(cc_product_ways(ways, &count, &p, true));
        assert_int_equal(count, 3);
        run_way(&r, &p, &ways[i]);
        compare_pass(&r, pass, end);
        cc_product_deinit(&p);
        close_rig(&r);
    }
}

static void every_pass(cc_dtype dtype) {
    for (int i = 0; i < PRODUCTS; i++)
        for (int pass = CC_PASS_FORWARD; pass <= CC_PASS_BACKWARD_WEIGHTS; pass++)
            check_pass(&products[i], (cc_pass)pass, dtype, CC_PRODUCT_PLAIN);
}

/* The first of the tests: what has been found is kept. */
static void without_cublas_there_are_no_ways(void **state) {
    (void)state;
    cc_product_way ways[CC_PRODUCT_WAYS_MAX];
    cc_product p;
    rig r;
    int count = -1;
    cc_on_host_hide_cublas(true);
    open_rig(&r, &products[0], CC_PASS_FORWARD, CC_F32);
    init(&p, &r, CC_PASS_FORWARD, CC_PRODUCT_PLAIN);
    assert_ok(cc_product_ways(ways, &count, &p, true));
    assert_int_equal(count, 0);
    assert_string_equal(cc_error_get()->what, "");
    cc_product_deinit(&p);
    close_rig(&r);
    cc_on_host_hide_cublas(false);
}
static void a_product_does_what_the_convolution_does(void **state) {
    (void)state;
    every_pass(CC_F32);
}
static void in_bf16_its_weight_gradient_is_not_rounded(void **state) {
    (void)state;
    every_pass(CC_BF16);
}
static void it_adds_a_bias_and_clips(void **state) {
    (void)state;
    for (int i = 0; i < PRODUCTS; i++)
        for (int dtype = CC_F32; dtype <= CC_BF16; dtype++) {
            check_pass(&products[i], CC_PASS_FORWARD, (cc_dtype)dtype, CC_PRODUCT_BIAS);
            check_pass(&products[i], CC_PASS_FORWARD, (cc_dtype)dtype, CC_PRODUCT_BIAS_RELU);
        }
}

static void ways_have_names_of_their_own(void **state) {
    (void)state;
    cc_product_way ways[CC_PRODUCT_WAYS_MAX], again[CC_PRODUCT_WAYS_MAX];
    cc_product p;
    rig r;
    int count, count_again;
    open_rig(&r, &products[0], CC_PASS_BACKWARD_WEIGHTS, CC_BF16);
    init(&p, &r, CC_PASS_BACKWARD_WEIGHTS, CC_PRODUCT_PLAIN);
    assert_ok(cc_product_ways(ways, &count, &p, false));
    assert_int_equal(count, 2);
    assert_string_equal(ways[0].name, "gemm-130000-66.20.5.1.0.1.0.3.2");
    assert_string_equal(ways[1].name, "gemm-130000-66.20.5.3.2.1.0.3.2");
    assert_int_equal(ways[0].workspace, 0);
    assert_true(ways[1].workspace >= 999);
    assert_ok(cc_product_ways(again, &count_again, &p, true));
    assert_int_equal(count_again, 3);
    assert_string_equal(again[0].name, "gemm-130000-9.15.5.2.1.0.0.0.2");
    assert_string_equal(again[1].name, ways[0].name);
    cc_product_deinit(&p);
    close_rig(&r);
}

static void only_where_asked_is_float32_rounded(void **state) {
    (void)state;
    static const struct {
        cc_dtype dtype;
        bool tf32;
        cublasComputeType_t compute;
    } expected[] = {{CC_F32, false, CUBLAS_COMPUTE_32F},
                    {CC_F32, true, CUBLAS_COMPUTE_32F_FAST_TF32},
                    {CC_BF16, false, CUBLAS_COMPUTE_32F},
                    {CC_BF16, true, CUBLAS_COMPUTE_32F}};
    const cc_shape shape = SHAPE(1, 4, 2, 2);
    for (int i = 0; i < 4; i++) {
        cc_product p;
        assert_ok(cc_product_init(&p, CC_PASS_FORWARD, &shape, &shape, expected[i].dtype, expected[i].tf32,
                                  CC_PRODUCT_PLAIN));
        assert_int_equal(cc_on_host_compute(), expected[i].compute);
        cc_product_deinit(&p);
    }
}

typedef struct job {
    const cc_product *product;
    const cc_product_way *way;
    rig *r;
} job;

static cc_status work(void *context) {
    const job *j = context;
    return cc_product_run(j->product, j->way, &j->r->operands);
}

static void a_recorded_product_is_computed_anew(void **state) {
    (void)state;
    cc_product_way ways[CC_PRODUCT_WAYS_MAX];
    cc_sequence *sequence = NULL;
    cc_product p;
    rig r;
    int count;
    open_rig(&r, &products[1], CC_PASS_FORWARD, CC_F32);
    init(&p, &r, CC_PASS_FORWARD, CC_PRODUCT_BIAS);
    assert_ok(cc_product_ways(ways, &count, &p, false));
    job j = {&p, &ways[0], &r};
    for (int i = 0; i < 3; i++) {
        assert_ok(cc_storage_cuda.put(r.operands.output, r.b.io.dy,
                                      (size_t)cc_shape_count(r.b.io.output_shape) * sizeof(float)));
        assert_ok(cc_cuda_run(&sequence, work, &j));
        compare_pass(&r, CC_PASS_FORWARD, CC_PRODUCT_BIAS);
    }
    cc_cuda_forget(sequence);
    cc_product_deinit(&p);
    close_rig(&r);
}

static const op_case no_products[] = {
    {"3x3", &cc_op_conv, CONV(4, 1, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(1, 4, 6, 6)}},
    {"1x3", &cc_op_conv, CONV(4, 1, 1, 1, 3, 1, 0, 1, false), 1, {SHAPE(1, 4, 6, 6)}},
    {"stride", &cc_op_conv, CONV(4, 1, 1, 1, 1, 2, 0, 1, false), 1, {SHAPE(1, 4, 6, 6)}},
    {"padding", &cc_op_conv, CONV(4, 1, 1, 1, 1, 1, 1, 1, false), 1, {SHAPE(1, 4, 6, 6)}},
    {"stride that padding hides", &cc_op_conv, CONV(4, 1, 1, 1, 1, 2, 1, 1, false), 1, {SHAPE(1, 4, 2, 2)}},
    {"groups", &cc_op_conv, CONV(4, 2, 1, 1, 1, 1, 0, 1, false), 1, {SHAPE(1, 4, 6, 6)}},
};
static void what_is_no_product_does_not_fit(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof no_products / sizeof *no_products; i++) {
        const cc_shape *input = &no_products[i].inputs[0];
        cc_op_signature s;
        assert_ok(cc_op_conv.infer(&s, no_products[i].attr, &input, 1));
        if (cc_product_fits(no_products[i].attr, input, &s.output)) fail_msg("%s fits", no_products[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_cublas_there_are_no_ways),
        cmocka_unit_test(a_product_does_what_the_convolution_does),
        cmocka_unit_test(in_bf16_its_weight_gradient_is_not_rounded),
        cmocka_unit_test(it_adds_a_bias_and_clips),
        cmocka_unit_test(ways_have_names_of_their_own),
        cmocka_unit_test(only_where_asked_is_float32_rounded),
        cmocka_unit_test(a_recorded_product_is_computed_anew),
        cmocka_unit_test(what_is_no_product_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
