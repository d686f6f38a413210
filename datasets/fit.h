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

/* The modes: X(NAME) for each; `preprocess.fit: NAME` chooses one. */
#define CC_FIT_MODE_LIST(X) X(pad) X(scale)

/* Sides in pixels. Who states one (of a canvas, a crop, a window) chooses from SIZE_MIN to SIZE_MAX; a canvas
 * that is made to hold the largest slice (CC_SLICE_SIDE_MAX, rounded up to what a net needs) may be
 * larger. */
enum { CC_FIT_SIZE_MIN = 16, CC_FIT_SIZE_MAX = 2048, CC_FIT_CANVAS_MAX = 16384 };

typedef struct cc_fit {
    const char *mode;  /* a name of CC_FIT_MODE_LIST */
    int height, width; /* of the canvas */
} cc_fit;

/* The smallest multiple of `multiple` that holds `size`: 122 -> 128 for 16. Both at least 1. */
int cc_fit_size(int size, int multiple);

/* CC_ECONFIG where the mode is unknown or a side is not in [1, CC_FIT_CANVAS_MAX] ("preprocess.fit",
 * ".size"). */
cc_status cc_fit_check(const cc_fit *fit);

/* A slice [height*width] onto the canvas [fit->height*fit->width]; the arrays do not overlap. The fit was
 * checked. Masks are filled with 0. */
void cc_fit_image(float *canvas, const cc_fit *fit, const float *image, int height, int width, float fill);
void cc_fit_mask(uint8_t *canvas, const cc_fit *fit, const uint8_t *mask, int height, int width);

/* A prediction on the canvas (probabilities) back to the slice [height*width]: the inverse of the above. What
 * the canvas did not hold is `fill`. */
void cc_fit_restore(float *image, const cc_fit *fit, const float *canvas, int height, int width, float fill);

#endif
