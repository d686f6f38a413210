/* experiments/evaluation/result.h -- from a trained net to its result file: test counts, weights, examples,
 * provenance. */
#ifndef CC_EXPERIMENTS_EVALUATION_RESULT_H
#define CC_EXPERIMENTS_EVALUATION_RESULT_H

#include "experiments/cascade/dataset.h"
#include "results/store.h"

typedef struct cc_result_source { /* all borrowed */
    const cc_planned_run *run;
    cc_run_state state; /* of the file that is there now: missing, stale or damaged */
    const cc_dataset *dataset;
    const cc_model *model; /* that was trained, with the best weights in place; NULL: none was */
    cc_plan *plan;         /* inference of the net that is tested; NULL: there is no window to look at */
    const cc_backend *backend;
    const char
        *plan_choices; /* the plans' choices, as results/README.md has them; NULL: nothing was trained */
    const cc_run_epoch *history;
    size_t epoch_count;
    int64_t best_epoch; /* 0: none */
    int64_t started;    /* seconds since 1970 */
    double seconds;     /* of work, over all processes that had a part in it */
} cc_result_source;

/* Tests the net and writes run->path. A stale or damaged file of that name is kept as
 * NAME.stale-IDENTITY or NAME.damaged, with a number behind where that is taken. */
cc_status cc_result_write(const cc_result_source *source);

/* Gives a stale or damaged file such a name, its own being free for a new one; nothing for another state. At
 * no time is either lost. */
cc_status cc_result_keep_older(const char *path, cc_run_state state);

/* Makes the file of a run that is the same as an earlier one of its plan (run->same_as) from that one's: the
 * same numbers under its own experiment and variant. *made is false where it is there already. */
cc_status cc_result_copy(bool *made, const cc_planned_run *run);

#endif
