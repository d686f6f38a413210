/* results/manifest.h -- which runs were last asked for, and with what request: OUT/planned.tsv.
 *
 * `calcade run` merges its plan into the list before it trains; a report sees from it which run is missing
 * and which file was made from another config, other data or other numerics. Lines of text, their fields
 * parted by tabs: identity (of the request: the machine is no part of it), experiment, variant, fold, seed;
 * the first line names them. A line may be taken out by hand. */
#ifndef CC_RESULTS_MANIFEST_H
#define CC_RESULTS_MANIFEST_H

#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/file.h"
#include "core/status.h"

typedef struct cc_manifest_entry {
    const char *identity; /* as cc_run_provenance.request; 64 hexadecimal digits */
    const char *experiment, *variant;
    int64_t fold, seed; /* as in cc_run */
} cc_manifest_entry;

typedef struct cc_manifest {
    const cc_manifest_entry *entries; /* by experiment, variant, fold and seed; each once */
    size_t count;
} cc_manifest;

/* Reads the list of a results folder; none where there is no such file. The arena owns it.
 *   CC_EFORMAT a line is no entry; names file and line */
cc_status cc_manifest_read(cc_manifest *out, const char *results, cc_arena *arena);

/* Replaces the list as a whole, and makes the folder. For one who knows that nobody else does so now
 * (experiments/planning/planned.h takes a claim on the file that cc_manifest_path names).
 *   CC_EINVAL an experiment, variant, fold or seed that no path could have · CC_EIO */
cc_status cc_manifest_write(const char *results, const cc_manifest *manifest);
cc_status cc_manifest_path(char path[CC_PATH_MAX], const char *results);

/* Adds entries to the list, in place of those of the same run, as above. Also CC_EFORMAT. */
cc_status cc_manifest_merge(const char *results, const cc_manifest_entry *entries, size_t count);

/* Both lists as one, `entries` (any order) in place of those of the same run in `old`. The arena owns the
 * list, which borrows all texts. */
cc_status cc_manifest_join(cc_manifest *out, const cc_manifest *old, const cc_manifest_entry *entries,
                           size_t count, cc_arena *arena);

/* The entry of a run; NULL where it was never planned. */
const cc_manifest_entry *cc_manifest_find(const cc_manifest *manifest, const char *experiment,
                                          const char *variant, int64_t fold, int64_t seed);

#endif
