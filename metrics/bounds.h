/* metrics/bounds.h -- the smallest box of a scan that holds two masks: what is outside of it need not be
 * looked at. */
#ifndef CC_METRICS_BOUNDS_H
#define CC_METRICS_BOUNDS_H

#include <stddef.h>
#include <stdint.h>

/* Slices, rows and voxels of a row, from first[k] on, size[k] of them; all 0 where both masks are empty. */
typedef struct cc_bounds {
    int first[3], size[3];
} cc_bounds;

/* Of two masks [depth*height*width], z slowest, non-zero is foreground. */
cc_bounds cc_bounds_find(const uint8_t *a, const uint8_t *b, int depth, int height, int width);
size_t cc_bounds_voxels(const cc_bounds *bounds);
/* Copies the box, out[size[0]*size[1]*size[2]], from values of `bytes` each in a scan of that height and
 * width. */
void cc_bounds_copy(void *out, const cc_bounds *bounds, const void *values, size_t bytes, int height,
                    int width);

#endif
