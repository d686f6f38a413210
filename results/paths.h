/* results/paths.h -- where run files lie: OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5, K being 0 without a
 * cross-validation. */
#ifndef CC_RESULTS_PATHS_H
#define CC_RESULTS_PATHS_H

#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/file.h"

/* The path of a run's file. `experiment` may have parts ("twin/table1-roi"), `variant` has one; CC_EINVAL
 * where a part is empty, starts with '.', or holds anything but letters, digits and "._+=-,", so that no name
 * leaves `out`. */
cc_status cc_run_path(char path[CC_PATH_MAX], const char *out, const char *experiment, const char *variant,
                      int64_t fold, int64_t seed);

/* OUT of such a path: what stands before the run's own names ("." for nothing); the file's folder where the
 * path does not end with them. */
cc_status cc_run_folder(char out[CC_PATH_MAX], const char *path, const char *experiment, const char *variant,
                        int64_t fold, int64_t seed);

/* The kind of an experiment: its name's first part ("twin", "paper", "real", ...), or "other" where it has
 * one part only. */
void cc_run_kind(char *kind, size_t capacity, const char *experiment);

/* Every run file below `out` (NAME.h5; names that start with '.' and folders behind links are passed over,
 * temporary files and checkpoints have other endings), sorted by path, as paths that start with `out`. A
 * missing folder holds none. */
cc_status cc_runs_find(char ***paths, size_t *count, const char *out, cc_arena *arena);

#endif
