/* report/gate/rows.h -- the runs of one row, in an earlier state and now: whether they are the same, and
 * what they differ in. Private to report. */
#ifndef CC_REPORT_GATE_ROWS_H
#define CC_REPORT_GATE_ROWS_H

#include "report/tables/table.h"

/* NULL: there is nothing of that sort. */
typedef struct cc_gate_row {
    const char *lost;    /* runs that the row was made from and is not any more, and why */
    const char *gained;  /* runs that it was not made from */
    const char *changed; /* of the first run that is not the same: what differs first in it */
    const char *why; /* options that differ, "optimizer.lr: 0.01, was 0.001"; else other data, machine, ... */
} cc_gate_row;

/* Compares the runs of two rows, each with that of the same experiment, variant, fold and seed: counts of
 * every slice, what was measured of patients, stages and baselines, and weights where both files hold
 * them.
 *   now    NULL: there is no such row any more
 *   runs   all that there are now, which say why a run is lost
 * Files are read again, one pair at a time. The arena owns the texts. As cc_run_read */
cc_status cc_gate_row_compare(cc_gate_row *out, const cc_table_row *before, const cc_table_row *now,
                              const cc_report_runs *runs, cc_arena *arena);

#endif
