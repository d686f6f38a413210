/* The image is the side that the kernel slides over (x; of a transposed convolution y), the other side has a
 * column of the image's values, all taps of all channels of its group, for each of its pixels:
 *   other = W columns,  columns of the image = W^T other,  dW = other columns^T.
 * Columns are made a strip of pixels at a time. */
#include "nets/ops/conv/cpu/gemm_conv.h"

#include <cblas.h>
#include <string.h>
#include "nets/engine/backend.h"

/* A strip's values, and the fewest pixels of one. */
enum { STRIP = 1 << 19, PIXELS_LEAST = 64 };

typedef struct side {
    const cc_shape *shape;
    int64_t block, channels, pixels; /* channels of one group */
    cc_dtype dtype;
    void *values;
    float *plain; /* where N,C,pixels lie in float32: the values themselves, where they do */
} side;

typedef struct work {
    const cc_gemm_conv *conv;
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

static side side_of(const cc_gemm_conv *c, const cc_shape *shape, int64_t block, void *values) {
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

static work work_of(const cc_gemm_conv *c) {
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

size_t cc_gemm_conv_scratch(const cc_gemm_conv *conv) {
    work w = work_of(conv);
    return (size_t)(plain_count(&w.image) + plain_count(&w.other) + (w.whole ? 0 : w.rows * w.strip));
}

static void place(work *w) {
    float *next = w->conv->scratch;
    side *sides[] = {&w->image, &w->other};
    for (int i = 0; i < 2; i++) {
        if (!is_plain(sides[i])) sides[i]->plain = next;
        next += plain_count(sides[i]);
    }
    w->columns = next;
}

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

/* Channels are apart: each thread adds to planes of its own. */
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

/* One strip of one group: of what is to be found, which is the other side, the image or W. */
static void run_strip(const work *w, float *weights, float *image, float *other, int64_t first, int64_t count,
                      bool begins) {
    const int64_t channels = w->other.channels, rows = w->rows, pixels = w->other.pixels;
    const bool backward = w->conv->kind == CC_GEMM_BACKWARD_DATA;
    if (w->conv->kind == CC_GEMM_BACKWARD_WEIGHTS) {
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

void cc_gemm_conv_run(const cc_gemm_conv *c) {
    work w = work_of(c);
    place(&w);
    side *x = c->transposed ? &w.other : &w.image, *y = c->transposed ? &w.image : &w.other;
    side *written = c->kind == CC_GEMM_FORWARD ? y : c->kind == CC_GEMM_BACKWARD_DATA ? x : NULL;
    if (written != x) make_plain(x);
    if (written != y) make_plain(y);
    if (written == &w.image)
        memset(w.image.plain, 0, (size_t)cc_shape_count(w.image.shape) * sizeof *w.image.plain);
    run_groups(&w);
    if (c->bias && c->kind == CC_GEMM_FORWARD) add_bias(y->plain, c->bias, c->y_shape);
    if (c->bias && c->kind == CC_GEMM_BACKWARD_WEIGHTS) sum_bias(c->bias, y->plain, c->y_shape);
    if (written) make_blocked(written);
}
