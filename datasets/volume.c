/* datasets/volume.c -- memory of a volume, and the numbers by which two readings of one are compared. */
#include "datasets/volume.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void cc_volume_deinit(cc_volume *volume) {
    free(volume->voxels);
    memset(volume, 0, sizeof *volume);
}

size_t cc_volume_count(const cc_volume *volume) {
    const int64_t *dims = volume->grid.dims;
    return (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
}

cc_volume_summary cc_volume_summarise(const cc_volume *volume) {
    size_t count = cc_volume_count(volume);
    assert(count > 0);
    cc_volume_summary out = {.min = volume->voxels[0], .max = volume->voxels[0]};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        /* Summed in double and in the order of the file: the mean that `info` prints is the same on every
         * machine. */
        double value = volume->voxels[i];
        if (value < out.min) out.min = value;
        if (value > out.max) out.max = value;
        sum += value;
    }
    out.mean = sum / (double)count;
    out.sha256 = cc_digest_of(volume->voxels, count * sizeof *volume->voxels);
    return out;
}

cc_status cc_volume_allocate(cc_volume *out, const char *path) {
    CC_TRY(cc_grid_check(&out->grid, path));
    size_t bytes = cc_volume_count(out) * sizeof *out->voxels;
    out->voxels = malloc(bytes);
    return out->voxels ? CC_OK : cc_fail_within(cc_fail_memory("the voxels", bytes), path);
}
