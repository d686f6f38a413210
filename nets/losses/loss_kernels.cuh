/* nets/losses/loss_kernels.cuh -- what the losses' CUDA kernels share; private to
 * nets/losses/NAME/NAME_cuda.cu.
 *
 * A loss is at most two kernels. sum_parts adds up LOSS_SUMS numbers over the pixels: each image is cut into
 * LOSS_PARTS parts, a block each; the block that is done last adds the parts in their order, in float64, and
 * one thread of it writes the loss. write_gradient then writes the gradient, which may need those totals.
 * Where it does not (cross-entropy, focal) sum_parts writes it on the way, and there is no second kernel.
 * Arithmetic of a pixel is float32, sums over more than four pixels are float64; no sum depends on which
 * block came first.
 *
 * L, a loss with its numbers, is passed to the kernels by value:
 *   L::NEEDS_TOTALS  the gradient depends on the totals: a second kernel writes it
 *   L::PER_IMAGE     there is a finish_image
 *   void add(float sums[LOSS_SUMS], im, n, i, x, g, v)
 *                    adds pixel i of image n, logit x against target g; v: pixel_of(x, g)
 *   double finish_image(double totals[LOSS_SUMS])
 *                    one image's share of `images` below; may leave in its totals what derivative needs
 *   double finish(im, const double sums[LOSS_SUMS], double images)
 *                    the loss, from the sums of the batch and the sum of all images' shares (0 without
 *                    finish_image); may leave in the first image's totals what derivative needs
 *   float derivative(im, n, i, x, g, v)
 *                    of the loss by the logit */
#ifndef CC_NETS_LOSSES_LOSS_KERNELS_CUH
#define CC_NETS_LOSSES_LOSS_KERNELS_CUH

#include "nets/backends/cuda/sum_rows.cuh"
#include "nets/backends/cuda/training.h"

namespace cc {

enum { LOSS_SUMS = CC_CUDA_LOSS_SUMS, LOSS_PARTS = CC_CUDA_LOSS_PARTS };
enum { LOSS_PACK = 4 }; /* pixels that a thread reads at once, 16 bytes */

struct loss_images {
    int64_t n, pixels;            /* pixels of an image, all classes */
    const float *logits, *target; /* [n][pixels] */
    double *parts;                /* [n][LOSS_PARTS][LOSS_SUMS] */
    double *totals;               /* [n][LOSS_SUMS]: sums of each image, then what the gradient needs */
};

/* Where the results go: added to what is there, or in place of it; both times `weight` and exp(-log_variance),
 * where there is one. */
struct loss_result {
    double *value;
    float *gradient;
    double weight;
    const float *log_variance;
    bool add, add_gradient;
};

__device__ inline double weight_of(const loss_result &to) {
    return to.log_variance ? to.weight * exp(-(double)*to.log_variance) : to.weight;
}

inline loss_result loss_result_of(const cc_cuda_loss_run &run) {
    return loss_result{run.value, run.gradient, run.weight, run.log_variance, run.add, run.add_gradient};
}

/* p = sigmoid(x), q = 1 - p, log(1 + exp(-|x|)), and the cross-entropy against g. */
struct pixel {
    float p, q, softplus, bce;
};

__device__ inline pixel pixel_of(float x, float g) {
    float e = expf(-fabsf(x)), large = 1 / (1 + e), small = e * large, softplus = log1pf(e);
    return pixel{x > 0 ? large : small, x > 0 ? small : large, softplus, fmaxf(x, 0) - x * g + softplus};
}

/* The cross-entropy's derivative p - g, without cancellation. */
__device__ inline float residual(const pixel &v, float g) {
    return v.p * (1 - g) - v.q * g;
}

/* Both with true pixels weighted, as cc_logit_weighted_cross_entropy and _residual. */
__device__ inline float weighted_bce(const pixel &v, float x, float g, float weight) {
    return (1 - g) * x + (1 + (weight - 1) * g) * (v.softplus + fmaxf(-x, 0));
}

__device__ inline float weighted_residual(const pixel &v, float g, float weight) {
    return v.p * (1 - g) - weight * v.q * g;
}

/* What a spec says of it; where it is not given, 1. */
inline float positive_weight(const cc_loss_spec *spec) {
    return spec->positive_weight > 0 ? (float)spec->positive_weight : 1;
}

/* What follows from the totals of all images, by one block: `sums` are those of the batch. */
template <class L>
__device__ void conclude(const loss_result &to, const loss_images &im, const L &loss, int me) {
    __shared__ double sums[LOSS_SUMS];
    [[maybe_unused]] __shared__ double room[THREADS];
    double mine = 0;
    for (int64_t n = 0; me < LOSS_SUMS && n < im.n; n++) mine += im.totals[n * LOSS_SUMS + me];
    if (me < LOSS_SUMS) sums[me] = mine;
    __syncthreads();
    mine = 0;
    if constexpr (L::PER_IMAGE) {
        for (int64_t n = me; n < im.n; n += THREADS) mine += loss.finish_image(im.totals + n * LOSS_SUMS);
        mine = block_sum(mine, room);
    }
    if (me > 0) return;
    *to.value = (to.add ? *to.value : 0) + weight_of(to) * loss.finish(im, sums, mine);
}

/* The totals of all images from their parts: a block's threads lie (sum of an image, part). */
__device__ inline void total_images(const loss_images &im, int me) {
    __shared__ double room[THREADS];
    const int64_t all = im.n * LOSS_SUMS;
    const int across = all < THREADS / 4 ? (int)all : THREADS / 4, down = THREADS / across, x = me % across,
              y = me / across;
    for (int64_t at = x; at - x < all; at += across) {
        double sum[1] = {};
        if (at < all)
#pragma unroll 4
            for (int p = y; y < down && p < LOSS_PARTS; p += down)
                sum[0] += __ldcg(im.parts + (at / LOSS_SUMS * LOSS_PARTS + p) * LOSS_SUMS + at % LOSS_SUMS);
        tree_sum(sum, room, x, y, across, down);
        if (at < all && y == 0) im.totals[at] = sum[0];
    }
    __syncthreads();
}

/* N pixels of image n, from pixel N i: adds them up, writes their gradients, or both. */
template <int N, class L>
__device__ void work_on(double (&sums)[LOSS_SUMS], bool sums_up, const loss_result &to, bool writes,
                        const loss_images &im, const L &loss, int64_t n, int64_t i) {
    int64_t at = n * im.pixels / N + i;
    pack<float, N> x = load<float, N>(im.logits, at), g = load<float, N>(im.target, at), out;
    float some[LOSS_SUMS] = {};
    const float weight = (float)weight_of(to);
    if (writes && to.add_gradient) out = load<float, N>(to.gradient, at);
    for (int k = 0; k < N; k++) {
        pixel v = pixel_of(x.v[k], g.v[k]);
        if (sums_up) loss.add(some, im, n, i * N + k, x.v[k], g.v[k], v);
        if (!writes) continue;
        /* Rounded before it is added: a term of a sum is not to depend on whether the compiler fuses the
         * two. */
        float d = __fmul_rn(weight, loss.derivative(im, n, i * N + k, x.v[k], g.v[k], v));
        out.v[k] = to.add_gradient ? out.v[k] + d : d;
    }
    for (int k = 0; sums_up && k < LOSS_SUMS; k++) sums[k] += some[k];
    if (writes) store(to.gradient, at, out);
}

/* Grid: parts, images. */
template <int N, class L>
__global__ void __launch_bounds__(THREADS) sum_parts(loss_images im, L loss, loss_result to) {
    __shared__ double room[THREADS / 2 * (int)LOSS_SUMS];
    static unsigned ticket;
    double sums[LOSS_SUMS] = {};
    int64_t n = blockIdx.y;
    for (int64_t i = (int64_t)blockIdx.x * THREADS + threadIdx.x; i < im.pixels / N;
         i += (int64_t)LOSS_PARTS * THREADS)
        work_on<N>(sums, true, to, !L::NEEDS_TOTALS, im, loss, n, i);
    tree_sum(sums, room, 0, threadIdx.x, 1, THREADS);
    for (int k = 0; threadIdx.x == 0 && k < LOSS_SUMS; k++)
        im.parts[(n * LOSS_PARTS + blockIdx.x) * LOSS_SUMS + k] = sums[k];
    if (!is_last(&ticket, gridDim.x * gridDim.y, threadIdx.x)) return;
    total_images(im, threadIdx.x);
    conclude(to, im, loss, threadIdx.x);
}

/* Grid: packs of an image, images. */
template <int N, class L>
__global__ void __launch_bounds__(THREADS) write_gradient(loss_images im, L loss, loss_result to) {
    int64_t i = global_index();
    double none[LOSS_SUMS];
    if (i < im.pixels / N) work_on<N>(none, false, to, true, im, loss, blockIdx.y, i);
}

inline loss_images loss_images_of(const cc_cuda_loss_run &run) {
    double *parts = (double *)run.scratch;
    return loss_images{run.shape.n, run.shape.classes * run.shape.pixels,        run.logits, run.target,
                       parts,       parts + run.shape.n * LOSS_PARTS * LOSS_SUMS};
}

template <int N, class L> void loss_launch(const loss_images &im, const L &loss, const loss_result &to) {
    auto sum = sum_parts<N, L>;
    auto write = write_gradient<N, L>;
    unsigned n = (unsigned)im.n;
    CC_LAUNCH_TOGETHER(sum, dim3(LOSS_PARTS, n), dim3(THREADS), im, loss, to);
    if constexpr (L::NEEDS_TOTALS)
        CC_LAUNCH(write, dim3(blocks_for(im.pixels / N), n), dim3(THREADS), im, loss, to);
}

/* Starts the kernels of a loss. */
template <class L> void loss_run(const cc_cuda_loss_run &run, const L &loss) {
    const loss_images im = loss_images_of(run);
    const loss_result to = loss_result_of(run);
    if (im.pixels % LOSS_PACK == 0)
        loss_launch<LOSS_PACK>(im, loss, to);
    else
        loss_launch<1>(im, loss, to);
}

} // namespace cc

#endif
