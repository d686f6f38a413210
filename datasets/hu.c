/* datasets/hu.c -- the four ways in which values that are no HU were met: scaled to a few units, without
 * their intercept, hardly any soft tissue (grey values of other scales), and hardly anything else than
 * bone. */
#include "datasets/hu.h"

#include <math.h>
#include <stdio.h>

/* The least share of a CT's voxels that is soft tissue, and the most that is dense. */
static const double soft_share_min = 0.02, dense_share_max = 0.25;

cc_hu_tally cc_hu_tally_none(void) {
    return (cc_hu_tally){.min = INFINITY, .max = -INFINITY};
}

bool cc_hu_doubt(char *out, size_t capacity, const cc_hu_tally *t) {
    const double count = (double)t->count;
    out[0] = 0;
    if (t->max - t->min < CC_HU_NARROW)
        snprintf(out, capacity, "they seem to be scaled");
    else if (t->min >= 0)
        snprintf(out, capacity, "none is below 0: they seem to lack their intercept, or to be grey values");
    else if ((double)t->soft < soft_share_min * count)
        snprintf(out, capacity, "only %.1f %% of them lie from -200 to 200, where soft tissue does",
                 100.0 * (double)t->soft / count);
    else if ((double)t->dense > dense_share_max * count)
        snprintf(out, capacity, "%.1f %% of them lie above 600, where little but bone does",
                 100.0 * (double)t->dense / count);
    return out[0] != 0;
}
