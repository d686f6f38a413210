/* nets/ops/dropout/dropout.h -- dropout: values, or whole channels of an image, left out at random.
 *
 *   y = x s
 * In training, s is 0 with probability `rate` and 1 / (1 - rate) otherwise, for each value, or with
 * `channels` for each channel of each image; elsewhere 1. Input: x, of rank 4 or 5. No parameters.
 *
 * What is drawn depends on seed, step, layer and place alone, never on thread or layout. Channels 8 k to 8 k
 * + 7 of pixel p of image n share four numbers of the stream (seed, CC_PURPOSE_DROPOUT, step, layer), those
 * from 4 i on with i = (n P + p) K + k, where P are the pixels of an image and K = ceil(C / 8); with
 * `channels` P is 1 and p is 0. Each number is cut into two halves of 32 bits, the lower one first: one for
 * each channel, which is left out where its half lies below rate 2^32.
 *
 * Source: Srivastava et al., JMLR 15 (2014), scaled as PyTorch's dropout; with `channels` Tompson et al.,
 * CVPR 2015, PyTorch's dropout2d and dropout3d. */
#ifndef CC_NETS_OPS_DROPOUT_H
#define CC_NETS_OPS_DROPOUT_H

#include "core/rng.h"
#include "nets/engine/op.h"

typedef struct cc_dropout_attr {
    double rate; /* in [0, 1) */
    int layer;   /* the net's dropout layer: each draws its own */
    bool channels;
} cc_dropout_attr;

enum { CC_DROPOUT_GROUP = 8 }; /* channels that share four numbers of the stream */

/* The draws of one pass. */
typedef struct cc_dropout_draws {
    cc_rng stream;
    uint64_t bound; /* rate 2^32 */
    float scale;    /* of what is kept: 1 / (1 - rate) */
    int64_t pixels, groups;
    bool channels;
} cc_dropout_draws;

cc_dropout_draws cc_dropout_start(const cc_dropout_attr *attr, const cc_draw *draw, const cc_shape *x);

/* s of channels 8 group ... 8 group + 7 of pixel `pixel` of image n. */
void cc_dropout_scales(float scales[CC_DROPOUT_GROUP], const cc_dropout_draws *draws, int64_t n,
                       int64_t pixel, int64_t group);

#endif
