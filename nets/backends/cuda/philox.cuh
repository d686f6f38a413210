/* nets/backends/cuda/philox.cuh -- the random numbers of core/rng.h, made on the device; private to the .cu files.
 *
 * Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011: Philox4x64-10, with
 * the paper's constants. */
#ifndef CC_NETS_BACKENDS_CUDA_PHILOX_CUH
#define CC_NETS_BACKENDS_CUDA_PHILOX_CUH

#include "nets/backends/cuda/kernels.cuh"

extern "C" {
#include "core/rng.h"
}

namespace cc {

/* Numbers 4 index ... 4 index + 3 of the stream (seed, purpose, epoch, sample): cc_rng_four. */
__device__ inline void philox_four(uint64_t (&out)[4], uint64_t seed, uint64_t purpose, uint64_t epoch,
                                   uint64_t sample, uint64_t index) {
    uint64_t key[2] = {seed, purpose}, v[4] = {index, epoch, sample, 0};
    for (int round = 0; round < 10; round++) {
        uint64_t high0 = __umul64hi(0xD2E7470EE14C6C93ull, v[0]), low0 = 0xD2E7470EE14C6C93ull * v[0],
                 high1 = __umul64hi(0xCA5A826395121157ull, v[2]), low1 = 0xCA5A826395121157ull * v[2];
        v[0] = high1 ^ v[1] ^ key[0];
        v[1] = low1;
        v[2] = high0 ^ v[3] ^ key[1];
        v[3] = low0;
        key[0] += 0x9E3779B97F4A7C15ull;
        key[1] += 0xBB67AE8584CAA73Bull;
    }
    for (int k = 0; k < 4; k++) out[k] = v[k];
}

/* Number `index` alone. */
__device__ inline uint64_t philox_at(uint64_t seed, uint64_t purpose, uint64_t epoch, uint64_t sample,
                                     uint64_t index) {
    uint64_t v[4];
    philox_four(v, seed, purpose, epoch, sample, index / 4);
    uint64_t low = index & 1 ? v[1] : v[0], high = index & 1 ? v[3] : v[2];
    return index & 2 ? high : low;
}

} // namespace cc

#endif
