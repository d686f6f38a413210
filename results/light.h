/* results/light.h -- run files without what tables do not need: small enough to be kept with a paper's
 * sources.
 *
 * A light file is a run file like any other, with the identity of the run that it is of, less its weights,
 * plan, pictures and masks: it can be scored again by `calcade rescore` no more. Absolute paths in its config
 * are cut to the names of files and folders, so that it tells nothing of the machine that it was made on. */
#ifndef CC_RESULTS_LIGHT_H
#define CC_RESULTS_LIGHT_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_light_summary {
    size_t runs;
    uint64_t bytes; /* of all of them */
} cc_light_summary;

/* Copies every run file below `results`, the report.yaml of each experiment and the list of planned runs to
 * their places below `out`, whose files of other names stay; `kind` NULL: runs of every kind. The same runs
 * give the same bytes.
 *   CC_ENOTFOUND  there is none
 *   CC_EINVAL     `out` and `results` are one folder
 *   CC_EFORMAT    a file is damaged or no run
 *   CC_EIO        the disk */
cc_status cc_light_copy(cc_light_summary *summary, const char *out, const char *results, const char *kind);

#endif
