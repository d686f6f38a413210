/* nets/backends/cuda/norm_rows.cuh -- what the ops that normalise share on CUDA: the reductions of
 * sum_rows.cuh for moments and for gradients, and z; private to the .cu files.
 *
 *   z = (x - mean) scale + shift [+ residual],  y = f(z)
 *
 * Sums of a part of an image's rows are taken about the channel's value in one of its rows, the part's
 * origin, then moved to one origin for all parts in float64: with d the distance of the two origins and k
 * rows, sum' = sum + k d, squares' = squares + 2 d sum + k d^2 (Chan, Golub & LeVeque 1983). So a large mean
 * costs no precision. Batch normalisation takes all images as one. */
#ifndef CC_NETS_BACKENDS_CUDA_NORM_ROWS_CUH
#define CC_NETS_BACKENDS_CUDA_NORM_ROWS_CUH

#include "nets/backends/cuda/sum_rows.cuh"

namespace cc {

/* By channel: z = (x - mean) * scale + shift; shift holds what mean lost by rounding. */
struct kept_constants {
    float *mean, *rstd, *scale, *shift;
};

/* In memory for 4 n floats. */
inline kept_constants constants_at(void *memory, int64_t n) {
    float *at = (float *)memory;
    return kept_constants{at, at + n, at + 2 * n, at + 3 * n};
}

/* Sets those of value `at`, a channel's or an image's and channel's. */
__device__ inline void set_constants(const kept_constants &k, int64_t at, double mean, double var,
                                     double epsilon, float weight, float bias) {
    const float rstd = (float)(1 / sqrt(var + epsilon)), scale = weight * rstd;
    k.mean[at] = (float)mean;
    k.rstd[at] = rstd;
    k.scale[at] = scale;
    k.shift[at] = bias + (float)((double)(float)mean - mean) * scale;
}

/* A row from the middle: at borders padding makes values odd. */
__device__ inline int64_t middle_row(int64_t rows) {
    return rows / 2 + rows / 7 < rows ? rows / 2 + rows / 7 : 0;
}

/* The reduction of the forward pass: sums of x - origin and of its square. Who derives from it finishes. */
template <class T, int N> struct moment_sums {
    enum { SUMS = 2, BLOCK = ROW_SUM_THREADS, UNROLL = 4 };
    struct constants {
        float origin[N]; /* of the part */
    };
    typedef pack<T, N> packs;
    const void *x;
    int64_t lanes, rows; /* of an image */
    /* Of a part whose first row is `first`, of all images' rows; base: the image's first. */
    __device__ int64_t origin_of(int64_t base, int64_t first) const {
        return first == base ? base + middle_row(rows) : first;
    }
    __device__ float value(int64_t row, int64_t channel) const {
        return to_float(((const T *)x)[row * lanes * N + channel]);
    }
    __device__ constants prepare(int64_t image, int64_t first, int64_t lane) const {
        constants c;
        widen(c.origin, load<T, N>(x, origin_of(image * rows, first) * lanes + lane));
        return c;
    }
    __device__ void get(packs &p, int64_t at) const { p = load<T, N>(x, at); }
    __device__ void add(float (&sums)[2 * N], const packs &p, const constants &c) const {
        for (int i = 0; i < N; i++) {
            float d = to_float(p.v[i]) - c.origin[i];
            sums[i] += d;
            sums[N + i] += d * d;
        }
    }
    template <class P> __device__ void add(float (&sums)[2 * N], const P &p, const constants &c) const {
        add(sums, p.x, c);
    }
    __device__ void finish_part(double *sums, int64_t first, int64_t channel, int64_t size) const {
        const int64_t base = first / rows * rows;
        double off = (double)value(origin_of(base, first), channel) - value(base + middle_row(rows), channel);
        sums[1] += off * (2 * sums[0] + (double)size * off);
        sums[0] += (double)size * off;
    }
    /* The mean of an image's channel, and the sum of squares about it. */
    __device__ void moments_of(double &mean, double &squares, int64_t image, int64_t channel,
                               const double *totals) const {
        double off = totals[0] / (double)rows;
        squares = totals[1] - totals[0] * off;
        if (squares < 0) squares = 0;
        mean = value(image * rows + middle_row(rows), channel) + off;
    }
};

/* Threads of a block that adds up gradients, without a residual and with: what each keeps and reads leaves
 * room for no more. */
enum { GRADIENT_BLOCK = 384, RESIDUAL_BLOCK = 256 };

struct field { /* what both passes read */
    const void *x, *residual, *dy;
    kept_constants k;
    int64_t lanes;
    int64_t each; /* from image to image of the constants; 0: they share them */
    activation after;
};

/* z of H values of a pack, from value `at` on; off = x - mean. */
template <class T, int N, int H>
__device__ void find_z(float (&z)[H], float (&off)[H], const pack<T, N> &x, const pack<T, N> &residual,
                       bool has_residual, const float (&mean)[N], const float (&scale)[N],
                       const float (&shift)[N], int at = 0) {
    for (int i = 0; i < H; i++) {
        off[i] = to_float(x.v[at + i]) - mean[at + i];
        z[i] = off[i] * scale[at + i] + shift[at + i];
    }
    for (int i = 0; has_residual && i < H; i++) z[i] += to_float(residual.v[at + i]);
}

/* R: there is a residual; without one it takes no registers. */
template <class T, int N, bool R> struct gradient_packs {
    pack<T, N> x, dy, residual;
    __device__ void read(const field &f, int64_t at) {
        x = load<T, N>(f.x, at);
        dy = load<T, N>(f.dy, at);
        if (R) residual = load<T, N>(f.residual, at);
    }
};

/* The reduction of the backward pass: sums of g = dy f'(z) and of g (x - mean). Who derives from it
 * finishes. */
template <class T, int N, bool R> struct gradient_part_sums {
    enum { SUMS = 2, BLOCK = R ? RESIDUAL_BLOCK : GRADIENT_BLOCK, UNROLL = 2 };
    struct constants {
        float mean[N], scale[N], shift[N];
    };
    typedef gradient_packs<T, N, R> packs;
    field f;
    __device__ constants prepare(int64_t image, int64_t, int64_t lane) const {
        constants c;
        load_floats(c.mean, f.k.mean + image * f.each, lane);
        load_floats(c.scale, f.k.scale + image * f.each, lane);
        load_floats(c.shift, f.k.shift + image * f.each, lane);
        return c;
    }
    __device__ void get(packs &p, int64_t at) const { p.read(f, at); }
    __device__ void add(float (&sums)[2 * N], const packs &p, const constants &c) const {
        constexpr int H = N < 4 ? N : 4; /* at a time: fewer registers */
#pragma unroll
        for (int at = 0; at < N; at += H) {
            float z[H], off[H], g[H];
            find_z<T>(z, off, p.x, p.residual, R, c.mean, c.scale, c.shift, at);
            for (int i = 0; i < H; i++) g[i] = to_float(p.dy.v[at + i]);
            slope_all<T>(g, f.after, z);
            for (int i = 0; i < H; i++) {
                sums[at + i] += g[i];
                sums[N + at + i] += g[i] * off[i];
            }
        }
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
};

} // namespace cc

#endif
