/* experiments/planning/upstream.h -- from what a config's upstream.* names to the config of that run. */
#ifndef CC_EXPERIMENTS_PLANNING_UPSTREAM_H
#define CC_EXPERIMENTS_PLANNING_UPSTREAM_H

#include <stdbool.h>
#include "experiments/planning/run_plan.h"

/* "upstream.roi" and the like. */
const char *cc_upstream_key(cc_upstream kind);
/* The stage that such a run is of: "roi" and the like. */
const char *cc_upstream_stage(cc_upstream kind);
/* What a config names as that: "FILE" or "FILE#VARIANT"; NULL: nothing. */
const char *cc_upstream_name(const cc_experiment_config *config, cc_upstream kind);

/* Whether two configs name the same dataset. */
bool cc_config_same_data(const cc_experiment_config *a, const cc_experiment_config *b);
/* The same, and of it the same slices with the same truth. */
bool cc_config_same_slices(const cc_experiment_config *a, const cc_experiment_config *b);

/* Whether two configs on the same slices put each patient, and each slice, in the same part. */
bool cc_config_same_split(const cc_experiment_config *a, const cc_experiment_config *b);

/* The files that were read, each once, with `flags` (experiments/config/config.h) and without overrides of
 * the command line. */
typedef struct cc_upstream_files cc_upstream_files;
cc_status cc_upstream_files_create(cc_upstream_files **out, unsigned flags);
void cc_upstream_files_destroy(cc_upstream_files *files); /* takes NULL */

/* The config of the run that `of` names as `kind`; NULL where it names none. Borrowed from `files`.
 *
 * A calcification or false_positive run on the dataset of `of` takes its fold too, and must deal the patients
 * as `of` does: else a later stage would be trained, or the chain be tested, on what an earlier one must not
 * have seen.
 *   CC_ECONFIG  no such variant, or several to choose from; a run of another stage; another split */
cc_status cc_upstream_find(const cc_experiment_config **out, cc_upstream_files *files, cc_upstream kind,
                           const cc_experiment_config *of);

#endif
