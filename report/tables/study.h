/* report/tables/study.h -- tables that nobody wrote down: one for each experiment of several runs that no table
 * of tables.yaml has. Private to report. */
#ifndef CC_REPORT_TABLES_STUDY_H
#define CC_REPORT_TABLES_STUDY_H

#include "report/tables/spec.h"
#include "results/manifest.h"

/* Variants that such a table has at most: of a search of thousands the list of runs is the better table. */
enum { CC_STUDY_ROWS_MAX = 200 };

/* Adds a specification for every experiment that has at least two runs (variants, folds or seeds), at most
 * CC_STUDY_ROWS_MAX variants, and no row in any of *specs: a row a variant, numbers in a variant's name sorted as
 * numbers; F1, precision and recall as means over patients, 0/0 left out. Which runs there are is told by the list
 * of planned runs and by the paths of the files below `results`. Experiments that differ in their kind alone
 * (twin/x, real/x) share one specification. *specs becomes a new array; the arena owns all of it. */
cc_status cc_study_specs_add(cc_spec **specs, size_t *count, const cc_manifest *planned, const char *results,
                             cc_arena *arena);

#endif
