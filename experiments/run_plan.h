/* experiments/run_plan.h -- from configs to runs: each with its data, its identity and its file. */
#ifndef CC_EXPERIMENTS_RUN_PLAN_H
#define CC_EXPERIMENTS_RUN_PLAN_H

#include "core/digest.h"
#include "core/file.h"
#include "experiments/config.h"

typedef enum cc_run_state {
    CC_RUN_MISSING, /* to be made */
    CC_RUN_DONE,    /* its file has this identity */
    CC_RUN_STALE,   /* its file was made from another config, other data or other numerics */
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
    cc_digest_text identity;
    cc_digest_text weights_digest; /* of the file that net.weights names; "" without one */
    char path[CC_PATH_MAX];
    cc_run_state state;                           /* when it was planned */
    const cc_planned_run *upstream[CC_UPSTREAMS]; /* runs of the same plan that come before it; NULL: none.
                                                     Their identities are part of this one's */
    const cc_planned_run *same_as; /* an earlier run of the same identity under another name: its results are
                                      this one's; NULL: none */
};

/* What makes a run the one it is: SHA-256 of its config, data_digest, numerics version (CC_NUMERICS_VERSION,
 * or an older program's), weights_digest and the identities of the runs upstream. */
cc_status cc_planned_run_identity(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version);
/* What it is called in messages: "twin/table3-encoders resnet-34, fold 2, seed 1". */
void cc_planned_run_name(char *out, size_t capacity, const cc_planned_run *run);

/* What lies at run->path now. CC_EIO and the like where that cannot be found out; CC_EUNSUPPORTED for a file
 * of a newer calcade. */
cc_status cc_planned_run_check(cc_run_state *out, const cc_planned_run *run);

typedef struct cc_run_plan cc_run_plan;

/* Every variant of every config, in order, and before each the runs that it names under `upstream` and that
 * are not there yet: those are of their own configs, read with the flags of the first config and without
 * overrides, once however many need them. Opens
 * and digests each dataset and each file of weights once, and finds what of each run's data and split can be
 * wrong before a slice is decoded.
 *   CC_ECONFIG  two different runs would have one file; a run stands on itself, on a run of another stage or
 *               on one that deals patients differently; else what reading configs and data may give */
cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir);
void cc_run_plan_destroy(cc_run_plan *plan);

int cc_run_plan_count(const cc_run_plan *plan);
const cc_planned_run *cc_run_plan_get(const cc_run_plan *plan, int index);

#endif
