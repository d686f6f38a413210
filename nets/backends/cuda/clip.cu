/* nets/backends/cuda/clip.cu -- gradient clipping: the norm of the whole gradient in one kernel of CLIP_PARTS
 * blocks, each of which leaves a sum of squares in float64; a second kernel adds these in their order, in
 * every block anew, and scales where the norm is too large. Formula: cc_optimizer_clip
 * (nets/optimizers/optimizer.h). */
#include "nets/backends/cuda/clip.h"

#include <math.h>
#include "nets/backends/cuda/kernels.cuh"

using namespace cc;

namespace clip {

enum { CLIP_PARTS = 256, CLIP_BLOCKS = 1024 };
static_assert(CLIP_PARTS * sizeof(double) <= CC_CLIP_BYTES, "clipping wants more scratch memory");
static_assert((int)CLIP_PARTS == (int)THREADS, "each thread of scale_down adds one part");

template <int N> __global__ void square_parts(double *parts, const float *grads, int64_t packs) {
    __shared__ double room[THREADS];
    double sum = 0;
#pragma unroll 4
    for (int64_t i = global_index(); i < packs; i += (int64_t)CLIP_PARTS * THREADS) {
        pack<float, N> g = load<float, N>(grads, i);
        for (int k = 0; k < N; k++) sum += (double)g.v[k] * g.v[k];
    }
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

template <int N>
__global__ void scale_down(float *grads, const double *parts, int64_t packs, double max_norm) {
    __shared__ double room[THREADS];
    double factor = max_norm / (sqrt(block_sum(parts[threadIdx.x], room)) + 1e-6);
    for (int64_t i = global_index(); !(factor >= 1) && i < packs; i += (int64_t)gridDim.x * THREADS) {
        pack<float, N> g = load<float, N>(grads, i);
        for (int k = 0; k < N; k++) g.v[k] *= (float)factor;
        store(grads, i, g);
    }
}

template <int N> static void run_clip(float *grads, int64_t packs, double max_norm, double *parts) {
    auto square = square_parts<N>;
    auto scale = scale_down<N>;
    unsigned blocks = blocks_for(packs);
    CC_LAUNCH_TOGETHER(square, dim3(CLIP_PARTS), dim3(THREADS), parts, grads, packs);
    CC_LAUNCH_TOGETHER(scale, dim3(blocks < CLIP_BLOCKS ? blocks : (unsigned)CLIP_BLOCKS), dim3(THREADS),
                       grads, parts, packs, max_norm);
}

extern "C" cc_status cc_cuda_clip(float *grads, size_t count, double max_norm, void *scratch) {
    int64_t n = (int64_t)count;
    if (n % 4 == 0)
        run_clip<4>(grads, n / 4, max_norm, (double *)scratch);
    else
        run_clip<1>(grads, n, max_norm, (double *)scratch);
    return cc_cuda_check("clipping");
}

} // namespace clip
