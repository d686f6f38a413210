/* nets/ops/average_pool/average_pool.h -- means over windows that cut the image into a given number of parts.
 *
 * Along each axis of `in` pixels, output i of `size` is the mean over the pixels from floor(i in / size) to
 * ceil((i + 1) in / size), that one left out: windows overlap where size does not divide in. A size of 1 is the
 * mean of all. No parameters. Source: PyTorch's adaptive_avg_pool2d and 3d. */
#ifndef CC_NETS_OPS_AVERAGE_POOL_H
#define CC_NETS_OPS_AVERAGE_POOL_H

#include "nets/engine/op.h"

typedef struct cc_average_pool_attr {
    int64_t size[CC_SPATIAL_MAX]; /* D,H,W of the output; D is 1 at rank 4 */
} cc_average_pool_attr;

/* The pixels of output i along one axis: from the first (returned) to *end, which is not one of them. */
static inline int64_t cc_average_pool_window(int64_t *end, int64_t in, int64_t size, int64_t i) {
    *end = ((i + 1) * in + size - 1) / size;
    return i * in / size;
}
/* The outputs whose windows pixel i lies in, likewise. */
static inline int64_t cc_average_pool_outputs(int64_t *end, int64_t in, int64_t size, int64_t i) {
    *end = ((i + 1) * size + in - 1) / in;
    return i * size / in;
}

#endif
