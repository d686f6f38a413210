/* report/tables/study.h -- tables that no file of tables names: one for each experiment of several runs,
 * looking as the `report:` block of its config says. Private to report. */
#ifndef CC_REPORT_TABLES_STUDY_H
#define CC_REPORT_TABLES_STUDY_H

#include "report/tables/spec.h"
#include "results/manifest.h"
#include "results/report_block.h"

enum {
    CC_STUDY_ROWS_MAX =
        200, /* variants of such a table: of a search of thousands the list of runs is the better one */
    CC_STUDY_BASELINES_MAX = 2
};

/* Where it is told which runs there are, and what their experiments say of their tables. */
typedef struct cc_study_sources {
    const cc_manifest *planned;
    const char *results;           /* folder of run files, with a report.yaml beside those of an experiment */
    const cc_report_block *blocks; /* what stands in place of such a file */
    size_t block_count;
} cc_study_sources;

/* Adds a specification for every experiment that has at least two runs (variants, folds or seeds), at most
 * CC_STUDY_ROWS_MAX variants, and no row in any of *specs: a row a variant, planned or run, in the order of
 * the experiment's block, else with the numbers in variants' names sorted as numbers; then the rows without a
 * net that the block asks for. What the block leaves open is as results/report_block.h says; a block that is
 * damaged, or names variants that are not there, is warned of and passed over. Experiments that differ in
 * their kind alone (twin/x, real/x) have a specification each, of one id. *specs becomes a new array; the
 * arena owns all of it. */
cc_status cc_study_specs_add(cc_spec **specs, size_t *count, const cc_study_sources *from, cc_arena *arena);

#endif
