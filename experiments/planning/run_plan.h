/* experiments/planning/run_plan.h -- from configs to runs: each with its data, its identity and its file.
 *
 * A run has two digests (SHA-256):
 *     request    what was asked for: config, data, weights to start from, the requests of the runs upstream
 *     identity   what its bytes depend on: config, data, weights, the machine (machine.h), and the identities
 *                of the runs upstream as they were made
 * A run of stage 3 with upstream.out_of_fold needs more runs than its config names: of stage 2, one for each
 * inner fold of the patients that it trains and validates on, with the config of upstream.calcification and
 * that fold as test part (data.split.inner_fold). They lie in a folder whose name begins with a point,
 * OUT/.out-of-fold/FOLD-of-FOLDS/EXPERIMENT/VARIANT/fold-K/seed-S.h5, and are on no list of planned runs: no
 * report takes them for rows.
 *
 * A file that was made as requested on another machine is done and keeps its identity, which those of the
 * runs that need it are then digested from. Only where the config states train.threads and the file has
 * another number is it made anew. */
#ifndef CC_EXPERIMENTS_PLANNING_RUN_PLAN_H
#define CC_EXPERIMENTS_PLANNING_RUN_PLAN_H

#include "core/digest.h"
#include "core/file.h"
#include "datasets/slices.h"
#include "experiments/config/config.h"
#include "experiments/planning/machine.h"
#include "experiments/planning/upstream.h"

typedef enum cc_run_state {
    CC_RUN_MISSING, /* to be made */
    CC_RUN_DONE,    /* its file is of this request and of these runs upstream */
    CC_RUN_STALE,   /* it was made from another config, other data, other runs upstream or by another numerics
                       version; or with another number of threads than the config states */
    CC_RUN_DAMAGED, /* its file cannot be read as a run: to be made again */
} cc_run_state;

typedef struct cc_planned_run cc_planned_run;
struct cc_planned_run {
    const cc_experiment_config *config; /* borrowed; what the file of net.weights asks of the net is in it */
    const char *folder;                 /* of results, which it belongs to; NULL: a finished run, by itself */
    char path[CC_PATH_MAX];             /* of its result */
    /* Runs before it in the same plan; NULL: none of that kind. */
    const cc_planned_run *upstream[CC_UPSTREAMS];
    /* Stage 3: the runs of stage 2 that predict whom it learns from, by inner fold. 0: that of `upstream`
     * does. */
    const cc_planned_run *const *out_of_fold;
    int out_of_fold_count;
    /* Of an ensemble: the runs that it combines, in their order; else none. */
    const cc_planned_run *const *members;
    int member_count;
    bool is_out_of_fold; /* one of those of another run */
    /* The first variant that it was planned for, itself or as a run upstream: the number of its config among
     * those of the plan, and its own in that config. */
    int config_number, variant_number;
    /* An earlier run of the same identity under another name, whose results are copied; NULL: none. */
    const cc_planned_run *same_as;

    cc_digest_text data_digest;    /* "": of no dataset, as a scan that is predicted */
    cc_digest_text data_stamp;     /* of its files when they were digested; "": who reads them sees a change */
    cc_digest_text split_digest;   /* of the split that a file gives, for its fold; "": none does */
    cc_digest_text weights_digest; /* of the file that net.weights names; "" without one */
    cc_digest_text request;
    /* Of its file where that is done, else of the one to be made. Where plans choose algorithms by timing
     * them, the choice is in the identity of the file alone. */
    cc_digest_text identity;
    char machine[CC_MACHINE_BYTES]; /* the text that `identity` digests; "": an older file, without one */

    cc_run_state state;         /* when it was planned or refreshed */
    cc_machine here;            /* what it would be made with; zero where nothing is to be made */
    int threads;                /* that it would be made with; 0: nothing is to be made */
    bool threads_of_checkpoint; /* those are what its checkpoint was made with, not what it would be given */
    /* Of a file that is done elsewhere, or stale for its threads: in what it differs from one that would be
     * made here; else "". */
    char difference[2 * CC_MACHINE_BYTES];
};

/* Whether a run needs another, directly: as one upstream, or as what it is to be a copy of. */
bool cc_planned_run_needs(const cc_planned_run *run, const cc_planned_run *other);

/* SHA-256 of its config, data_digest, numerics version (CC_NUMERICS_VERSION, or an older program's),
 * weights_digest, split_digest, the identities of the runs upstream (those out of fold too) and
 * `machine`; NULL or "": without one, as programs up to numerics version 4 wrote it. CC_ENOMEM. */
cc_status cc_planned_run_identity(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version,
                                  const char *machine);
/* What it is called in messages: "twin/table3-encoders resnet-34, fold 2, seed 1". */
void cc_planned_run_name(char *out, size_t capacity, const cc_planned_run *run);

/* The state of the file that lies at run->path now; of the runs upstream what the plan knows counts.
 *   CC_EIO          what is there cannot be looked at, or is no file
 *   CC_EUNSUPPORTED a file of a newer calcade
 *   others          as cc_run_read */
cc_status cc_planned_run_check(cc_run_state *out, const cc_planned_run *run);

typedef struct cc_run_plan cc_run_plan;

/* Every variant of every config, in order, and before each the runs that it names under `upstream`, once
 * however many need them. Those are of their own configs, read with the flags of the first config and without
 * overrides. Opens and digests each dataset and each file of weights once, and finds what can be wrong with a
 * run's data and split before a slice is decoded. Runs are to be made by `backend`, with `threads` where
 * their config states none; NULL and 0: nothing is to be made, and files are taken as they are.
 *   CC_EUNSUPPORTED  the backend lacks a loss or an optimiser
 *   CC_ECONFIG       two different runs would have one file; a run is upstream of itself; an upstream run is
 *                    of another stage, or splits the same patients otherwise; patients for
 *                    upstream.out_of_fold are too few, or not dealt as wholes
 *   others           as cc_config_load, cc_data_open, cc_data_split and cc_planned_run_check */
cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir, const cc_backend *backend, int threads);
/* The same where nothing is to be made, and no result is looked at: each is CC_RUN_MISSING. For who wants the
 * requests of a thousand runs alone, and looks at their files otherwise (planning/sweep_status.h). */
cc_status cc_run_plan_create_unread(cc_run_plan **out, cc_config *const *configs, int config_count,
                                    const char *results_dir);
void cc_run_plan_destroy(cc_run_plan *plan); /* takes NULL */

/* A part of a plan that was made before: the variants that are chosen, in this order, with the runs that they
 * need; digests are those of that plan, and no dataset is opened. */
typedef struct cc_run_plan_part {
    const struct cc_run_plan_choice { int config, variant; } * choices;
    int choice_count;
    /* The runs of that plan by the path of their file. */
    const struct cc_run_plan_known {
        const char *path, *data_digest, *data_stamp, *weights_digest;
    } * known;
    int known_count;
} cc_run_plan_part;

/* As cc_run_plan_create. CC_ECONFIG too where a run is none of that plan. */
cc_status cc_run_plan_create_part(cc_run_plan **out, cc_config *const *configs, const cc_run_plan_part *part,
                                  const char *results_dir, const cc_backend *backend, int threads);

int cc_run_plan_count(const cc_run_plan *plan);
/* From 0, upstream runs before those that need them. Borrowed. */
const cc_planned_run *cc_run_plan_get(const cc_run_plan *plan, int index);

/* Looks again at the files of a run and of those that it needs, which may have been made since, here or by
 * another process: their states and identities, and so its own. To be called before a run is made. As
 * cc_planned_run_check. */
cc_status cc_run_plan_refresh(cc_run_plan *plan, int index);

#endif
