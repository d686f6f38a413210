/* nets/losses/map.h -- how the losses go over their pixels on the host; private to nets/losses/.
 *
 * A loss is a function over chunks of at most CC_LOSS_CHUNK neighbouring pixels of one image: it adds to a
 * few sums and writes the derivative of each pixel. cc_loss_map spreads the chunks over threads and adds
 * their sums in order, so that the result does not depend on which thread computed what. */
#ifndef CC_NETS_LOSSES_MAP_H
#define CC_NETS_LOSSES_MAP_H

#include "nets/losses/loss.h"

enum { CC_LOSS_CHUNK = 2048, CC_LOSS_SUMS = 4 };

typedef struct cc_loss_chunk {
    const float *logits, *target; /* [count] */
    size_t count;
    int64_t image;
    size_t first; /* index of its first pixel in the image, classes one after another */
} cc_loss_chunk;

/* sums: zero on entry. derivative: [count], written where the loss is to be differentiated in this pass. */
typedef void cc_loss_kernel(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                            const void *context);

/* Pixels of one image, all classes. */
size_t cc_loss_image_pixels(cc_loss_shape shape);
/* Bytes of the sums that cc_loss_map works in; the scratch of a loss that needs nothing else. */
size_t cc_loss_sums_bytes(const cc_loss_spec *spec, cc_loss_shape shape);

/* Runs a kernel over every chunk.
 *   sums    cc_loss_sums_bytes; on return its first [n][CC_LOSS_SUMS] are the sums of each image; or NULL
 *   commit  whether the derivatives go to the gradient (where one is wanted) */
void cc_loss_map(double *sums, const cc_loss_run *run, cc_loss_kernel *kernel, const void *context,
                 bool commit);
/* The sum of the values of a chunk. A reduction inside a loop with much arithmetic keeps gcc 12 from
 * vectorising the copies that CC_HOT makes of it; such loops leave their values in an array instead. */
double cc_loss_sum_values(const double *values, size_t count);
/* Adds up the sums of all images. */
void cc_loss_add_images(double total[CC_LOSS_SUMS], const double *sums, int64_t n);

#endif
