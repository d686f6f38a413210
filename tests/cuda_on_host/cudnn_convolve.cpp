/* tests/cuda_on_host/cudnn_convolve.cpp -- the convolutions of cuDNN's stand-in: products of matrices over gathered taps. */
#include "cudnn_convolve.h"

#include <cblas.h>
#include <algorithm>

namespace cc_dnn {

/* ROWS: that are multiplied at once. */
enum { ROWS = 256 };

struct extents;
static std::vector<int64_t> pixels_of(const extents &e);

struct extents {
    const step &s;
    int64_t groups, per_in, per_out, taps, places, rows, picture;
    std::vector<int64_t> pixels;
    explicit extents(const step &of)
        : s(of), groups(s.groups()), per_in(s.w.dims[C]), per_out(s.y.dims[C] / groups),
          taps(s.w.dims[D] * s.w.dims[H] * s.w.dims[W]), places(s.y.dims[D] * s.y.dims[H] * s.y.dims[W]),
          rows(s.y.dims[N] * places), picture(s.x.count() / s.x.dims[N]), pixels(pixels_of(*this)) {}
    int64_t depth() const { return taps * per_in; }
};

/* Where a picture's pixel begins on the wide side that a tap reads for a place, at [place * taps + tap]; -1
 * outside of it. */
static std::vector<int64_t> pixels_of(const extents &e) {
    const step &s = e.s;
    std::vector<int64_t> pixels;
    for (int64_t q = 0; q < e.places * e.taps; q++) {
        const int64_t p = q / e.taps, tap = q % e.taps;
        const int64_t out[] = {p / (s.y.dims[H] * s.y.dims[W]), p / s.y.dims[W] % s.y.dims[H],
                               p % s.y.dims[W]},
                      of_tap[] = {tap / (s.w.dims[H] * s.w.dims[W]), tap / s.w.dims[W] % s.w.dims[H],
                                  tap % s.w.dims[W]};
        int64_t pixel = 0;
        for (int k = 0; k < 3 && pixel >= 0; k++) {
            const int axis = D + k;
            const int64_t at = out[k] * s.stride[axis] - s.padding[axis] + of_tap[k] * s.dilation[axis];
            pixel = at < 0 || at >= s.x.dims[axis] ? -1 : pixel * s.x.dims[axis] + at;
        }
        pixels.push_back(pixel < 0 ? -1 : pixel * s.x.dims[C]);
    }
    return pixels;
}

/* Calls each(first value of the wide side or -1, first value in the columns) for every run of per_in values.
 */
template <class F> static void for_columns(const extents &e, int64_t from, int64_t count, const F &each) {
    for (int64_t row = 0; row < count; row++) {
        const int64_t image = (from + row) / e.places,
                      *pixels = &e.pixels[(size_t)((from + row) % e.places * e.taps)];
        for (int64_t tap = 0; tap < e.taps; tap++)
            for (int64_t g = 0; g < e.groups; g++)
                each(pixels[tap] < 0 ? -1 : image * e.picture + pixels[tap] + g * e.per_in,
                     ((row * e.groups + g) * e.taps + tap) * e.per_in);
    }
}

static void gather(std::vector<double> &columns, const extents &e, const values &x, int64_t from,
                   int64_t count) {
    for_columns(e, from, count, [&](int64_t pixel, int64_t at) {
        if (pixel < 0)
            std::fill_n(&columns[(size_t)at], e.per_in, 0);
        else
            std::copy_n(&x[(size_t)pixel], e.per_in, &columns[(size_t)at]);
    });
}

static void scatter(std::vector<double> &x, const extents &e, const std::vector<double> &columns,
                    int64_t from, int64_t count) {
    for_columns(e, from, count, [&](int64_t pixel, int64_t at) {
        for (int64_t c = 0; pixel >= 0 && c < e.per_in; c++)
            x[(size_t)(pixel + c)] += columns[(size_t)(at + c)];
    });
}

/* Of rows x depth columns, depth x per_out weights and rows x per_out narrow pixels, the one that is
 * wanted. */
static void multiply(const extents &e, int64_t rows, double *columns, double *w, double *y) {
    const int m = (int)rows, n = (int)e.per_out, k = (int)e.depth(), in = (int)(e.groups * k),
              out = (int)(e.groups * n);
    if (&e.s.output() == &e.s.y)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, columns, in, w, k, 0, y, out);
    else if (&e.s.output() == &e.s.x)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, k, n, 1, y, out, w, k, 0, columns, in);
    else
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, k, m, 1, y, out, columns, in, 1, w, k);
}

std::vector<double> convolve(const step &s, const values &x, const values &w, const values &y) {
    const extents e(s);
    const bool scatters = &s.output() == &s.x;
    std::vector<double> columns((size_t)(ROWS * e.groups * e.depth())), wide, weights(w.begin(), w.end()),
        narrow(y.begin(), y.end());
    (scatters ? wide : &s.output() == &s.y ? narrow : weights).assign((size_t)s.output().count(), 0);
    for (int64_t from = 0; from < e.rows; from += ROWS) {
        const int64_t count = std::min<int64_t>(ROWS, e.rows - from);
        if (!scatters) gather(columns, e, x, from, count);
        for (int64_t g = 0; g < e.groups; g++)
            multiply(e, count, &columns[(size_t)(g * e.depth())],
                     &weights[(size_t)(g * e.per_out * e.depth())],
                     &narrow[(size_t)((from * e.groups + g) * e.per_out)]);
        if (scatters) scatter(wide, e, columns, from, count);
    }
    return scatters ? wide : &s.output() == &s.y ? narrow : weights;
}

} // namespace cc_dnn
