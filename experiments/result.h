/* experiments/result.h -- from a trained net to its result file: test counts, weights, examples, provenance.
 */
#ifndef CC_EXPERIMENTS_RESULT_H
#define CC_EXPERIMENTS_RESULT_H

#include "experiments/evaluate.h"
#include "experiments/run_plan.h"
#include "results/store.h"

typedef struct cc_result_source { /* all borrowed */
    const cc_planned_run *run;
    cc_run_state state; /* of the file that is there now: missing, stale or damaged */
    const cc_dataset *dataset;
    const cc_model *model; /* with the best weights in place */
    const cc_backend *backend;
    const char *plan; /* the plans' choices, as results/README.md has them */
    cc_evaluator *evaluator; /* over the test part */
    const cc_run_epoch *history;
    size_t epoch_count;
    int64_t best_epoch;
    int64_t started; /* seconds since 1970 */
    double seconds;  /* of work, over all processes that had a part in it */
} cc_result_source;

/* Tests the net and writes run->path. A stale or damaged file of that name is kept as
 * NAME.stale-IDENTITY or NAME.damaged, with a number behind where that is taken. */
cc_status cc_result_write(const cc_result_source *source);

#endif
