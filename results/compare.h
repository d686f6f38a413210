/* results/compare.h -- whether two runs hold the same: what a writer means and what a reader finds in its
 * file. */
#ifndef CC_RESULTS_COMPARE_H
#define CC_RESULTS_COMPARE_H

#include "core/status.h"
#include "results/run.h"

/* Compares all that a run file holds, to the bit: NaN equals NaN of the same bits, and 0 is not -0.
 * Tensors go by name, the rest by order. Both runs' `patients` must be there where they have slices.
 *   CC_OK      they hold the same
 *   CC_EINVAL  they do not; names the first dataset or attribute that differs
 *   CC_ENOMEM */
cc_status cc_run_compare(const cc_run *a, const cc_run *b);

#endif
