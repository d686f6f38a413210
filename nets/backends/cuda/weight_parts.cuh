/* nets/backends/cuda/weight_parts.cuh -- the gradient of a convolution's weights from the partial sums that
 * blocks made of them over parts of the pixels, [part][weight]; private to the .cu files.
 *
 * The second kernel of a reduction in two: atomics would add in an order that differs from run to run. */
#ifndef CC_NETS_BACKENDS_CUDA_WEIGHT_PARTS_CUH
#define CC_NETS_BACKENDS_CUDA_WEIGHT_PARTS_CUH

#include "nets/backends/cuda/sum_rows.cuh"

namespace cc {

enum { PARTS_ACROSS = 8, PARTS_DOWN = THREADS / PARTS_ACROSS };

/* A block: 8 weights beside each other, 32 threads for the parts of each, in float64. place(i): where weight
 * i of a part lies in dw; below 0: nowhere. */
template <class PLACE>
__global__ void __launch_bounds__(THREADS)
    sum_weight_parts_kernel(float *dw, const float *parts, int64_t count, int64_t weights, PLACE place) {
    __shared__ double room[THREADS / 2];
    const int x = threadIdx.x % PARTS_ACROSS, y = threadIdx.x / PARTS_ACROSS;
    const int64_t i = blockIdx.x * (int64_t)PARTS_ACROSS + x;
    double sum[1] = {};
    if (i < weights)
#pragma unroll 4
        for (int64_t p = y; p < count; p += PARTS_DOWN) sum[0] += parts[p * weights + i];
    tree_sum(sum, room, x, y, (int)PARTS_ACROSS, (int)PARTS_DOWN);
    if (y > 0 || i >= weights) return;
    const int64_t at = place(i);
    if (at >= 0) dw[at] = (float)sum[0];
}

template <class PLACE>
void sum_weight_parts(float *dw, const float *parts, int64_t count, int64_t weights, const PLACE &place) {
    auto kernel = sum_weight_parts_kernel<PLACE>;
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)((weights + PARTS_ACROSS - 1) / PARTS_ACROSS)), dim3(THREADS),
                       dw, parts, count, weights, place);
}

} // namespace cc

#endif
