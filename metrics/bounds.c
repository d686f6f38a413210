/* metrics/bounds.c -- boxes around masks, row by row.
 *
 * The masks of a scan with calcium are empty but for one voxel in some thousands: nearly all time goes to
 * rows in which there is nothing, and those are read once, without a branch, which compilers vectorise. */
#include "metrics/bounds.h"

#include <limits.h>
#include <string.h>

cc_bounds cc_bounds_find(const uint8_t *a, const uint8_t *b, int depth, int height, int width) {
    int first[3] = {INT_MAX, INT_MAX, INT_MAX}, last[3] = {-1, -1, -1};
    for (int z = 0; z < depth; z++)
        for (int y = 0; y < height; y++, a += width, b += width) {
            uint8_t any = 0;
            for (int x = 0; x < width; x++) any |= a[x] | b[x];
            if (!any) continue;
            /* There is a marked voxel for both searches to stop at. */
            int left = 0, right = width - 1;
            while (!(a[left] | b[left])) left++;
            while (!(a[right] | b[right])) right--;
            const int low[3] = {z, y, left}, high[3] = {z, y, right};
            for (int k = 0; k < 3; k++) {
                if (low[k] < first[k]) first[k] = low[k];
                if (high[k] > last[k]) last[k] = high[k];
            }
        }
    cc_bounds bounds = {0};
    for (int k = 0; k < 3 && last[0] >= 0; k++) {
        bounds.first[k] = first[k];
        bounds.size[k] = last[k] - first[k] + 1;
    }
    return bounds;
}

size_t cc_bounds_voxels(const cc_bounds *bounds) {
    return (size_t)bounds->size[0] * (size_t)bounds->size[1] * (size_t)bounds->size[2];
}

void cc_bounds_copy(void *out, const cc_bounds *bounds, const void *values, size_t bytes, int height,
                    int width) {
    const size_t row = (size_t)bounds->size[2] * bytes;
    char *to = out;
    for (int z = 0; z < bounds->size[0]; z++)
        for (int y = 0; y < bounds->size[1]; y++, to += row) {
            /* The rows of the scan before this one. */
            const size_t rows =
                (size_t)(bounds->first[0] + z) * (size_t)height + (size_t)(bounds->first[1] + y);
            memcpy(to, (const char *)values + (rows * (size_t)width + (size_t)bounds->first[2]) * bytes, row);
        }
}
