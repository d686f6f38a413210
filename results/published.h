/* results/published.h -- the paper's own tables, as data inside the program (published.yaml). */
#ifndef CC_RESULTS_PUBLISHED_H
#define CC_RESULTS_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/status.h"

enum { CC_PUBLISHED_COLUMNS = 3 };

typedef struct cc_published_row {
    const char *label;
    double percent[CC_PUBLISHED_COLUMNS]; /* in the order of the columns; as printed */
    int decimals[CC_PUBLISHED_COLUMNS];   /* how many are printed */
} cc_published_row;

typedef struct cc_published_table {
    int id;
    const char *title;
    const cc_published_row *rows, *summary; /* summary: means and deviations that the table prints */
    size_t row_count, summary_count;
} cc_published_table;

/* A sum or a product that a text states or implies. */
typedef struct cc_published_count {
    const char *what;
    bool product; /* else a sum */
    const double *terms;
    size_t term_count; /* at least 1 */
    double equals;     /* what the text has for it */
} cc_published_count;

typedef struct cc_published {
    const char *source;
    const char *columns[CC_PUBLISHED_COLUMNS]; /* "f1", "precision", "recall" */
    const cc_published_table *tables;
    size_t table_count;
    const cc_published_count *counts; /* `counts:` of the file; optional */
    size_t count_count;
} cc_published;

/* Parses tables from YAML; CC_ECONFIG names file and line. The arena owns all of it. */
cc_status cc_published_parse(cc_published *out, const char *text, size_t bytes, const char *file,
                             cc_arena *arena);
/* Reads a file; CC_ENOTFOUND and CC_EIO name it. `path` must live as long as the arena. */
cc_status cc_published_read(cc_published *out, const char *path, cc_arena *arena);
/* The paper's. */
cc_status cc_published_get(cc_published *out, cc_arena *arena);

/* The value of a column ("f1") in a row or summary row (its label) of a table, in percent; NaN where there is
 * none. */
double cc_published_value(const cc_published *published, int table, const char *row, const char *column);

#endif
