/* nets/losses/bootstrap_bce/bootstrap_bce_cuda.cu -- bootstrapped cross-entropy on the GPU: before the two
 * kernels of a loss (nets/losses/loss_kernels.cuh) one that writes every pixel's error, and one that finds
 * the k-th largest of each image by radix selection, a block an image. Formulas: bootstrap_bce.c. */
#include <math.h>
#include "nets/losses/loss_kernels.cuh"

using namespace cc;

namespace bootstrap_bce_cuda {

enum { SELECT_THREADS = 1024, RADIX = 256 };

struct cut { /* pixels with bits above, and those with equal ones up to index `last`, are taken */
    unsigned bits;
    int64_t last;
};

struct bootstrap_loss {
    enum { NEEDS_TOTALS = true, PER_IMAGE = false };
    int64_t hardest; /* pixels of an image that are taken: k */
    cut *cuts;       /* [n] */
    float *errors;   /* [n][pixels] */
    float weight;    /* of true pixels; 1: all count alike */
    __device__ float error(const pixel &v, float x, float g) const {
        return weight == 1 ? v.bce : weighted_bce(v, x, g, weight);
    }
    __device__ bool is_taken(const loss_images &im, int64_t n, int64_t i) const {
        unsigned bits = __float_as_uint(errors[n * im.pixels + i]);
        cut c = cuts[n];
        return bits > c.bits || (bits == c.bits && i <= c.last);
    }
    __device__ void add(float sums[LOSS_SUMS], const loss_images &im, int64_t n, int64_t i, float x, float g,
                        const pixel &v) const {
        sums[0] += is_taken(im, n, i) ? error(v, x, g) : 0;
    }
    __device__ double finish(const loss_images &im, const double sums[LOSS_SUMS], double) const {
        return sums[0] / ((double)im.n * (double)hardest);
    }
    __device__ float derivative(const loss_images &im, int64_t n, int64_t i, float, float g,
                                const pixel &v) const {
        const float r = weight == 1 ? residual(v, g) : weighted_residual(v, g, weight);
        return is_taken(im, n, i) ? r / ((float)im.n * (float)hardest) : 0;
    }
};

__global__ void write_errors(loss_images im, bootstrap_loss loss) {
    int64_t at = global_index();
    if (at >= im.n * im.pixels) return;
    float x = im.logits[at], g = im.target[at], error = loss.error(pixel_of(x, g), x, g);
    loss.errors[at] = error <= 0 ? 0 : error; /* NaN stays: its bits are above those of infinity */
}

/* The digits, from the highest, of the k-th largest of an image's errors; they are not negative, so their
 * bits are in their order. Counts are whole numbers: atomics do not make them depend on an order. */
__device__ unsigned select_bits(unsigned *left, const float *errors, int64_t pixels, unsigned *counts) {
    unsigned prefix = 0, mask = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        __syncthreads();
        counts[threadIdx.x] = 0;
        __syncthreads();
#pragma unroll 4
        for (int64_t i = threadIdx.x; i < pixels; i += SELECT_THREADS) {
            unsigned bits = __float_as_uint(errors[i]);
            if ((bits & mask) == prefix) atomicAdd(&counts[bits >> shift & (RADIX - 1)], 1u);
        }
        __syncthreads();
        unsigned digit = RADIX - 1;
        for (; *left > counts[digit] && digit > 0; digit--) *left -= counts[digit];
        prefix |= digit << shift;
        mask |= (unsigned)(RADIX - 1) << shift;
    }
    return prefix;
}

/* A block an image. A thread counts the equals in a stretch of its own; the one whose stretch holds the last
 * that is taken says where it is. */
__global__ void select_cuts(loss_images im, bootstrap_loss loss) {
    __shared__ unsigned counts[SELECT_THREADS];
    int64_t n = blockIdx.x, stretch = (im.pixels + SELECT_THREADS - 1) / SELECT_THREADS;
    int64_t begin = threadIdx.x * stretch, end = begin + stretch < im.pixels ? begin + stretch : im.pixels;
    const float *errors = loss.errors + n * im.pixels;
    unsigned left = (unsigned)loss.hardest, bits = select_bits(&left, errors, im.pixels, counts), mine = 0,
             before = 0;
    for (int64_t i = begin; i < end; i++) mine += __float_as_uint(errors[i]) == bits;
    __syncthreads();
    counts[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned k = 0; k < threadIdx.x; k++) before += counts[k];
    if (before >= left || before + mine < left) return;
    for (int64_t i = begin; i < end; i++)
        if (__float_as_uint(errors[i]) == bits && ++before == left) loss.cuts[n] = cut{bits, i};
}

/* Cuts, errors. */
size_t own_bytes(const cc_loss_spec *, cc_loss_shape s) {
    return (size_t)s.n * (sizeof(cut) + (size_t)(s.classes * s.pixels) * sizeof(float));
}

void run(const cc_cuda_loss_run *run) {
    const loss_images im = loss_images_of(*run);
    bootstrap_loss loss = {1, (cut *)((char *)run->scratch + cc_cuda_loss_shared_bytes(run->shape)), NULL,
                           positive_weight(run->spec)};
    loss.errors = (float *)(loss.cuts + im.n);
    double hardest = ceil(run->spec->fraction * (double)im.pixels);
    if (hardest > 1) loss.hardest = hardest < (double)im.pixels ? (int64_t)hardest : im.pixels;
    CC_LAUNCH(write_errors, dim3(blocks_for(im.n * im.pixels)), dim3(THREADS), im, loss);
    CC_LAUNCH_TOGETHER(select_cuts, dim3((unsigned)im.n), dim3(SELECT_THREADS), im, loss);
    loss_run(*run, loss);
}

} // namespace bootstrap_bce_cuda

const cc_loss_cuda cc_loss_bootstrap_bce_cuda = {.own_bytes = bootstrap_bce_cuda::own_bytes,
                                                 .run = bootstrap_bce_cuda::run};
