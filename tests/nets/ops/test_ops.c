/* tests/nets/ops/test_ops.c -- every op on every backend against its naive reference, and the references
 * against finite differences. */
#include "support.h"
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/engine/graph.h"
#include "nets/engine/memory.h"
#include "op_cases.h"

/* The kernel's side: blocked copies of the bench's arrays, and its slots. */
typedef struct rig {
    cc_task task;
    cc_parameter parameters[CC_OP_PARAMETERS_MAX];
    cc_parameter_slot slots[CC_OP_PARAMETERS_MAX];
    void *memory[64];
    int memory_count;
} rig;

static void *take(rig *r, size_t bytes) {
    void *out;
    assert_true(r->memory_count < 64);
    assert_ok(cc_memory_get(&out, bytes, "test"));
    r->memory[r->memory_count++] = out;
    return out;
}

static void rig_plan(rig *r, const op_case *c, const bench *b, int64_t block, bool training, cc_dtype dtype) {
    *r = (rig){.task = {.op = c->op,
                        .kernel = c->op->cpu,
                        .name = c->name,
                        .attr = c->attr,
                        .training = training,
                        .dtype = dtype,
                        .draw = &draw}};
    r->task.input_count = c->input_count;
    r->task.parameter_count = b->signature.parameter_count;
    r->task.output_shape = &b->signature.output;
    for (int i = 0; i < c->input_count; i++) {
        r->task.input_shapes[i] = &c->inputs[i];
        r->task.input_blocks[i] = block;
        r->task.input_grad_wanted[i] = training;
    }
    for (int i = 0; i < b->signature.parameter_count; i++) {
        r->parameters[i] = (cc_parameter){
            .of = b->signature.parameters[i], .count = b->parameter_counts[i], .trained = true};
        r->slots[i].parameter = &r->parameters[i];
        r->task.parameters[i] = &r->slots[i];
    }
    assert_ok(r->task.kernel->plan(&r->task));
}

static void rig_place(rig *r, const op_case *c, const bench *b, bool accumulate) {
    const cc_backend *cpu = &cc_backend_cpu;
    cc_task *t = &r->task;
    for (int i = 0; i < t->parameter_count; i++) {
        cc_parameter_slot *s = &r->slots[i];
        if (!s->bytes) s->bytes = (size_t)(b->parameter_counts[i] + CC_VECTOR_PAD) * sizeof(float);
        s->value = take(r, s->bytes);
        s->grad = take(r, s->bytes);
        if (s->pack)
            assert_ok(s->pack(s, s->value, b->io.p[i]));
        else
            memcpy(s->value, b->io.p[i], (size_t)b->parameter_counts[i] * sizeof(float));
    }
    for (int i = 0; i < t->input_count; i++) {
        size_t bytes = (size_t)cc_blocked_count(&c->inputs[i], t->input_blocks[i]) * cc_dtype_bytes(t->dtype);
        t->x[i] = take(r, bytes);
        cpu->to_blocked((void *)t->x[i], b->io.x[i], &c->inputs[i], t->input_blocks[i], t->dtype);
        if (!t->training) continue;
        t->dx[i] = take(r, bytes);
        t->accumulate[i] = accumulate;
        cpu->to_blocked(t->dx[i], b->io.dx[i], &c->inputs[i], t->input_blocks[i], t->dtype);
    }
    size_t bytes = (size_t)cc_blocked_count(t->output_shape, t->output_block) * cc_dtype_bytes(t->dtype);
    t->y = take(r, bytes);
    t->dy = take(r, bytes);
    cpu->to_blocked((void *)t->dy, b->io.dy, t->output_shape, t->output_block, t->dtype);
    t->saved = take(r, t->saved_bytes);
    t->scratch = take(r, t->scratch_bytes);
    if (t->kernel->bind) assert_ok(t->kernel->bind(t));
}

static void rig_close(rig *r) {
    if (r->task.state && r->task.kernel->release) r->task.kernel->release(&r->task);
    for (int i = 0; i < r->memory_count; i++) cc_memory_free(r->memory[i]);
    for (int i = 0; i < CC_OP_PARAMETERS_MAX; i++)
        if (r->slots[i].release) r->slots[i].release(r->slots[i].layout);
}

static void assert_blocked(const char *what, const op_case *c, int64_t block, cc_dtype dtype,
                           const void *blocked, const cc_shape *shape, const float *want, double tolerance) {
    int64_t count = cc_shape_count(shape), filled = cc_blocked_count(shape, block);
    const cc_shape row = {.rank = 4, .dims = {1, 1, 1, filled}};
    float *plain = malloc((size_t)count * sizeof *plain), *stored = malloc((size_t)filled * sizeof *stored);
    cc_backend_cpu.from_blocked(plain, blocked, shape, block, dtype);
    cc_backend_cpu.from_blocked(stored, blocked, &row, 1, dtype);
    assert_close(what, c, block, plain, want, count, tolerance);
    double all = 0, real = 0; /* channels that fill the last block stay zero */
    for (int64_t i = 0; i < filled; i++) all += fabs(stored[i]);
    for (int64_t i = 0; i < count; i++) real += fabs(plain[i]);
    assert_true(fabs(all - real) <= 1e-6 * real);
    free(plain), free(stored);
}

static void assert_slot(const char *what, const op_case *c, const cc_parameter_slot *s, const float *stored,
                        const float *want, double tolerance) {
    int64_t count = s->parameter->count;
    float *plain = malloc((size_t)count * sizeof *plain);
    if (s->unpack)
        assert_ok(s->unpack(s, plain, stored));
    else
        memcpy(plain, stored, (size_t)count * sizeof *plain);
    assert_close(what, c, 0, plain, want, count, tolerance);
    free(plain);
}

/* A kernel's results beside the reference's, which the bench holds. */
static void check_kernel(rig *r, const op_case *c, const bench *b, int64_t block, cc_dtype dtype) {
    double tolerance = tolerance_of(dtype);
    assert_ok(r->task.kernel->forward(&r->task));
    assert_blocked("y", c, r->task.output_block, dtype, r->task.y, r->task.output_shape, b->io.y, tolerance);
    if (r->task.training) {
        assert_ok(r->task.kernel->backward(&r->task));
        for (int i = 0; i < c->input_count; i++)
            assert_blocked("dx", c, block, dtype, r->task.dx[i], &c->inputs[i], b->io.dx[i], tolerance);
    }
    for (int i = 0; i < r->task.parameter_count; i++) {
        const cc_parameter_slot *s = &r->slots[i];
        if (is_statistic(&s->parameter->of))
            assert_slot(s->parameter->of.suffix, c, s, s->value, b->io.p[i], tolerance);
        if (!is_statistic(&s->parameter->of) && r->task.training)
            assert_slot(s->parameter->of.suffix, c, s, s->grad, b->io.dp[i], tolerance);
    }
}

static void ask_reference(const op_case *c, bench *b, bool training, bool accumulate) {
    c->op->reference_forward(&b->io);
    if (training) c->op->reference_backward(&b->io);
    for (int i = 0; training && accumulate && i < c->input_count; i++) {
        float *before = random_array(cc_shape_count(&c->inputs[i]), 20 + (uint64_t)i); /* as in the bench */
        for (int64_t k = 0; k < cc_shape_count(&c->inputs[i]); k++) b->io.dx[i][k] += before[k];
        free(before);
    }
}

/* In every layout; the naive reference, which takes most of the time, is run once. */
static void check_case(const op_case *c, bool training, bool accumulate, cc_dtype dtype) {
    static const int64_t blocks[] = {1, 8, 16};
    bench b;
    rig rigs[3];
    accumulate = accumulate && c->op->cpu->accumulates;
    bench_open(&b, c, training, dtype);
    for (int k = 0; k < 3; k++) {
        rig_plan(&rigs[k], c, &b, blocks[k], training, dtype);
        rig_place(&rigs[k], c, &b, accumulate);
    }
    cc_backend_cpu.enter();
    ask_reference(c, &b, training, accumulate);
    for (int k = 0; k < 3; k++) {
        check_kernel(&rigs[k], c, &b, blocks[k], dtype);
        rig_close(&rigs[k]);
    }
    bench_close(&b);
}

/* sum(y * dy) of the reference, statistics kept as they were. */
static double objective(const op_case *c, bench *b) {
    float *kept[CC_OP_PARAMETERS_MAX];
    double sum = 0;
    for (int i = 0; i < b->signature.parameter_count; i++) {
        size_t bytes = (size_t)b->parameter_counts[i] * sizeof(float);
        kept[i] = memcpy(malloc(bytes), b->io.p[i], bytes);
    }
    c->op->reference_forward(&b->io);
    for (int64_t i = 0; i < cc_shape_count(b->io.output_shape); i++) sum += (double)b->io.y[i] * b->io.dy[i];
    for (int i = 0; i < b->signature.parameter_count; i++) {
        memcpy(b->io.p[i], kept[i], (size_t)b->parameter_counts[i] * sizeof(float));
        free(kept[i]);
    }
    return sum;
}

/* Central differences at a few places of one array. */
static void check_slopes(const op_case *c, bench *b, float *values, const float *slopes, int64_t count,
                         const char *what) {
    const float step = 1e-2f;
    double norm = 0;
    for (int64_t i = 0; i < count; i++) norm += pow(slopes[i], 2) / (double)count;
    for (int64_t i = 0; i < count; i += 1 + count / 11) {
        float kept = values[i];
        values[i] = kept + step;
        double up = objective(c, b);
        values[i] = kept - step;
        double down = objective(c, b);
        values[i] = kept;
        double slope = (up - down) / (2 * (double)step);
        if (fabs(slope - slopes[i]) > 2e-2 * (sqrt(norm) + fabs(slope))) {
            print_error("%s: d/d%s[%lld] is %.6g, by differences %.6g\n", c->name, what, (long long)i,
                        slopes[i], slope);
            fail();
        }
    }
}

static void check_reference(const op_case *c) {
    bench b;
    bench_open(&b, c, true, CC_F32);
    objective(c, &b);
    c->op->reference_backward(&b.io);
    for (int i = 0; i < c->input_count; i++)
        check_slopes(c, &b, (float *)b.io.x[i], b.io.dx[i], cc_shape_count(&c->inputs[i]), "x");
    for (int i = 0; i < b.signature.parameter_count; i++) {
        if (!is_statistic(&b.signature.parameters[i]))
            check_slopes(c, &b, b.io.p[i], b.io.dp[i], b.parameter_counts[i],
                         b.signature.parameters[i].suffix);
    }
    bench_close(&b);
}

/* Sanitized, a case's gradients are either added or not, the next one's the other way. */
static void check_cases(bool training, bool accumulate, cc_dtype dtype) {
    for (int i = 0; i < CASES; i++) {
        if (cc_test_sanitized() && training && dtype == CC_F32 && i % 2 != accumulate) continue;
        check_case(&cases[i], training, accumulate, dtype);
    }
}

static void the_cpu_trains_as_the_reference_does(void **state) {
    (void)state;
    check_cases(true, false, CC_F32);
}

static void the_cpu_infers_as_the_reference_does(void **state) {
    (void)state;
    check_cases(false, false, CC_F32);
}

static void gradients_are_added_where_asked(void **state) {
    (void)state;
    check_cases(true, true, CC_F32);
}

static void in_bf16_the_cpu_differs_by_its_rounding_alone(void **state) {
    (void)state;
    if (!cc_backend_cpu.has(CC_BF16)) {
        print_message("skipped: this processor has no bf16\n");
        return;
    }
    check_cases(true, true, CC_BF16);
    if (cc_test_sanitized()) return;
    check_cases(true, false, CC_BF16);
    check_cases(false, false, CC_BF16);
}

/* Ties and kinks have no slope: relus and maxima are left to hand-made values below, and to PyTorch's
 * (experiments/parity). */
static void references_have_the_gradients_of_finite_differences(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++)
        if (!strstr(cases[i].name, "relu") && !strstr(cases[i].name, "max") && !strstr(cases[i].name, "wide"))
            check_reference(&cases[i]);
}

static void norms_keep_precision_far_from_zero(void **state) {
    (void)state;
    const op_case offset[] = {
        {"batch_norm offset", &cc_op_batch_norm, NORM(NONE), 1, {SHAPE(2, 8, 32, 32)}},
        {"group_norm offset", &cc_op_group_norm, GROUPS(2, NONE), 1, {SHAPE(2, 8, 32, 32)}}};
    for (int k = 0; k < 2; k++) {
        const op_case *c = &offset[k];
        bench b;
        rig r;
        bench_open(&b, c, true, CC_F32);
        for (int64_t i = 0; i < cc_shape_count(&c->inputs[0]); i++) ((float *)b.io.x[0])[i] += 1000;
        rig_plan(&r, c, &b, 8, true, CC_F32);
        rig_place(&r, c, &b, false);
        c->op->reference_forward(&b.io);
        assert_ok(r.task.kernel->forward(&r.task));
        assert_blocked("y", c, 8, CC_F32, r.task.y, r.task.output_shape, b.io.y, 2e-4);
        rig_close(&r);
        bench_close(&b);
    }
}

/* Variance 0: what is normalised is 0, and y = bias; the gradients are those of the reference, and finite. */
static void a_flat_channel_gives_its_bias(void **state) {
    (void)state;
    static const int64_t blocks[] = {1, 8, 16};
    op_case c = {"instance_norm flat", &cc_op_instance_norm, INSTANCE(NONE), 1, {SHAPE(2, 11, 9, 7)}};
    for (int k = 0; k < 6; k++) {
        const cc_dtype dtype = k % 2 ? CC_BF16 : CC_F32;
        const int64_t block = blocks[k / 2], plane = 9 * 7, channels = 11;
        bench b;
        rig r;
        bench_open(&b, &c, true, dtype);
        for (int64_t i = 0; i < plane; i++) ((float *)b.io.x[0])[3 * plane + i] = 0.75f;
        round_to(dtype, b.io.p[CC_GROUP_NORM_BIAS], channels);
        rig_plan(&r, &c, &b, block, true, dtype);
        rig_place(&r, &c, &b, false);
        c.op->reference_forward(&b.io);
        c.op->reference_backward(&b.io);
        assert_ok(r.task.kernel->forward(&r.task));
        assert_ok(r.task.kernel->backward(&r.task));
        float *y = malloc((size_t)(2 * channels * plane) * sizeof *y);
        cc_backend_cpu.from_blocked(y, r.task.y, r.task.output_shape, block, dtype);
        for (int64_t i = 0; i < plane; i++) {
            assert_true(y[3 * plane + i] == b.io.p[CC_GROUP_NORM_BIAS][3]);
            assert_true(b.io.y[3 * plane + i] == b.io.p[CC_GROUP_NORM_BIAS][3]);
            assert_true(isfinite(b.io.dx[0][3 * plane + i]));
        }
        assert_blocked("dx", &c, block, dtype, r.task.dx[0], &c.inputs[0], b.io.dx[0], tolerance_of(dtype));
        free(y);
        rig_close(&r);
        bench_close(&b);
    }
}

/* All that a training step of one op computes, one behind the other. */
static char *run_with_threads(const op_case *c, int threads, cc_dtype dtype, size_t *bytes) {
    bench b;
    rig r;
    int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    bench_open(&b, c, true, dtype);
    rig_plan(&r, c, &b, 8, true, dtype);
    rig_place(&r, c, &b, false);
    assert_ok(r.task.kernel->forward(&r.task));
    assert_ok(r.task.kernel->backward(&r.task));
    omp_set_num_threads(before);
    const void *parts[1 + CC_OP_INPUTS_MAX + 2 * CC_OP_PARAMETERS_MAX] = {r.task.y};
    size_t sizes[1 + CC_OP_INPUTS_MAX + 2 * CC_OP_PARAMETERS_MAX] = {
        (size_t)cc_blocked_count(r.task.output_shape, r.task.output_block) * cc_dtype_bytes(dtype)};
    int n = 1;
    for (int i = 0; i < c->input_count; i++) {
        parts[n] = r.task.dx[i];
        sizes[n++] = (size_t)cc_blocked_count(&c->inputs[i], 8) * cc_dtype_bytes(dtype);
    }
    for (int i = 0; i < r.task.parameter_count; i++)
        for (int k = 0; k < 2; k++) {
            parts[n] = k ? r.slots[i].grad : r.slots[i].value;
            sizes[n++] = (size_t)b.parameter_counts[i] * sizeof(float);
        }
    *bytes = 0;
    for (int i = 0; i < n; i++) *bytes += sizes[i];
    char *out = malloc(*bytes), *next = out;
    for (int i = 0; i < n; next += sizes[i++]) memcpy(next, parts[i], sizes[i]);
    rig_close(&r);
    bench_close(&b);
    return out;
}

/* oneDNN's own sums are left out: it promises the same bytes for the same number of threads alone. */
static void kernels_of_our_own_do_not_depend_on_the_number_of_threads(void **state) {
    (void)state;
    for (int i = 0; i < 2 * CASES; i++) {
        const op_case *c = &cases[i / 2];
        cc_dtype dtype = i % 2 ? CC_BF16 : CC_F32;
        size_t bytes;
        if (c->op == &cc_op_conv || c->op == &cc_op_conv_transpose) continue;
        if (cc_test_sanitized() && (i / 2 + i) % 2) continue;
        char *one = run_with_threads(c, 1, dtype, &bytes), *three = run_with_threads(c, 3, dtype, &bytes);
        if (memcmp(one, three, bytes) != 0) print_error("%s, %s\n", c->name, cc_precision_name(dtype, false));
        assert_memory_equal(one, three, bytes);
        free(one);
        free(three);
    }
}

/* The maximum of a window of four, and to which of them a gradient of 5 goes. */
static float pool_window(float dx[4], const float x[4]) {
    cc_shape in = SHAPE(1, 1, 2, 2), out = SHAPE(1, 1, 1, 1);
    cc_max_pool_attr attr = cc_max_pool_2d(2, 2, 0);
    float y[1], dy[] = {5};
    cc_reference_io io = {.attr = &attr,
                          .input_count = 1,
                          .input_shapes = {&in},
                          .output_shape = &out,
                          .x = {x},
                          .y = y,
                          .dx = {dx},
                          .dy = dy};
    cc_op_max_pool.reference_forward(&io);
    cc_op_max_pool.reference_backward(&io);
    return y[0];
}

static void max_pool_gives_the_gradient_to_the_first_of_equals(void **state) {
    (void)state;
    const float x[] = {1, 3, 3, 2}, want[] = {0, 5, 0, 0};
    float dx[4];
    assert_true(pool_window(dx, x) == 3);
    assert_memory_equal(dx, want, sizeof want);
}

/* What PyTorch makes of NaN: relu, silu, sigmoid and max_pool2d hand it on, and the slope of relu there is 1
 * (torch 2: F.relu(tensor(nan)).backward() leaves 1 in grad). Of two NaN in a window the last wins. */
static void the_references_hand_nan_on(void **state) {
    (void)state;
    static const cc_activation kinds[] = {CC_ACTIVATION_RELU, CC_ACTIVATION_SILU, CC_ACTIVATION_SIGMOID,
                                          CC_ACTIVATION_LEAKY_RELU};
    for (int i = 0; i < 4; i++) assert_true(isnan(cc_activation_value(kinds[i], 0.1, NAN)));
    assert_true(cc_activation_derivative(CC_ACTIVATION_RELU, 0, NAN) == 1);
    assert_true(!signbit(cc_activation_value(CC_ACTIVATION_RELU, 0, -0.0)));
    const float x[] = {1, NAN, -NAN, 2}, want[] = {0, 0, 5, 0};
    float dx[4];
    assert_true(isnan(pool_window(dx, x)));
    assert_memory_equal(dx, want, sizeof want);
}

static void check_nan(const op_case *c, int64_t block, bool training, cc_dtype dtype) {
    bench b;
    rig r;
    bench_open(&b, c, training, dtype);
    put_nan((float *)b.io.x[0], cc_shape_count(&c->inputs[0]));
    rig_plan(&r, c, &b, block, training, dtype);
    rig_place(&r, c, &b, false);
    cc_backend_cpu.enter();
    c->op->reference_forward(&b.io);
    assert_ok(r.task.kernel->forward(&r.task));
    int64_t outputs = cc_shape_count(r.task.output_shape), inputs = cc_shape_count(&c->inputs[0]);
    float *y = malloc((size_t)outputs * sizeof *y), *dx = malloc((size_t)inputs * sizeof *dx);
    cc_backend_cpu.from_blocked(y, r.task.y, r.task.output_shape, r.task.output_block, dtype);
    assert_close_with_nan("y", c, block, y, b.io.y, outputs, tolerance_of(dtype));
    if (training) {
        c->op->reference_backward(&b.io);
        assert_ok(r.task.kernel->backward(&r.task));
        cc_backend_cpu.from_blocked(dx, r.task.dx[0], &c->inputs[0], block, dtype);
        assert_close_with_nan("dx", c, block, dx, b.io.dx[0], inputs, tolerance_of(dtype));
    }
    free(y);
    free(dx);
    rig_close(&r);
    bench_close(&b);
}

static void the_cpu_hands_nan_on_as_the_reference_does(void **state) {
    (void)state;
    static const int64_t blocks[] = {1, 8, 16};
    for (int i = 0; i < CASES; i++)
        for (int k = 0; k < 6; k++) {
            const cc_dtype dtype = k % 2 ? CC_BF16 : CC_F32;
            const bool norm = cases[i].op == &cc_op_batch_norm;
            if (!norm && !hands_nan_on(cases[i].op)) continue;
            check_nan(&cases[i], blocks[k / 2], !norm, dtype); /* in training NaN is a whole channel's */
        }
}

/* One reference pass of an op on a few pixels of one image, `in` channels into `out`. */
static void run_reference(float *y, float *dx, float *dweight, const cc_op *op, const void *attr,
                          const float *x, const float *dy, float weight, int in, int out, int pixels) {
    cc_shape from = SHAPE(1, in, 1, pixels), to = SHAPE(1, out, 1, pixels);
    cc_reference_io io = {.attr = attr,
                          .input_count = 1,
                          .input_shapes = {&from},
                          .output_shape = &to,
                          .x = {x},
                          .y = y,
                          .dx = {dx},
                          .dy = dy,
                          .p = {&weight},
                          .dp = {dweight}};
    op->reference_forward(&io);
    op->reference_backward(&io);
}

/* By hand, and as torch.nn.functional.prelu and leaky_relu have it: at zero and at NaN the slope counts. */
static void leaky_relus_take_their_slope_up_to_zero(void **state) {
    (void)state;
    const float x[] = {-2, 0, 3, NAN}, dy[] = {1, 2, 4, 8};
    const float want_y[] = {-0.5f, 0, 3}, want_dx[] = {0.25f, 0.5f, 4, 2};
    float y[4], dx[4], dweight;
    run_reference(y, dx, NULL, &cc_op_activation,
                  &(cc_activation_attr){.kind = CC_ACTIVATION_LEAKY_RELU, .slope = 0.25}, x, dy, 0, 1, 1, 4);
    assert_memory_equal(y, want_y, sizeof want_y);
    assert_true(isnan(y[3]));
    assert_memory_equal(dx, want_dx, sizeof want_dx);
    run_reference(y, dx, &dweight, &cc_op_prelu, NULL, x, dy, 0.25f, 1, 1, 4);
    assert_memory_equal(y, want_y, sizeof want_y);
    assert_memory_equal(dx, want_dx, sizeof want_dx);
    assert_true(isnan(dweight));
    run_reference(y, dx, &dweight, &cc_op_prelu, NULL, x, dy, 0.25f, 1, 1, 3);
    assert_true(dweight == -2); /* 1 * -2 + 2 * 0 */
}

/* As torch.max(x, 1) has it: of equal channels the first, and of several NaN the first. */
static void channel_max_gives_the_gradient_to_the_first_of_equals(void **state) {
    (void)state;
    const float x[] = {1, NAN, 3, 2, 3, NAN}, dy[] = {5, 7}; /* channels 1 3 3, and NaN 2 NaN */
    const float want[] = {0, 7, 5, 0, 0, 0};
    float y[2], dx[6];
    run_reference(y, dx, NULL, &cc_op_channel_pool, CHANNELS(MAX), x, dy, 0, 3, 1, 2);
    assert_true(y[0] == 3 && isnan(y[1]));
    assert_memory_equal(dx, want, sizeof want);
}

/* What parity's search for units near zero asks of an op. */
static void leaky_relus_have_a_kink_where_relus_have_one(void **state) {
    (void)state;
    const cc_shape shape = SHAPE(1, 1, 1, 3);
    const float x[] = {-1, 0, 2};
    double z[3], slope = 0;
    for (int i = 0; i < 3; i++) {
        const cc_op *op = i < 2 ? &cc_op_activation : &cc_op_prelu;
        cc_reference_io io = {.attr = i == 0 ? ACT(RELU) : ACT(LEAKY_RELU), .output_shape = &shape, .x = {x}};
        assert_true(op->relu_inputs(z, &slope, &io));
        assert_true(slope == 1 && z[0] == -1 && z[1] == 0 && z[2] == 2);
        slope = 0;
    }
    assert_false(cc_op_activation.relu_inputs(
        z, &slope, &(cc_reference_io){.attr = ACT(SILU), .output_shape = &shape, .x = {x}}));
}

static void a_factor_may_have_another_layout_than_x(void **state) {
    (void)state;
    static const int64_t blocks[][2] = {{16, 1}, {1, 16}, {8, 16}, {16, 8}};
    for (int i = 0; i < CASES; i++)
        for (int k = 0; cases[i].op == &cc_op_multiply && k < 4; k++) {
            const op_case *c = &cases[i];
            bench b;
            rig r;
            bench_open(&b, c, true, CC_F32);
            rig_plan(&r, c, &b, blocks[k][0], true, CC_F32);
            r.task.input_blocks[1] = blocks[k][1];
            assert_ok(r.task.kernel->plan(&r.task));
            rig_place(&r, c, &b, false);
            c->op->reference_forward(&b.io);
            c->op->reference_backward(&b.io);
            assert_ok(r.task.kernel->forward(&r.task));
            assert_ok(r.task.kernel->backward(&r.task));
            assert_blocked("y", c, blocks[k][0], CC_F32, r.task.y, r.task.output_shape, b.io.y, 3e-6);
            for (int j = 0; j < 2; j++)
                assert_blocked("dx", c, blocks[k][j], CC_F32, r.task.dx[j], &c->inputs[j], b.io.dx[j], 3e-6);
            rig_close(&r);
            bench_close(&b);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cpu_trains_as_the_reference_does),
        cmocka_unit_test(the_cpu_infers_as_the_reference_does),
        cmocka_unit_test(gradients_are_added_where_asked),
        cmocka_unit_test(in_bf16_the_cpu_differs_by_its_rounding_alone),
        cmocka_unit_test(kernels_of_our_own_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(norms_keep_precision_far_from_zero),
        cmocka_unit_test(a_flat_channel_gives_its_bias),
        cmocka_unit_test(max_pool_gives_the_gradient_to_the_first_of_equals),
        cmocka_unit_test(the_references_hand_nan_on),
        cmocka_unit_test(leaky_relus_take_their_slope_up_to_zero),
        cmocka_unit_test(channel_max_gives_the_gradient_to_the_first_of_equals),
        cmocka_unit_test(leaky_relus_have_a_kink_where_relus_have_one),
        cmocka_unit_test(a_factor_may_have_another_layout_than_x),
        cmocka_unit_test(the_cpu_hands_nan_on_as_the_reference_does),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(references_have_the_gradients_of_finite_differences),
    };
    return cc_test_run_group(tests, optimised, NULL, NULL);
}
