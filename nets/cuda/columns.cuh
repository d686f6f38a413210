/* nets/cuda/columns.cuh -- how a kernel cuts the rows of a matrix of rows by channels into parts, and how
 * another adds up what they left, in float64; private to the .cu files. How rows are cut follows from the
 * sizes alone. */
#ifndef CC_NETS_CUDA_COLUMNS_CUH
#define CC_NETS_CUDA_COLUMNS_CUH

#include "nets/cuda/kernels.cuh"

namespace cc {

enum { COLUMNS_PARTS_MAX = 512, COLUMNS_ROWS_LEAST = 16 };

struct columns {
    int64_t images, rows, channels; /* rows of an image */
    int across, down;               /* threads of a block: packs of channels, rows */
    int64_t groups, parts, per_part;
};

inline columns columns_of(int64_t images, int64_t rows, int64_t channels, int lanes) {
    columns c = {images, rows, channels, 1, 0, 0, 0, 0};
    int64_t packs = channels / lanes;
    while (c.across < 32 && c.across < packs) c.across *= 2;
    c.down = THREADS / c.across;
    c.groups = (packs + c.across - 1) / c.across;
    int64_t most = (rows + COLUMNS_ROWS_LEAST * c.down - 1) / (COLUMNS_ROWS_LEAST * c.down);
    c.parts = COLUMNS_PARTS_MAX / c.groups;
    if (c.parts > most) c.parts = most;
    if (c.parts < 1) c.parts = 1;
    c.per_part = (rows + c.parts - 1) / c.parts;
    c.parts = (rows + c.per_part - 1) / c.per_part; /* none is empty */
    return c;
}

/* The second kernel's block: 32 channels by 8 threads that share the parts of each. */
enum { MERGE_ACROSS = 32, MERGE_DOWN = THREADS / MERGE_ACROSS };

/* The sum over the parts of what `term(part)` says, for this thread's channel; every thread gets it. */
template <class F> __device__ inline double merge_parts(double *room, int64_t parts, const F &term) {
    int y = threadIdx.x / MERGE_ACROSS;
    double sum = 0;
    for (int64_t p = y; p < parts; p += MERGE_DOWN) sum += term(p);
    __syncthreads();
    room[threadIdx.x] = sum;
    for (int half = MERGE_DOWN / 2; half > 0; half /= 2) {
        __syncthreads();
        if (y < half) room[threadIdx.x] += room[threadIdx.x + half * MERGE_ACROSS];
    }
    __syncthreads();
    return room[threadIdx.x % MERGE_ACROSS];
}

inline unsigned merge_blocks(int64_t channels) {
    return (unsigned)((channels + MERGE_ACROSS - 1) / MERGE_ACROSS);
}

} // namespace cc

#endif
