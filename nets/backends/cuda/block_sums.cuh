/* nets/backends/cuda/block_sums.cuh -- sums over the threads of a block, in shared memory; private to the .cu
 * files.
 *
 * The threads of a block lie (x, y), and each has K values. The sum over y is wanted, for each x and each of
 * the K values: the K * across columns of a matrix with `down` rows. Every value goes through shared memory
 * once; a team of threads adds up each column, and its members' sums are added by whoever asks. */
#ifndef CC_NETS_BACKENDS_CUDA_BLOCK_SUMS_CUH
#define CC_NETS_BACKENDS_CUDA_BLOCK_SUMS_CUH

#include "nets/backends/cuda/kernels.cuh"

namespace cc {

/* Value k of thread (x, y) stands at k * next_k + x * next_x + y * next_y. */
struct block_sums {
    int across, down; /* threads of the block, x and y */
    int next_x, next_y, next_k;
    int team; /* threads that add up one column */
};

/* Room in shared memory: K * (threads + MARGIN) values, of threads that 32 divides. */
enum { BLOCK_SUMS_TEAM_MAX = 16, BLOCK_SUMS_MARGIN = 32 };

/* Neighbouring threads have neighbouring x: columns stand beside each other, in different banks of the shared
 * memory; what next_k has beyond a multiple of 32 keeps those of the next value in others. */
template <int K> __device__ inline block_sums block_sums_of(int across, int down) {
    int team = down / K;
    if (team > BLOCK_SUMS_TEAM_MAX) team = BLOCK_SUMS_TEAM_MAX;
    return block_sums{
        across, down, 1, across, (across * down + 31) / 32 * 32 + across % 32, team < 1 ? 1 : team};
}

/* Puts values[] of thread (x, y), number `me` of the block, into its columns and adds these up to one sum for
 * each thread of a team. Then any thread can ask block_sum_at. */
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

/* The sum of value k over the threads of that x. */
template <class V> __device__ inline double block_sum_at(const V *room, const block_sums &c, int k, int x) {
    const V *at = room + k * c.next_k + x * c.next_x;
    double sum = 0;
    for (int j = 0; j < c.team; j++) sum += at[j * c.next_y];
    return sum;
}

/* values[] of thread (x, 0) become the sums over all (x, y), y < down, by halves: a tree of fixed shape. Less
 * shared memory than add_over_block, more synchronisations. `room`: K values of half a block's threads. */
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
