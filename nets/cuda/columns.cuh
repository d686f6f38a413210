/* nets/cuda/columns.cuh -- sums over the rows of a matrix of rows by channels, for each channel; private to
 * the .cu files.
 *
 * Two kernels: the first cuts the rows of each image (or, with one image, all rows) into parts and leaves two
 * sums a part and channel, [image][part][2][channels] in float64; the second, the caller's, adds up parts. A
 * thread adds in float32 over at most some hundred rows, a block in float64. How rows are cut follows from
 * the sizes alone. */
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

/* Of the parts. */
inline size_t columns_bytes(int64_t images, int64_t rows, int64_t channels, cc_dtype dtype) {
    int lanes = dtype == CC_BF16 ? 8 : 4;
    columns c = columns_of(images, rows, channels, channels % lanes == 0 ? lanes : 1);
    return (size_t)(images * c.parts * 2 * channels) * sizeof(double);
}

/* Threads of a block lie (across, down). `value(first, second, row, channel)` adds what pack of channels
 * `channel / N` of row `row` gives to N sums each. */
template <int N, class F> __global__ void columns_parts(double *out, columns c, F value) {
    __shared__ double room[2 * THREADS * N];
    int x = threadIdx.x % c.across, y = threadIdx.x / c.across;
    int64_t image = blockIdx.z, part = blockIdx.y, channel = (blockIdx.x * (int64_t)c.across + x) * N;
    int64_t begin = part * c.per_part, end = begin + c.per_part < c.rows ? begin + c.per_part : c.rows;
    float first[N] = {}, second[N] = {};
    if (channel < c.channels)
        for (int64_t row = begin + y; row < end; row += c.down)
            value(first, second, image * c.rows + begin, image * c.rows + row, channel);
    double *mine = room + threadIdx.x * 2 * N;
    for (int i = 0; i < N; i++) {
        mine[i] = first[i];
        mine[N + i] = second[i];
    }
    for (int half = c.down / 2; half > 0; half /= 2) {
        __syncthreads();
        if (y < half)
            for (int i = 0; i < 2 * N; i++) mine[i] += mine[half * c.across * 2 * N + i];
    }
    if (y > 0 || channel >= c.channels) return;
    double *to = out + (image * c.parts + part) * 2 * c.channels + channel;
    for (int i = 0; i < N; i++) {
        to[i] = mine[i];
        to[c.channels + i] = mine[N + i];
    }
}

template <int N, class F> void columns_run(double *parts, const columns &c, const F &value) {
    auto kernel = columns_parts<N, F>;
    dim3 grid((unsigned)c.groups, (unsigned)c.parts, (unsigned)c.images);
    CC_LAUNCH_TOGETHER(kernel, grid, dim3(THREADS), parts, c, value);
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

/* Each channel's two sums over the rows of each image: first, second [images][channels], times `factor`;
 * either may be NULL. */
inline __global__ void columns_totals(float *first, float *second, const double *parts, columns c,
                                      double factor) {
    __shared__ double room[THREADS];
    int64_t channel = blockIdx.x * (int64_t)MERGE_ACROSS + threadIdx.x % MERGE_ACROSS, image = blockIdx.y;
    bool inside = channel < c.channels;
    const double *from = parts + image * c.parts * 2 * c.channels + (inside ? channel : 0);
    int64_t n = inside ? c.parts : 0;
    double a = merge_parts(room, n, [=](int64_t p) { return from[p * 2 * c.channels]; });
    double b = merge_parts(room, n, [=](int64_t p) { return from[(p * 2 + 1) * c.channels]; });
    if (!inside || threadIdx.x >= MERGE_ACROSS) return;
    if (first) first[image * c.channels + channel] = (float)(a * factor);
    if (second) second[image * c.channels + channel] = (float)(b * factor);
}

} // namespace cc

#endif
