/* nets/ops/conv/cpu/gemm_conv.c -- the algorithm "gemm": convolutions as matrix products (im2col with BLAS's
 * sgemm).
 *
 * A second implementation, independent of oneDNN: for what that has only a naive one, for shapes where a
 * product wins, and to be compared with. Products are of float32; any rank, stride, dilation and number of
 * groups. BLAS uses OpenMP's threads. Source: Chellapilla, Puri & Simard, High Performance Convolutional
 * Neural Networks for Document Processing, 2006.
 *
 * The image is the array that the kernel slides over (x; of a transposed convolution y); the other one has,
 * for each of its pixels, a column of the image's values: all taps of all channels of its group. Then
 *   other = W columns,  columns of the image = W^T other,  dW = other columns^T.
 * Columns are made a strip of pixels at a time. Scratch memory: the weights in plain order where they are
 * stored otherwise, the image and the other array in plain float32 where they are not so, one strip of
 * columns. */
#include <cblas.h>
#include <string.h>
#include "nets/engine/backend.h"
#include "nets/ops/conv/cpu/algorithm.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

/* A strip's values, and the fewest pixels of one. */
enum { STRIP = 1 << 19, PIXELS_LEAST = 64 };

/* A run of it. */
typedef struct gemm_conv {
    cc_pass pass;
    const cc_conv_attr *attr;
    bool transposed;
    const cc_shape *x_shape, *y_shape;
    int64_t x_block, y_block;
    cc_dtype dtype; /* of x, y and their gradients */
    void *x, *y;    /* or their gradients, by pass; one is written */
    float *w;       /* plain, PyTorch's order; its gradient by pass */
    float *bias;    /* or NULL; read by forward, its gradient written with that of the weights */
    float *scratch;
} gemm_conv;

/* One of the two arrays. */
typedef struct side {
    const cc_shape *shape;
    int64_t block, channels, pixels; /* channels of one group */
    cc_dtype dtype;
    void *values;
    float *plain; /* where N,C,pixels lie in float32: the values themselves, where they do */
} side;

typedef struct work {
    const gemm_conv *conv;
    side image, other;
    int64_t taps, rows, strip; /* rows of a column; pixels of a strip */
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    bool whole; /* the image is its own columns */
    float *columns;
} work;

/* Part of a row of columns: `count` pixels from `first`, which read one line of the image. */
typedef struct segment {
    int64_t first, count, line; /* line: offset in the plane, or -1 in the padding */
    int64_t start;              /* of the first pixel, in the line; may lie outside it */
} segment;

static side side_of(const gemm_conv *c, const cc_shape *shape, int64_t block, void *values) {
    return (side){shape,  block, shape->dims[1] / c->attr->groups, cc_shape_pixels(shape), c->dtype,
                  values, values};
}

static bool is_plain(const side *s) {
    return s->block == 1 && s->dtype == CC_F32;
}

static bool is_whole(const work *w) {
    const cc_conv_attr *a = w->conv->attr;
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        if (a->kernel[i] != 1 || a->stride[i] != 1 || a->padding[i] != 0 || a->padding_more[i] != 0)
            return false;
    return true;
}

static int64_t plain_count(const side *s) {
    return is_plain(s) ? 0 : cc_shape_count(s->shape);
}

static work work_of(const gemm_conv *c) {
    const cc_conv_attr *a = c->attr;
    side x = side_of(c, c->x_shape, c->x_block, c->x), y = side_of(c, c->y_shape, c->y_block, c->y);
    work w = {.conv = c, .image = c->transposed ? y : x, .other = c->transposed ? x : y};
    w.taps = a->kernel[0] * a->kernel[1] * a->kernel[2];
    w.rows = w.image.channels * w.taps;
    w.whole = is_whole(&w);
    w.strip = STRIP / w.rows > PIXELS_LEAST ? STRIP / w.rows : PIXELS_LEAST;
    if (w.strip > w.other.pixels || w.whole) w.strip = w.other.pixels;
    cc_shape_spatial(w.in, w.image.shape);
    cc_shape_spatial(w.out, w.other.shape);
    return w;
}

/* Floats of scratch memory that a run wants beside the plain weights; pointers are not looked at. */
static size_t scratch_count(const gemm_conv *conv) {
    work w = work_of(conv);
    return (size_t)(plain_count(&w.image) + plain_count(&w.other) + (w.whole ? 0 : w.rows * w.strip));
}

/* Hands out the scratch memory. */
static void place(work *w) {
    float *next = w->conv->scratch;
    side *sides[] = {&w->image, &w->other};
    for (int i = 0; i < 2; i++) {
        if (!is_plain(sides[i])) sides[i]->plain = next;
        next += plain_count(sides[i]);
    }
    w->columns = next;
}

/* The part of row `tap` of the columns that begins at `pixel` and ends with its line of the other array, or
 * at `end`. */
static segment segment_at(const work *w, int64_t tap, int64_t pixel, int64_t end) {
    const cc_conv_attr *a = w->conv->attr;
    int64_t row = pixel / w->out[2], at = pixel % w->out[2], left = w->out[2] - at;
    int64_t t[CC_SPATIAL_MAX] = {tap / (a->kernel[1] * a->kernel[2]), tap / a->kernel[2] % a->kernel[1],
                                 tap % a->kernel[2]};
    int64_t d = row / w->out[1] * a->stride[0] - a->padding[0] + t[0] * a->dilation[0],
            h = row % w->out[1] * a->stride[1] - a->padding[1] + t[1] * a->dilation[1];
    bool inside = d >= 0 && d < w->in[0] && h >= 0 && h < w->in[1];
    return (segment){.first = pixel,
                     .count = left < end - pixel ? left : end - pixel,
                     .line = inside ? (d * w->in[1] + h) * w->in[2] : -1,
                     .start = at * a->stride[2] - a->padding[2] + t[2] * a->dilation[2]};
}

/* Row `r` (channel, tap) of the columns of `count` pixels from `first`; `image` is the group's first plane.
 */
static void gather_row(float *to, const work *w, const float *image, int64_t r, int64_t first,
                       int64_t count) {
    const float *plane = image + r / w->taps * w->image.pixels;
    int64_t stride = w->conv->attr->stride[2], width = w->in[2];
    for (int64_t q = first; q < first + count;) {
        segment s = segment_at(w, r % w->taps, q, first + count);
        for (int64_t j = 0; j < s.count; j++) {
            int64_t i = s.start + j * stride;
            to[q - first + j] = s.line >= 0 && i >= 0 && i < width ? plane[s.line + i] : 0;
        }
        q += s.count;
    }
}

/* The other way: adds the row to what it was gathered from. */
static void scatter_row(float *image, const work *w, const float *from, int64_t r, int64_t first,
                        int64_t count) {
    float *plane = image + r / w->taps * w->image.pixels;
    int64_t stride = w->conv->attr->stride[2], width = w->in[2];
    for (int64_t q = first; q < first + count;) {
        segment s = segment_at(w, r % w->taps, q, first + count);
        for (int64_t j = 0; j < s.count && s.line >= 0; j++) {
            int64_t i = s.start + j * stride;
            if (i >= 0 && i < width) plane[s.line + i] += from[q - first + j];
        }
        q += s.count;
    }
}

static const float *gather(const work *w, const float *image, int64_t first, int64_t count) {
    if (w->whole) return image;
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < w->rows; r++) gather_row(w->columns + r * count, w, image, r, first, count);
    return w->columns;
}

/* Each thread adds to channels of its own. */
static void scatter(float *image, const work *w, int64_t first, int64_t count) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < w->image.channels; i++)
        for (int64_t r = i * w->taps; r < (i + 1) * w->taps; r++)
            scatter_row(image, w, w->columns + r * count, r, first, count);
}

static void multiply(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int64_t m, int64_t n, int64_t k, const float *a,
                     int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c,
                (int)ldc);
}

/* One strip of one group. What is computed is dW, the other array, or the image: the forward pass of a
 * convolution and the backward one of a transposed convolution make the other array from the image. `begins`:
 * the first strip of dW, which is overwritten. */
static void run_strip(const work *w, float *weights, float *image, float *other, int64_t first, int64_t count,
                      bool begins) {
    const int64_t channels = w->other.channels, rows = w->rows, pixels = w->other.pixels;
    const bool backward = w->conv->pass == CC_PASS_BACKWARD_DATA;
    if (w->conv->pass == CC_PASS_BACKWARD_WEIGHTS) {
        const float *columns = gather(w, image, first, count);
        multiply(CblasNoTrans, CblasTrans, channels, rows, count, other + first, pixels, columns, count,
                 begins ? 0 : 1, weights, rows);
    } else if (backward == w->conv->transposed) {
        const float *columns = gather(w, image, first, count);
        multiply(CblasNoTrans, CblasNoTrans, channels, count, rows, weights, rows, columns, count, 0,
                 other + first, pixels);
    } else {
        float *columns = w->whole ? image : w->columns;
        multiply(CblasTrans, CblasNoTrans, rows, count, channels, weights, rows, other + first, pixels, 0,
                 columns, count);
        if (!w->whole) scatter(image, w, first, count);
    }
}

static void run_groups(const work *w) {
    const side *image = &w->image, *other = &w->other;
    const int64_t groups = w->conv->attr->groups, images = image->shape->dims[0];
    for (int64_t i = 0; i < images * groups; i++)
        for (int64_t first = 0; first < other->pixels; first += w->strip) {
            int64_t left = other->pixels - first;
            run_strip(w, w->conv->w + i % groups * other->channels * w->rows,
                      image->plain + i * image->channels * image->pixels,
                      other->plain + i * other->channels * other->pixels, first,
                      left < w->strip ? left : w->strip, i < groups && first == 0);
        }
}

static void add_bias(float *y, const float *bias, const cc_shape *shape) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1];
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < shape->dims[0] * channels; p++)
        for (int64_t i = 0; i < pixels; i++) y[p * pixels + i] += bias[p % channels];
}

static void sum_bias(float *dbias, const float *dy, const cc_shape *shape) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1];
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0;
        for (int64_t n = 0; n < shape->dims[0]; n++)
            for (int64_t i = 0; i < pixels; i++) sum += dy[(n * channels + c) * pixels + i];
        dbias[c] = (float)sum;
    }
}

static void make_plain(const side *s) {
    if (!is_plain(s)) cc_backend_cpu.from_blocked(s->plain, s->values, s->shape, s->block, s->dtype);
}

static void make_blocked(const side *s) {
    if (!is_plain(s)) cc_backend_cpu.to_blocked(s->values, s->plain, s->shape, s->block, s->dtype);
}

static void convolve(const gemm_conv *c) {
    work w = work_of(c);
    place(&w);
    side *x = c->transposed ? &w.other : &w.image, *y = c->transposed ? &w.image : &w.other;
    side *written = c->pass == CC_PASS_FORWARD ? y : c->pass == CC_PASS_BACKWARD_DATA ? x : NULL;
    if (written != x) make_plain(x);
    if (written != y) make_plain(y);
    if (written == &w.image)
        memset(w.image.plain, 0, (size_t)cc_shape_count(w.image.shape) * sizeof *w.image.plain);
    run_groups(&w);
    if (c->bias && c->pass == CC_PASS_FORWARD) add_bias(y->plain, c->bias, c->y_shape);
    if (c->bias && c->pass == CC_PASS_BACKWARD_WEIGHTS) sum_bias(c->bias, y->plain, c->y_shape);
    if (written) make_blocked(written);
}

/* --- the row in the table of algorithms (algorithm.h) --- */

static bool suits(const cc_conv_problem *p) {
    return !p->fused;
}

/* Weights that are not plain are converted before a run, their gradient after it: that conversion is the
 * state. */
static cc_status init(cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    if (cc_onednn_weights_are_plain(p->weights)) return CC_OK;
    cc_onednn_reorder *reorder;
    CC_TRY(cc_onednn_reorder_create(&reorder, p->weights, p->pass != CC_PASS_BACKWARD_WEIGHTS));
    pass->state = reorder;
    return CC_OK;
}

static void deinit(cc_conv_pass *pass) {
    cc_onednn_reorder_destroy(pass->state);
}

static gemm_conv gemm_of(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return (gemm_conv){.pass = p->pass,
                       .attr = p->conv.attr,
                       .transposed = p->conv.transposed,
                       .x_shape = p->conv.x,
                       .y_shape = p->conv.y,
                       .x_block = p->x_block,
                       .y_block = p->y_block,
                       .dtype = p->conv.dtype,
                       .x = pass->operands[CC_CONV_X],
                       .y = pass->operands[CC_CONV_Y],
                       .w = pass->operands[CC_CONV_W],
                       .bias = p->conv.attr->bias ? pass->operands[CC_CONV_BIAS] : NULL,
                       .scratch = pass->scratch};
}

/* Floats of the plain weights, which lie at the start of the scratch memory, in whole lines of the cache. */
static size_t plain_weights(const cc_conv_pass *pass) {
    size_t line = 16;
    return pass->state ? (pass->problem.weights->bytes / sizeof(float) + line - 1) / line * line : 0;
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    const gemm_conv conv = gemm_of(pass);
    return sizeof(float) * (plain_weights(pass) + scratch_count(&conv));
}

static cc_status run(const cc_conv_pass *pass) {
    gemm_conv conv = gemm_of(pass);
    const cc_onednn_reorder *reorder = pass->state;
    bool gradient = conv.pass == CC_PASS_BACKWARD_WEIGHTS;
    float *stored = conv.w;
    conv.scratch += plain_weights(pass);
    if (reorder) conv.w = pass->scratch;
    if (reorder && !gradient) CC_TRY(cc_onednn_reorder_run(reorder, conv.w, stored));
    convolve(&conv);
    return reorder && gradient ? cc_onednn_reorder_run(reorder, stored, conv.w) : CC_OK;
}

static const char *implementation(const cc_conv_pass *pass) {
    (void)pass;
    return "sgemm";
}

const cc_conv_algorithm cc_conv_algorithm_gemm = {.name = "gemm",
                                                  .suits = suits,
                                                  .init = init,
                                                  .scratch_bytes = scratch_bytes,
                                                  .run = run,
                                                  .deinit = deinit,
                                                  .implementation = implementation};
