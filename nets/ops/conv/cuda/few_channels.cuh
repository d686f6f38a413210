/* nets/ops/conv/cuda/few_channels.cuh -- how convolutions of few channels share their work; private to
 * few_channels*.cu.
 *
 * An item is a strip of 16 columns of an image, some rows high: a warp's. Each has as many steps as the
 * next, whatever the image's height, so that all warps of a block multiply together. */
#ifndef CC_NETS_OPS_CONV_CUDA_FEW_CHANNELS_CUH
#define CC_NETS_OPS_CONV_CUDA_FEW_CHANNELS_CUH

#include "nets/ops/conv/cuda/few_channels.h"
#include "nets/ops/conv/cuda/mma.cuh"

namespace cc {

/* ITEMS_ENOUGH: warps that a large GPU runs at once, about; AHEAD: rows to what is fetched into the second
 * cache. */
constexpr int TAPS = 9, AHEAD = 4, FEW_WARPS = 4, FEW_THREADS = FEW_WARPS * WARP, FEW_ITEMS_ENOUGH = 2112,
              FEW_PIXELS_MAX = 1 << 30, FEW_WEIGHTS_MAX = 1 << 14;

struct alignas(8) pair_words {
    uint32_t v[2];
};

__device__ inline void copy_words(uint32_t (&to)[2], const pair_words &from) {
    to[0] = from.v[0];
    to[1] = from.v[1];
}

struct column_strips {
    int height, width;
    int rows; /* of an item; two more, the rows above and below, are a multiple of three */
    int64_t items;
    divider by_strips, by_heights; /* strips beside each other, items below each other */
};

inline column_strips column_strips_of(const cc_few_channels_cuda *d) {
    static const int rows[] = {34, 16, 7};
    column_strips s = {d->height, d->width, 0, 0, {}, {}};
    const int64_t strips = (d->width + 15) / 16;
    for (int i = 0; i < 3 && s.items < FEW_ITEMS_ENOUGH; i++) {
        const int64_t heights = (d->height + rows[i] - 1) / rows[i];
        s.rows = rows[i];
        s.items = d->n * heights * strips;
        s.by_strips = divide_by(strips);
        s.by_heights = divide_by(heights);
    }
    return s;
}

struct strip_place {
    int image, row, end, column; /* rows from `row` to before `end` */
    bool there;
};

__device__ inline strip_place item_place(const column_strips &s, int64_t item) {
    const int64_t above = quotient(item, s.by_strips), image = quotient(above, s.by_heights);
    const int row = (int)(above - image * s.by_heights.by) * s.rows;
    return strip_place{(int)image, row, row + s.rows < s.height ? row + s.rows : s.height,
                       (int)(item - above * s.by_strips.by) * 16, item < s.items};
}

__device__ inline strip_place place_of(const column_strips &s, int warp) {
    return item_place(s, blockIdx.x * (int64_t)FEW_WARPS + warp);
}

} // namespace cc

#endif
