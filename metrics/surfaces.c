/* metrics/surfaces.c -- surface voxels of two masks, and their distances by two distance transforms of the
 * box around both.
 *
 * Everything that is asked for, and everything that answers, is a surface voxel of one of the masks, so that
 * distances in the smallest box that holds both are those in the whole scan. What lies beyond that box is in
 * no mask, as is what lies beyond the scan's border: surfaces are the same, too. */
#include "metrics/surfaces.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "core/components.h"
#include "core/sorted.h"
#include "metrics/bounds.h"
#include "metrics/distance_transform.h"

/* out[size[0]*size[1]*size[2]], in a box: 1 on the surface of the mask and 0 elsewhere; returns how many
 * voxels the surface has. In a plane there is no neighbour above and below. */
static size_t mark_surface(uint8_t *out, const uint8_t *mask, const cc_bounds *b, bool plane, int height,
                           int width) {
    size_t count = 0;
    const ptrdiff_t row = width, slice = (ptrdiff_t)height * width;
    const ptrdiff_t up = plane ? 0 : slice; /* in a plane the voxel itself, which changes nothing */
    for (int z = 0; z < b->size[0]; z++)
        for (int y = 0; y < b->size[1]; y++) {
            const uint8_t *m = mask + (b->first[0] + z) * slice + (b->first[1] + y) * row + b->first[2];
            /* All that lies beyond a face of the box is outside: what is on the face is on the surface. */
            const bool face = y == 0 || y == b->size[1] - 1 || (!plane && (z == 0 || z == b->size[0] - 1));
            for (int x = 0; x < b->size[2]; x++) {
                const bool inside = !face && x > 0 && x < b->size[2] - 1 && m[x - 1] && m[x + 1] &&
                                    m[x - row] && m[x + row] && m[x - up] && m[x + up];
                *out = m[x] && !inside;
                count += *out++;
            }
        }
    return count;
}

/* The distances from the `count` voxels of one surface to another, in ascending order; the caller owns *out.
 * `field` has room for the box. */
static cc_status find_distances(double **out, double *field, const uint8_t *from, size_t count,
                                const uint8_t *to, const int size[3], const double spacing_mm[3]) {
    *out = malloc((count + 1) * sizeof **out);
    if (!*out) return cc_fail_memory("surface distances", (count + 1) * sizeof **out);
    if (!count) return CC_OK;
    CC_TRY(cc_distance_transform(field, to, from, size[0], size[1], size[2], spacing_mm));
    const size_t voxels = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    for (size_t i = 0, n = 0; i < voxels && n < count; i++)
        if (from[i]) (*out)[n++] = field[i];
    cc_sorted_numbers(*out, count);
    return CC_OK;
}

cc_status cc_surface_distances_init(cc_surface_distances *out, const uint8_t *prediction,
                                    const uint8_t *truth, int depth, int height, int width,
                                    const double spacing_mm[3]) {
    size_t voxels;
    CC_TRY(cc_components_voxels(&voxels, depth, height, width));
    const cc_bounds b = cc_bounds_find(prediction, truth, depth, height, width);
    voxels = cc_bounds_voxels(&b);
    if (!voxels) { /* both are empty; one voxel has the spacing checked */
        double none;
        CC_TRY(cc_distance_transform(&none, &(uint8_t){0}, NULL, 1, 1, 1, spacing_mm));
        *out = (cc_surface_distances){0};
        return CC_OK;
    }
    cc_surface_distances d = {0};
    double *field = malloc(voxels * sizeof *field);
    uint8_t *predicted = malloc(voxels), *real = malloc(voxels);
    cc_status status = CC_OK;
    if (!field || !predicted || !real)
        CC_CHECK(cc_fail_memory("surface distances", voxels * (sizeof *field + 2)));
    d.to_truth_count = mark_surface(predicted, prediction, &b, depth == 1, height, width);
    d.to_prediction_count = mark_surface(real, truth, &b, depth == 1, height, width);
    CC_CHECK(find_distances(&d.to_truth, field, predicted, d.to_truth_count, real, b.size, spacing_mm));
    CC_CHECK(
        find_distances(&d.to_prediction, field, real, d.to_prediction_count, predicted, b.size, spacing_mm));
    *out = d;
done:
    if (status != CC_OK) cc_surface_distances_deinit(&d);
    free(field);
    free(predicted);
    free(real);
    return status;
}

void cc_surface_distances_deinit(cc_surface_distances *distances) {
    free(distances->to_truth);
    free(distances->to_prediction);
    *distances = (cc_surface_distances){0};
}

/* The 95 % quantile of values in ascending order, linear between ranks, as numpy and torch have it. */
static double quantile_95(const double *values, size_t count) {
    const double rank = 0.95 * (double)(count - 1), low = floor(rank);
    const double a = values[(size_t)low], b = values[(size_t)ceil(rank)];
    return a + (b - a) * (rank - low);
}

static double sum_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

/* How many of the values, in ascending order, are at most `limit`. */
static size_t count_within(const double *values, size_t count, double limit) {
    size_t n = 0;
    while (n < count && values[n] <= limit) n++;
    return n;
}

cc_status cc_surface_scores_make(cc_surface_scores *out, const cc_surface_distances *distances,
                                 double tolerance_mm) {
    if (!(tolerance_mm >= 0) || !isfinite(tolerance_mm))
        return cc_fail(CC_EINVAL, "surface Dice", NULL, "a tolerance of %g mm makes no sense", tolerance_mm);
    const double *p = distances->to_truth, *t = distances->to_prediction;
    const size_t np = distances->to_truth_count, nt = distances->to_prediction_count;
    if (np && nt) {
        const double limit = tolerance_mm * (1 + 1e-9), sum = sum_of(p, np);
        *out = (cc_surface_scores){.hausdorff = fmax(p[np - 1], t[nt - 1]),
                                   .hausdorff95 = fmax(quantile_95(p, np), quantile_95(t, nt)),
                                   .assd = (sum + sum_of(t, nt)) / (double)(np + nt),
                                   .to_truth = sum / (double)np,
                                   .nsd = (double)(count_within(p, np, limit) + count_within(t, nt, limit)) /
                                          (double)(np + nt)};
    } else {
        const double apart = np || nt ? INFINITY : NAN;
        *out = (cc_surface_scores){.hausdorff = apart,
                                   .hausdorff95 = NAN,
                                   .assd = apart,
                                   .to_truth = apart,
                                   .nsd = np || nt ? 0 : NAN};
    }
    return CC_OK;
}
