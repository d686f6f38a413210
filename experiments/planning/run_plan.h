/* experiments/planning/run_plan.h -- from configs to runs: each with its data, its identity and its file.
 *
 * A run has two digests. Its request is what was asked for: config, data, weights, and the requests of the
 * runs upstream. Its identity is that of its bytes: the same with the machine
 * (experiments/planning/machine.h) and with the identities of the runs upstream as they were made. A file
 * that was made as requested on another machine is done, and keeps its identity, which those of the runs that
 * stand on it are then of; only where the config states train.threads and the file has another number is it
 * made anew. */
#ifndef CC_EXPERIMENTS_PLANNING_RUN_PLAN_H
#define CC_EXPERIMENTS_PLANNING_RUN_PLAN_H

#include "core/digest.h"
#include "core/file.h"
#include "experiments/config/config.h"
#include "experiments/planning/machine.h"

typedef enum cc_run_state {
    CC_RUN_MISSING, /* to be made */
    CC_RUN_DONE,    /* its file is of this request and of these runs upstream */
    CC_RUN_STALE,   /* it was made from another config, other data, other runs upstream or other numerics; or
                       with another number of threads than the config states */
    CC_RUN_DAMAGED, /* its file cannot be read as a run: to be made again */
} cc_run_state;

typedef enum cc_upstream {
    CC_UPSTREAM_REFERENCE,
    CC_UPSTREAM_ROI,
    CC_UPSTREAM_CALCIFICATION,
    CC_UPSTREAM_FALSE_POSITIVE,
    CC_UPSTREAMS
} cc_upstream;

typedef struct cc_planned_run cc_planned_run;
struct cc_planned_run {
    const cc_experiment_config *config; /* borrowed; what net.weights asks of the net is in it */
    cc_digest_text data_digest;         /* "": of no dataset, as a scan that is predicted */
    cc_digest_text split_digest;        /* of a split that a file gives, for this fold; "": none does */
    cc_digest_text request;
    cc_digest_text identity; /* of its file where that is done, else of the one to be made; but a plan chosen
                                by the clock is in the file's alone */
    cc_digest_text weights_digest; /* of the file that net.weights names; "" without one */
    int threads;                   /* that it is made with; 0: nothing is to be made */
    bool threads_of_checkpoint; /* those are what its checkpoint was made with, not what it would be given */
    cc_machine here;            /* what it would be made with; without a backend: nothing is to be made */
    /* The text that `identity` is of; "": an older file, which does not say. */
    char machine[CC_MACHINE_BYTES];
    /* In what its file, done elsewhere or stale for its threads, differs from one that is made here; else
     * "". */
    char difference[2 * CC_MACHINE_BYTES];
    char path[CC_PATH_MAX];
    cc_run_state state;                           /* when it was planned */
    const cc_planned_run *upstream[CC_UPSTREAMS]; /* runs of the same plan that come before it; NULL: none.
                                                     Their identities are part of this one's */
    const cc_planned_run *same_as; /* an earlier run of the same identity under another name: its results are
                                      this one's; NULL: none */
};

/* SHA-256 of its config, data_digest, numerics version (CC_NUMERICS_VERSION, or an older program's),
 * weights_digest, split_digest, the identities of the runs upstream and `machine`; NULL or "": without one,
 * as programs up to numerics version 4 wrote it. */
cc_status cc_planned_run_identity(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version,
                                  const char *machine);
/* What it is called in messages: "twin/table3-encoders resnet-34, fold 2, seed 1". */
void cc_planned_run_name(char *out, size_t capacity, const cc_planned_run *run);

/* What lies at run->path now, of the runs upstream as the plan knows them. CC_EIO and the like where that
 * cannot be found out; CC_EUNSUPPORTED for a file of a newer calcade. */
cc_status cc_planned_run_check(cc_run_state *out, const cc_planned_run *run);

typedef struct cc_run_plan cc_run_plan;

/* Every variant of every config, in order, and before each the runs that it names under `upstream` and that
 * are not there yet: those are of their own configs, read with the flags of the first config and without
 * overrides, once however many need them. Opens
 * and digests each dataset and each file of weights once, and finds what of each run's data and split can be
 * wrong before a slice is decoded. Runs are to be made by `backend`, with `threads` where their config states
 * none; NULL and 0: none is, and what lies there is taken as it is.
 *   CC_EUNSUPPORTED  the backend lacks a loss or an optimiser
 *   CC_ECONFIG  two different runs would have one file; a run stands on itself, on a run of another stage or
 *               on one that deals patients differently; else what reading configs and data may give */
cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir, const cc_backend *backend, int threads);
void cc_run_plan_destroy(cc_run_plan *plan);

int cc_run_plan_count(const cc_run_plan *plan);
const cc_planned_run *cc_run_plan_get(const cc_run_plan *plan, int index);

/* Looks again at the files of a run and of those that it stands on, which may have been made since, here or
 * by another process: their states and identities, and so its own. To be called before a run is made. */
cc_status cc_run_plan_refresh(cc_run_plan *plan, int index);

#endif
