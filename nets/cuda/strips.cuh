/* nets/cuda/strips.cuh -- sums over the rows of a matrix of rows by channels, for each channel; private to
 * the .cu files.
 *
 * A block adds up a part of the rows of a strip of neighbouring channels: threads in float32, over at most
 * some hundred rows, then a tree. The block that is done last with a strip (or with an image, where
 * F::WHOLE) adds up the parts in float64, in their order, whoever it is. Rows are dealt out in turns, so that
 * all blocks read one neighbourhood of memory.
 *
 * F says what is added, and what becomes of it:
 *   F::SUMS       1 or 2, of each channel
 *   F::constants  prepare(image, first, lane)  what a thread keeps; `first`: the part's first row
 *   F::packs      get(F::packs &, constants, row, lane)  reads; rows are those of all images
 *                 add(float sums[SUMS * N], packs, constants)
 *                 settle(double sums[SUMS], k, constants, size)  value k of the lane, of `size` rows
 *                 finish(image, channel, const double totals[SUMS])
 *   F::WHOLE      conclude(image, me, threads)  by the block, when an image's channels are finished
 *   F::UNROLL     packs of a thread that are on their way at once */
#ifndef CC_NETS_CUDA_STRIPS_CUH
#define CC_NETS_CUDA_STRIPS_CUH

#include "nets/cuda/sweep.cuh"

namespace cc {

/* BLOCKS: four for each multiprocessor of a large GPU. At least LEAST rows a thread, at most MOST. */
enum {
    STRIPS_BLOCKS = 528,
    STRIPS_LEAST = 4,
    STRIPS_MOST = 512,
    STRIPS_TICKETS = 1024,
    STRIPS_THREADS_LEAST = 64
};

struct strips {
    int64_t images, first_image, rows, lanes; /* rows of an image */
    int across, down;                         /* a block's threads: lanes, rows */
    int64_t groups, parts;
};

/* Lanes of a strip: narrow strips are cheaper to finish; whole sectors of 32 bytes where that is possible. */
inline int64_t strip_width(int64_t lanes) {
    for (int64_t across = 8; across >= 4; across -= 2)
        if (lanes % across == 0 && lanes / across <= STRIPS_TICKETS) return across;
    if (lanes <= 16) return lanes;
    int64_t across = 8;
    while (across * STRIPS_TICKETS < lanes) across *= 2;
    return across;
}

inline strips strips_of(int64_t images, int64_t rows, int64_t lanes) {
    int64_t across = strip_width(lanes), down = THREADS / across, groups = (lanes + across - 1) / across;
    while (down > rows && down * across > STRIPS_THREADS_LEAST) down = (down + 1) / 2;
    int64_t at_most = (rows + STRIPS_LEAST * down - 1) / (STRIPS_LEAST * down),
            at_least = (rows + STRIPS_MOST * down - 1) / (STRIPS_MOST * down),
            parts = STRIPS_BLOCKS / (groups * images);
    if (parts > at_most) parts = at_most;
    if (parts < at_least) parts = at_least;
    return strips{images, 0, rows, lanes, (int)across, (int)down, groups, parts < 1 ? 1 : parts};
}

/* Of the parts: [image][part][sums][channels] in float64. */
inline size_t strips_bytes(int64_t images, int64_t rows, int64_t channels, cc_dtype dtype, int sums) {
    int lanes = dtype == CC_BF16 ? 8 : 4;
    strips s = strips_of(images, rows, channels % lanes == 0 ? channels / lanes : channels);
    return (size_t)(images * s.parts * sums * channels) * sizeof(double);
}

/* values[] of thread (x, 0) become the sums over all (x, y), y < down. `room`: values of half a block, K
 * times. */
template <class V, int K>
__device__ inline void add_down(V (&values)[K], V *room, int x, int y, int across, int down) {
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

/* Adds rows begin, begin + step, ... below end. */
template <int N, class F>
__device__ inline void add_strip(float (&sums)[F::SUMS * N], const F &f, const typename F::constants &k,
                                 int64_t base, int64_t begin, int64_t end, int64_t step, int64_t lane) {
    for (int64_t row = begin; row < end; row += F::UNROLL * step) {
        typename F::packs p[F::UNROLL];
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++)
            if (row + u * step < end) f.get(p[u], k, base + row + u * step, lane);
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++)
            if (row + u * step < end) f.add(sums, p[u], k);
    }
}

/* Rows of a part: chunks of `down` rows are dealt out in turns, and the last may be short. */
__device__ inline int64_t rows_of_part(const strips &s, int64_t part) {
    int64_t chunks = (s.rows + s.down - 1) / s.down, mine = (chunks - part + s.parts - 1) / s.parts;
    bool has_last = (mine - 1) * s.parts + part == chunks - 1;
    return mine * s.down - (has_last ? chunks * s.down - s.rows : 0);
}

template <int N, class F>
__device__ inline void write_part(double *to, int64_t channels, const float (&sums)[F::SUMS * N], const F &f,
                                  const typename F::constants &k, int64_t size) {
    for (int i = 0; i < N; i++) {
        double both[F::SUMS];
        for (int j = 0; j < F::SUMS; j++) both[j] = sums[j * N + i];
        f.settle(both, i, k, size);
        for (int j = 0; j < F::SUMS; j++) to[j * channels + i] = both[j];
    }
}

/* Whether this block is the last of `count` that draw from this ticket; all that the others wrote is then
 * there to be read, past the first cache (__ldcg). Tickets are whole numbers: who is last changes nothing but
 * who adds. A ticket is 0 again when its kernel ends, so that one launch of a kernel may follow another, but
 * not run beside it: there is one stream. */
__device__ inline bool is_last(unsigned *ticket, unsigned count, int me) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (me == 0) {
        last = atomicAdd(ticket, 1u) == count - 1;
        if (last) *ticket = 0; /* for the next launch */
    }
    __syncthreads();
    __threadfence();
    return last;
}

/* Channels begin to end of an image, from the parts: a block's threads lie (channel, part). */
template <class F>
__device__ inline void finish_strips(const double *parts, const strips &s, const F &f, double *room,
                                     int64_t image, int64_t begin, int64_t end, int64_t channels) {
    const int threads = blockDim.x * blockDim.y, me = threadIdx.y * blockDim.x + threadIdx.x;
    int64_t wide = threads / s.parts;
    if (wide < 32) wide = 32;
    if (wide > end - begin) wide = end - begin;
    const int across = (int)wide, down = threads / across, x = me % across, y = me / across;
    for (int64_t channel = begin + x; channel - x < end; channel += across) {
        double totals[F::SUMS] = {};
        const double *from = parts + image * s.parts * F::SUMS * channels + channel;
        if (channel < end && y < down)
#pragma unroll 4
            for (int64_t p = y; p < s.parts; p += down)
                for (int j = 0; j < F::SUMS; j++) totals[j] += __ldcg(from + (p * F::SUMS + j) * channels);
        add_down(totals, room, x, y, across, down);
        if (channel < end && y == 0) f.finish(image, channel, totals);
    }
}

template <int N, class F>
__global__ void __launch_bounds__(THREADS) sum_strips(double *parts, strips s, F f) {
    __shared__ float room[F::SUMS * N * (THREADS / 2 + 16)];
    __shared__ double wide_room[F::SUMS * (THREADS / 2 + 64)];
    static unsigned tickets[STRIPS_TICKETS];
    const int x = threadIdx.x, y = threadIdx.y, me = y * s.across + x;
    const int64_t image = s.first_image + blockIdx.z, part = blockIdx.y, channels = s.lanes * N;
    const int64_t lane = blockIdx.x * (int64_t)s.across + x, base = image * s.rows;
    const bool inside = lane < s.lanes;
    float sums[F::SUMS * N] = {};
    typename F::constants k = {};
    if (inside) {
        k = f.prepare(image, base + part * s.down, lane);
        add_strip<N>(sums, f, k, base, part * s.down + y, s.rows, s.parts * s.down, lane);
    }
    add_down(sums, room, x, y, s.across, s.down);
    if (inside && y == 0)
        write_part<N>(parts + (image * s.parts + part) * F::SUMS * channels + lane * N, channels, sums, f, k,
                      rows_of_part(s, part));
    const unsigned strip = F::WHOLE ? 0 : blockIdx.x, count = F::WHOLE ? gridDim.x : 1;
    if (!is_last(tickets + blockIdx.z * (F::WHOLE ? 1 : gridDim.x) + strip, count * gridDim.y, me)) return;
    int64_t begin = F::WHOLE ? 0 : blockIdx.x * (int64_t)s.across * N, end = begin + (int64_t)s.across * N;
    if (F::WHOLE || end > channels) end = channels;
    finish_strips(parts, s, f, wide_room, image, begin, end, channels);
    if constexpr (F::WHOLE) {
        __syncthreads();
        f.conclude(image, me, s.across * s.down);
    }
}

template <int N, class F> void strips_run(double *parts, strips s, const F &f) {
    auto kernel = sum_strips<N, F>;
    const int64_t most = STRIPS_TICKETS / (F::WHOLE ? (int64_t)1 : s.groups);
    for (; s.first_image < s.images; s.first_image += most) {
        int64_t left = s.images - s.first_image;
        dim3 grid((unsigned)s.groups, (unsigned)s.parts, (unsigned)(left < most ? left : most));
        CC_LAUNCH_TOGETHER(kernel, grid, dim3((unsigned)s.across, (unsigned)s.down), parts, s, f);
    }
}

/* Sums and the sweep that wants them in one kernel, where a block can have all rows of a narrow strip: few
 * rows, most of which are still in the cache when they are read again. */
enum { ONCE_ROWS = 4096, ONCE_ACROSS = 2, ONCE_DOWN = 256 };

inline bool is_for_once(int64_t rows) {
    return rows <= ONCE_ROWS;
}

template <int N, class A, class B>
__global__ void __launch_bounds__(ONCE_ACROSS *ONCE_DOWN) sum_and_sweep(strips s, A a, B b) {
    __shared__ float room[A::SUMS * N * ONCE_ACROSS * ONCE_DOWN / 2];
    __shared__ double totals[N * A::SUMS * ONCE_ACROSS];
    const int x = threadIdx.x, y = threadIdx.y, me = y * s.across + x, wide = s.across * N;
    const int64_t lane = blockIdx.x * (int64_t)s.across + x, channel = blockIdx.x * (int64_t)wide + me;
    float sums[A::SUMS * N] = {};
    typename A::constants k = {};
    if (lane < s.lanes) {
        k = a.prepare(0, 0, lane);
        add_strip<N>(sums, a, k, 0, y, s.rows, s.down, lane);
    }
    add_down(sums, room, x, y, s.across, s.down);
    if (y == 0) write_part<N>(totals + x * N, wide, sums, a, k, s.rows);
    __syncthreads();
    if (me < wide && channel < s.lanes * N) {
        double mine[A::SUMS];
        for (int j = 0; j < A::SUMS; j++) mine[j] = totals[j * wide + me];
        a.finish(0, channel, mine);
    }
    __syncthreads();
    if (lane < s.lanes) sweep_strip(b, b.prepare(0, lane), 0, y, s.rows, s.down, lane);
}

template <int N, class A, class B> void once_run(int64_t rows, int64_t lanes, const A &a, const B &b) {
    auto kernel = sum_and_sweep<N, A, B>;
    int down = 32;
    while (down < ONCE_DOWN && down * STRIPS_LEAST < rows) down *= 2;
    strips s = {1, 0, rows, lanes, lanes < ONCE_ACROSS ? 1 : ONCE_ACROSS, down, 0, 1};
    s.groups = (lanes + s.across - 1) / s.across;
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)s.groups), dim3((unsigned)s.across, (unsigned)down), s, a, b);
}

} // namespace cc

#endif
