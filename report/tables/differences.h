/* report/tables/differences.h -- what the rows of a table differ in: the options of their runs' resolved
 * configs. Private to report. */
#ifndef CC_REPORT_TABLES_DIFFERENCES_H
#define CC_REPORT_TABLES_DIFFERENCES_H

#include "report/tables/table.h"

typedef struct cc_differences {
    const char *const *keys; /* "optimizer.lr", in the order of the configs */
    size_t key_count;
    const char *const
        *values; /* [row_count][key_count], as the configs print them, a list as "[1, 2]"; NULL: the row
                                  has no run, or the option does not apply to it */
} cc_differences;

/* The options in which the rows of runs differ. Left out are
 *   - what names a run and changes no method: name, variant, seed, data.fold, report
 *   - options in which the runs of one row differ among themselves
 *   - options that apply to some rows only and have one value there, such as loss.alpha where loss.type is
 *     focal in some rows and bce in others: they follow from another option, which is listed
 * A run whose config cannot be read counts as none. Of a row of several runs, those are parsed whose config
 * is another text than the first run's, its seed and fold apart. The arena owns all of it. CC_ENOMEM */
cc_status cc_differences_find(cc_differences *out, const cc_table *table, cc_arena *arena);

#endif
