/* datasets/mirror.c -- rows of mirrored volumes, and the subsets of axes in the order of binary numbers.
 *
 * A row is moved as a whole along y and z, by where it is taken from; along x it is read from its other end.
 * What is read is the mirror image of what is written in either direction, so that one function serves the
 * way to the net and the way back. */
#include "datasets/mirror.h"

#include <assert.h>
#include <string.h>
#include "core/hot.h"

unsigned cc_mirror_axis(const char *word) {
    return strcmp(word, "x") == 0 ? CC_MIRROR_X : strcmp(word, "y") == 0 ? CC_MIRROR_Y : 0;
}

unsigned cc_mirror_count(unsigned axes) {
    assert(axes <= CC_MIRROR_ALL);
    unsigned count = 1;
    for (unsigned bit = 1; bit <= CC_MIRROR_Z; bit <<= 1) count <<= (axes & bit) != 0;
    return count;
}

unsigned cc_mirror_subset(unsigned axes, unsigned i) {
    assert(i < cc_mirror_count(axes));
    unsigned subset = 0;
    for (unsigned bit = 1; bit <= CC_MIRROR_Z; bit <<= 1) {
        if (!(axes & bit)) continue;
        if (i & 1) subset |= bit; /* each axis that there is takes a digit of i */
        i >>= 1;
    }
    return subset;
}

/* The input row that an output row is made of. */
static const float *source_row(const float *in, size_t row, const int64_t dims[3], unsigned axes) {
    const size_t across = (size_t)dims[0], down = (size_t)dims[1], deep = (size_t)dims[2];
    size_t y = row % down, z = row / down % deep, channel = row / (down * deep);
    if (axes & CC_MIRROR_Y) y = down - 1 - y;
    if (axes & CC_MIRROR_Z) z = deep - 1 - z;
    return in + ((channel * deep + z) * down + y) * across;
}

/* Apart from add_row, so that what `to` held before (perhaps NaN) does not matter. */
CC_HOT static void copy_row(float *to, const float *from, size_t count, unsigned mirrored) {
    if (mirrored)
        for (size_t i = 0; i < count; i++) to[i] = from[count - 1 - i];
    else
        for (size_t i = 0; i < count; i++) to[i] = from[i];
}

CC_HOT static void add_row(float *to, const float *from, size_t count, unsigned mirrored, float factor) {
    if (mirrored)
        for (size_t i = 0; i < count; i++) to[i] += factor * from[count - 1 - i];
    else
        for (size_t i = 0; i < count; i++) to[i] += factor * from[i];
}

void cc_mirror(float *out, const float *in, size_t channels, const int64_t dims[3], unsigned axes) {
    const size_t across = (size_t)dims[0], rows = channels * (size_t)dims[1] * (size_t)dims[2];
    for (size_t row = 0; row < rows; row++)
        copy_row(out + row * across, source_row(in, row, dims, axes), across, axes & CC_MIRROR_X);
}

void cc_mirror_add(float *sum, const float *in, size_t channels, const int64_t dims[3], unsigned axes,
                   float factor) {
    const size_t across = (size_t)dims[0], rows = channels * (size_t)dims[1] * (size_t)dims[2];
    for (size_t row = 0; row < rows; row++)
        add_row(sum + row * across, source_row(in, row, dims, axes), across, axes & CC_MIRROR_X, factor);
}
