/* nets/backends/cuda/block_sums.cuh -- sums over the threads of a block; private to the .cu files.
 *
 * The threads of a block lie (x, y), and each has K values: a column is what the threads of one x have of one
 * value. All values go through shared memory once. */
#ifndef CC_NETS_BACKENDS_CUDA_BLOCK_SUMS_CUH
#define CC_NETS_BACKENDS_CUDA_BLOCK_SUMS_CUH

#include "nets/backends/cuda/kernels.cuh"

namespace cc {

/* Where a thread's values stand in shared memory, and how many threads add up a column. */
struct block_sums {
    int across, down, next_x, next_y, next_k, team;
};

/* Room in shared memory: K * (threads + MARGIN) values, of threads that 32 divides. */
enum { BLOCK_SUMS_TEAM_MAX = 16, BLOCK_SUMS_MARGIN = 32 };

/* Neighbouring threads have neighbouring x: columns stand beside each other, in all banks. */
template <int K> __device__ inline block_sums block_sums_of(int across, int down) {
    int team = down / K;
    if (team > BLOCK_SUMS_TEAM_MAX) team = BLOCK_SUMS_TEAM_MAX;
    return block_sums{
        across, down, 1, across, (across * down + 31) / 32 * 32 + across % 32, team < 1 ? 1 : team};
}

/* values[] of thread (x, y), number `me` of the block, join the columns, whose sums block_sum_at then gives to
 * any thread. */
template <class V, int K>
__device__ inline void add_over_block(V *room, const V (&values)[K], const block_sums &c, int x, int y,
                                      int me) {
    const int all = K * c.across;
    for (int k = 0; k < K; k++) room[k * c.next_k + x * c.next_x + y * c.next_y] = values[k];
    __syncthreads();
    for (int t = me; t < all * c.team; t += c.across * c.down) {
        const int first = t / all, column = t - first * all, k = column / c.across;
        V *at = room + k * c.next_k + (column - k * c.across) * c.next_x, sum = at[first * c.next_y];
#pragma unroll 8
        for (int j = first + c.team; j < c.down; j += c.team) sum += at[j * c.next_y];
        at[first * c.next_y] = sum; /* nobody else reads it before */
    }
    __syncthreads();
}

template <class V> __device__ inline double block_sum_at(const V *room, const block_sums &c, int k, int x) {
    const V *at = room + k * c.next_k + x * c.next_x;
    double sum = 0;
    for (int j = 0; j < c.team; j++) sum += at[j * c.next_y];
    return sum;
}

/* values[] of thread (x, 0) become the sums over all (x, y), y < down, in less shared memory, but with many
 * synchronisations. `room`: values of half a block, K times. */
template <class V, int K>
__device__ inline void tree_sum(V (&values)[K], V *room, int x, int y, int across, int down) {
    const int stride = (down + 1) / 2 * across;
    for (int n = down; n > 1; n = (n + 1) / 2) {
        int half = (n + 1) / 2;
        if (y >= half && y < n)
            for (int k = 0; k < K; k++) room[k * stride + (y - half) * across + x] = values[k];
        __syncthreads();
        if (y < n - half)
            for (int k = 0; k < K; k++) values[k] += room[k * stride + y * across + x];
        __syncthreads();
    }
}

} // namespace cc

#endif
