/* tests/nets/cuda_ops.h -- every op of the CUDA backend against its naive reference: on a GPU, and on the
 * host with stand-ins for the libraries. */
#ifndef CC_TESTS_NETS_CUDA_OPS_H
#define CC_TESTS_NETS_CUDA_OPS_H

#include <stdio.h>
#include "nets/engine/graph.h"
#include "op_cases.h"

/* Sizes that reach what kernels do for many rows, channels or images. */
static const op_case cuda_cases[] = {
    {"batch_norm many rows", &cc_op_batch_norm, NORM(SILU), 1, {SHAPE(2, 48, 50, 50)}},
    {"batch_norm many rows, few channels", &cc_op_batch_norm, NORM(RELU), 1, {SHAPE(1, 8, 80, 90)}},
    {"batch_norm many rows, odd channels", &cc_op_batch_norm, NORM(NONE), 1, {SHAPE(1, 11, 70, 70)}},
    {"batch_norm many rows, ragged strips", &cc_op_batch_norm, NORM(RELU), 1, {SHAPE(1, 88, 65, 65)}},
    {"batch_norm one part", &cc_op_batch_norm, NORM(SILU), 1, {SHAPE(1, 4, 33, 40)}},
    {"batch_norm most rows of one kernel",
     &cc_op_batch_norm,
     NORM(SILU),
     2,
     {SHAPE(1, 24, 32, 32), SHAPE(1, 24, 32, 32)}},
    {"batch_norm many rows, residual",
     &cc_op_batch_norm,
     NORM(RELU),
     2,
     {SHAPE(2, 16, 50, 50), SHAPE(2, 16, 50, 50)}},
    {"instance_norm many rows", &cc_op_instance_norm, INSTANCE(LEAKY_RELU), 1, {SHAPE(2, 48, 50, 50)}},
    {"instance_norm many images", &cc_op_instance_norm, INSTANCE(SILU), 1, {SHAPE(1030, 5, 3, 2)}},
    {"instance_norm many rows, odd channels",
     &cc_op_instance_norm,
     INSTANCE(SILU),
     1,
     {SHAPE(2, 11, 70, 70)}},
    {"group_norm many channels", &cc_op_group_norm, GROUPS(29, SILU), 1, {SHAPE(2, 1160, 3, 3)}},
    {"group_norm many rows", &cc_op_group_norm, GROUPS(6, SILU), 1, {SHAPE(2, 24, 61, 59)}},
    {"relu large", &cc_op_activation, ACT(RELU), 1, {SHAPE(1, 4, 1000, 550)}},
    {"squeeze_excite many channels", &cc_op_squeeze_excite, SQUEEZE(40), 1, {SHAPE(2, 1160, 3, 3)}},
    {"squeeze_excite many channels and images",
     &cc_op_squeeze_excite,
     SQUEEZE(72),
     1,
     {SHAPE(6, 1048, 2, 1)}},
    {"squeeze_excite odd channels", &cc_op_squeeze_excite, SQUEEZE(19), 1, {SHAPE(5, 297, 3, 2)}},
    {"squeeze_excite many pixels", &cc_op_squeeze_excite, SQUEEZE(3), 1, {SHAPE(2, 24, 61, 59)}},
    {"squeeze_excite many rows", &cc_op_squeeze_excite, SQUEEZE(6), 1, {SHAPE(3, 144, 19, 23)}},
    {"squeeze_excite many images", &cc_op_squeeze_excite, SQUEEZE(2), 1, {SHAPE(1030, 5, 2, 1)}},
    {"prelu many rows", &cc_op_prelu, NULL, 1, {SHAPE(2, 24, 70, 70)}},
    {"multiply by channel, many rows", &cc_op_multiply, NULL, 2, {SHAPE(3, 24, 61, 59), SHAPE(3, 24, 1, 1)}},
    {"multiply by place, many channels", &cc_op_multiply, NULL, 2, {SHAPE(2, 304, 9, 7), SHAPE(2, 1, 9, 7)}},
    {"channel max of many", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE(2, 304, 9, 7)}},
    {"channel mean of many", &cc_op_channel_pool, CHANNELS(MEAN), 1, {SHAPE(2, 304, 9, 7)}},
    {"average_pool global, many rows", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE(3, 40, 61, 59)}},
    {"drop_path many images", &cc_op_drop_path, DROP(0.5), 2, {SHAPE(18, 8, 3, 2), SHAPE(18, 8, 3, 2)}},
    {"conv depthwise of many blocks",
     &cc_op_conv,
     CONV(70, 70, 1, 5, 5, 1, 2, 1, true),
     1,
     {SHAPE(3, 70, 18, 37)}},
    {"conv depthwise of many blocks, stride 2",
     &cc_op_conv,
     CONV(24, 24, 1, 3, 3, 2, 1, 1, false),
     1,
     {SHAPE(2, 24, 46, 71)}},
    {"conv from one channel of many tiles",
     &cc_op_conv,
     CONV(64, 1, 1, 7, 7, 2, 3, 1, false),
     1,
     {SHAPE(2, 1, 75, 66)}},
    {"conv to one channel of many tiles",
     &cc_op_conv,
     CONV(1, 1, 1, 3, 3, 1, 1, 1, true),
     1,
     {SHAPE(2, 24, 45, 90)}},
    {"conv to many channels", &cc_op_conv, CONV(8211, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(1, 1, 3, 2)}},
    {"conv to more channels", &cc_op_conv, CONV(32800, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(1, 1, 3, 2)}},
};
enum { CUDA_CASES = sizeof cuda_cases / sizeof *cuda_cases };

typedef struct cuda_rig {
    cc_task task;
    cc_parameter parameters[CC_OP_PARAMETERS_MAX];
    cc_parameter_slot slots[CC_OP_PARAMETERS_MAX];
    cc_draw *draw;
    void *memory[64];
    int memory_count;
} cuda_rig;

static void *take(cuda_rig *r, size_t bytes) {
    void *out;
    assert_true(r->memory_count < 64);
    assert_ok(cc_backend_cuda.store->get(&out, bytes, "test"));
    r->memory[r->memory_count++] = out;
    return out;
}

/* Plain values, on the device in the backend's layout. */
static void *upload(cuda_rig *r, const float *plain, const cc_shape *shape, cc_dtype dtype) {
    int64_t count = cc_shape_count(shape);
    float *staged = take(r, (size_t)count * sizeof *staged);
    void *out = take(r, (size_t)count * cc_dtype_bytes(dtype));
    assert_ok(cc_backend_cuda.store->put(staged, plain, (size_t)count * sizeof *staged));
    cc_backend_cuda.to_blocked(out, staged, shape, shape->dims[1], dtype);
    return out;
}

static void compare_value(cuda_rig *r, const char *what, const op_case *c, const void *values,
                          const cc_shape *shape, const float *want) {
    int64_t count = cc_shape_count(shape);
    size_t bytes = (size_t)count * sizeof(float);
    float *staged = take(r, bytes), *plain = malloc(bytes);
    cc_backend_cuda.from_blocked(staged, values, shape, shape->dims[1], r->task.dtype);
    assert_ok(cc_backend_cuda.store->fetch(plain, staged, bytes));
    assert_close(what, c, shape->dims[1], plain, want, count, tolerance_of(r->task.dtype));
    free(plain);
}

static void compare_parameter(const cuda_rig *r, const op_case *c, int i, const float *stored,
                              const float *want) {
    const cc_parameter_slot *s = &r->slots[i];
    size_t bytes = (size_t)s->parameter->count * sizeof(float);
    float *plain = malloc(bytes);
    assert_ok(s->unpack ? s->unpack(s, plain, stored) : cc_backend_cuda.store->fetch(plain, stored, bytes));
    assert_close(s->parameter->of.suffix, c, 0, plain, want, s->parameter->count,
                 tolerance_of(r->task.dtype));
    free(plain);
}

/* Filled as a planner does; not planned. */
static void describe_rig(cuda_rig *r, const op_case *c, const bench *b, bool training, cc_dtype dtype) {
    cc_task *t = &r->task;
    *r = (cuda_rig){0};
    r->draw = take(r, sizeof draw);
    assert_ok(cc_backend_cuda.store->put(r->draw, &draw, sizeof draw));
    *t = (cc_task){.op = c->op,
                   .kernel = cc_backend_cuda.kernel_of(c->op),
                   .name = c->name,
                   .attr = c->attr,
                   .training = training,
                   .dtype = dtype,
                   .draw = r->draw,
                   .input_count = c->input_count,
                   .parameter_count = b->signature.parameter_count,
                   .output_shape = &b->signature.output};
    for (int i = 0; i < c->input_count; i++) {
        t->input_shapes[i] = &c->inputs[i];
        t->input_blocks[i] = c->inputs[i].dims[1];
        t->input_grad_wanted[i] = training;
    }
    for (int i = 0; i < t->parameter_count; i++) {
        r->parameters[i] = (cc_parameter){
            .of = b->signature.parameters[i], .count = b->parameter_counts[i], .trained = true};
        r->slots[i].parameter = &r->parameters[i];
        t->parameters[i] = &r->slots[i];
    }
}

static void open_rig(cuda_rig *r, const op_case *c, const bench *b, bool training, cc_dtype dtype) {
    describe_rig(r, c, b, training, dtype);
    assert_ok(r->task.kernel->plan(&r->task));
    assert_int_equal(r->task.output_block, r->task.output_shape->dims[1]);
}

static void place_parameters(cuda_rig *r, const bench *b) {
    const cc_storage *store = cc_backend_cuda.store;
    for (int i = 0; i < r->task.parameter_count; i++) {
        cc_parameter_slot *s = &r->slots[i];
        size_t count = (size_t)b->parameter_counts[i];
        if (!s->bytes) s->bytes = count * sizeof(float);
        s->value = take(r, s->bytes);
        s->grad = take(r, s->bytes);
        s->bf16_copy = take(r, s->bytes / 2);
        assert_ok(s->pack ? s->pack(s, s->value, b->io.p[i])
                          : store->put(s->value, b->io.p[i], count * sizeof(float)));
        assert_ok(cc_backend_cuda.arithmetic->round_to_bf16(s->bf16_copy, s->value, count));
    }
}

static void place_values(cuda_rig *r, const op_case *c, const bench *b, bool accumulate) {
    cc_task *t = &r->task;
    for (int i = 0; i < t->input_count; i++) {
        t->x[i] = upload(r, b->io.x[i], &c->inputs[i], t->dtype);
        if (!t->training) continue;
        t->dx[i] = upload(r, b->io.dx[i], &c->inputs[i], t->dtype);
        t->accumulate[i] = accumulate;
    }
    t->dy = upload(r, b->io.dy, t->output_shape, t->dtype);
    t->y = take(r, (size_t)cc_shape_count(t->output_shape) * cc_dtype_bytes(t->dtype));
    t->saved = take(r, t->saved_bytes);
    t->held = take(r, t->held_bytes);
    t->scratch = take(r, t->scratch_bytes);
    if (t->kernel->bind) assert_ok(t->kernel->bind(t));
}

static void compare_parameters(cuda_rig *r, const op_case *c, const bench *b) {
    for (int i = 0; i < r->task.parameter_count; i++) {
        bool statistic = is_statistic(&r->parameters[i].of);
        if (statistic) compare_parameter(r, c, i, r->slots[i].value, b->io.p[i]);
        if (!statistic && r->task.training) compare_parameter(r, c, i, r->slots[i].grad, b->io.dp[i]);
    }
}

static void close_rig(cuda_rig *r) {
    if (r->task.state && r->task.kernel->release) r->task.kernel->release(&r->task);
    for (int i = 0; i < r->memory_count; i++) cc_backend_cuda.store->free(r->memory[i]);
}

static void compare_gradients(cuda_rig *r, const op_case *c, bench *b, bool accumulate) {
    for (int i = 0; i < c->input_count; i++) {
        int64_t count = cc_shape_count(&c->inputs[i]);
        float *before = random_array(count, 20 + (uint64_t)i);
        for (int64_t k = 0; accumulate && k < count; k++) b->io.dx[i][k] += before[k];
        compare_value(r, "dx", c, r->task.dx[i], &c->inputs[i], b->io.dx[i]);
        free(before);
    }
}

static void check_on_cuda(const op_case *c, bool training, bool accumulate, cc_dtype dtype) {
    bench b;
    cuda_rig r;
    bench_open(&b, c, training, dtype);
    open_rig(&r, c, &b, training, dtype);
    accumulate = accumulate && r.task.kernel->accumulates;
    place_parameters(&r, &b);
    place_values(&r, c, &b, accumulate);
    c->op->reference_forward(&b.io);
    assert_ok(r.task.kernel->forward(&r.task));
    compare_value(&r, "y", c, r.task.y, r.task.output_shape, b.io.y);
    if (training) {
        c->op->reference_backward(&b.io);
        assert_ok(r.task.kernel->backward(&r.task));
        compare_gradients(&r, c, &b, accumulate);
    }
    compare_parameters(&r, c, &b);
    close_rig(&r);
    bench_close(&b);
}

static void every_op(bool training, bool accumulate, cc_dtype dtype) {
    for (int i = 0; i < CASES + CUDA_CASES; i++) {
        const op_case *c = i < CASES ? &cases[i] : &cuda_cases[i - CASES];
        if (cc_test_sanitized() && training && dtype == CC_F32 && i % 2 != accumulate) continue;
        if (i >= CASES || cc_backend_cuda.kernel_of(c->op)) check_on_cuda(c, training, accumulate, dtype);
    }
}

static void check_nan_on_cuda(const op_case *c, bool training, cc_dtype dtype) {
    bench b;
    cuda_rig r;
    bench_open(&b, c, training, dtype);
    put_nan((float *)b.io.x[0], cc_shape_count(&c->inputs[0]));
    open_rig(&r, c, &b, training, dtype);
    place_parameters(&r, &b);
    place_values(&r, c, &b, false);
    c->op->reference_forward(&b.io);
    assert_ok(r.task.kernel->forward(&r.task));
    const void *values[] = {r.task.y, r.task.dx[0]};
    const cc_shape *shapes[] = {r.task.output_shape, &c->inputs[0]};
    const float *wanted[] = {b.io.y, b.io.dx[0]};
    if (training) {
        c->op->reference_backward(&b.io);
        assert_ok(r.task.kernel->backward(&r.task));
    }
    for (int i = 0; i < 1 + training; i++) {
        const int64_t count = cc_shape_count(shapes[i]);
        float *staged = take(&r, (size_t)count * sizeof *staged),
              *plain = malloc((size_t)count * sizeof *plain);
        cc_backend_cuda.from_blocked(staged, values[i], shapes[i], shapes[i]->dims[1], dtype);
        assert_ok(cc_backend_cuda.store->fetch(plain, staged, (size_t)count * sizeof *plain));
        assert_close_with_nan(i ? "dx" : "y", c, shapes[i]->dims[1], plain, wanted[i], count,
                              tolerance_of(dtype));
        free(plain);
    }
    close_rig(&r);
    bench_close(&b);
}

static void cuda_hands_nan_on_as_the_reference_does(void **state) {
    (void)state;
    for (int i = 0; i < 2 * CASES; i++) {
        const op_case *c = &cases[i / 2];
        const bool norm = c->op == &cc_op_batch_norm;
        if (norm || hands_nan_on(c->op)) check_nan_on_cuda(c, !norm, i % 2 ? CC_BF16 : CC_F32);
    }
}

static void cuda_trains_as_the_reference_does(void **state) {
    (void)state;
    every_op(true, false, CC_F32);
}
static void cuda_infers_as_the_reference_does(void **state) {
    (void)state;
    every_op(false, false, CC_F32);
}
static void cuda_adds_gradients_where_asked(void **state) {
    (void)state;
    every_op(true, true, CC_F32);
}
static void in_bf16_cuda_differs_by_its_rounding_alone(void **state) {
    (void)state;
    if (!cc_backend_cuda.has(CC_BF16)) {
        print_message("skipped: this device has no bf16\n");
        return;
    }
    every_op(true, true, CC_BF16);
    if (cc_test_sanitized()) return;
    every_op(true, false, CC_BF16);
    every_op(false, false, CC_BF16);
}
static void check_far_from_zero(cc_shape x) {
    op_case c = {"batch_norm offset", &cc_op_batch_norm, NORM(NONE), 1, {x}};
    bench b;
    cuda_rig r;
    bench_open(&b, &c, true, CC_F32);
    for (int64_t i = 0; i < cc_shape_count(&c.inputs[0]); i++) ((float *)b.io.x[0])[i] += 1000;
    open_rig(&r, &c, &b, true, CC_F32);
    place_parameters(&r, &b);
    place_values(&r, &c, &b, false);
    c.op->reference_forward(&b.io);
    assert_ok(r.task.kernel->forward(&r.task));
    r.task.dtype = CC_F32;
    compare_parameter(&r, &c, CC_BATCH_NORM_VAR, r.slots[CC_BATCH_NORM_VAR].value, b.io.p[CC_BATCH_NORM_VAR]);
    close_rig(&r);
    bench_close(&b);
}

/* In one kernel; in two, of one part and of some. */
static void cuda_keeps_batch_norm_precise_far_from_zero(void **state) {
    (void)state;
    check_far_from_zero((cc_shape)SHAPE(2, 8, 16, 16));
    check_far_from_zero((cc_shape)SHAPE(2, 4, 23, 23));
    check_far_from_zero((cc_shape)SHAPE(2, 8, 70, 70));
}

static void cuda_keeps_group_norm_precise_far_from_zero(void **state) {
    (void)state;
    const op_case c = {"group_norm offset", &cc_op_group_norm, GROUPS(2, NONE), 1, {SHAPE(2, 8, 70, 70)}};
    bench b;
    cuda_rig r;
    bench_open(&b, &c, true, CC_F32);
    for (int64_t i = 0; i < cc_shape_count(&c.inputs[0]); i++) ((float *)b.io.x[0])[i] += 1000;
    open_rig(&r, &c, &b, true, CC_F32);
    place_parameters(&r, &b);
    place_values(&r, &c, &b, false);
    c.op->reference_forward(&b.io);
    assert_ok(r.task.kernel->forward(&r.task));
    compare_value(&r, "y", &c, r.task.y, r.task.output_shape, b.io.y);
    close_rig(&r);
    bench_close(&b);
}

/* The precisions to try, as bits 1 << dtype: both, or one of them in turn where others of the kind have the
 * other. */
enum { BOTH_DTYPES = 1 << CC_F32 | 1 << CC_BF16 };
static int one_dtype(int turn) {
    return 1 << (turn % 2 ? CC_BF16 : CC_F32);
}

static void check_convolution(int64_t channels, int64_t groups, int64_t kernel, int64_t stride,
                              int64_t dilation, int64_t padding, const cc_shape *x, bool bias, int dtypes) {
    const cc_conv_attr attr = {.out_channels = channels,
                               .groups = groups,
                               .kernel = {1, kernel, kernel},
                               .stride = {1, stride, stride},
                               .padding = {0, padding, padding},
                               .dilation = {1, dilation, dilation},
                               .bias = bias};
    char name[128];
    snprintf(name, sizeof name,
             "%lldx%lld of stride %lld, dilation %lld, padding %lld on %s to %lld channels",
             (long long)kernel, (long long)kernel, (long long)stride, (long long)dilation, (long long)padding,
             cc_shape_text(x), (long long)channels);
    const op_case c = {name, &cc_op_conv, &attr, 1, {*x}};
    if (dtypes & 1 << CC_F32) check_on_cuda(&c, true, false, CC_F32);
    if (dtypes & 1 << CC_BF16 && cc_backend_cuda.has(CC_BF16)) check_on_cuda(&c, true, false, CC_BF16);
}

static void check_depthwise(int64_t channels, int64_t kernel, int64_t stride, int64_t dilation,
                            int64_t padding, const cc_shape *x, bool bias, int dtypes) {
    check_convolution(channels, channels, kernel, stride, dilation, padding, x, bias, dtypes);
}

/* Of each kind that has a kernel of its own, images of less than a tile, of some, and of some and a part. */
static void cuda_has_every_depthwise_convolution(void **state) {
    (void)state;
    static const int64_t extents[] = {1, 2, 3, 7, 8, 17}, widths[] = {1, 3, 8, 12, 24};
    enum { EXTENTS = sizeof extents / sizeof *extents, WIDTHS = sizeof widths / sizeof *widths };
    for (int i = 0; i < 4 * EXTENTS * EXTENTS; i++) {
        int64_t kernel = i % 2 ? 5 : 3, stride = 1 + i / 2 % 2, channels = widths[i / 4 % WIDTHS];
        cc_shape x = SHAPE(1 + i % 3, channels, extents[i / 4 % EXTENTS], extents[i / 4 / EXTENTS]);
        if (cc_test_sanitized() && i / 4 % 3) continue;
        check_depthwise(channels, kernel, stride, 1, kernel / 2, &x, i % 5 == 0, one_dtype(i / 4));
    }
}

/* Paddings that leave pixels out or see beyond the border; several strips of channels, blocks, parts of the
 * weights' gradient and tiles a thread. */
static void cuda_has_unusual_depthwise_convolutions(void **state) {
    (void)state;
    static const struct {
        int64_t kernel, stride, dilation, padding;
        cc_shape x;
    } convolutions[] = {
        {3, 1, 1, 0, SHAPE(2, 6, 9, 8)},     {5, 1, 1, 0, SHAPE(1, 6, 9, 8)},
        {5, 1, 1, 1, SHAPE(1, 6, 9, 8)},     {3, 1, 1, 3, SHAPE(1, 6, 3, 8)},
        {3, 2, 1, 0, SHAPE(2, 6, 10, 13)},   {5, 2, 1, 1, SHAPE(1, 6, 10, 13)},
        {5, 2, 1, 0, SHAPE(1, 6, 12, 5)},    {3, 2, 1, 2, SHAPE(1, 6, 12, 5)},
        {5, 2, 1, 5, SHAPE(1, 6, 3, 4)},     {3, 3, 1, 1, SHAPE(2, 8, 10, 13)},
        {7, 1, 1, 3, SHAPE(1, 16, 9, 11)},   {2, 2, 1, 0, SHAPE(1, 4, 9, 7)},
        {1, 1, 1, 0, SHAPE(1, 4, 5, 7)},     {3, 1, 2, 2, SHAPE(2, 24, 9, 7)},
        {5, 1, 3, 6, SHAPE(1, 8, 17, 15)},   {3, 2, 2, 2, SHAPE(1, 8, 11, 14)},
        {5, 1, 1, 2, SHAPE(1, 1152, 4, 5)},  {3, 1, 1, 1, SHAPE(1, 144, 8, 9)},
        {5, 2, 1, 2, SHAPE(1, 82, 21, 9)},   {3, 1, 1, 1, SHAPE(2, 40, 37, 41)},
        {3, 2, 1, 1, SHAPE(2, 4, 140, 131)}, {5, 1, 1, 2, SHAPE(2, 4, 50, 71)},
        {5, 2, 1, 2, SHAPE(2, 66, 23, 30)},  {3, 1, 1, 1, SHAPE(1, 5, 150, 80)},
        {3, 1, 1, 1, SHAPE(2, 4, 1, 1100)},  {3, 1, 1, 1, SHAPE(2, 4, 1100, 1)},
        {3, 2, 1, 1, SHAPE(66, 2, 90, 60)},  {3, 1, 1, 1, SHAPE(1300, 2, 2, 3)},
        {5, 2, 1, 2, SHAPE(17500, 4, 1, 1)},
    };
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
        check_depthwise(convolutions[i].x.dims[1], convolutions[i].kernel, convolutions[i].stride,
                        convolutions[i].dilation, convolutions[i].padding, &convolutions[i].x, i % 2,
                        cc_test_sanitized() ? one_dtype((int)i / 2) : BOTH_DTYPES);
}

/* Strips of 16 columns and of some rows, whole and cut short; several of them, of blocks and of parts; pairs
 * of sixteens of channels that a block has together and that it has not. */
static void cuda_has_convolutions_of_few_channels(void **state) {
    (void)state;
    static const struct {
        int64_t out;
        cc_shape x;
    } convolutions[] = {
        {16, SHAPE(1, 16, 5, 7)},   {16, SHAPE(2, 16, 40, 33)}, {16, SHAPE(2, 32, 9, 50)},
        {32, SHAPE(1, 16, 18, 19)}, {32, SHAPE(2, 32, 17, 16)}, {48, SHAPE(1, 24, 12, 17)},
        {32, SHAPE(1, 96, 8, 9)},   {16, SHAPE(3, 32, 1, 1)},   {16, SHAPE(1, 16, 100, 130)},
        {64, SHAPE(1, 40, 7, 20)},
    };
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
        check_convolution(convolutions[i].out, 1, 3, 1, 1, 1, &convolutions[i].x, i % 2,
                          cc_test_sanitized() ? one_dtype((int)i / 2) : BOTH_DTYPES);
}

/* From one channel and to one; images of a pixel, less than a thread's column, and some columns and a part.
 */
static void cuda_has_every_convolution_of_one_channel(void **state) {
    (void)state;
    static const int64_t extents[] = {1, 5, 9, 19}, widths[] = {8, 16, 24, 40, 64};
    enum { EXTENTS = sizeof extents / sizeof *extents, WIDTHS = sizeof widths / sizeof *widths };
    for (int i = 0; i < 4 * EXTENTS * EXTENTS * 3; i++) {
        int64_t kernel = 1 + i % 4 * 2, channels = widths[i / 12 % WIDTHS],
                height = extents[i / 12 % EXTENTS], width = extents[i / 12 / EXTENTS],
                n = 1 + i % 3 + 8 / (height * width); /* some values to compare */
        bool into = i / 4 % 3 < 2;
        cc_shape x = SHAPE(n, into ? 1 : channels, height, width);
        if (cc_test_sanitized() && i / 12 % 3) continue;
        check_convolution(into ? channels : 1, 1, kernel, i / 4 % 3 == 1 ? 2 : 1, 1, kernel / 2, &x,
                          i % 5 == 0, one_dtype(i / 12));
    }
}

/* Paddings that leave pixels out or see beyond the border; few channels and many; tiles beside and below each
 * other, several of a block and of a part of the weights' gradient. */
static void cuda_has_unusual_convolutions_of_one_channel(void **state) {
    (void)state;
    static const struct {
        int64_t channels, kernel, stride, padding;
        cc_shape x;
    } convolutions[] = {
        {8, 3, 1, 0, SHAPE(2, 1, 9, 8)},      {8, 3, 2, 0, SHAPE(2, 1, 10, 13)},
        {16, 5, 1, 1, SHAPE(1, 1, 9, 8)},     {8, 3, 1, 3, SHAPE(1, 1, 3, 8)},
        {8, 7, 2, 0, SHAPE(1, 1, 12, 9)},     {24, 1, 1, 1, SHAPE(1, 1, 4, 3)},
        {128, 7, 2, 3, SHAPE(1, 1, 41, 39)},  {128, 3, 1, 1, SHAPE(1, 1, 37, 21)},
        {8, 7, 2, 3, SHAPE(1, 1, 140, 270)},  {8, 5, 1, 2, SHAPE(1, 1, 70, 150)},
        {32, 3, 2, 1, SHAPE(2, 1, 131, 140)}, {8, 3, 2, 1, SHAPE(1150, 1, 3, 4)},
        {1, 3, 1, 0, SHAPE(2, 8, 9, 8)},      {1, 5, 1, 1, SHAPE(1, 16, 9, 8)},
        {1, 3, 1, 3, SHAPE(1, 8, 3, 8)},      {1, 7, 1, 0, SHAPE(1, 8, 12, 9)},
        {1, 7, 1, 3, SHAPE(1, 128, 21, 17)},  {1, 1, 1, 0, SHAPE(2, 128, 33, 17)},
        {1, 3, 1, 1, SHAPE(2, 16, 75, 141)},  {1, 5, 1, 2, SHAPE(1, 8, 70, 150)},
        {1, 3, 1, 1, SHAPE(1150, 8, 2, 3)},   {1, 3, 1, 1, SHAPE(1, 8, 1, 1100)},
        {1, 3, 1, 1, SHAPE(1, 16, 1100, 1)},
    };
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
        check_convolution(convolutions[i].channels, 1, convolutions[i].kernel, convolutions[i].stride, 1,
                          convolutions[i].padding, &convolutions[i].x, i % 2,
                          cc_test_sanitized() ? one_dtype((int)i / 2) : BOTH_DTYPES);
}

/* Masks, or class numbers, as the loss wants them. */
static float *random_target(const cc_loss_spec *spec, cc_loss_shape s) {
    const int64_t count = s.n * s.classes * s.pixels;
    float *target = random_array(count, 51);
    const bool numbers = cc_loss_target(spec, NULL) == CC_TARGET_NUMBERS && s.classes > 1;
    for (int64_t i = 0; i < count; i++)
        target[i] = numbers ? (float)((int64_t)(1000 * (target[i] + 2)) % s.classes) : target[i] > 0.4f;
    return target;
}

/* The loss and its gradient on `backend`, of seeded logits and masks or class numbers; the gradients by what
 * the loss trains of its own are added to the value. */
static double loss_on(float *gradient, const cc_backend *backend, const cc_loss_spec *spec, cc_loss_shape s) {
    const cc_storage *store = backend->store;
    cc_loss_heads heads = cc_loss_one_head(s);
    int64_t count = s.n * s.classes * s.pixels;
    size_t bytes = (size_t)count * sizeof(float);
    float *logits = random_array(count, 50), *target = random_target(spec, s);
    float numbers[CC_LOSS_PARAMETERS_MAX] = {0};
    double value;
    void *on[7];
    assert_ok(cc_loss_bind(&heads, spec));
    const int trained = cc_loss_parameters(numbers, spec);
    for (int i = 0; i < 3; i++) assert_ok(store->get(&on[i], bytes, "test"));
    assert_ok(store->get(&on[3], sizeof value, "test"));
    assert_ok(store->get(&on[4], backend->arithmetic->loss_bytes(spec, &heads), "test"));
    for (int i = 5; i < 7; i++) assert_ok(store->get(&on[i], sizeof numbers, "test"));
    assert_ok(store->put(on[0], logits, bytes));
    assert_ok(store->put(on[1], target, bytes));
    assert_ok(store->put(on[5], numbers, sizeof numbers));
    assert_ok(backend->arithmetic->loss(on[3], spec,
                                        &(cc_loss_io){.heads = &heads,
                                                      .logits = on[0],
                                                      .target = on[1],
                                                      .gradient = on[2],
                                                      .parameters = on[5],
                                                      .parameter_gradients = on[6],
                                                      .scratch = on[4]}));
    assert_ok(store->fetch(gradient, on[2], bytes));
    assert_ok(store->fetch(&value, on[3], sizeof value));
    assert_ok(store->fetch(numbers, on[6], sizeof numbers));
    for (int i = 0; i < trained; i++) value += numbers[i]; /* so that these are compared too */
    for (int i = 0; i < 7; i++) store->free(on[i]);
    free(logits), free(target);
    return value;
}

/* Few pixels and many, some no multiple of four; few images and many. */
static void cuda_has_the_losses_of_the_cpu_at_every_size(void **state) {
    (void)state;
    static const cc_loss_shape shapes[] = {{3, 1, 63 * 33}, {1, 2, 160 * 220}, {17, 1, 12}, {1, 3, 7}};
    static const cc_loss_spec terms[] = {{.type = "bce", .weight = 0.5},
                                         {.type = "iou", .smooth = 1, .weight = 2},
                                         {.type = "focal", .alpha = 0.25, .gamma = 2, .weight = 1}};
    static const cc_loss_spec of_classes[] = {
        {.type = "softmax-dice", .smooth = 1e-5, .weight = 0.5},
        {.type = "cross-entropy", .class_weights = {0.5, 2, 1}, .class_weight_count = 3, .weight = 1}};
    static const cc_loss_spec specs[] = {
        {.type = "bce"},
        {.type = "focal", .alpha = 0.25, .gamma = 2},
        {.type = "dice", .smooth = 1},
        {.type = "iou", .smooth = 1},
        {.type = "generalised-dice"},
        {.type = "bootstrap-bce", .fraction = 0.25},
        {.type = "sum", .terms = terms, .term_count = 3},
        {.type = "log-cosh-dice", .smooth = 1},
        {.type = "tversky", .alpha = 0.3, .beta = 0.7, .gamma = 0.75},
        {.type = "softmax-dice", .smooth = 1, .batch = true, .background = true},
        {.type = "softmax-dice", .smooth = 1e-5, .squared = true},
        {.type = "cross-entropy", .label_smoothing = 0.1},
        {.type = "uncertainty",
         .terms = of_classes,
         .term_count = 2,
         .log_variance = {0.25, -0.5},
         .log_variance_count = 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes * (sizeof specs / sizeof *specs); i++) {
        const cc_loss_spec *spec = &specs[i % (sizeof specs / sizeof *specs)];
        cc_loss_shape s = shapes[i / (sizeof specs / sizeof *specs)];
        cc_loss_heads heads = cc_loss_one_head(s);
        if (cc_loss_bind(&heads, spec) != CC_OK) continue; /* a softmax of one class */
        if (cc_test_sanitized() && s.pixels > 10000 && i % 7 != 2 && i % 7 != 5)
            continue; /* dice, bootstrap */
        int64_t count = s.n * s.classes * s.pixels;
        float *got = malloc((size_t)count * sizeof *got), *want = malloc((size_t)count * sizeof *want);
        const op_case c = {.name = spec->type};
        double value = loss_on(got, &cc_backend_cuda, spec, s),
               right = loss_on(want, &cc_backend_cpu, spec, s);
        if (fabs(value - right) > 2e-6 * fabs(right))
            print_error("%s: %.9g, not %.9g\n", c.name, value, right);
        assert_true(fabs(value - right) <= 2e-6 * fabs(right));
        assert_close("gradient", &c, s.pixels, got, want, count, 1e-5);
        free(got), free(want);
    }
}

static const struct CMUnitTest cuda_op_tests[] = {
    cmocka_unit_test(cuda_has_the_losses_of_the_cpu_at_every_size),
    cmocka_unit_test(cuda_hands_nan_on_as_the_reference_does),
    cmocka_unit_test(cuda_trains_as_the_reference_does),
    cmocka_unit_test(cuda_infers_as_the_reference_does),
    cmocka_unit_test(cuda_adds_gradients_where_asked),
    cmocka_unit_test(in_bf16_cuda_differs_by_its_rounding_alone),
    cmocka_unit_test(cuda_keeps_batch_norm_precise_far_from_zero),
    cmocka_unit_test(cuda_keeps_group_norm_precise_far_from_zero),
    cmocka_unit_test(cuda_has_every_depthwise_convolution),
    cmocka_unit_test(cuda_has_unusual_depthwise_convolutions),
    cmocka_unit_test(cuda_has_convolutions_of_few_channels),
    cmocka_unit_test(cuda_has_every_convolution_of_one_channel),
    cmocka_unit_test(cuda_has_unusual_convolutions_of_one_channel),
};

#endif
