/* experiments/cascade/truth.c -- looks for true pixels before a training, and explains where they are
 * missing.
 *
 * Empty masks are the commonest fault of a dataset that was converted by hand, and the costliest: a net
 * trains for hours, marks nothing, and every score is 0/0. */
#include "experiments/cascade/truth.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/planning/interrupt.h"

/* Whether one of these slices has a true pixel; those after the first that has are not read. */
static cc_status find_truth(bool *out, const cc_slice_set *set, const cc_split_part *part) {
    cc_status status = CC_OK;
    int height, width;
    *out = false;
    if (!set) return CC_OK;
    cc_slice_set_largest(&height, &width, set);
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    if (!mask) return cc_fail_memory("a mask", (size_t)height * (size_t)width);
    for (size_t i = 0; i < part->count && !*out; i++) {
        const cc_slice *slice = cc_slice_set_get(set, part->slices[i]);
        CC_CHECK(cc_interrupt_check());
        CC_CHECK(cc_slice_set_read(set, part->slices[i], NULL, mask));
        *out = cc_mask_box(mask, slice->height, slice->width).y1 > 0;
    }
done:
    free(mask);
    return status;
}

/* What empty masks of a source mostly come from. */
static const char *likely_cause(const char *source) {
    if (strcmp(source, "coca") == 0)
        return "check calcium_xml: outlines of the four arteries, whose pixels read more than 130 HU";
    if (strcmp(source, "ctheart") == 0)
        return "check the masks: all their pixels are 0, or below the threshold";
    return "check the masks: all their labels are 0";
}

/* A part that must have truth has none that the net is shown: is it cut away, in another part, or nowhere? */
static cc_status explain_no_truth(const cc_dataset *d, const char *key, const char *part,
                                  const cc_split_part *slices, const char *then) {
    bool in_slices, anywhere = false;
    const cc_split_part *all[] = {&d->split.train, &d->split.validation, &d->split.test};
    CC_TRY(find_truth(&in_slices, d->base, slices));
    if (in_slices)
        return cc_fail(CC_EINVAL, key, "check the run of upstream.roi, or set preprocess.roi.mode: none",
                       "the %s part has no true pixel within what the net sees of it%s", part, then);
    for (int i = 0; i < 3 && !anywhere; i++) CC_TRY(find_truth(&anywhere, d->base, all[i]));
    if (!anywhere)
        return cc_fail(CC_EINVAL,
                       d->run->config->data.root ? d->run->config->data.root : d->run->config->data.list,
                       likely_cause(d->run->config->data.source),
                       "no slice of the dataset has a true pixel: its truth is empty");
    return cc_fail(CC_EINVAL, key,
                   "choose another data.split.seed, fold or data.split, or give the part a larger share",
                   "no slice of the %s part has a true pixel: its truth is empty%s", part, then);
}

cc_status cc_truth_check(const cc_net_view *view) {
    bool found;
    char name[160];
    const cc_dataset *d = view->dataset;
    const cc_experiment_config *config = d->run->config;
    cc_planned_run_name(name, sizeof name, d->run);
    if (cc_cascade_trains(view->cascade)) {
        const bool by_f1 = strcmp(config->train.early_stopping.monitor, "validation.f1") == 0;
        CC_TRY(find_truth(&found, view->set, &view->train.items));
        if (!found) return explain_no_truth(d, "data.split.train", "training", &d->split.train, "");
        CC_TRY(find_truth(&found, view->set, &view->validation.items));
        if (!found && by_f1)
            return explain_no_truth(d, "data.split.validation", "validation", &d->split.validation,
                                    ", so that F1 would be 0 in every epoch and the first one kept");
        if (!found)
            cc_log(CC_LOG_WARNING,
                   "%s: the validation part has no true pixel: its loss chooses the net that marks "
                   "the least",
                   name);
    }
    /* Of the test part all of the slices count, shown to the net or not: what is cut away is missed. */
    CC_TRY(find_truth(&found, d->base, &d->split.test));
    if (!found)
        cc_log(CC_LOG_WARNING,
               "%s: no slice of the test part has a true pixel: its truth is empty, and the scores "
               "say nothing of what is found",
               name);
    return CC_OK;
}
