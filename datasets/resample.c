#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/readers/reader.h"
#include "datasets/volume.h"

/* position = m * (index, 1), row-major 3x4. */
static void affine_of(double m[12], const cc_grid *g) {
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) m[i * 4 + k] = g->direction[i * 3 + k] * g->spacing_mm[k];
        m[i * 4 + 3] = g->origin_mm[i];
    }
}

/* The inverse of an affine, by the adjugate of its 3x3 part. */
static void invert(double out[12], const double m[12]) {
    double det = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int r0 = (k + 1) % 3, r1 = (k + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
            out[i * 4 + k] = m[r0 * 4 + c0] * m[r1 * 4 + c1] - m[r0 * 4 + c1] * m[r1 * 4 + c0];
        }
    for (int k = 0; k < 3; k++) det += m[k] * out[k * 4];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) out[i * 4 + k] /= det;
        out[i * 4 + 3] = -(out[i * 4] * m[3] + out[i * 4 + 1] * m[7] + out[i * 4 + 2] * m[11]);
    }
}

/* From indices on one grid to indices on the other: inverse(to) * from. */
static void index_map(double out[12], const cc_grid *from, const cc_grid *to) {
    double a[12], b[12], inverse[12];
    affine_of(a, from);
    affine_of(b, to);
    invert(inverse, b);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++) {
            out[i * 4 + k] = k == 3 ? inverse[i * 4 + 3] : 0;
            for (int j = 0; j < 3; j++) out[i * 4 + k] += inverse[i * 4 + j] * a[j * 4 + k];
        }
}

static float nearest(const cc_volume *mask, const double at[3]) {
    const int64_t *dims = mask->grid.dims;
    int64_t index[3];
    for (int k = 0; k < 3; k++) {
        double rounded = floor(at[k] + 0.5);
        if (!(rounded >= 0 && rounded < (double)dims[k])) return 0;
        index[k] = (int64_t)rounded;
    }
    return mask->voxels[(index[2] * dims[1] + index[1]) * dims[0] + index[0]];
}

cc_status cc_volume_resample_mask(cc_volume *out, const cc_volume *mask, const cc_grid *onto) {
    double m[12];
    cc_volume made = {.grid = *onto};
    memcpy(made.type, mask->type, sizeof made.type);
    memcpy(made.format, mask->format, sizeof made.format);
    CC_TRY(cc_volume_take(&made, "the grid to resample onto"));
    index_map(m, onto, &mask->grid);
    float *next = made.voxels;
    for (int64_t z = 0; z < onto->dims[2]; z++)
        for (int64_t y = 0; y < onto->dims[1]; y++)
            for (int64_t x = 0; x < onto->dims[0]; x++) {
                double at[3];
                for (int i = 0; i < 3; i++)
                    at[i] = m[i * 4] * (double)x + m[i * 4 + 1] * (double)y + m[i * 4 + 2] * (double)z +
                            m[i * 4 + 3];
                *next++ = nearest(mask, at);
            }
    *out = made;
    return CC_OK;
}

static cc_status check_labels(size_t *labelled, const cc_volume *mask, const char *path) {
    const size_t count = cc_volume_count(mask);
    *labelled = 0;
    for (size_t i = 0; i < count; i++) {
        const float value = mask->voxels[i];
        if (!(value >= 0 && value <= UINT8_MAX && value == floorf(value)))
            return cc_fail(CC_EFORMAT, path, "labels are whole numbers from 0 to 255",
                           "voxel %zu of the mask is %g", i, (double)value);
        *labelled += value > 0;
    }
    return CC_OK;
}

static cc_status take_labels(uint8_t **out, size_t *labelled, const cc_volume *mask) {
    const size_t count = cc_volume_count(mask);
    *out = malloc(count);
    if (!*out) return cc_fail_memory("the mask's voxels", count);
    *labelled = 0;
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = (uint8_t)mask->voxels[i];
        *labelled += (*out)[i] > 0;
    }
    return CC_OK;
}

cc_status cc_volume_read_labels(uint8_t **out, size_t *labelled, const char *path, const cc_grid *onto) {
    cc_volume mask = {0}, sampled = {0};
    uint8_t *labels = NULL;
    size_t all;
    cc_status status;
    CC_CHECK(cc_volume_read(&mask, path));
    CC_CHECK(check_labels(&all, &mask, path));
    CC_CHECK(cc_volume_resample_mask(&sampled, &mask, onto));
    CC_CHECK(take_labels(&labels, labelled, &sampled));
    if (all && !*labelled)
        CC_CHECK(cc_fail(CC_EFORMAT, path, "check that both are of the same patient",
                         "no labelled voxel lies on the grid of the scan"));
    *out = labels;
    labels = NULL;
done:
    free(labels);
    cc_volume_deinit(&mask);
    cc_volume_deinit(&sampled);
    return status;
}
