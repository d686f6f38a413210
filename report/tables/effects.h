/* report/tables/effects.h -- the main effect of each option that a table's rows differ in. Private to
 * report. */
#ifndef CC_REPORT_TABLES_EFFECTS_H
#define CC_REPORT_TABLES_EFFECTS_H

#include "report/tables/design.h"

/* For each option, a line a level: the mean of the table's first column over the levels of the other
 * options, and the difference from the option's reference level, paired by patient over all matched cells,
 * with interval and p (cc_paired_compare), p by Holm's method over all lines. The reference is the level of
 * the table's baseline row; where it has none, the first level.
 *
 * A cell is matched where the row with the same levels of all other options is there for the reference too:
 * only those are compared, and their number is in the line. A patient counts where all cells compared have
 * a score of it. Seeds are compared one by one where all cells have the same, else by each patient's mean
 * over the seeds of each.
 *
 * `data` is the same for programs. Neither has rows where the design has fewer than two options or is no
 * grid, or where nothing can be compared. The arena owns both. Source of the terms: report/tables/design.h.
 * CC_ENOMEM */
cc_status cc_table_listing_effects(cc_listing *out, cc_listing *data, const cc_table *table,
                                   const cc_design *design, cc_arena *arena);

#endif
