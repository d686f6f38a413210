/* results/contents.h -- what the files of a results folder tell of patients and of the machine, for who is
 * about to publish it.
 *
 * Run files name patients as their dataset's folders do, and keep slices, masks and the config with its
 * paths, as `calcade verify`, `rescore` and the report's figures need them; light copies (results/light.h)
 * do not, but for the names. Nothing of a DICOM header is in any of them. */
#ifndef CC_RESULTS_CONTENTS_H
#define CC_RESULTS_CONTENTS_H

#include <stddef.h>
#include "core/arena.h"
#include "core/status.h"

/* Texts are each there once, in ascending order, and the arena's. */
typedef struct cc_contents {
    size_t runs;
    const char **paths; /* absolute ones in the configs of runs */
    size_t path_count;
    const char **patients; /* as rows, pictures and masks of runs name them */
    size_t patient_count;
    const char *
        *others; /* files that are neither a run's, nor planned.tsv, nor report.yaml: checkpoints, runs
                            out of fold, older files that were kept; below the folder */
    size_t other_count;
    size_t pictures; /* slices of CT in HU */
    size_t masks;    /* slices whose masks are stored */
    size_t weights;  /* runs with weights */
} cc_contents;

/* Reads every run file below `results`. CC_ENOTFOUND: there is no such folder; CC_EFORMAT: a file is
 * damaged or no run; CC_EIO, CC_ENOMEM */
cc_status cc_contents_find(cc_contents *out, const char *results, cc_arena *arena);

/* The absolute path that a line of a resolved config ("key: value") has for its value, *length bytes of
 * it; NULL where it has none. `line` ends at a line break or zero. */
const char *cc_contents_path(size_t *length, const char *line);

#endif
