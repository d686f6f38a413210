/* datasets/fit.h -- a slice on a net's canvas, and a prediction back on the slice's own grid.
 *
 * pad    pixels keep their size: centred, with a margin of `fill` where the slice is smaller and cut where it
 *        is larger, each axis for itself.
 * scale  the whole slice on the whole canvas: bilinear for pictures, nearest for masks, pixel centres at
 *        i + 1/2, edges repeated (no smoothing before shrinking). */
#ifndef CC_DATASETS_FIT_H
#define CC_DATASETS_FIT_H

#include <stdint.h>
#include "core/status.h"

typedef struct cc_fit {
    const char *mode;  /* "pad", "scale" */
    int height, width; /* of the canvas */
} cc_fit;

/* The smallest multiple of `multiple` that holds `size`: 122 -> 128 for 16. Both at least 1. */
int cc_fit_size(int size, int multiple);

/* CC_ECONFIG where the mode is unknown or a side is not in [1, 16384] ("preprocess.fit", ".size"). */
cc_status cc_fit_check(const cc_fit *fit);

/* A slice [height*width] onto the canvas [fit->height*fit->width]; the arrays do not overlap. The fit was
 * checked. Masks are filled with 0. */
void cc_fit_image(float *canvas, const cc_fit *fit, const float *image, int height, int width, float fill);
void cc_fit_mask(uint8_t *canvas, const cc_fit *fit, const uint8_t *mask, int height, int width);

/* A prediction on the canvas (probabilities) back to the slice [height*width]: the inverse of the above. What
 * the canvas did not hold is `fill`. */
void cc_fit_restore(float *image, const cc_fit *fit, const float *canvas, int height, int width, float fill);

#endif
