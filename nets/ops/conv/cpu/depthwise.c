/* nets/ops/conv/cpu/depthwise.c -- the gradient of depthwise weights.
 *
 * Each plane (one n, one block of channels) is one piece of work with sums of its own,
 * [n][block][tap][channel of the block] in the scratch memory, which are added up over n in order: the result
 * does not depend on which thread does what. A plane is read row against row: one row of dy and one of x give
 * the products of a kernel row, whose sums stay in registers along the row. */
#include "nets/ops/conv/cpu/depthwise.h"

#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

typedef struct row { /* one dimension of the problem: W */
    int64_t in, out, kernel, stride, padding, dilation;
    int64_t first, last; /* outputs whose every tap lies inside the input: [first, last) */
} row;

static row row_of(const cc_depthwise *c) {
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    const cc_conv_attr *a = c->attr;
    cc_shape_spatial(in, c->x);
    cc_shape_spatial(out, c->y);
    row r = {in[2], out[2], a->kernel[2], a->stride[2], a->padding[2], a->dilation[2], 0, 0};
    int64_t reach = r.dilation * (r.kernel - 1);
    r.first = (r.padding + r.stride - 1) / r.stride;
    if (r.first > r.out) r.first = r.out;
    r.last = r.in + r.padding >= reach + 1 ? (r.in + r.padding - reach - 1) / r.stride + 1 : 0;
    if (r.last > r.out) r.last = r.out;
    if (r.last < r.first) r.last = r.first;
    return r;
}

/* The outputs [from, to), some of whose taps lie outside: each tap on its own, over the outputs at which
 * it lies inside. */
#define DEFINE_EDGE(lanes)                                                                                   \
    CC_INLINE void edge_##lanes(float *sums, const void *x, const void *dy, const row *r, int64_t from,      \
                                int64_t to, cc_dtype dtype) {                                                \
        for (int64_t k = 0; k < r->kernel; k++) {                                                            \
            cc_f32x##lanes total = *(cc_f32x##lanes *)(sums + k * lanes), g, value;                          \
            for (int64_t o = from; o < to; o++) {                                                            \
                const int64_t i = o * r->stride - r->padding + k * r->dilation;                              \
                if (i < 0 || i >= r->in) continue;                                                           \
                cc_load_##lanes(&g, dy, o *lanes, dtype);                                                    \
                cc_load_##lanes(&value, x, i *lanes, dtype);                                                 \
                total += g * value;                                                                          \
            }                                                                                                \
            *(cc_f32x##lanes *)(sums + k * lanes) = total;                                                   \
        }                                                                                                    \
    }
DEFINE_EDGE(8)
DEFINE_EDGE(16)

/* sums[k][lane] += sum along the row, for a kernel row of a width and a block known when compiled. */
#define DEFINE_ROW(lanes, width)                                                                             \
    CC_INLINE void row_##lanes##_##width(float *sums, const void *x, const void *dy, const row *r,           \
                                         cc_dtype dtype) {                                                   \
        cc_f32x##lanes total[width] = {0}, g, value;                                                         \
        int64_t from = (r->first * r->stride - r->padding) * lanes;                                          \
        for (int64_t o = r->first; o < r->last; o++, from += r->stride * lanes) {                            \
            cc_load_##lanes(&g, dy, o *lanes, dtype);                                                        \
            for (int k = 0; k < width; k++) {                                                                \
                cc_load_##lanes(&value, x, from + k * r->dilation * lanes, dtype);                           \
                total[k] += g * value;                                                                       \
            }                                                                                                \
        }                                                                                                    \
        for (int k = 0; k < width; k++) *(cc_f32x##lanes *)(sums + k * lanes) += total[k];                   \
    }
DEFINE_ROW(8, 3)
DEFINE_ROW(8, 5)
DEFINE_ROW(16, 3)
DEFINE_ROW(16, 5)

CC_INLINE void row_sums_as(float *sums, const void *x, const void *dy, const row *r, int64_t lanes,
                           cc_dtype dtype) {
    /* Edges, and between them the outputs whose every tap is inside. Of other kernels than 3 and 5 wide
     * all is edge. */
    bool sixteen = lanes == 16, known = r->kernel == 3 || r->kernel == 5;
    const int64_t first = known ? r->first : r->out;
    sixteen ? edge_16(sums, x, dy, r, 0, first, dtype) : edge_8(sums, x, dy, r, 0, first, dtype);
    if (!known) return;
    if (r->kernel == 3)
        sixteen ? row_16_3(sums, x, dy, r, dtype) : row_8_3(sums, x, dy, r, dtype);
    else
        sixteen ? row_16_5(sums, x, dy, r, dtype) : row_8_5(sums, x, dy, r, dtype);
    sixteen ? edge_16(sums, x, dy, r, r->last, r->out, dtype)
            : edge_8(sums, x, dy, r, r->last, r->out, dtype);
}

CC_HOT static void row_sums(float *sums, const void *x, const void *dy, const row *r, int64_t lanes,
                            cc_dtype dtype) {
    if (dtype == CC_F32)
        row_sums_as(sums, x, dy, r, lanes, CC_F32);
    else
        row_sums_as(sums, x, dy, r, lanes, CC_BF16);
}

static int64_t taps_of(const cc_conv_attr *a) {
    return a->kernel[0] * a->kernel[1] * a->kernel[2];
}

/* One plane against every row of the kernel. */
static void plane_sums(float *sums, const cc_depthwise *c, const void *x, const void *dy) {
    const cc_conv_attr *a = c->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    row r = row_of(c);
    cc_shape_spatial(in, c->x);
    cc_shape_spatial(out, c->y);
    memset(sums, 0, (size_t)(taps_of(a) * c->block) * sizeof *sums);
    /* Rows of dy by rows of the kernel: each pair meets one row of x, or none. */
    for (int64_t o = 0; o < out[0] * out[1]; o++)
        for (int64_t k = 0; k < a->kernel[0] * a->kernel[1]; k++) {
            int64_t d = o / out[1] * a->stride[0] - a->padding[0] + k / a->kernel[1] * a->dilation[0],
                    h = o % out[1] * a->stride[1] - a->padding[1] + k % a->kernel[1] * a->dilation[1];
            if (d < 0 || d >= in[0] || h < 0 || h >= in[1]) continue;
            row_sums(sums + k * r.kernel * c->block,
                     cc_values_at(x, (d * in[1] + h) * in[2] * c->block, c->dtype),
                     cc_values_at(dy, o * out[2] * c->block, c->dtype), &r, c->block, c->dtype);
        }
}

bool cc_depthwise_fits(const cc_conv_attr *a, const cc_shape *x, int64_t x_block, int64_t y_block,
                       int64_t weights_block) {
    return a->groups > 1 && a->groups == x->dims[1] && a->out_channels == a->groups && !a->bias &&
           (x_block == 8 || x_block == 16) && x_block == y_block && x_block == weights_block;
}

size_t cc_depthwise_scratch(const cc_depthwise *c) {
    return (size_t)(c->x->dims[0] * cc_blocks(c->x, c->block) * taps_of(c->attr) * c->block);
}

void cc_depthwise_weights(float *dw, const cc_depthwise *c, const void *x, const void *dy, float *scratch) {
    int64_t blocks = cc_blocks(c->x, c->block), size = taps_of(c->attr) * c->block, images = c->x->dims[0];
    int64_t x_plane = cc_shape_pixels(c->x) * c->block, y_plane = cc_shape_pixels(c->y) * c->block;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t p = 0; p < images * blocks; p++)
            plane_sums(scratch + p * size, c, cc_values_at(x, p * x_plane, c->dtype),
                       cc_values_at(dy, p * y_plane, c->dtype));
#pragma omp for schedule(static)
        for (int64_t i = 0; i < blocks * size; i++) {
            dw[i] = 0;
            for (int64_t n = 0; n < images; n++) dw[i] += scratch[n * blocks * size + i];
        }
    }
}

/* --- the row in the table of algorithms (algorithm.h) --- */

static bool suits(const cc_conv_problem *p) {
    const cc_cpu_conv *c = &p->conv;
    return !c->transposed && p->pass == CC_PASS_BACKWARD_WEIGHTS &&
           cc_depthwise_fits(c->attr, c->x, p->x_block, p->y_block, cc_onednn_weights_block(p->weights, c));
}

static cc_depthwise depthwise_of(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return (cc_depthwise){p->conv.attr, p->conv.x, p->conv.y, p->x_block, p->conv.dtype};
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    const cc_depthwise conv = depthwise_of(pass);
    return sizeof(float) * cc_depthwise_scratch(&conv);
}

static cc_status run(const cc_conv_pass *pass) {
    const cc_depthwise conv = depthwise_of(pass);
    cc_depthwise_weights(pass->operands[CC_CONV_W], &conv, pass->operands[CC_CONV_X],
                         pass->operands[CC_CONV_Y], pass->scratch);
    return CC_OK;
}

const cc_conv_algorithm cc_conv_algorithm_depthwise = {
    .name = "depthwise", .suits = suits, .scratch_bytes = scratch_bytes, .run = run};
