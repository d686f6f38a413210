/* nets/ops/conv/cpu/depthwise_data.c -- the gradient of a dilated depthwise convolution's input, at stride
 * 1: the algorithm "dilated".
 *
 * oneDNN (2.6, 3.7) has no implementation of it but one by products of whole matrices, some 30 times
 * slower than the forward pass. Read backwards the pass is such a convolution itself, with the taps in
 * reverse:
 *
 *   dx[q] = sum over k of dy[q + padding - k * dilation] w[k]
 *
 * Activations are [n][block][pixel][channel of the block], weights [block][tap][channel of the block]. A
 * row of dx is one piece of work; pixels whose every tap lies in the row are computed STRIP at a time, so
 * that a weight is read once for all of them. Sums are in the order of the taps: the result does not
 * depend on threads. */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/conv/cpu/depthwise.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

enum { STRIP = 4 };

/* One row of dx, and what it reads. */
typedef struct row {
    const cc_conv_attr *a;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX]; /* D,H,W of dx and of dy */
    int64_t d, h;                                    /* of the row */
    int64_t first, last;                             /* pixels whose every tap lies within a row of dy */
    const void *dy;                                  /* of its plane */
    const float *w;                                  /* of its block of channels */
    void *dx;                                        /* of the row */
} row;

/* The row of dy that row r meets at tap (td, th) of the kernel's rows, from its first pixel; -1: none. */
CC_INLINE int64_t meets(const row *r, int64_t td, int64_t th) {
    const int64_t d = r->d + r->a->padding[0] - td * r->a->dilation[0],
                  h = r->h + r->a->padding[1] - th * r->a->dilation[1];
    return d < 0 || d >= r->out[0] || h < 0 || h >= r->out[1] ? -1 : (d * r->out[1] + h) * r->out[2];
}

/* `count` pixels from q on. CHECKED: taps may lie outside of the row. */
#define DEFINE_PIXELS(lanes)                                                                                 \
    CC_INLINE void pixels_##lanes(const row *r, int64_t q, int count, bool checked, cc_dtype dtype) {        \
        const cc_conv_attr *a = r->a;                                                                        \
        cc_f32x##lanes sums[STRIP] = {0}, weight, value;                                                     \
        for (int64_t t = 0; t < a->kernel[0] * a->kernel[1]; t++) {                                          \
            const int64_t line = meets(r, t / a->kernel[1], t % a->kernel[1]);                               \
            if (line < 0) continue;                                                                          \
            for (int64_t k = 0; k < a->kernel[2]; k++) {                                                     \
                const int64_t p = q + a->padding[2] - k * a->dilation[2];                                    \
                if (checked && (p < 0 || p >= r->out[2])) continue;                                          \
                cc_load_##lanes(&weight, r->w, (t * a->kernel[2] + k) * lanes, CC_F32);                      \
                for (int i = 0; i < count; i++) {                                                            \
                    cc_load_##lanes(&value, r->dy, (line + p + i) * lanes, dtype);                           \
                    sums[i] += value * weight;                                                               \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
        for (int i = 0; i < count; i++) cc_store_##lanes(r->dx, (q + i) * lanes, &sums[i], dtype);           \
    }                                                                                                        \
    CC_INLINE void row_##lanes(const row *r, cc_dtype dtype) {                                               \
        int64_t q = 0;                                                                                       \
        for (; q < r->first; q++) pixels_##lanes(r, q, 1, true, dtype);                                      \
        for (; q + STRIP <= r->last; q += STRIP) pixels_##lanes(r, q, STRIP, false, dtype);                  \
        for (; q < r->in[2]; q++) pixels_##lanes(r, q, 1, true, dtype);                                      \
    }
DEFINE_PIXELS(8)
DEFINE_PIXELS(16)

CC_HOT static void run_row(const row *r, int64_t lanes, cc_dtype dtype) {
#define CALL(d) lanes == 16 ? row_16(r, d) : row_8(r, d)
    CC_FOR_DTYPE(dtype, CALL);
#undef CALL
}

/* --- the row in the table of algorithms (algorithm.h) --- */

/* Without dilation oneDNN is as fast. */
static bool suits(const cc_conv_problem *p) {
    const cc_cpu_conv *c = &p->conv;
    bool dilated = false;
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        if (c->attr->stride[i] != 1) return false;
        dilated |= c->attr->dilation[i] > 1;
    }
    return dilated && !c->transposed && p->pass == CC_PASS_BACKWARD_DATA &&
           cc_depthwise_fits(c->attr, c->x, p->x_block, p->y_block, cc_onednn_weights_block(p->weights, c));
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    (void)pass;
    return 0;
}

static cc_status run(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    const cc_cpu_conv *c = &p->conv;
    const cc_conv_attr *a = c->attr;
    const int64_t lanes = p->x_block, blocks = cc_blocks(c->x, lanes),
                  taps = a->kernel[0] * a->kernel[1] * a->kernel[2], x_plane = cc_shape_pixels(c->x) * lanes,
                  y_plane = cc_shape_pixels(c->y) * lanes;
    row whole = {.a = a};
    cc_shape_spatial(whole.in, c->x);
    cc_shape_spatial(whole.out, c->y);

    /* Every tap of a pixel lies inside from where the last one does, up to where the first one does. */
    const int64_t rows = whole.in[0] * whole.in[1], width = whole.in[2];
    whole.first = a->dilation[2] * (a->kernel[2] - 1) - a->padding[2];
    if (whole.first < 0) whole.first = 0;
    if (whole.first > width) whole.first = width;
    whole.last = whole.out[2] - a->padding[2] < width ? whole.out[2] - a->padding[2] : width;

#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < c->x->dims[0] * blocks * rows; i++) {
        const int64_t plane = i / rows;
        row r = whole;
        r.d = i % rows / r.in[1];
        r.h = i % r.in[1];
        r.dy = cc_values_at(pass->operands[CC_CONV_Y], plane * y_plane, c->dtype);
        r.w = (const float *)pass->operands[CC_CONV_W] + plane % blocks * taps * lanes;
        r.dx = cc_values_at(pass->operands[CC_CONV_X], plane * x_plane + i % rows * width * lanes, c->dtype);
        run_row(&r, lanes, c->dtype);
    }
    return CC_OK;
}

const cc_conv_algorithm cc_conv_algorithm_dilated = {
    .name = "dilated", .suits = suits, .scratch_bytes = scratch_bytes, .run = run};
