/* nets/engine/shape.c -- arithmetic on extents; rank 4 is rank 5 with a depth of 1 to whoever asks for
 * D,H,W. */
#include "nets/engine/shape.h"

#include <stdio.h>
#include <string.h>

cc_shape cc_shape_2d(int64_t n, int64_t channels, int64_t height, int64_t width) {
    return (cc_shape){.rank = 4, .dims = {n, channels, height, width}};
}

cc_shape cc_shape_3d(int64_t n, int64_t channels, int64_t depth, int64_t height, int64_t width) {
    return (cc_shape){.rank = 5, .dims = {n, channels, depth, height, width}};
}

bool cc_shape_equal(const cc_shape *a, const cc_shape *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

int64_t cc_shape_count(const cc_shape *shape) {
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++) count *= shape->dims[i];
    return count;
}

int64_t cc_shape_pixels(const cc_shape *shape) {
    int64_t count = 1;
    for (int i = 2; i < shape->rank; i++) count *= shape->dims[i];
    return count;
}

/* The last three axes; at rank 4 the first of these is the channels', which D replaces by 1. */
void cc_shape_spatial(int64_t dhw[CC_SPATIAL_MAX], const cc_shape *shape) {
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        int axis = shape->rank - CC_SPATIAL_MAX + i;
        dhw[i] = axis < 2 ? 1 : shape->dims[axis];
    }
}

cc_shape cc_shape_with(const cc_shape *shape, int64_t channels, const int64_t dhw[CC_SPATIAL_MAX]) {
    if (shape->rank == 4) return cc_shape_2d(shape->dims[0], channels, dhw[1], dhw[2]);
    return cc_shape_3d(shape->dims[0], channels, dhw[0], dhw[1], dhw[2]);
}

/* Four buffers in turn: a message names several shapes at once. */
const char *cc_shape_text(const cc_shape *shape) {
    enum { BUFFERS = 4, BYTES = 128 };
    static _Thread_local char buffers[BUFFERS][BYTES];
    static _Thread_local int next;
    char *out = buffers[next++ % BUFFERS];
    int used = 0;
    for (int i = 0; i < shape->rank; i++)
        used += snprintf(out + used, BYTES - (size_t)used, "%s%lld", i ? "x" : "", (long long)shape->dims[i]);
    return out;
}
