/* report/gate/state.h -- an earlier state of the results, as tables: what a report is compared with.
 * Private to report.
 *
 * A state is a folder of run files, light ones too (results/light.h): its runs, the tables that this
 * program makes of them, and the verdicts on the tables' claims. Counts are read and scores computed anew,
 * so that what changed is the runs, never the way of scoring. */
#ifndef CC_REPORT_GATE_STATE_H
#define CC_REPORT_GATE_STATE_H

#include "report/tables/table.h"

typedef struct cc_gate_state {
    const char *where; /* its folder */
    cc_report_runs runs;
    const cc_table *const *tables; /* table_count: those with something to show, for each kind of runs */
    size_t table_count;
    cc_arena **arenas; /* arena_count: one for each table, and one for the rest */
    size_t arena_count;
} cc_gate_state;

/* Reads a state. `tables`: a file of tables, NULL: the program's own; `kind`: tables of that kind alone,
 * NULL: of all. A run of other numerics than this program's counts here: the earlier state may be of an
 * older program.
 *   CC_ENOTFOUND  no run file below `results`
 *   CC_EFORMAT    none of them can be read
 *   others        as cc_specs_read and cc_manifest_read */
cc_status cc_gate_state_read(cc_gate_state *out, const char *results, const char *tables, const char *kind);
void cc_gate_state_deinit(cc_gate_state *state); /* takes one that was read half way */

#endif
