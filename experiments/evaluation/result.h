/* experiments/evaluation/result.h -- a run's result file: gathers what the steps before have made, and writes
 * it.
 *
 * Nothing is computed here. The file's layout and what each field means are in results/README.md. */
#ifndef CC_EXPERIMENTS_EVALUATION_RESULT_H
#define CC_EXPERIMENTS_EVALUATION_RESULT_H

#include "experiments/evaluation/measure.h"
#include "experiments/evaluation/pictures.h"
#include "experiments/evaluation/testing.h"
#include "results/store.h"

typedef struct cc_result_source { /* all borrowed */
    const cc_planned_run *run;
    cc_run_state state; /* of the file at run->path now: missing, stale or damaged */
    const cc_test *test;
    const cc_measures *measures;
    const cc_pictures *pictures;
    const cc_run_reference *reference; /* of a roi run; NULL: none */
    const cc_backend *backend;

    /* Of a training; NULL and 0 where none was. */
    const cc_model *model;    /* with the best weights in place */
    const cc_plan *plan;      /* its inference plan, for the net's multiply-adds */
    const char *plan_choices; /* of both plans, as results/README.md has them */
    const char *log_variance; /* of the loss's terms after the last epoch; NULL: it trains none */
    const cc_run_epoch *history;
    size_t epoch_count;
    int64_t best_epoch;

    int64_t started;           /* seconds since 1970 */
    double seconds;            /* of work before the test, over all processes that had a part in it */
    int64_t peak_memory_bytes; /* results/run.h */
} cc_result_source;

/* Writes run->path. A stale or damaged file of that name is kept under another (cc_result_keep_older).
 *   CC_EIO, CC_ENOMEM  nothing of that name was made, and no older file is lost */
cc_status cc_result_write(const cc_result_source *source);

/* Renames a stale or damaged file to NAME.stale-IDENTITY or NAME.damaged, with a number after it where
 * that is taken; nothing for another state. At no time is either file lost. CC_EIO. */
cc_status cc_result_keep_older(const char *path, cc_run_state state);

#endif
