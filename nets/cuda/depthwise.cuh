/* nets/cuda/depthwise.cuh -- how the kernels of depthwise convolutions share the work; private to
 * depthwise*.cu.
 *
 * 3x3 and 5x5 of stride 1 and 2, of an even number of channels: a thread has a pair of neighbouring channels
 * and a tile of pixels. A pair, and not 16 bytes, because its 25 weights and the sums of a tile then fit into
 * registers, and a pixel is read and widened once for all that it adds to. A block's threads lie (pair, tile
 * to the right, tile down): what tiles have in common comes from the nearest cache. All else: a value a
 * thread, depthwise_any.cu. */
#ifndef CC_NETS_CUDA_DEPTHWISE_CUH
#define CC_NETS_CUDA_DEPTHWISE_CUH

#include "nets/cuda/depthwise.h"
#include "nets/cuda/kernels.cuh"

namespace cc {

bool is_tiled(const cc_depthwise_cuda *d);

int64_t any_parts(const cc_depthwise_cuda *d);
void any_forward(const cc_depthwise_cuda *d, void *y, const void *x, const float *w, const float *bias,
                 int kind);
void any_data(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w);
void any_weight_parts(const cc_depthwise_cuda *d, float *parts, const void *x, const void *dy);

/* The tile of outputs of a kernel KxK, and the pixels that it reads. */
template <int K, int STRIDE> struct tile {
    static constexpr int ROWS = 4 / STRIDE, COLUMNS = 4, IN_ROWS = (ROWS - 1) * STRIDE + K,
                         IN_COLUMNS = (COLUMNS - 1) * STRIDE + K;
};

/* BLOCKS: four for each multiprocessor of a large GPU. */
enum { TILING_ACROSS_MAX = 32, TILING_BLOCKS = 528 };

struct tiling {
    int lanes;                        /* pairs of channels of a pixel */
    int across, wide, high;           /* a block's threads */
    int groups, patches_w, patches_h; /* blocks: strips of channels, patches of tiles in an image */
    divider by_groups, by_patches_w, by_patches_h;
};

inline int ceiling(int64_t a, int64_t b) {
    return (int)((a + b - 1) / b);
}

/* Of at least `least` threads a block where there are as many. */
inline tiling tiling_of(const cc_depthwise_cuda *d, int tiles_h, int tiles_w, int least) {
    tiling t = {};
    t.lanes = d->channels / 2;
    t.groups = ceiling(t.lanes, TILING_ACROSS_MAX);
    t.across = ceiling(t.lanes, t.groups);
    int64_t all = (int64_t)d->n * tiles_h * tiles_w * t.lanes, threads = THREADS;
    while (threads > least && all < threads * TILING_BLOCKS) threads /= 2;
    int count = threads / t.across;
    for (t.high = 1; 4 * t.high * t.high <= count;) t.high *= 2;
    if (t.high > tiles_h) t.high = tiles_h;
    t.wide = count / t.high < tiles_w ? count / t.high : tiles_w;
    t.high = count / t.wide < tiles_h ? count / t.wide : tiles_h;
    t.patches_w = ceiling(tiles_w, t.wide), t.wide = ceiling(tiles_w, t.patches_w);
    t.patches_h = ceiling(tiles_h, t.high), t.high = ceiling(tiles_h, t.patches_h);
    t.by_groups = divide_by(t.groups);
    t.by_patches_w = divide_by(t.patches_w);
    t.by_patches_h = divide_by(t.patches_h);
    return t;
}

/* What is known to be below 2^31. */
__device__ inline int small_quotient(int n, const divider &d) {
    return (int)((uint64_t)(uint32_t)n * d.magic >> d.shift);
}

template <class T> using pair = pack<T, 2>;

/* Images of one size: pairs of a pixel beside each other. */
struct frame {
    int height, width, lanes;
};

template <class V> __device__ inline V *image_of(V *images, const frame &f, int image) {
    return images + (int64_t)image * f.height * f.width * f.lanes;
}

/* Pixels of a row from `column` on, zeros outside of the image. */
template <class T, int COUNT>
__device__ inline void read_row(pair<T> (&to)[COUNT], const pair<T> *image, const frame &f, int row,
                                int column, int lane) {
    const bool inside = (unsigned)row < (unsigned)f.height;
    const int at = (row * f.width + column) * f.lanes + lane;
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        to[j] = pair<T>{};
        if (inside && (unsigned)(column + j) < (unsigned)f.width) to[j] = image[at + j * f.lanes];
    }
}

template <class T, int COUNT>
__device__ inline void write_row(pair<T> *image, const frame &f, int row, int column, int lane,
                                 const float (&values)[2 * COUNT]) {
    const bool inside = (unsigned)row < (unsigned)f.height;
    const int at = (row * f.width + column) * f.lanes + lane;
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        const float both[2] = {values[2 * j], values[2 * j + 1]};
        if (inside && (unsigned)(column + j) < (unsigned)f.width) image[at + j * f.lanes] = narrow<T>(both);
    }
}

template <class T, int COUNT>
__device__ inline void widen_row(float (&to)[2 * COUNT], const pair<T> (&from)[COUNT]) {
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        to[2 * j] = to_float(from[j].v[0]);
        to[2 * j + 1] = to_float(from[j].v[1]);
    }
}

} // namespace cc

#endif
