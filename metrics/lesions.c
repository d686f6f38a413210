/* metrics/lesions.c -- lesions by threshold and connected components, and which of two masks' lesions meet.
 *
 * The components are those of core/components.h; here are the two rules on top of it: what counts as calcium,
 * and when a lesion counts as found (metrics/lesions.h). */
#include "metrics/lesions.h"

#include <stdlib.h>

enum { CHALLENGE = 6 }; /* neighbours, by the rule of orCaScore */

cc_status cc_lesions_find(cc_components *out, const float *hu, const uint8_t *mask, int depth, int height,
                          int width, double threshold_hu, int neighbours) {
    size_t count;
    CC_TRY(cc_components_voxels(&count, depth, height, width));
    uint8_t *dense = malloc(count);
    if (!dense) return cc_fail_memory("lesions", count);
    for (size_t i = 0; i < count; i++) dense[i] = (!mask || mask[i]) && hu[i] > threshold_hu;
    cc_status status = cc_components_init(out, dense, depth, height, width, neighbours);
    free(dense);
    return status;
}

/* How many of the lesions have a voxel in `mask`. */
static cc_status count_touched(int64_t *out, const cc_components *lesions, const uint8_t *mask,
                               size_t voxels) {
    uint8_t *touched = calloc(lesions->count + 1, 1);
    if (!touched) return cc_fail_memory("lesions", lesions->count + 1);
    for (size_t i = 0; i < voxels; i++)
        if (mask[i]) touched[lesions->labels[i]] = 1;
    int64_t sum = 0;
    for (size_t i = 1; i <= lesions->count; i++) sum += touched[i];
    free(touched);
    *out = sum;
    return CC_OK;
}

cc_status cc_lesions_count(cc_lesion_counts *out, const float *hu, const uint8_t *truth, const uint8_t *mask,
                           int depth, int height, int width, double threshold_hu) {
    cc_components wanted = {0}, got = {0};
    int64_t found = 0, right = 0;
    /* A true lesion is found where the prediction touches it; a predicted one is spurious where no truth
     * touches it. */
    size_t voxels;
    CC_TRY(cc_components_voxels(&voxels, depth, height, width));
    cc_status status;
    CC_CHECK(cc_lesions_find(&wanted, hu, truth, depth, height, width, threshold_hu, CHALLENGE));
    CC_CHECK(count_touched(&found, &wanted, mask, voxels));
    CC_CHECK(cc_lesions_find(&got, hu, mask, depth, height, width, threshold_hu, CHALLENGE));
    CC_CHECK(count_touched(&right, &got, truth, voxels));
    *out = (cc_lesion_counts){.truth = (int64_t)wanted.count,
                              .found = found,
                              .predicted = (int64_t)got.count,
                              .spurious = (int64_t)got.count - right};
done:
    cc_components_deinit(&wanted);
    cc_components_deinit(&got);
    return status;
}

cc_status cc_lesions_classify(uint8_t *classes, const uint8_t *mask, const uint8_t *votes, int depth,
                              int height, int width) {
    enum { CLASSES = CC_VOTE_CLASS + 1 };
    cc_status status = CC_OK;
    cc_components lesions = {0};
    uint32_t *sums = NULL; /* [lesions][2][CLASSES]: votes without doubt, and with */
    size_t voxels;
    CC_TRY(cc_components_voxels(&voxels, depth, height, width));
    CC_CHECK(cc_components_init(&lesions, mask, depth, height, width, CHALLENGE));
    sums = calloc(lesions.count + 1, 2 * CLASSES * sizeof *sums);
    if (!sums) CC_CHECK(cc_fail_memory("votes of lesions", (lesions.count + 1) * 2 * CLASSES * sizeof *sums));
    for (size_t i = 0; i < voxels; i++)
        if (mask[i])
            sums[(size_t)(lesions.labels[i] - 1) * 2 * CLASSES + (votes[i] & CC_VOTE_DOUBTED ? CLASSES : 0) +
                 (votes[i] & CC_VOTE_CLASS)]++;
    for (size_t l = 0; l < lesions.count; l++) {
        uint32_t *sure = sums + l * 2 * CLASSES, most = 0;
        uint32_t class = 0;
        for (int doubted = 0; doubted < 2 && !class; doubted++)
            for (uint32_t k = 1; k < CLASSES; k++)
                if (sure[(uint32_t)doubted * CLASSES + k] > most) {
                    most = sure[(uint32_t)doubted * CLASSES + k];
                    class = k;
                }
        sure[0] = class; /* no vote is for class 0: its place is free */
    }
    for (size_t i = 0; i < voxels; i++)
        classes[i] = mask[i] ? (uint8_t)sums[(size_t)(lesions.labels[i] - 1) * 2 * CLASSES] : 0;
done:
    cc_components_deinit(&lesions);
    free(sums);
    return status;
}
