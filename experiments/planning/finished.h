/* experiments/planning/finished.h -- a finished run and the runs upstream of it, from their result files
 * alone. */
#ifndef CC_EXPERIMENTS_PLANNING_FINISHED_H
#define CC_EXPERIMENTS_PLANNING_FINISHED_H

#include "experiments/planning/run_plan.h"

typedef struct cc_finished cc_finished;

/* Opens the result at `path`. The runs upstream are found by their identity, whatever their names, below
 * `folder`; NULL: below the folder of results that `path` lies in. A file that does not state their
 * identities, as older ones, names them by its own, which theirs are part of.
 *   CC_ENOTFOUND  no such file, or the run has a checkpoint only; a run upstream is not there
 *   CC_EFORMAT    no result, or one without weights; its config cannot be used
 *   others        as cc_run_read */
cc_status cc_finished_open(cc_finished **out, const char *path, const char *folder);
/* Takes NULL. */
void cc_finished_close(cc_finished *finished);

/* As it was planned, but of no dataset: its data_digest is "". Borrowed. */
const cc_planned_run *cc_finished_run(const cc_finished *finished);

#endif
