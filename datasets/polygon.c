/* datasets/polygon.c -- filling a polygon by the parity of the edges to the left of each pixel's centre.
 *
 * Each edge toggles, in every row whose centre line it crosses, the first pixel whose centre lies at or
 * behind the crossing; a running XOR along the row then is 1 exactly where the number of crossings before
 * a centre is odd. Every edge is half open in y (its upper end belongs, its lower end does not), so that a
 * vertex on a centre line counts once, and horizontal edges cross nothing. Source: the even-odd rule,
 * Foley, van Dam, Feiner & Hughes, Computer Graphics, 2nd ed., section 3.6; toggling before a running XOR:
 * Ackland & Weste, IEEE Trans. Computers C-30 (1981), 41-48. */
#include "datasets/polygon.h"

#include <math.h>

/* The first pixel, from `low` to `high`, whose centre lies at or behind a place. */
static int32_t first_behind(double place, int32_t low, int32_t high) {
    /* The smallest i with i + 0.5 >= place. */
    double first = ceil(place - 0.5);
    if (!(first > low)) return low;
    return first < high ? (int32_t)first : high;
}

static cc_pixel_box box_of(int32_t height, int32_t width, const double (*points)[2], size_t count) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 2; k++) {
            low[k] = fmin(low[k], points[i][k]);
            high[k] = fmax(high[k], points[i][k]);
        }
    return (cc_pixel_box){first_behind(low[0], 0, width), first_behind(low[1], 0, height),
                          first_behind(high[0], 0, width), first_behind(high[1], 0, height)};
}

/* Marks, in each row that an edge crosses, the first pixel behind the crossing. */
static void mark_edge(uint8_t *marks, const cc_pixel_box *box, int32_t width, const double *a,
                      const double *b) {
    /* from the upper end to the lower, so that both directions give the same crossings to the last bit */
    if (a[1] > b[1]) {
        const double *upper = b;
        b = a;
        a = upper;
    }
    int32_t end = first_behind(b[1], box->y0, box->y1);
    for (int32_t y = first_behind(a[1], box->y0, box->y1); y < end; y++) {
        /* Where the edge crosses the row's centre line; b[1] > a[1] here, as the loop is empty otherwise. */
        double x = a[0] + (y + 0.5 - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
        int32_t first = first_behind(x, box->x0, box->x1);
        if (first < box->x1) marks[(size_t)y * (size_t)width + (size_t)first] ^= 1;
    }
}

cc_pixel_box cc_polygon_fill(uint8_t *inside, int32_t height, int32_t width, const double (*points)[2],
                             size_t count) {
    cc_pixel_box box = box_of(height, width, points, count);
    for (size_t i = 0; i < count; i++) mark_edge(inside, &box, width, points[i], points[(i + 1) % count]);
    for (int32_t y = box.y0; y < box.y1; y++) {
        uint8_t *row = inside + (size_t)y * (size_t)width;
        for (int32_t x = box.x0 + 1; x < box.x1; x++) row[x] ^= row[x - 1];
    }
    return box;
}
