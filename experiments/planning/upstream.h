/* experiments/planning/upstream.h -- the runs that a run needs before it: from what its config names under
 * upstream.* to the config of each. */
#ifndef CC_EXPERIMENTS_PLANNING_UPSTREAM_H
#define CC_EXPERIMENTS_PLANNING_UPSTREAM_H

#include <stdbool.h>
#include "experiments/config/config.h"

enum { CC_MEMBERS_MAX = 64 }; /* runs that one ensemble combines */

/* What a run may need of runs before it, by the config's key upstream.NAME. */
typedef enum cc_upstream {
    CC_UPSTREAM_REFERENCE,
    CC_UPSTREAM_ROI,
    CC_UPSTREAM_CALCIFICATION,
    CC_UPSTREAM_FALSE_POSITIVE,
    CC_UPSTREAMS
} cc_upstream;

/* "upstream.roi" and the like. */
const char *cc_upstream_key(cc_upstream kind);
/* The stage that such a run is of: "roi" and the like. The calcification of a cascade may be an ensemble
 * too. */
const char *cc_upstream_stage(cc_upstream kind);
/* What a config names as that: "FILE" or "FILE#VARIANT"; NULL: nothing. */
const char *cc_upstream_name(const cc_experiment_config *config, cc_upstream kind);

/* The files that were read, each once, with `flags` (experiments/config/config.h) and without overrides of
 * the command line. */
typedef struct cc_upstream_files cc_upstream_files;
cc_status cc_upstream_files_create(cc_upstream_files **out, unsigned flags);
void cc_upstream_files_destroy(cc_upstream_files *files); /* takes NULL */

/* The config of the run that `of` names as `kind`; NULL where it names none. Borrowed from `files`.
 *
 * A calcification or false_positive run on the dataset of `of` takes its fold too, and must split the
 * patients as `of` does: else a later stage would be trained, or the cascade be tested, on patients whom an
 * earlier one was trained on.
 *   CC_ECONFIG  no such variant, or several to choose from; a run of another stage; another split
 *   others      as cc_config_load */
cc_status cc_upstream_find(const cc_experiment_config **out, cc_upstream_files *files, cc_upstream kind,
                           const cc_experiment_config *of);

/* The configs of the runs that an ensemble combines (upstream.members, ensemble.seeds, ensemble.folds), in
 * the order of the list and, within a file, of its variants. Borrowed from `files`.
 *
 * On the dataset of `of` a member has its fold: one without a fold takes it, one of another fold is passed
 * over. With ensemble.out_of_fold all folds are members.
 *   CC_ECONFIG  no run is left of a file, or more than CC_MEMBERS_MAX in all; a member is an ensemble; its
 *               split does not suit the fold that it would take
 *   others      as cc_config_load */
cc_status cc_upstream_members(const cc_experiment_config *const **out, int *count, cc_upstream_files *files,
                              const cc_experiment_config *of);

#endif
