/* experiments/cascade/dataset.c -- opening and splitting a run's data.
 *
 * Everything here is cheap beside a training, and comes first for that reason: a wrong path, split or
 * augmentation is found before upstream nets predict and before memory is taken. */
#include "experiments/cascade/dataset.h"

#include <stdlib.h>
#include <string.h>
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"

/* Words become variants here, so that one that is not known is an error before anything is predicted. */
static cc_status find_augmentations(cc_dataset *d) {
    const cc_experiment_config *config = d->run->config;
    CC_TRY(cc_augment_init(&d->augment, config->augment.items, config->augment.count));
    CC_TRY(cc_random_augment_init(&d->random, config->augment_random.types.items,
                                  config->augment_random.types.count, &config->augment_random.ranges));
    return cc_augment_init(&d->augment_negative, config->windows.augment_negative.items,
                           config->windows.augment_negative.count);
}

/* The run's identity says by which split it is made; hours may lie between its plan and its turn. */
static cc_status check_split_file(const cc_planned_run *run) {
    cc_digest_text now;
    CC_TRY(cc_data_split_digest(&now, run->config));
    if (strcmp(now.hex, run->split_digest.hex) == 0) return CC_OK;
    return cc_fail(CC_EIO, cc_data_split_file(run->config), "start again",
                   "the split that it gives changed since the runs were planned");
}

cc_status cc_dataset_open(cc_dataset *out, const cc_planned_run *run) {
    cc_status status = CC_OK;
    *out = (cc_dataset){.run = run};
    CC_CHECK(cc_data_open(&out->base, run->config));
    CC_CHECK(cc_data_split(&out->split, out->base, run->config));
    CC_CHECK(check_split_file(run));
    CC_CHECK(find_augmentations(out));
done:
    if (status != CC_OK) cc_dataset_close(out);
    return status;
}

cc_status cc_dataset_open_scan(cc_dataset *out, const cc_planned_run *run, cc_slice_set *scan) {
    cc_status status = CC_OK;
    *out = (cc_dataset){.run = run, .base = scan};
    CC_CHECK(cc_split_all(&out->split.test, scan));
    CC_CHECK(find_augmentations(out));
done:
    if (status != CC_OK) cc_dataset_close(out);
    return status;
}

cc_status cc_dataset_open_part(cc_dataset *out, const cc_planned_run *run, cc_slice_set *set,
                               const cc_split_part *slices) {
    cc_status status = CC_OK;
    const size_t bytes = (slices->count + 1) * sizeof *slices->slices;
    *out = (cc_dataset){.run = run, .base = set, .borrowed = true};
    out->split.test.slices = malloc(bytes);
    if (!out->split.test.slices) CC_CHECK(cc_fail_memory("slices", bytes));
    memcpy(out->split.test.slices, slices->slices, slices->count * sizeof *slices->slices);
    out->split.test.count = slices->count;
    CC_CHECK(find_augmentations(out));
done:
    if (status != CC_OK) cc_dataset_close(out);
    return status;
}

void cc_dataset_close(cc_dataset *dataset) {
    cc_split_deinit(&dataset->split);
    if (!dataset->borrowed) cc_slice_set_close(dataset->base);
    *dataset = (cc_dataset){0};
}

cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part) {
    cc_status status = CC_OK;
    int height, width;
    cc_slice_set_largest(&height, &width, dataset->base);
    size_t pixels = (size_t)height * (size_t)width;
    float *image = malloc(pixels * sizeof *image); /* both of the largest slice; what they hold is not used */
    uint8_t *mask = malloc(pixels);
    if (!image || !mask) CC_CHECK(cc_fail_memory("a slice", pixels * (sizeof *image + 1)));
    for (size_t i = 0; i < part->count; i++) {
        CC_CHECK(cc_interrupt_check());
        CC_CHECK(cc_slice_set_read(dataset->base, part->slices[i], image, mask));
        if (cc_slice_set_has_regions(dataset->base))
            CC_CHECK(cc_slice_set_read_regions(dataset->base, part->slices[i], mask));
    }
done:
    free(image);
    free(mask);
    return status;
}

cc_run_spacing cc_dataset_spacing(const cc_dataset *d, size_t slice) {
    double mm[3];
    (void)cc_slice_set_spacing(mm, d->base, slice);
    return (cc_run_spacing){mm[0], mm[1]};
}
