/* nets/backends/cuda/map_rows.cuh -- an elementwise kernel over a matrix of rows (pixels) by channels;
 * private to the .cu files.
 *
 * A row is read as packs of neighbouring channels (kernels.cuh). A thread keeps to one pack's channels, whose
 * constants it reads once, and goes down the rows: no index is divided, at any size. Several packs are read
 * before the first is used, so that their latencies overlap. F says what is done:
 *   F::constants  prepare(image, lane)             what a thread keeps; `lane` numbers the packs of a row
 *   F::packs      get(F::packs &, constants, row, lane)  reads; rows are those of all images
 *                 put(packs, constants, row, lane) computes and writes
 *   F::UNROLL     packs of a thread that are read before the first is used
 *   F::REVERSED   the last rows first: the L2 cache still has them from the kernel before, which read the
 * same
 *                 rows in their order */
#ifndef CC_NETS_BACKENDS_CUDA_MAP_ROWS_CUH
#define CC_NETS_BACKENDS_CUDA_MAP_ROWS_CUH

#include "nets/backends/cuda/kernels.cuh"

namespace cc {

/* ENOUGH: threads that a large GPU runs at once, about; more packs than that are more rows a thread. */
enum { MAP_ACROSS_MAX = 64, MAP_EACH_MAX = 16, MAP_ENOUGH = 1 << 18, MAP_IMAGES = 1 << 15 };

struct row_map {
    int64_t images, rows, lanes; /* rows of an image */
    int across, down;            /* a block's threads, x: lanes, y: rows */
    int each;                    /* rows of a thread */
};

inline row_map row_map_of(int64_t images, int64_t rows, int64_t lanes) {
    int64_t groups = (lanes + MAP_ACROSS_MAX - 1) / MAP_ACROSS_MAX;
    int64_t across = (lanes + groups - 1) / groups, each = images * rows * lanes / MAP_ENOUGH;
    if (each > MAP_EACH_MAX) each = MAP_EACH_MAX;
    return row_map{images, rows, lanes, (int)across, (int)(THREADS / across), each < 1 ? 1 : (int)each};
}

/* Rows begin, begin + step, ... below end, of the image whose first row is `base`. */
template <class F>
__device__ inline void map_thread_rows(const F &f, const typename F::constants &k, int64_t base,
                                       int64_t begin, int64_t end, int64_t step, int64_t lane) {
    for (int64_t row = begin; row < end; row += F::UNROLL * step) {
        typename F::packs p[F::UNROLL];
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++)
            if (row + u * step < end) f.get(p[u], k, base + row + u * step, lane);
#pragma unroll
        for (int u = 0; u < F::UNROLL; u++)
            if (row + u * step < end) f.put(p[u], k, base + row + u * step, lane);
    }
}

template <class F> __global__ void __launch_bounds__(THREADS) map_rows_kernel(row_map s, F f) {
    int64_t lane = blockIdx.y * (int64_t)s.across + threadIdx.x;
    int64_t block = F::REVERSED ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
    int64_t begin = block * s.down * s.each, end = begin + s.down * s.each;
    if (lane >= s.lanes) return;
    if (end > s.rows) end = s.rows;
    for (int64_t image = blockIdx.z; image < s.images; image += gridDim.z)
        map_thread_rows(f, f.prepare(image, lane), image * s.rows, begin + threadIdx.y, end, s.down, lane);
}

template <class F> void map_rows(const row_map &s, const F &f) {
    auto kernel = map_rows_kernel<F>;
    int64_t all = (int64_t)s.down * s.each;
    dim3 grid((unsigned)((s.rows + all - 1) / all), (unsigned)((s.lanes + s.across - 1) / s.across),
              (unsigned)(s.images < MAP_IMAGES ? s.images : (int64_t)MAP_IMAGES));
    if (s.rows > 0) CC_LAUNCH(kernel, grid, dim3((unsigned)s.across, (unsigned)s.down), s, f);
}

/* Of an F whose threads keep nothing. */
struct no_constants {};

/* A flat array of packs, without channels. */
inline row_map row_map_flat(int64_t packs) {
    return row_map_of(1, packs, 1);
}

} // namespace cc

#endif
