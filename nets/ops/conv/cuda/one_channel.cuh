/* nets/ops/conv/cuda/one_channel.cuh -- what the kernels of convolutions with one channel on one side have in
 * common; private to one_channel*.cu.
 *
 * There are two pictures: one has many channels, the other one. Pixel q of the many meets pixel q * stride -
 * offset + tap of the one, whichever of them is the input: a last convolution is a first one backwards, its
 * taps in reverse order. So three kernels are enough: from one to many, from many to one, and for the
 * weights.
 *
 * A thread has a lane, 16 bytes of neighbouring channels, and a column of pixels of the many: threads beside
 * each other then read and write memory in a row, and what is read of the one, or of the weights, serves
 * several pixels. Tiles of the one lie in shared memory in float32, the weights as [tap][channel]. */
#ifndef CC_NETS_OPS_CONV_CUDA_ONE_CHANNEL_CUH
#define CC_NETS_OPS_CONV_CUDA_ONE_CHANNEL_CUH

#include "nets/backends/cuda/kernels.cuh"
#include "nets/ops/conv/cuda/one_channel.h"

namespace cc {

constexpr int ONE_CHANNELS_MAX = 128;

/* Blocks' tiles of a picture: wide x high pixels. */
struct tiles {
    int wide, high, tiles_w, count;
    divider by_w, by_h;
};

inline tiles tiles_of(int n, int height, int width, int wide, int high) {
    int tiles_w = (width + wide - 1) / wide, tiles_h = (height + high - 1) / high;
    return tiles{wide, high, tiles_w, n * tiles_h * tiles_w, divide_by(tiles_w), divide_by(tiles_h)};
}

struct tile_place {
    int image, row, column;
};
__device__ inline tile_place place_of(const tiles &t, int tile) {
    const int tile_row = small_quotient(tile, t.by_w), image = small_quotient(tile_row, t.by_h);
    return tile_place{image, (int)(tile_row - image * t.by_h.by) * t.high,
                      (tile - tile_row * t.tiles_w) * t.wide};
}

/* Where the weight of a tap and a channel is stored; taps as the many sees them. */
struct weight_order {
    int first, tap_step, channel_step, channels;
    divider by_channels;
    /* of number tap * channels + channel */
    __device__ int64_t operator()(int64_t i) const {
        const int tap = small_quotient((int)i, by_channels), channel = (int)i - tap * channels;
        return first + tap * tap_step + channel * channel_step;
    }
};

struct plane {
    int height, width;
};

/* A pass. */
struct one_pass {
    plane many, one;
    int lanes, offset;
    weight_order order;
    const void *weights;
    const float *bias;
    int kind;   /* of activation */
    plane near; /* what a tile of the many meets of the one */
    divider by_near, by_pixels, by_wide;
    tiles t;
};

inline int lanes_of(const cc_one_channel_cuda *d) {
    return d->channels * (int)cc_dtype_bytes(d->dtype) / 16;
}

one_pass pass_of(const cc_one_channel_cuda *d);

inline void set_near(one_pass *c, const cc_one_channel_cuda *d) {
    c->near = plane{(c->t.high - 1) * d->stride + d->kernel, (c->t.wide - 1) * d->stride + d->kernel};
    c->by_near = divide_by(c->near.width);
}

__device__ inline int thread_of_block() {
    return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

/* What a tile meets, zeros outside of the picture. */
template <class T>
__device__ inline void stage_near(float *near, const void *__restrict__ one, const one_pass &c,
                                  const tile_place &p, int stride) {
    const int threads = blockDim.x * blockDim.y * blockDim.z, row = p.row * stride - c.offset,
              column = p.column * stride - c.offset;
    const T *from = (const T *)one + (int64_t)p.image * c.one.height * c.one.width;
    for (int i = thread_of_block(); i < c.near.height * c.near.width; i += threads) {
        const int y = small_quotient(i, c.by_near), x = i - y * c.near.width;
        const bool inside =
            (unsigned)(row + y) < (unsigned)c.one.height && (unsigned)(column + x) < (unsigned)c.one.width;
        near[i] = inside ? to_float(from[(row + y) * c.one.width + column + x]) : 0;
    }
}

/* 16 bytes, or zeros. In C++ the compiler would work each address out anew under its condition. */
template <class P> __device__ inline void read_pack_if(P *to, unsigned there, const P *at) {
#ifdef __CUDA_ARCH__
    uint32_t words[4];
    asm("{.reg .pred p;\n setp.ne.u32 p, %4, 0;\n mov.b32 %0, 0;\n mov.b32 %1, 0;\n mov.b32 %2, 0;\n"
        "mov.b32 %3, 0;\n @p ld.global.nc.v4.b32 {%0, %1, %2, %3}, [%5];}"
        : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
        : "r"(there), "l"(at));
    memcpy(to, words, sizeof words);
#else
    *to = there ? *at : P{};
#endif
}

/* A word holds two values in bf16: taken apart as such, each costs one instruction. */
__device__ inline void widen_pack(float (&to)[8], const pack<bf16, 8> &p) {
    uint32_t words[4];
    memcpy(words, &p, sizeof words);
    for (int k = 0; k < 4; k++) {
        to[2 * k] = __uint_as_float(words[k] << 16);
        to[2 * k + 1] = __uint_as_float(words[k] & 0xffff0000);
    }
}
__device__ inline void widen_pack(float (&to)[4], const pack<float, 4> &p) {
    widen(to, p);
}

} // namespace cc

#endif
