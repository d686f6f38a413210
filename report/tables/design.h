/* report/tables/design.h -- a table's rows as a factorial design: options with their levels, and the row of
 * each combination. Private to report.
 *
 * Source of the terms (factor, level, cell, main effect): Montgomery, Design and Analysis of Experiments
 * (2012), chapter 5. A factor is called option here. */
#ifndef CC_REPORT_TABLES_DESIGN_H
#define CC_REPORT_TABLES_DESIGN_H

#include "report/tables/differences.h"

#define CC_DESIGN_NONE ((size_t)-1)

typedef struct cc_design_option {
    const char
        *name; /* "optimizer.lr"; of options that always change together, all names: "net.depth, net.width" */
    size_t level_count;
    const char *const
        *levels; /* ascending where all are numbers, else in the order of the rows; "not set" where the
                                  option does not apply, of several names the values joined by commas */
    const double *numbers;  /* the levels of one name as numbers; NULL where one is none */
    const size_t *level_of; /* [row_count]; CC_DESIGN_NONE: the row takes no part, as it has no run */
} cc_design_option;

typedef struct cc_design {
    const cc_design_option *options;
    size_t option_count, row_count;
    bool is_grid; /* each combination of levels is one row at most, and three quarters of them are there */
} cc_design;

/* The design of a table whose rows differ so. The arena owns it, and it borrows from `differences`.
 * CC_ENOMEM */
cc_status cc_design_find(cc_design *out, const cc_table *table, const cc_differences *differences,
                         cc_arena *arena);

/* The row with the levels of `row`, but for `option` at `level`; CC_DESIGN_NONE where there is none. `row`
 * takes part. */
size_t cc_design_match(const cc_design *design, size_t row, size_t option, size_t level);

#endif
