/* results/compare.h -- two runs beside each other: whether they hold the same (a writer asks it of what it
 * means and of what its file gives back), and in what they differ (`calcade compare`). */
#ifndef CC_RESULTS_COMPARE_H
#define CC_RESULTS_COMPARE_H

#include "core/arena.h"
#include "core/status.h"
#include "results/run.h"

/* Compares all that a run file holds, to the bit: NaN equals NaN of the same bits, and 0 is not -0.
 * Tensors go by name, the rest by order. Both runs' `patients` must be there where they have slices.
 *   CC_OK      they hold the same
 *   CC_EINVAL  they do not; names the first dataset or attribute that differs
 *   CC_ENOMEM */
cc_status cc_run_compare(const cc_run *a, const cc_run *b);

/* The same, but for what no two makings of one run share: when, how long (the whole and each epoch), and the
 * peak of memory. Returns as above. */
cc_status cc_run_compare_but_times(const cc_run *a, const cc_run *b);

/* The weights alone, to the bit; the counts of pixels of each test slice alone. Returns as above. */
cc_status cc_run_compare_model(const cc_run *a, const cc_run *b);
cc_status cc_run_compare_counts(const cc_run *a, const cc_run *b);
/* All that is counted from masks: the pixels of each slice, patients, stages, baselines and the challenge's
 * counts, each to the bit. Returns as above. */
cc_status cc_run_compare_masked(const cc_run *a, const cc_run *b);

/* What was measured of an earlier run, a, against a later one: the counts as above, then the rows of
 * patients, stages and baselines. What a does not know of a patient (-1, NaN), as an older program did not
 * measure it, is passed over. Returns as above. */
cc_status cc_run_compare_measures(const cc_run *a, const cc_run *b);

/* The history of the training, to the bit but for the seconds. Returns as above. */
cc_status cc_run_compare_history(const cc_run *a, const cc_run *b);

/* A field of the provenance that differs: "threads", "library oneDNN". NULL: the run does not state it. */
typedef struct cc_run_difference {
    const char *field, *a, *b;
} cc_run_difference;

/* All of them but the times of the clock. The arena, the runs and the program own the texts. CC_ENOMEM */
cc_status cc_run_differences(cc_run_difference **out, size_t *count, const cc_run *a, const cc_run *b,
                             cc_arena *arena);

#endif
