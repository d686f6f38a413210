/* metrics/test_sets.h -- the test sets of several runs as folds, seeds and patients, and each patient's
 * part in a score.
 *
 * Every score of a run, under any convention, is a ratio N/D of sums over patients: of a score's
 * numerators and denominators where pixels are pooled (F1: 2 tp over 2 tp + fp + fn), else of the scores
 * and of how many there are. Rows are read once into what all conventions need of a patient in a run; a
 * convention turns that into shares of N and D. For metrics/interval.h. */
#ifndef CC_METRICS_TEST_SETS_H
#define CC_METRICS_TEST_SETS_H

#include <stdbool.h>
#include "core/arena.h"
#include "metrics/overlap.h"

/* The test set of one run. Patients are numbered alike in all runs that are taken together. */
typedef struct cc_sample {
    const cc_count_row *rows;
    size_t count;
    int64_t fold, seed;
} cc_sample;

/* N and D of each score of one patient in one run. */
typedef struct cc_share {
    double numerator[CC_SCORES], denominator[CC_SCORES];
} cc_share;

/* One patient in one run: counts, and of the slices' scores what each way to treat 0/0 needs. */
typedef struct cc_test_patient {
    cc_counts counts;
    bool here;                               /* has a slice in this run */
    double sum[CC_SCORES], known[CC_SCORES]; /* over slices: scores that are not 0/0, and their number */
    double true_sum[CC_SCORES], true_known[CC_SCORES]; /* the same of slices with truth */
    double empty[CC_SCORES];                           /* slices that are 0/0 */
} cc_test_patient;

/* Runs of one fold, those of one seed together. Patients of a fold are numbered anew, from 0. */
typedef struct cc_test_fold {
    size_t first, runs, seeds, patients;
    uint32_t *members; /* [patients] their numbers in the samples */
} cc_test_fold;

typedef struct cc_test_sets {
    const cc_sample **runs; /* [run_count] by fold, then seed; borrowed */
    size_t *seeds;          /* [run_count] the place of the run's seed in its fold */
    size_t run_count, seed_count;
    cc_test_fold *folds;
    size_t fold_count;
    uint32_t patients;         /* numbers of patients are below this */
    cc_test_patient **in_runs; /* [run][patient of its fold] */
    cc_share **shares;         /* [run][patient of its fold], of the convention at hand */
    cc_arena *arena;           /* borrowed; holds all of the above */
} cc_test_sets;

/* Reads the runs' rows. The runs stay the caller's and must live on.
 *   CC_EINVAL a count is negative · CC_ENOMEM */
cc_status cc_test_sets_read(cc_test_sets *out, const cc_sample *runs, size_t run_count, cc_arena *arena);

/* Sets every share. D is 0 where a patient has no part in the score. */
void cc_test_sets_share(cc_test_sets *sets, cc_convention convention);

#endif
