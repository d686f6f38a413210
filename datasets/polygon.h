/* datasets/polygon.h -- the pixels of a closed polygon.
 *
 * Pixel x, y covers [x, x+1) x [y, y+1), and belongs where its centre (x + 0.5, y + 0.5) lies inside, by the
 * even-odd rule. A centre on an edge belongs on the left and at the top of the polygon, not on the right and
 * at the bottom: of two polygons that share an edge, one has it. */
#ifndef CC_DATASETS_POLYGON_H
#define CC_DATASETS_POLYGON_H

#include <stddef.h>
#include <stdint.h>

/* x0 <= x < x1, y0 <= y < y1, inside the picture; empty where x0 >= x1 or y0 >= y1. */
typedef struct cc_pixel_box {
    int32_t x0, y0, x1, y1;
} cc_pixel_box;

/* Sets 1 in inside[height*width], which is zero on entry, for each pixel of the polygon, and gives the box
 * outside of which nothing was set. points[count] are x, y in pixels, |value| < 2^30; they may lie outside
 * the picture. */
cc_pixel_box cc_polygon_fill(uint8_t *inside, int32_t height, int32_t width, const double (*points)[2],
                             size_t count);

#endif
