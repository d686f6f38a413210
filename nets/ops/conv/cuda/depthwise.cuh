/* nets/ops/conv/cuda/depthwise.cuh -- how the kernels of depthwise convolutions share the work; private to
 * depthwise*.cu.
 *
 * 3x3 and 5x5 of stride 1 and 2, of an even number of channels: a thread has a pair of neighbouring channels
 * and a tile of pixels. A pair, and not 16 bytes, because its 25 weights and the sums of a tile then fit into
 * registers, and a pixel is read and widened once for all that it adds to. A block's threads lie (pair, tile
 * to the right, tile down): what tiles have in common comes from the nearest cache. All else: a value a
 * thread, depthwise_any.cu. */
#ifndef CC_NETS_OPS_CONV_CUDA_DEPTHWISE_CUH
#define CC_NETS_OPS_CONV_CUDA_DEPTHWISE_CUH

#include "nets/ops/conv/cuda/depthwise.h"
#include "nets/backends/cuda/kernels.cuh"

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

/* BLOCKS: four for each multiprocessor of a large GPU; HIGH_MAX: of a block's third extent, by CUDA's
 * rules. */
enum { TILING_ACROSS_MAX = 32, TILING_HIGH_MAX = 64, TILING_BLOCKS = 528 };

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
    if (t.high > TILING_HIGH_MAX) t.high = TILING_HIGH_MAX;
    t.patches_w = ceiling(tiles_w, t.wide), t.wide = ceiling(tiles_w, t.patches_w);
    t.patches_h = ceiling(tiles_h, t.high), t.high = ceiling(tiles_h, t.patches_h);
    t.by_groups = divide_by(t.groups);
    t.by_patches_w = divide_by(t.patches_w);
    t.by_patches_h = divide_by(t.patches_h);
    return t;
}

/* A pair as it lies in memory. */
template <class T> struct pair;
template <> struct alignas(8) pair<float> { float v[2]; };
template <> struct pair<bf16> { uint32_t bits; };

__device__ inline void widen_pair(float *to, const pair<float> &p) {
    to[0] = p.v[0];
    to[1] = p.v[1];
}
__device__ inline void widen_pair(float *to, const pair<bf16> &p) {
    to[0] = __uint_as_float(p.bits << 16);
    to[1] = __uint_as_float(p.bits & 0xffff0000);
}
template <class T> __device__ inline pair<T> narrow_pair(const float *both);
template <> __device__ inline pair<float> narrow_pair<float>(const float *both) {
    return pair<float>{{both[0], both[1]}};
}
template <> __device__ inline pair<bf16> narrow_pair<bf16>(const float *both) {
    return pair<bf16>{pack_bf16_pair(both[0], both[1])};
}

/* Images of one size: pairs of a pixel beside each other. */
struct frame {
    int height, width, lanes;
};

/* *at, or zeros; and to *at, or nowhere. In C++ the compiler would work each address out anew under its
 * condition. */
#ifdef __CUDA_ARCH__
__device__ inline void read_if(pair<bf16> *to, unsigned there, const pair<bf16> *at) {
    asm("{.reg .pred p;\n setp.ne.u32 p, %1, 0;\n mov.b32 %0, 0;\n @p ld.global.nc.b32 %0, [%2];}"
        : "=r"(to->bits)
        : "r"(there), "l"(at));
}
__device__ inline void read_if(pair<float> *to, unsigned there, const pair<float> *at) {
    asm("{.reg .pred p;\n setp.ne.u32 p, %2, 0;\n mov.b32 %0, 0f00000000;\n mov.b32 %1, 0f00000000;\n"
        "@p ld.global.nc.v2.f32 {%0, %1}, [%3];}"
        : "=f"(to->v[0]), "=f"(to->v[1])
        : "r"(there), "l"(at));
}
__device__ inline void write_if(pair<bf16> *at, unsigned there, const pair<bf16> &p) {
    asm volatile("{.reg .pred p;\n setp.ne.u32 p, %0, 0;\n @p st.global.b32 [%1], %2;}" ::"r"(there), "l"(at),
                 "r"(p.bits)
                 : "memory");
}
__device__ inline void write_if(pair<float> *at, unsigned there, const pair<float> &p) {
    asm volatile("{.reg .pred p;\n setp.ne.u32 p, %0, 0;\n @p st.global.v2.f32 [%1], {%2, %3};}" ::"r"(there),
                 "l"(at), "f"(p.v[0]), "f"(p.v[1])
                 : "memory");
}
#else
template <class T> inline void read_if(pair<T> *to, unsigned there, const pair<T> *at) {
    *to = there ? *at : pair<T>{};
}
template <class T> inline void write_if(pair<T> *at, unsigned there, const pair<T> &p) {
    if (there) *at = p;
}
#endif

/* Rows of COUNT pixels of a lane from (row, column) on, which may lie outside of the image. */
template <class V, int COUNT> struct window {
    V *first;
    int row, height;
    unsigned lanes, step, inside; /* step: to the next row; inside: of the pixels, bit after bit */
    __device__ unsigned inside_of(int r) const { return (unsigned)(row + r) < (unsigned)height ? inside : 0; }
    __device__ V *pixel(int r, int j) const { return first + (uint64_t)step * r + (uint64_t)lanes * j; }
};

template <int COUNT, class V>
__device__ inline window<V, COUNT> window_of(V *images, const frame &f, int image, int row, int column,
                                             int lane) {
    const int64_t at = (int64_t)image * f.height * f.width * f.lanes + (row * f.width + column) * f.lanes;
    const int begin = column > 0        ? 0
                      : column < -COUNT ? COUNT
                                        : -column,
              right = f.width - column,
              end = right < 0       ? 0
                    : right > COUNT ? COUNT
                                    : right;
    return window<V, COUNT>{
        images + at + lane,          row, f.height, (unsigned)f.lanes, (unsigned)(f.width * f.lanes),
        ~0u << begin & ~(~0u << end)};
}

/* Row `r`, zeros outside of the image. */
template <class T, int COUNT>
__device__ inline void read_row(pair<T> (&to)[COUNT], const window<const pair<T>, COUNT> &w, int r) {
    const unsigned inside = w.inside_of(r);
#pragma unroll
    for (int j = 0; j < COUNT; j++) read_if(&to[j], inside & 1u << j, w.pixel(r, j));
}

template <class T, int COUNT>
__device__ inline void write_row(const window<pair<T>, COUNT> &w, int r, const float (&values)[2 * COUNT]) {
    const unsigned inside = w.inside_of(r);
#pragma unroll
    for (int j = 0; j < COUNT; j++) write_if(w.pixel(r, j), inside & 1u << j, narrow_pair<T>(values + 2 * j));
}

template <class T, int COUNT>
__device__ inline void widen_row(float (&to)[2 * COUNT], const pair<T> (&from)[COUNT]) {
#pragma unroll
    for (int j = 0; j < COUNT; j++) widen_pair(to + 2 * j, from[j]);
}

} // namespace cc

#endif
