/* results/report_block.h -- what an experiment's config says of its table, kept beside its runs:
 * OUT/EXPERIMENT/report.yaml.
 *
 * A run's file knows one variant; which variants an experiment has, in which order, and how a table of them
 * is labelled, is said by its config alone. `calcade run` therefore writes it here, and `calcade report`,
 * which may run on another machine, reads it back. The file is YAML, to be read and mended by hand:
 *
 *     variants: [original, modified]     in the order of the matrix
 *     report: {title: ..., columns: ..., labels: ..., ...}      the block of the config, resolved
 *
 * configs/README.md lists the words of the block. Here the text is kept as it is: the config has checked it
 * (experiments/config/config_report.h), and the report alone gives it a meaning (report/tables/study.h). */
#ifndef CC_RESULTS_REPORT_BLOCK_H
#define CC_RESULTS_REPORT_BLOCK_H

#include "core/arena.h"
#include "core/status.h"

/* What a table has where a block does not say otherwise: YAML, as a config's default and as the report reads
 * it. */
#define CC_REPORT_BLOCK_COLUMNS "[f1, precision, recall]"
#define CC_REPORT_BLOCK_AVERAGE "patient_mean"
#define CC_REPORT_BLOCK_EMPTY   "with_truth"

typedef struct cc_report_block {
    const char *experiment; /* "twin/table1-roi", "rates" */
    const char *text;       /* the file's text; NULL: there is none */
    const char *where;      /* the file that messages name */
} cc_report_block;

/* Writes a block to its place below `results`, whole or not at all; nothing is written where the same text
 * lies there, so that processes that plan the same runs at once do not disturb each other.
 *   CC_EINVAL  the experiment is no name that a path could have
 *   CC_ENOTFOUND, CC_EIO  the folder cannot be made, or the disk fails */
cc_status cc_report_block_write(const char *results, const cc_report_block *block);

/* Reads the block of an experiment; text NULL where it has no file. The arena owns all of it.
 *   CC_EINVAL as above · CC_EFORMAT it is larger than any that is meant · CC_EIO */
cc_status cc_report_block_read(cc_report_block *out, const char *results, const char *experiment,
                               cc_arena *arena);

#endif
