/* results/layout.h -- what stands where in a run file: the tables that writer and reader share. Private to
 * results. A new column is a field of the row (store.h), a line here and a line of results/README.md. */
#ifndef CC_RESULTS_LAYOUT_H
#define CC_RESULTS_LAYOUT_H

#include "core/arena.h"
#include "results/hdf.h"
#include "results/run.h"

#define CC_RUN_FORMAT "calcade-run"

extern const cc_hdf_table cc_layout_history, cc_layout_slices, cc_layout_patients, cc_layout_stages,
    cc_layout_baselines, cc_layout_challenge, cc_layout_calibration, cc_layout_masks;

/* The texts of /provenance, by attribute and place in cc_run_provenance. */
typedef struct cc_layout_text {
    const char *name;
    size_t offset;
} cc_layout_text;
extern const cc_layout_text cc_layout_provenance[]; /* ends with a NULL name */

/* Sums the slices of each patient, in the order of their first slice; calcium is not known. The arena owns
 * *out. */
cc_status cc_layout_sum_patients(const cc_run_patient **out, size_t *count, const cc_run_slice *slices,
                                 size_t slice_count, cc_arena *arena);

/* Refuses a tensor with a NaN or an infinite value: no net has such a weight unless its training went
 * wrong. Names the tensor and how many there are. */
cc_status cc_layout_check_tensor(const cc_run_tensor *tensor);

/* Refuses cuts that contradict the patients' counts or each other. */
cc_status cc_layout_check_cuts(const cc_run_cuts *cuts, const cc_run_patient *rows, size_t count);

/* Refuses what no run may have: an experiment, variant, fold or seed without a path, a missing stage,
 * negative counts, a stage's row without its names. */
cc_status cc_layout_check(const cc_run *run);

#endif
