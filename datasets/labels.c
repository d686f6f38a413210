/* datasets/labels.c -- masks laid on the grid of a scan: sampled by the nearest voxel through both affines,
 * and counted on the way, so that labels that miss the scan or fall between its voxels are said. */
#include "datasets/labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/upright.h"
#include "datasets/volume_file.h"

/* The value of the voxel that a point (an index with fractions) lies in; 0 outside the mask. */
static float nearest(const cc_volume *mask, const double at[3]) {
    const int64_t *dims = mask->grid.dims;
    int64_t index[3];
    for (int k = 0; k < 3; k++) {
        /* A middle exactly between two voxels goes to the later one. NaN fails the test below as well. */
        double rounded = floor(at[k] + 0.5);
        if (!(rounded >= 0 && rounded < (double)dims[k])) return 0;
        index[k] = (int64_t)rounded;
    }
    return mask->voxels[(index[2] * dims[1] + index[1]) * dims[0] + index[0]];
}

cc_status cc_labels_resample(cc_volume *out, const cc_volume *mask, const cc_grid *onto) {
    double m[12];
    cc_volume made = {.grid = *onto};
    memcpy(made.type, mask->type, sizeof made.type);
    memcpy(made.format, mask->format, sizeof made.format);
    CC_TRY(cc_volume_allocate(&made, "the grid to resample onto"));
    /* From each voxel of the target grid back to the mask, so that every one gets a value. */
    cc_grid_index_map(m, onto, &mask->grid);
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

bool cc_label_from(uint8_t *out, float value) {
    const float whole = roundf(value);
    /* NaN and what a byte cannot hold are refused here: converting them would be undefined. */
    if (!(whole >= 0 && whole <= UINT8_MAX && fabsf(value - whole) <= 0.01F)) return false;
    *out = (uint8_t)whole;
    return true;
}

/* Voxels of a mask that have a label, by label. */
typedef struct label_tally {
    size_t all, off;               /* in the mask's own voxels; those whose middle lies off the scan */
    size_t on[UINT8_MAX + 1];      /* the rest, by label */
    size_t sampled[UINT8_MAX + 1]; /* in voxels of the scan, by label */
} label_tally;

/* Rounds the mask's values to labels, in place, and counts which of them lie on the scan. */
static cc_status count_labels(label_tally *out, cc_volume *mask, const cc_grid *onto, const char *path) {
    /* A middle on the very edge of the scan's last voxel is on it, whatever float32 makes of the affine. */
    const double half = 0.5 + 1e-3;
    const int64_t *dims = mask->grid.dims;
    float largest = 0;
    double m[12];
    cc_grid_index_map(m, &mask->grid, onto);
    for (size_t i = 0; i < cc_volume_count(mask); i++) {
        uint8_t label;
        const float value = mask->voxels[i];
        if (!cc_label_from(&label, value))
            return cc_fail(CC_EFORMAT, path, "labels are whole numbers from 0 to 255",
                           "voxel %zu of the mask is %g", i, (double)value);
        mask->voxels[i] = label;
        if (value > largest) largest = value;
        if (label == 0) continue;
        const int64_t row = (int64_t)i / dims[0];
        const double index[3] = {(double)((int64_t)i % dims[0]), (double)(row % dims[1]),
                                 (double)(row / dims[1])};
        bool inside = true;
        for (int k = 0; k < 3; k++) {
            const double at =
                m[k * 4] * index[0] + m[k * 4 + 1] * index[1] + m[k * 4 + 2] * index[2] + m[k * 4 + 3];
            inside = inside && at >= -half && at <= (double)(onto->dims[k] - 1) + half;
        }
        out->all++;
        out->off += !inside;
        out->on[label] += inside;
    }
    return out->all || largest == 0
               ? CC_OK
               : cc_fail(CC_EFORMAT, path, "labels are whole numbers from 0 to 255",
                         "the mask's largest value is %g, which is no label", (double)largest);
}

/* What may have gone wrong between the program that wrote the mask and this one: an affine that was dropped
 * or changed on the way, labels beside the scan, or a resolution at which the nearest voxel is no fair
 * sample. */
static void warn_of_mask(const label_tally *t, const cc_grid *mask, const cc_grid *onto, const char *path) {
    const cc_upright of_mask = cc_upright_find(mask), of_scan = cc_upright_find(onto);
    const cc_grid a = cc_upright_grid(mask, &of_mask), b = cc_upright_grid(onto, &of_scan);
    /* Compared upright: the same voxels in another order of the file are the same grid. */
    if (memcmp(a.dims, b.dims, sizeof a.dims) == 0 && !cc_grid_matches(&a, &b))
        cc_log(CC_LOG_WARNING,
               "%s: it has as many voxels as its scan along each axis, but its affine puts them elsewhere; "
               "labels are laid where the affine says",
               path);
    if (t->off)
        cc_log(CC_LOG_WARNING,
               "%s: %zu of %zu labelled voxels lie off the scan; check that its affine is the scan's", path,
               t->off, t->all);
    int worst = 0;
    double change = 0.2;
    const double from_mm3 = cc_grid_voxel_mm3(mask), to_mm3 = cc_grid_voxel_mm3(onto);
    for (int label = 1; label <= UINT8_MAX; label++) {
        if (!t->on[label]) continue;
        /* How much the label's volume changes: mm3 in the scan's voxels against mm3 in the mask's own. */
        const double part = fabs((double)t->sampled[label] * to_mm3 / ((double)t->on[label] * from_mm3) - 1);
        if (part > change) worst = label, change = part;
    }
    if (worst)
        cc_log(
            CC_LOG_WARNING,
            "%s: label %d fills %.4g mm3 in the mask, but %.4g mm3 in the scan's voxels: their sizes are too "
            "different for sampling by the nearest voxel",
            path, worst, (double)t->on[worst] * from_mm3, (double)t->sampled[worst] * to_mm3);
}

/* A picture has no position in the patient: it is laid pixel on pixel on what has none either, else
 * refused. */
static cc_status lay_picture(cc_volume *mask, const cc_grid *onto, const char *path) {
    cc_grid unplaced = cc_grid_unit();
    memcpy(unplaced.dims, mask->grid.dims, sizeof unplaced.dims);
    memcpy(unplaced.spacing_mm, onto->spacing_mm, sizeof unplaced.spacing_mm);
    if (!cc_grid_matches(&unplaced, onto))
        return cc_fail(CC_EFORMAT, path, "give the mask as MetaImage or NIfTI",
                       "a picture has no affine: it cannot be laid on the grid of a scan");
    mask->grid = *onto;
    return CC_OK;
}

cc_status cc_labels_read(uint8_t **out, size_t *labelled, const char *path, const cc_grid *onto) {
    cc_volume mask = {0}, sampled = {0};
    uint8_t *labels = NULL;
    label_tally t = {.all = 0};
    cc_status status;
    CC_CHECK(cc_volume_read(&mask, path));
    if (strcmp(mask.format, "png") == 0) CC_CHECK(lay_picture(&mask, onto, path));
    CC_CHECK(count_labels(&t, &mask, onto, path));
    CC_CHECK(cc_labels_resample(&sampled, &mask, onto));
    /* The sampled mask holds whole numbers already: count_labels rounded them in place. */
    const size_t count = cc_volume_count(&sampled);
    labels = malloc(count);
    if (!labels) CC_CHECK(cc_fail_memory("the mask's voxels", count));
    for (size_t i = 0; i < count; i++) t.sampled[labels[i] = (uint8_t)sampled.voxels[i]]++;
    *labelled = count - t.sampled[0];
    /* Labels that are lost altogether: between the scan's voxels, or beside the scan. */
    if (t.all && !*labelled && t.off < t.all)
        CC_CHECK(cc_fail(CC_EFORMAT, path, "sample it on the scan's grid before",
                         "all of its %zu labelled voxels fall between those of the scan", t.all - t.off));
    if (t.all && !*labelled)
        CC_CHECK(cc_fail(CC_EFORMAT, path, "check that both are of the same patient",
                         "no labelled voxel lies on the grid of the scan: all %zu lie off it", t.all));
    warn_of_mask(&t, &mask.grid, onto, path);
    *out = labels;
    labels = NULL;
done:
    free(labels);
    cc_volume_deinit(&mask);
    cc_volume_deinit(&sampled);
    return status;
}
