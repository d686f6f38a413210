/* nets/ops/conv/cpu/narrow/narrow.h -- private to nets/: convolutions of stride 1 to a few channels, as at
 * the head of a segmentation net.
 *
 * Implementations for many channels pad the output to a whole block of them: sixteen times the memory, and
 * the work, of the one logit that is wanted. Here x is in blocks and y is plain. */
#ifndef CC_NETS_CPU_NARROW_H
#define CC_NETS_CPU_NARROW_H

#include "nets/engine/kernel.h"
#include "nets/ops/conv/conv.h"

enum { CC_NARROW_CHANNELS = 4 }; /* of the output, at most */

typedef struct cc_narrow {
    const cc_conv_attr *attr;
    const cc_shape *x, *y; /* of the convolution's input and output; rank 4 */
    int64_t block;         /* of x: 8 or 16; y has 1 */
    cc_dtype dtype;        /* of x, y and their gradients; sums are float32 */
} cc_narrow;

/* Whether a convolution of that input is one of these: kernels of 1x1 and 3x3, no groups. */
bool cc_narrow_fits(const cc_conv_attr *attr, const cc_shape *x, int64_t x_block);

/* Floats that any of the passes needs to work in. */
size_t cc_narrow_scratch(const cc_narrow *c);

/* Weights and their gradient are plain: O,I,H,W. bias: [O], or NULL. Results do not depend on the number of
 * threads. */
void cc_narrow_forward(void *y, const cc_narrow *c, const void *x, const float *weights, const float *bias,
                       float *scratch);
void cc_narrow_backward_data(void *dx, const cc_narrow *c, const float *weights, const void *dy,
                             float *scratch);
void cc_narrow_backward_weights(float *dweights, float *dbias, const cc_narrow *c, const void *x,
                                const void *dy, float *scratch);

#endif
