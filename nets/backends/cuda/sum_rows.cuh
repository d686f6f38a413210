/* nets/backends/cuda/sum_rows.cuh -- a reduction over the rows of a matrix of rows (pixels) by channels: sums
 * for each channel, of each image; private to the .cu files.
 *
 * The grid is channels by parts by images: a block adds up one part of the rows for a few neighbouring packs
 * of channels. Its threads add in float32, at most some hundred rows each; their sums are added in shared
 * memory (block_sums.cuh). The block that finishes last with its channels adds up all parts in float64, in
 * the parts' order: the result does not depend on which block that is. Rows are dealt to the parts in rounds,
 * one run of rows each, so that all blocks read one neighbourhood of memory at a time.
 *
 * F says what is added, and what becomes of it:
 *   F::SUMS       1 or 2, of each channel
 *   F::BLOCK      threads of a block at most; two blocks are to run on a multiprocessor
 *   F::constants  prepare(image, first, lane)  what a thread keeps; `first`: the part's first row
 *   F::packs      get(F::packs &, at)  reads the pack at row * lanes + lane; rows are those of all images
 *                 add(float sums[SUMS * N], packs, constants)
 *                 finish_part(double sums[SUMS], first, channel, size)  adjusts the sums of a part of `size`
 *                 rows before they are added to the others' (batch norm: to a common origin)
 *                 finish(image, channel, const double totals[SUMS])
 *   F::UNROLL     packs of a thread that are read before the first is used */
#ifndef CC_NETS_BACKENDS_CUDA_SUM_ROWS_CUH
#define CC_NETS_BACKENDS_CUDA_SUM_ROWS_CUH

#include "nets/backends/cuda/block_sums.cuh"
#include "nets/backends/cuda/map_rows.cuh"

namespace cc {

enum {
    ROW_SUM_BLOCKS = 264,    /* as many as an H200 runs at once: 2 on each of 132 multiprocessors */
    ROW_SUM_RESIDENT = 2,    /* blocks of a multiprocessor */
    ROW_SUM_LEAST = 4,       /* rows of a thread, at least ... */
    ROW_SUM_MOST = 512,      /* ... and at most: more would lose precision in float32 */
    ROW_SUM_COUNTERS = 1024, /* for finding the last block, see is_last */
    ROW_SUM_THREADS = 512,
    ROW_SUM_THREADS_LEAST = 64
};

struct row_sum {
    int64_t images, first_image, rows, lanes; /* rows of an image */
    int across, down;                         /* a block's threads, x: lanes, y: rows */
    int64_t groups, parts;                    /* of lanes, of rows: the grid's x and y */
    int rounds;                               /* of a part, with `down` rows each, the last perhaps fewer */
    int64_t longer;                           /* the first parts, that many, have one more */
};

/* Lanes of a block: few are cheaper to finish; whole sectors of 32 bytes where that is possible. */
inline int64_t row_sum_width(int64_t lanes) {
    for (int64_t across = 4; across <= 8; across += 2)
        if (lanes % across == 0 && lanes / across <= ROW_SUM_COUNTERS) return across;
    if (lanes <= 16) return lanes;
    int64_t across = 8;
    while (across * ROW_SUM_COUNTERS < lanes) across *= 2;
    return across;
}

inline row_sum row_sum_of(int64_t images, int64_t rows, int64_t lanes, int threads) {
    int64_t across = row_sum_width(lanes), down = threads / across, groups = (lanes + across - 1) / across;
    while (down > rows && down * across > ROW_SUM_THREADS_LEAST) down = (down + 1) / 2;
    int64_t rounds = (rows + down - 1) / down, parts = ROW_SUM_BLOCKS / (groups * images),
            at_most = (rounds + ROW_SUM_LEAST - 1) / ROW_SUM_LEAST,
            at_least = (rounds + ROW_SUM_MOST - 1) / ROW_SUM_MOST;
    if (parts > at_most) parts = at_most;
    if (parts < at_least) parts = at_least;
    if (parts < 1) parts = 1;
    return row_sum{
        images, 0, rows, lanes, (int)across, (int)down, groups, parts, (int)(rounds / parts), rounds % parts};
}

/* Bytes of the parts' sums, [image][part][sums][channels] in float64. */
inline size_t row_sum_bytes(int64_t images, int64_t rows, int64_t channels, cc_dtype dtype, int sums,
                            int threads) {
    int lanes = dtype == CC_BF16 ? 8 : 4;
    row_sum s = row_sum_of(images, rows, channels % lanes == 0 ? channels / lanes : channels, threads);
    return (size_t)(images * s.parts * sums * channels) * sizeof(double);
}

/* Adds `count` rows, `step` packs apart from `at` on. At the end the last row is read again, not nothing:
 * that takes fewer registers. */
template <int N, class F>
__device__ inline void add_thread_rows(float (&sums)[F::SUMS * N], const F &f, const typename F::constants &k,
                                       int64_t at, int64_t step, int count) {
#pragma unroll 1
    for (; count > 0; count -= F::UNROLL) {
        typename F::packs p[F::UNROLL];
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++) {
            f.get(p[u], at);
            if (u + 1 < count) at += step;
        }
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++)
            if (u < count) f.add(sums, p[u], k);
    }
}

/* Whether this block is the last of `count` that count themselves here; what the others wrote before is then
 * there to be read past the first-level cache (__ldcg). Who is last decides who adds, not in which order. The
 * counter is 0 again when its kernel ends, so that one launch of a kernel may follow another, but not run
 * beside it: there is one stream. */
__device__ inline bool is_last(unsigned *counter, unsigned count, int me) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (me == 0) {
        last = atomicAdd(counter, 1u) == count - 1;
        if (last) *counter = 0; /* for the next launch */
    }
    __syncthreads();
    __threadfence();
    return last;
}

/* Adds up the parts of channels begin to end of an image; a block's threads lie (part, sum, channel). `room`:
 * a value of each thread. */
template <class F>
__device__ inline void finish_channels(const double *parts, const row_sum &s, const F &f, double *room,
                                       int64_t image, int64_t begin, int64_t end, int64_t channels, int me) {
    const int threads = s.across * s.down;
    const int wide = end - begin < threads / F::SUMS ? (int)(end - begin) : threads / F::SUMS;
    const int all = F::SUMS * wide, first = me / all, column = me - first * all, sum = column / wide;
    const int team = s.parts < threads / all ? (int)s.parts : threads / all;
    const int64_t step = F::SUMS * channels;
    for (; begin < end; begin += wide) {
        const int64_t channel = begin + column - sum * wide;
        const double *from = parts + image * s.parts * step + sum * channels + channel;
        double mine = 0;
        if (first < team && channel < end)
#pragma unroll 8
            for (int64_t p = first; p < s.parts; p += team) mine += __ldcg(from + p * step);
        room[me] = mine;
        __syncthreads();
        if (me < wide && begin + me < end) {
            double totals[F::SUMS] = {};
            for (int j = 0; j < F::SUMS; j++)
#pragma unroll 8
                for (int q = 0; q < team; q++) totals[j] += room[q * all + j * wide + me];
            f.finish(image, begin + me, totals);
        }
        __syncthreads();
    }
}

template <int N, class F>
__global__ void __launch_bounds__(F::BLOCK, ROW_SUM_RESIDENT) sum_rows_kernel(double *parts, row_sum s, F f) {
    __shared__ float room[(int)F::SUMS * N * ((int)F::BLOCK + (int)BLOCK_SUMS_MARGIN)];
    __shared__ double wide_room[F::BLOCK];
    static unsigned counters[ROW_SUM_COUNTERS];
    const int x = threadIdx.x, y = threadIdx.y, me = y * s.across + x, part = blockIdx.y;
    const int64_t image = s.first_image + blockIdx.z, channels = s.lanes * N;
    const int64_t lane = blockIdx.x * (int64_t)s.across + x, row = (int64_t)part * s.down;
    const int rounds = s.rounds + (part < s.longer);
    const int64_t last = row + (rounds - 1) * s.parts * s.down; /* where the last round begins */
    float sums[F::SUMS * N] = {};
    if (lane < s.lanes)
        add_thread_rows<N>(sums, f, f.prepare(image, image * s.rows + row, lane),
                           (image * s.rows + row + y) * s.lanes + lane, s.parts * s.down * s.lanes,
                           last + y < s.rows ? rounds : rounds - 1);
    const block_sums c = block_sums_of<F::SUMS * N>(s.across, s.down);
    add_over_block(room, sums, c, x, y, me);
    const int64_t begin = blockIdx.x * (int64_t)s.across * N, end = begin + (int64_t)s.across * N;
    const int64_t size = (rounds - 1) * (int64_t)s.down + (s.rows - last < s.down ? s.rows - last : s.down);
    for (int t = me; t < s.across * N && begin + t < channels; t += s.across * s.down) {
        double both[F::SUMS];
        for (int j = 0; j < F::SUMS; j++) both[j] = block_sum_at(room, c, j * N + t % N, t / N);
        f.finish_part(both, image * s.rows + row, begin + t, size);
        if (s.parts == 1) f.finish(image, begin + t, both);
        for (int j = 0; j < F::SUMS && s.parts > 1; j++)
            parts[((image * s.parts + part) * F::SUMS + j) * channels + begin + t] = both[j];
    }
    if (s.parts == 1 || !is_last(counters + blockIdx.z * gridDim.x + blockIdx.x, gridDim.y, me)) return;
    finish_channels(parts, s, f, wide_room, image, begin, end < channels ? end : channels, channels, me);
}

template <int N, class F>
void sum_rows(double *parts, int64_t images, int64_t rows, int64_t lanes, const F &f) {
    auto kernel = sum_rows_kernel<N, F>;
    row_sum s = row_sum_of(images, rows, lanes, F::BLOCK);
    const int64_t most = ROW_SUM_COUNTERS / (s.parts > 1 ? s.groups : (int64_t)1);
    for (; s.first_image < s.images; s.first_image += most) {
        int64_t left = s.images - s.first_image;
        dim3 grid((unsigned)s.groups, (unsigned)s.parts, (unsigned)(left < most ? left : most));
        CC_LAUNCH_TOGETHER(kernel, grid, dim3((unsigned)s.across, (unsigned)s.down), parts, s, f);
    }
}

/* A reduction and the elementwise pass that uses its sums in one kernel, where one block can have all rows of
 * its channels: threads keep their rows in registers between the two, and memory is read once. A::finish
 * returns what B wants to know of a channel:
 *   A::given finish(0, channel, totals)   B::constants prepare_given(lane, const A::given[N])
 * and A adds the packs that B reads. With more rows than these there would be too few blocks. */
enum {
    SUM_THEN_MAP_ACROSS = 2,
    SUM_THEN_MAP_DOWN = 256,
    SUM_THEN_MAP_EACH = 4,
    SUM_THEN_MAP_ROWS = SUM_THEN_MAP_DOWN * SUM_THEN_MAP_EACH
};

inline bool fits_sum_then_map(int64_t rows) {
    return rows <= SUM_THEN_MAP_ROWS;
}

template <int N, class A, class B>
__global__ void __launch_bounds__(SUM_THEN_MAP_ACROSS *SUM_THEN_MAP_DOWN)
    sum_then_map_kernel(row_sum s, A a, B b) {
    __shared__ float
        room[(int)A::SUMS * N * (SUM_THEN_MAP_ACROSS * SUM_THEN_MAP_DOWN + (int)BLOCK_SUMS_MARGIN)];
    __shared__ typename A::given given[SUM_THEN_MAP_ACROSS * N];
    const int x = threadIdx.x, y = threadIdx.y, me = y * s.across + x, rows = (int)s.rows;
    const int64_t lane = blockIdx.x * (int64_t)s.across + x, begin = blockIdx.x * (int64_t)s.across * N;
    typename B::packs p[SUM_THEN_MAP_EACH];
    float sums[A::SUMS * N] = {};
    if (lane < s.lanes) {
#pragma unroll
        for (int u = 0; u < SUM_THEN_MAP_EACH; u++)
            if (y + u * s.down < rows) b.get(p[u], {}, y + u * s.down, lane);
        const typename A::constants k = a.prepare(0, 0, lane);
#pragma unroll
        for (int u = 0; u < SUM_THEN_MAP_EACH; u++)
            if (y + u * s.down < rows) a.add(sums, p[u], k);
    }
    const block_sums c = block_sums_of<A::SUMS * N>(s.across, s.down);
    add_over_block(room, sums, c, x, y, me);
    for (int t = me; t < s.across * N && begin + t < s.lanes * N; t += s.across * s.down) {
        double both[A::SUMS];
        for (int j = 0; j < A::SUMS; j++) both[j] = block_sum_at(room, c, j * N + t % N, t / N);
        a.finish_part(both, 0, begin + t, s.rows);
        given[t] = a.finish(0, begin + t, both);
    }
    __syncthreads();
    if (lane >= s.lanes) return;
    const typename B::constants k = b.prepare_given(lane, given + x * N);
#pragma unroll
    for (int u = 0; u < SUM_THEN_MAP_EACH; u++)
        if (y + u * s.down < rows) b.put(p[u], k, y + u * s.down, lane);
}

template <int N, class A, class B> void sum_then_map(int64_t rows, int64_t lanes, const A &a, const B &b) {
    auto kernel = sum_then_map_kernel<N, A, B>;
    row_sum s = {};
    s.rows = rows;
    s.lanes = lanes;
    s.across = lanes < SUM_THEN_MAP_ACROSS ? 1 : SUM_THEN_MAP_ACROSS;
    s.down = 32;
    while (s.down * SUM_THEN_MAP_EACH < rows) s.down *= 2;
    s.groups = (lanes + s.across - 1) / s.across;
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)s.groups), dim3((unsigned)s.across, (unsigned)s.down), s, a, b);
}

} // namespace cc

#endif
