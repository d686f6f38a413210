/* tests/nets/ops/test_conv_passes.c -- every algorithm that a pass of a convolution may run with, against the
 * naive reference: odd shapes, strides, groups and dilation, float32 and bf16. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/backends/cpu/onednn.h"
#include "nets/engine/backend.h"
#include "nets/engine/graph.h"
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/conv_choice.h"
#include "nets/ops/conv/cpu/conv_pass.h"
#include "nets/ops/conv/cpu/layout.h"
#include "nets/ops/conv/cpu/onednn_conv.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/ops.h"

typedef struct conv_case {
    const char *name;
    bool transposed;
    cc_conv_attr attr;
    cc_shape x;
} conv_case;

#define FLAT(o, g, k, s, p, d, with_bias)                                                                    \
    {                                                                                                        \
        .out_channels = o, .groups = g, .kernel = {1, k, k}, .stride = {1, s, s}, .padding = {0, p, p},      \
        .dilation = {1, d, d}, .bias = with_bias                                                             \
    }
/* One pixel more of padding behind. */
#define MORE(o, g, k, s, p, with_bias)                                                                       \
    {                                                                                                        \
        .out_channels = o, .groups = g, .kernel = {1, k, k}, .stride = {1, s, s}, .padding = {0, p, p},      \
        .dilation = {1, 1, 1}, .padding_more = {0, 1, 1}, .bias = with_bias                                  \
    }
/* In three dimensions, with attributes of D,H,W each. */
#define LIST(...)                                                                                            \
    { __VA_ARGS__ }
#define DEEP(o, g, k, s, p, d, with_bias)                                                                    \
    {                                                                                                        \
        .out_channels = o, .groups = g, .kernel = LIST k, .stride = LIST s, .padding = LIST p,               \
        .dilation = LIST d, .bias = with_bias                                                                \
    }
/* Transposed, with output padding. */
#define MORE_OUT(o, k, s, p, op, with_bias)                                                                  \
    {                                                                                                        \
        .out_channels = o, .groups = 1, .kernel = LIST k, .stride = LIST s, .padding = LIST p,               \
        .dilation = {1, 1, 1}, .output_padding = LIST op, .bias = with_bias                                  \
    }
#define ONES (1, 1, 1)
#define SHAPE3(n, c, d, h, w)                                                                                \
    {                                                                                                        \
        .rank = 5, .dims = { n, c, d, h, w }                                                                 \
    }
#define SHAPE(n, c, h, w)                                                                                    \
    {                                                                                                        \
        .rank = 4, .dims = { n, c, h, w }                                                                    \
    }

static const conv_case cases[] = {
    {"3x3", false, FLAT(32, 1, 3, 1, 1, 1, false), SHAPE(2, 48, 13, 17)},
    {"3x3 of a few more channels", false, FLAT(40, 1, 3, 1, 1, 1, true), SHAPE(1, 24, 8, 8)},
    {"3x3 of many channels and tiles", false, FLAT(40, 1, 3, 1, 1, 1, false), SHAPE(1, 72, 5, 21)},
    {"3x3 without padding", false, FLAT(16, 1, 3, 1, 0, 1, true), SHAPE(2, 16, 9, 12)},
    {"3x3 odd channels", false, FLAT(5, 1, 3, 1, 1, 1, true), SHAPE(2, 3, 7, 6)},
    {"3x3 stride 2", false, FLAT(32, 1, 3, 2, 1, 1, false), SHAPE(2, 16, 11, 9)},
    {"3x3 dilated", false, FLAT(16, 1, 3, 1, 2, 2, true), SHAPE(1, 16, 10, 9)},
    {"7x7 stride 2", false, FLAT(16, 1, 7, 2, 3, 1, false), SHAPE(1, 1, 16, 18)},
    {"1x1", false, FLAT(24, 1, 1, 1, 0, 1, true), SHAPE(2, 40, 7, 5)},
    {"1x1 stride 2", false, FLAT(32, 1, 1, 2, 0, 1, false), SHAPE(2, 32, 8, 6)},
    {"head", false, FLAT(1, 1, 3, 1, 1, 1, true), SHAPE(2, 16, 9, 7)},
    {"wide head", false, FLAT(1, 1, 3, 1, 1, 1, true), SHAPE(2, 20, 5, 43)},
    {"head of several channels", false, FLAT(4, 1, 3, 1, 0, 1, false), SHAPE(1, 33, 19, 21)},
    {"head of 1x1", false, FLAT(2, 1, 1, 1, 0, 1, true), SHAPE(2, 24, 6, 37)},
    {"of few pixels", false, FLAT(21, 1, 3, 1, 1, 1, true), SHAPE(2, 60, 3, 5)},
    {"grouped", false, FLAT(16, 2, 3, 1, 1, 1, true), SHAPE(2, 16, 8, 8)},
    {"grouped odd", false, FLAT(9, 3, 3, 2, 1, 1, true), SHAPE(2, 6, 8, 7)},
    {"depthwise 3x3", false, FLAT(40, 40, 3, 1, 1, 1, false), SHAPE(2, 40, 7, 9)},
    {"depthwise 5x5 stride 2", false, FLAT(16, 16, 5, 2, 2, 1, false), SHAPE(2, 16, 9, 10)},
    {"3x3 with more behind", false, MORE(32, 1, 3, 1, 0, true), SHAPE(2, 48, 9, 13)},
    {"3x3 with one more than before", false, MORE(32, 1, 3, 1, 1, true), SHAPE(2, 48, 9, 13)},
    {"head with more behind", false, MORE(1, 1, 3, 1, 0, true), SHAPE(2, 16, 9, 27)},
    {"1x1 with more behind", false, MORE(16, 1, 1, 1, 0, true), SHAPE(2, 16, 5, 7)},
    {"same stride 2", false, MORE(32, 1, 3, 2, 0, false), SHAPE(2, 16, 12, 10)},
    {"same stride 2 of images", false, MORE(32, 1, 3, 2, 0, false), SHAPE(2, 1, 12, 10)},
    {"same of few pixels", false, MORE(21, 1, 3, 2, 0, true), SHAPE(2, 60, 4, 6)},
    {"same grouped", false, MORE(16, 2, 5, 2, 1, true), SHAPE(2, 16, 8, 8)},
    {"same depthwise 3x3", false, MORE(40, 40, 3, 2, 0, false), SHAPE(2, 40, 8, 10)},
    {"same depthwise 5x5", false, MORE(16, 16, 5, 2, 1, false), SHAPE(2, 16, 8, 14)},
    {"transposed with more behind", true, MORE(8, 1, 3, 2, 0, true), SHAPE(1, 8, 5, 4)},
    {"transposed 2x2", true, FLAT(16, 1, 2, 2, 0, 1, true), SHAPE(2, 32, 5, 6)},
    {"transposed 3x3 padded", true, FLAT(8, 1, 3, 2, 1, 1, false), SHAPE(1, 8, 5, 4)},
    {"transposed grouped", true, FLAT(16, 2, 2, 2, 0, 1, true), SHAPE(1, 16, 5, 4)},
    {"transposed head", true, FLAT(1, 1, 2, 2, 0, 1, true), SHAPE(2, 16, 5, 6)},
    {"4x4 stride 2", false, FLAT(16, 1, 4, 2, 1, 1, true), SHAPE(2, 16, 10, 12)},
    {"dilated beyond the image", false, FLAT(16, 1, 3, 1, 12, 12, false), SHAPE(2, 16, 5, 4)},
    {"dilated unevenly", false, DEEP(16, 1, (1, 3, 3), ONES, (0, 1, 3), (1, 1, 3), true), SHAPE(1, 16, 7, 9)},
    {"depthwise dilated", false, FLAT(16, 16, 3, 1, 3, 3, false), SHAPE(2, 16, 10, 12)},
    {"depthwise 5x5 dilated", false, FLAT(11, 11, 5, 1, 4, 2, false), SHAPE(2, 11, 10, 12)},
    {"transposed 2x1", true, DEEP(8, 1, (1, 2, 1), (1, 2, 1), (0, 0, 0), ONES, false), SHAPE(2, 16, 5, 4)},
    {"transposed 3x3, one row more", true, MORE_OUT(16, (1, 3, 3), (1, 2, 2), (0, 1, 1), (0, 1, 1), true),
     SHAPE(2, 24, 5, 4)},
    {"3x3x3", false, DEEP(32, 1, (3, 3, 3), ONES, ONES, ONES, false), SHAPE3(2, 48, 5, 9, 13)},
    {"3x3x3 of a few more channels", false, DEEP(40, 1, (3, 3, 3), ONES, ONES, ONES, true),
     SHAPE3(1, 24, 3, 8, 8)},
    /* More weights than are kept transformed, more tiles than fit a chunk. */
    {"3x3x3 of many channels and tiles", false, DEEP(40, 1, (3, 3, 3), ONES, ONES, ONES, false),
     SHAPE3(1, 72, 2, 5, 33)},
    {"3x3x3 of odd channels", false, DEEP(5, 1, (3, 3, 3), ONES, ONES, ONES, true), SHAPE3(2, 3, 4, 7, 6)},
    {"3x3x3 padded in part", false, DEEP(16, 1, (3, 3, 3), ONES, (2, 0, 0), ONES, false),
     SHAPE3(2, 16, 2, 9, 12)},
    {"3x3x3 of one slice", false, DEEP(24, 1, (3, 3, 3), ONES, ONES, ONES, true), SHAPE3(1, 16, 1, 6, 9)},
    {"2x3x3", false, DEEP(16, 1, (2, 3, 3), ONES, (0, 1, 1), ONES, false), SHAPE3(1, 16, 4, 6, 9)},
    {"3x3x3 stride 2", false, DEEP(32, 1, (3, 3, 3), (2, 2, 2), ONES, ONES, false), SHAPE3(2, 16, 7, 8, 9)},
    {"3x3x3 dilated", false, DEEP(16, 1, (3, 3, 3), ONES, (1, 3, 2), (1, 3, 2), true),
     SHAPE3(1, 16, 6, 9, 8)},
    {"3x3x3 of one channel", false, DEEP(16, 1, (3, 3, 3), ONES, ONES, ONES, false), SHAPE3(2, 1, 4, 6, 8)},
    {"3x3x3 of few voxels", false, DEEP(21, 1, (3, 3, 3), ONES, ONES, ONES, true), SHAPE3(2, 60, 2, 3, 2)},
    {"1x3x3", false, DEEP(32, 1, (1, 3, 3), ONES, (0, 1, 1), ONES, false), SHAPE3(2, 24, 3, 8, 9)},
    {"1x3x3 stride 1,2,2", false, DEEP(16, 1, (1, 3, 3), (1, 2, 2), (0, 1, 1), ONES, true),
     SHAPE3(2, 16, 3, 8, 9)},
    {"3x1x1 stride 2,1,1", false, DEEP(16, 1, (3, 1, 1), (2, 1, 1), (1, 0, 0), ONES, false),
     SHAPE3(1, 16, 5, 4, 6)},
    {"1x1x1", false, DEEP(24, 1, ONES, ONES, (0, 0, 0), ONES, true), SHAPE3(2, 40, 3, 4, 5)},
    {"1x1x1 head", false, DEEP(1, 1, ONES, ONES, (0, 0, 0), ONES, true), SHAPE3(2, 16, 3, 5, 17)},
    {"3x3x3 head", false, DEEP(3, 1, (3, 3, 3), ONES, ONES, ONES, true), SHAPE3(2, 20, 3, 5, 19)},
    {"3x3x3 grouped", false, DEEP(16, 2, (3, 3, 3), ONES, ONES, ONES, true), SHAPE3(1, 16, 4, 5, 6)},
    {"3x3x3 depthwise", false, DEEP(24, 24, (3, 3, 3), ONES, ONES, ONES, false), SHAPE3(2, 24, 4, 5, 6)},
    {"transposed 2x2x2", true, DEEP(16, 1, (2, 2, 2), (2, 2, 2), (0, 0, 0), ONES, true),
     SHAPE3(2, 32, 3, 5, 4)},
    {"transposed 2x2x2 of odd channels", true, DEEP(5, 1, (2, 2, 2), (2, 2, 2), (0, 0, 0), ONES, false),
     SHAPE3(1, 3, 3, 2, 4)},
    {"transposed 1x2x2", true, DEEP(16, 1, (1, 2, 2), (1, 2, 2), (0, 0, 0), ONES, false),
     SHAPE3(1, 24, 2, 5, 4)},
    {"transposed 3x3x3, one slice more", true, MORE_OUT(16, (3, 3, 3), (2, 2, 2), ONES, (1, 0, 1), true),
     SHAPE3(1, 16, 3, 4, 3)},
};
enum { CASES = sizeof cases / sizeof *cases };

/* One convolution: plain arrays with the reference's answers, and what a pass is given. */
typedef struct rig {
    const conv_case *c;
    cc_op_signature signature;
    cc_parameter parameter;
    cc_parameter_slot slot;
    cc_conv_problem problem;
    const cc_shape *shapes[2];     /* of x and y */
    int64_t counts[4];             /* of x, weights, y, bias */
    float *given[4], *expected[4]; /* dx, dw, y, dbias as the reference finds them */
} rig;

static float as_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Values that bf16 holds exactly, so that both precisions start from the same. */
static float *random_array(int64_t count, uint64_t stream) {
    float *out = malloc((size_t)count * sizeof *out);
    cc_rng rng = cc_rng_init(12, CC_PURPOSE_TEST, 0, stream);
    for (int64_t i = 0; i < count; i++) out[i] = as_bf16((float)cc_rng_between(&rng, -1, 1));
    return out;
}

/* What the reference finds for each of `cases`, once: naive loops take most of the time. */
static float *answers[CASES][4];

static void run_reference(rig *r) {
    const cc_op *op = r->c->transposed ? &cc_op_conv_transpose : &cc_op_conv;
    bool bias = r->c->attr.bias;
    cc_reference_io io = {.attr = &r->c->attr,
                          .training = true,
                          .input_count = 1,
                          .input_shapes = {&r->c->x},
                          .output_shape = &r->signature.output,
                          .x = {r->given[CC_CONV_X]},
                          .y = r->expected[CC_CONV_Y],
                          .dx = {r->expected[CC_CONV_X]},
                          .dy = r->given[CC_CONV_Y],
                          .p = {r->given[CC_CONV_W], bias ? r->given[CC_CONV_BIAS] : NULL},
                          .dp = {r->expected[CC_CONV_W], bias ? r->expected[CC_CONV_BIAS] : NULL}};
    op->reference_forward(&io);
    op->reference_backward(&io);
}

/* Arrays and the reference's answers, which serve every layout and precision. */
static void rig_open(rig *r, const conv_case *c) {
    const cc_op *op = c->transposed ? &cc_op_conv_transpose : &cc_op_conv;
    *r = (rig){.c = c};
    r->shapes[0] = &c->x;
    assert_ok(op->infer(&r->signature, &c->attr, r->shapes, 1));
    r->shapes[1] = &r->signature.output;
    r->counts[CC_CONV_X] = cc_shape_count(&c->x);
    r->counts[CC_CONV_Y] = cc_shape_count(&r->signature.output);
    r->counts[CC_CONV_W] = 1;
    for (int i = 0; i < r->signature.parameters[0].rank; i++)
        r->counts[CC_CONV_W] *= r->signature.parameters[0].dims[i];
    r->counts[CC_CONV_BIAS] = c->attr.out_channels;
    for (int i = 0; i < 4; i++) {
        r->given[i] = random_array(r->counts[i], (uint64_t)i);
        r->expected[i] = calloc((size_t)r->counts[i], sizeof(float));
    }
    int at = 0;
    while (at < CASES && c != &cases[at]) at++;
    const bool known = at < CASES && answers[at][0];
    if (!known) run_reference(r);
    for (int i = 0; i < 4 && at < CASES; i++) {
        size_t bytes = (size_t)r->counts[i] * sizeof(float);
        if (known)
            memcpy(r->expected[i], answers[at][i], bytes);
        else
            answers[at][i] = memcpy(malloc(bytes), r->expected[i], bytes);
    }
}

static void rig_lay_out(rig *r, int64_t x_block, cc_dtype dtype, bool plain_weights) {
    const conv_case *c = r->c;
    r->slot = (cc_parameter_slot){.parameter = &r->parameter};
    r->parameter = (cc_parameter){.of = r->signature.parameters[0], .count = r->counts[CC_CONV_W]};
    r->problem = (cc_conv_problem){.conv = {&c->attr, c->transposed, &c->x, &r->signature.output, dtype},
                                   .training = true,
                                   .x_block = x_block,
                                   .weights = &r->slot};
    assert_ok(cc_conv_cpu_output_block(&r->problem.y_block, &r->problem.conv, x_block));
    if (plain_weights)
        assert_ok(cc_onednn_weights_lay_out_plain(&r->slot, &r->problem.conv));
    else
        assert_ok(cc_onednn_conv_lay_out_weights(&r->slot, &r->problem.conv, x_block));
}

static void rig_close(rig *r) {
    for (int i = 0; i < 4; i++) free(r->given[i]), free(r->expected[i]);
}

/* An activation as a pass has it: blocked, and rounded to bf16. */
static void *pack_activation(const rig *r, int which) {
    const cc_shape *shape = r->shapes[which == CC_CONV_Y];
    int64_t block = which == CC_CONV_Y ? r->problem.y_block : r->problem.x_block;
    cc_dtype dtype = r->problem.conv.dtype;
    void *out;
    assert_ok(cc_memory_get(&out, (size_t)cc_blocked_count(shape, block) * cc_dtype_bytes(dtype), "test"));
    cc_backend_cpu.to_blocked(out, r->given[which], shape, block, dtype);
    return out;
}

static void unpack_activation(float *plain, const rig *r, int which, const void *packed) {
    int64_t block = which == CC_CONV_Y ? r->problem.y_block : r->problem.x_block;
    cc_backend_cpu.from_blocked(plain, packed, r->shapes[which == CC_CONV_Y], block, r->problem.conv.dtype);
}

static void assert_close(const rig *r, const cc_conv_pass *pass, int which, const float *got) {
    static const char *const words[] = {"x", "weights", "y", "bias"};
    double error = 0, norm = 0;
    /* Winograd's sums of transformed tiles are larger than what they are the difference of. */
    double tolerance = r->problem.conv.dtype == CC_BF16              ? 4e-3
                       : pass->algorithm == &cc_conv_algorithm_tiles ? 1e-5
                                                                     : 3e-6;
    for (int64_t i = 0; i < r->counts[which]; i++) {
        error += pow((double)got[i] - r->expected[which][i], 2);
        norm += pow(r->expected[which][i], 2);
    }
    if (sqrt(error) <= tolerance * sqrt(norm)) return;
    print_error("%s, %s (%s), block %d, %s: %s differs by %.2e relative\n", r->c->name, pass->algorithm->name,
                cc_conv_pass_implementation(pass), (int)r->problem.x_block,
                r->problem.conv.dtype == CC_BF16 ? "bf16" : "f32", words[which], sqrt(error / norm));
    fail();
}

static void check_pass(rig *r, cc_conv_pass *pass) {
    static const int written[] = {CC_CONV_Y, CC_CONV_X, CC_CONV_W};
    void *operands[CC_CONV_OPERANDS], *scratch;
    int output = written[r->problem.pass];
    float *plain = calloc((size_t)r->counts[output], sizeof *plain);
    operands[CC_CONV_X] = pack_activation(r, CC_CONV_X);
    operands[CC_CONV_Y] = pack_activation(r, CC_CONV_Y);
    assert_ok(cc_memory_get(&operands[CC_CONV_W], r->slot.bytes, "test"));
    assert_ok(cc_memory_get(&operands[CC_CONV_BIAS], (size_t)r->counts[CC_CONV_BIAS] * 4 + 64, "test"));
    assert_ok(r->slot.pack(&r->slot, operands[CC_CONV_W], r->given[CC_CONV_W]));
    memcpy(operands[CC_CONV_BIAS], r->given[CC_CONV_BIAS], (size_t)r->counts[CC_CONV_BIAS] * 4);
    assert_ok(cc_memory_get(&scratch, cc_conv_pass_scratch(pass), "test"));
    assert_ok(cc_conv_pass_bind(pass, operands, scratch));
    if (r->problem.fused) {
        memset(operands[CC_CONV_W], 0, r->slot.bytes); /* what counts are the weights that it holds */
        assert_ok(cc_conv_pass_hold(pass, r->given[CC_CONV_W]));
    }
    for (int i = 0; i < 2; i++) assert_ok(cc_conv_pass_run(pass)); /* results are overwritten */
    if (output == CC_CONV_W)
        assert_ok(r->slot.unpack(&r->slot, plain, operands[CC_CONV_W]));
    else
        unpack_activation(plain, r, output, operands[output]);
    assert_close(r, pass, output, plain);
    if (r->problem.pass == CC_PASS_BACKWARD_WEIGHTS && r->c->attr.bias)
        assert_close(r, pass, CC_CONV_BIAS, operands[CC_CONV_BIAS]);
    for (int i = 0; i < CC_CONV_OPERANDS; i++) cc_memory_free(operands[i]);
    cc_memory_free(scratch);
    free(plain);
}

/* Of the table of algorithms; more rows than it has. */
enum { ALGORITHMS_MAX = 16 };

static int number_of(const cc_conv_algorithm *algorithm) {
    int i = 0;
    while (cc_conv_algorithm_at(i) != algorithm) i++;
    return i;
}

static int seen[ALGORITHMS_MAX][CC_PASSES];
static int seen_of(const cc_conv_algorithm *algorithm, cc_pass pass) {
    return seen[number_of(algorithm)][pass];
}

static void check_layout(rig *r, int64_t block, cc_dtype dtype, bool plain_weights) {
    rig_lay_out(r, block, dtype, plain_weights);
    for (int i = 0; i < cc_conv_algorithm_count() * CC_PASSES; i++) {
        const cc_conv_algorithm *algorithm = cc_conv_algorithm_at(i / CC_PASSES);
        cc_conv_pass pass;
        r->problem.pass = (cc_pass)(i % CC_PASSES);
        if (!algorithm->suits(&r->problem)) continue;
        cc_status status = cc_conv_pass_init(&pass, algorithm, &r->problem);
        if (status == CC_EUNSUPPORTED && algorithm != &cc_conv_algorithm_direct) continue;
        assert_ok(status);
        check_pass(r, &pass);
        seen[i / CC_PASSES][r->problem.pass]++;
        cc_conv_pass_deinit(&pass);
    }
    r->slot.release(r->slot.layout);
}

/* Sanitized, a case takes every other layout, its neighbours and the other precision the rest. */
static void check_all(cc_dtype dtype) {
    static const int64_t blocks[] = {1, 8, 16};
    for (int i = 0; i < CASES; i++) {
        rig r;
        rig_open(&r, &cases[i]);
        for (int k = 0; k < 6; k++)
            if (!cc_test_sanitized() || (i + k) % 2 == (dtype == CC_BF16))
                check_layout(&r, blocks[k / 2], dtype, k % 2);
        rig_close(&r);
    }
}

static void every_algorithm_computes_what_the_reference_does(void **state) {
    (void)state;
    check_all(CC_F32);
    for (int i = 0; i < CC_PASSES; i++) {
        const cc_pass pass = (cc_pass)i;
        assert_true(seen_of(&cc_conv_algorithm_direct, pass) > 0);
        assert_true(seen_of(&cc_conv_algorithm_relaid, pass) > 0);
        assert_int_equal(seen_of(&cc_conv_algorithm_gemm, pass), (cc_test_sanitized() ? 3 : 6) * CASES);
        assert_true(seen_of(&cc_conv_algorithm_tiles, pass) > 0);
        assert_true(seen_of(&cc_conv_algorithm_narrow, pass) > 0);
        /* oneDNN 3 has none for x86-64 any more. */
        if (cc_onednn_block() == 16 && strncmp(cc_onednn_version(), "2.", 2) == 0)
            assert_true(seen_of(&cc_conv_algorithm_winograd, pass) > 0);
    }
    assert_true(seen_of(&cc_conv_algorithm_small, CC_PASS_FORWARD) > 0);
    assert_true(seen_of(&cc_conv_algorithm_depthwise, CC_PASS_BACKWARD_WEIGHTS) > 0);
}

/* Stored runs hold these words; a plan that is made from one must find the algorithm again. */
static void a_recorded_name_is_found_again(void **state) {
    static const char *const recorded[] = {"direct", "relaid",    "winograd", "tiles",
                                           "small",  "depthwise", "narrow",   "gemm"};
    (void)state;
    rig r;
    rig_open(&r, &cases[0]);
    rig_lay_out(&r, 16, CC_F32, false);
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        const cc_conv_algorithm *found;
        double ms;
        assert_ok(cc_conv_cpu_choose(&found, &ms, &r.problem, CC_TUNING_FIXED, recorded[i]));
        assert_string_equal(found->name, recorded[i]);
    }
    for (int i = 0; i < cc_conv_algorithm_count(); i++) {
        const cc_conv_algorithm *found;
        double ms;
        const char *name = cc_conv_algorithm_at(i)->name;
        for (int k = 0; k < i; k++) assert_string_not_equal(cc_conv_algorithm_at(k)->name, name);
        assert_ok(cc_conv_cpu_choose(&found, &ms, &r.problem, CC_TUNING_FIXED, name));
        assert_ptr_equal(found, cc_conv_algorithm_at(i));
        assert_null(strchr(name, ' ')); /* what a record's fields are separated by */
    }
    assert_null(cc_conv_algorithm_at(cc_conv_algorithm_count()));
    r.slot.release(r.slot.layout);
    rig_close(&r);
}

/* More tiles than are transformed at a time. */
static void the_gradient_of_weights_is_added_up_over_a_long_image(void **state) {
    static const conv_case both[] = {
        {"3x3 of a long image", false, FLAT(8, 1, 3, 1, 1, 1, false), SHAPE(1, 8, 1, 29301)},
        {"3x3x3 of a long volume", false, DEEP(8, 1, (3, 3, 3), ONES, ONES, ONES, false),
         SHAPE3(1, 8, 2, 1, 8001)}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        rig r;
        rig_open(&r, &both[i]);
        check_layout(&r, 8, CC_F32, false);
        rig_close(&r);
    }
}

#define LEAK 0.2 /* the slope of a leaky ReLU below zero */

/* From what the reference gives, `y`: a bias, whatever the attributes say, and the activation. */
static void expect_fused(rig *r, const float *y) {
    float *out = r->expected[CC_CONV_Y];
    int64_t channels = r->c->attr.out_channels, pixels = cc_shape_pixels(r->shapes[1]);
    for (int64_t i = 0; i < r->counts[CC_CONV_Y]; i++) {
        out[i] = y[i];
        if (!r->c->attr.bias) out[i] += r->given[CC_CONV_BIAS][i / pixels % channels];
        if (r->problem.end.kind == CC_ACTIVATION_RELU) out[i] = fmaxf(out[i], 0);
        if (r->problem.end.kind == CC_ACTIVATION_SILU) out[i] /= 1 + expf(-out[i]);
        if (r->problem.end.kind == CC_ACTIVATION_LEAKY_RELU && out[i] < 0) out[i] *= (float)LEAK;
    }
}

static void check_fused(rig *r, const float *y, int64_t block, cc_dtype dtype, cc_activation activation,
                        int fused_seen[ALGORITHMS_MAX]) {
    rig_lay_out(r, block, dtype, false);
    r->problem.pass = CC_PASS_FORWARD;
    r->problem.training = false;
    r->problem.fused = true;
    r->problem.end = (cc_activation_attr){.kind = activation, .slope = LEAK};
    expect_fused(r, y);
    for (int i = 0; i < cc_conv_algorithm_count(); i++) {
        const cc_conv_algorithm *algorithm = cc_conv_algorithm_at(i);
        cc_conv_pass pass;
        if (!algorithm->suits(&r->problem)) continue;
        cc_status status = cc_conv_pass_init(&pass, algorithm, &r->problem);
        if (status == CC_EUNSUPPORTED && algorithm != &cc_conv_algorithm_direct) continue;
        assert_ok(status);
        check_pass(r, &pass);
        fused_seen[i]++;
        cc_conv_pass_deinit(&pass);
    }
    r->slot.release(r->slot.layout);
}

static void a_fused_pass_adds_its_bias_and_activates(void **state) {
    static const cc_activation activations[] = {CC_ACTIVATION_NONE, CC_ACTIVATION_RELU, CC_ACTIVATION_SILU,
                                                CC_ACTIVATION_LEAKY_RELU};
    int fused_seen[ALGORITHMS_MAX] = {0};
    (void)state;
    for (int i = 0; i < CASES; i++) {
        rig r;
        rig_open(&r, &cases[i]);
        size_t bytes = (size_t)r.counts[CC_CONV_Y] * sizeof(float);
        float *y = memcpy(malloc(bytes), r.expected[CC_CONV_Y], bytes);
        for (int k = 0; k < 8; k++) {
            if (cc_test_sanitized() && (i + k) % 3) continue;
            check_fused(&r, y, k % 2 ? 8 : 16, CC_F32, activations[k / 2], fused_seen);
            if (cc_onednn_has_bf16())
                check_fused(&r, y, k % 2 ? 8 : 16, CC_BF16, activations[k / 2], fused_seen);
        }
        free(y);
        rig_close(&r);
    }
    assert_true(fused_seen[number_of(&cc_conv_algorithm_direct)] > 0);
    assert_true(fused_seen[number_of(&cc_conv_algorithm_tiles)] > 0);
}

static void bf16_differs_by_its_rounding_alone(void **state) {
    (void)state;
    if (cc_onednn_has_bf16())
        check_all(CC_BF16);
    else
        print_message("skipped: this processor has no bf16\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_computes_what_the_reference_does),
        cmocka_unit_test(a_recorded_name_is_found_again),
        cmocka_unit_test(a_fused_pass_adds_its_bias_and_activates),
        cmocka_unit_test(the_gradient_of_weights_is_added_up_over_a_long_image),
        cmocka_unit_test(bf16_differs_by_its_rounding_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
