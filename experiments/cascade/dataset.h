/* experiments/cascade/dataset.h -- the data of one run: its slices, which of them train, validate and test,
 * and how those that train are augmented.
 *
 * Opening reads headers and lists files: no slice is decoded and no net is run. What upstream nets find in
 * the slices is cascade.h's, what the run's own net is shown net_view.h's. */
#ifndef CC_EXPERIMENTS_CASCADE_DATASET_H
#define CC_EXPERIMENTS_CASCADE_DATASET_H

#include "datasets/augment.h"
#include "datasets/augment_random.h"
#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/planning/run_plan.h"
#include "results/store.h"

typedef struct cc_dataset {
    const cc_planned_run *run;   /* borrowed */
    cc_slice_set *base;          /* the dataset's own slices */
    bool borrowed;               /* the base is another's */
    cc_split split;              /* of the base */
    cc_augment augment;          /* of what is trained on */
    cc_augment augment_negative; /* the same of windows around false lesions (CC_WINDOW_FALSE) */
    cc_random_augment random;    /* what is drawn for each item that is trained on */
} cc_dataset;

/* Opens the slices that the run's config names, and splits them. On failure there is nothing to close.
 *   CC_ECONFIG  the split leaves a part empty; an augmentation that is not known
 *   others      as cc_slice_set_open and cc_split_make */
cc_status cc_dataset_open(cc_dataset *out, const cc_planned_run *run);
/* The same for a scan without truth (datasets/scan.h): all of its slices are the test part, and the run is
 * not to be trained. The dataset owns `scan` from here on, on failure too. */
cc_status cc_dataset_open_scan(cc_dataset *out, const cc_planned_run *run, cc_slice_set *scan);
/* The same for some slices (ascending) of a set that stays another's: those are the test part. */
cc_status cc_dataset_open_part(cc_dataset *out, const cc_planned_run *run, cc_slice_set *set,
                               const cc_split_part *slices);
void cc_dataset_close(cc_dataset *dataset); /* takes a zeroed one */

/* Decodes every slice of a part (of the base) once, so that one that cannot be read is found before a
 * training and not after it. CC_EINTERRUPTED where a signal came; else as cc_slice_set_read. */
cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part);

/* In-plane spacing of a slice of the base, as images of it are stored with it; 0 where it is not known. */
cc_run_spacing cc_dataset_spacing(const cc_dataset *dataset, size_t slice);

#endif
