/* experiments/cascade/out_of_fold.c -- masks of each inner fold's patients, by the net that was trained
 * without them.
 *
 * Who was left out of a net's training is taken from its result file, which lists the patients that it
 * tested, and not from the split that made it: were the two ever to differ, the run ends instead of
 * learning from masks that are too good. */
#include "experiments/cascade/out_of_fold.h"

#include <stdlib.h>
#include <string.h>
#include "experiments/cascade/patients.h"
#include "experiments/cascade/upstream_net.h"

/* Slices of training and validation, in the set's order, by whom they are predicted. */
typedef struct learned {
    const cc_slice_set *base;
    uint8_t *by; /* [slices]: NOT_LEARNED; else LEFT until a run predicts it, then PREDICTED */
    uint32_t *slices;
} learned;

enum { NOT_LEARNED, LEFT, PREDICTED };

/* The learned slices of the patients whom a run tested. */
static cc_status list_tested(cc_split_part *out, learned *l, const cc_planned_run *net) {
    cc_run read;
    cc_status status = CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    *out = (cc_split_part){.slices = l->slices};
    CC_CHECK(cc_upstream_read(&read, net, CC_RUN_BASIC, arena));
    for (size_t i = 0; i < cc_slice_set_count(l->base); i++) {
        const char *name = cc_slice_set_patient(l->base, cc_slice_set_get(l->base, i)->patient);
        if (l->by[i] == NOT_LEARNED || !cc_patients_is_tested(&read, name)) continue;
        if (l->by[i] == PREDICTED)
            CC_CHECK(cc_fail(CC_EFORMAT, net->path, "remove it and run again",
                             "it tested patient %s, as another inner fold did", name));
        l->by[i] = PREDICTED;
        out->slices[out->count++] = (uint32_t)i;
    }
done:
    cc_arena_destroy(arena);
    return status;
}

/* The masks of some slices, from one set of masks to another. */
static cc_status copy_masks(cc_masks *to, const cc_masks *from, const cc_slice_set *base,
                            const cc_split_part *slices) {
    int height, width;
    cc_slice_set_largest(&height, &width, base);
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    if (!mask) return cc_fail_memory("a mask", (size_t)height * (size_t)width);
    for (size_t i = 0; i < slices->count; i++) {
        cc_masks_get(mask, from, slices->slices[i]);
        cc_masks_put(to, slices->slices[i], mask);
    }
    free(mask);
    return CC_OK;
}

cc_status cc_out_of_fold_predict(cc_masks *masks, const cc_dataset *dataset, const cc_prediction_job *like) {
    cc_status status = CC_OK;
    const cc_planned_run *run = dataset->run;
    const cc_split_part *parts[] = {&dataset->split.train, &dataset->split.validation};
    const size_t count = cc_slice_set_count(dataset->base);
    learned l = {dataset->base, calloc(count, 1), calloc(count, sizeof *l.slices)};
    if (!l.by || !l.slices) CC_CHECK(cc_fail_memory("slices", count * sizeof *l.slices));
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p]->count; i++) l.by[parts[p]->slices[i]] = LEFT;
    for (int k = 0; k < run->out_of_fold_count; k++) {
        cc_masks *theirs;
        cc_split_part slices;
        cc_prediction_job job = *like;
        job.net = run->out_of_fold[k];
        job.slices = &slices;
        CC_CHECK(list_tested(&slices, &l, job.net));
        CC_CHECK(cc_predictions_get(&theirs, &job));
        status = copy_masks(masks, theirs, dataset->base, &slices);
        cc_masks_destroy(theirs);
        CC_CHECK(status);
    }
    for (size_t i = 0; i < count; i++)
        if (l.by[i] == LEFT)
            CC_CHECK(
                cc_fail(CC_EFORMAT, run->out_of_fold[0]->path, "remove the runs out of fold and run again",
                        "none of the %d inner folds tested patient %s, whom stage 3 learns from",
                        run->out_of_fold_count,
                        cc_slice_set_patient(dataset->base, cc_slice_set_get(dataset->base, i)->patient)));
done:
    free(l.by);
    free(l.slices);
    return status;
}
