/* report/tables/listing.h -- a table as it is shown: heads, cells, notes. Private to report.
 *
 * Whoever fills a listing knows nothing of formats; a format (render.h) knows nothing of what a listing is
 * about.
 */
#ifndef CC_REPORT_TABLES_LISTING_H
#define CC_REPORT_TABLES_LISTING_H

#include "report/runs.h"

/* Lines below a table; the arena owns them. */
typedef struct cc_notes {
    const char **items;
    size_t count, capacity;
    cc_arena *arena;
    bool failed; /* memory was out */
} cc_notes;

void cc_notes_add(cc_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct cc_listing_cell {
    const char *text;                 /* NULL: there is nothing, a dash */
    const char *tail;                 /* behind it, never strong: "[70.1, 85.2]"; NULL: none */
    bool strong;                      /* the best of its column */
    const cc_report_run *const *runs; /* those that a number comes from */
    size_t run_count;
    bool every_run; /* each is linked; else the first few, which keeps pages of long studies small */
    const cc_report_run *anchor; /* links to this run lead here; NULL: to none */
} cc_listing_cell;

typedef struct cc_listing {
    const char *id, *kind, *title, *caption; /* id "": a list without a file; kind "": of no kind */
    const char **heads;                      /* columns */
    size_t columns, rows;                    /* rows: those in use */
    size_t text_columns; /* the first ones hold texts, set left and escaped; the others numbers */
    cc_listing_cell *cells;
    bool *rules; /* a line above that row */
    cc_notes notes;
    cc_arena *arena;
    bool failed; /* memory was out: cc_listing_check reports it */
} cc_listing;

/* Room for `rows` rows of `columns` columns, empty. The arena owns all of it. */
cc_status cc_listing_init(cc_listing *out, size_t columns, size_t rows, cc_arena *arena);
/* Borrowed, to be filled. */
cc_listing_cell *cc_listing_at(cc_listing *listing, size_t row, size_t column);
/* Writes a cell's text; the cell is given back. */
cc_listing_cell *cc_listing_put(cc_listing *listing, size_t row, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same of a number; NaN leaves the dash. The format takes one double. */
cc_listing_cell *cc_listing_put_number(cc_listing *listing, size_t row, size_t column, const char *format,
                                       double value);
/* The same of a count, which is whole, or has one decimal where it is the mean of several. */
cc_listing_cell *cc_listing_put_count(cc_listing *listing, size_t row, size_t column, double value);
/* A column's head. */
void cc_listing_put_head(cc_listing *listing, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "Table 1" of a table whose id is "table1", as a paper prints it; "" of one without a number. */
void cc_listing_label(char out[32], const cc_listing *listing);
/* CC_ENOMEM where a text or note found no memory. */
cc_status cc_listing_check(const cc_listing *listing);

#endif
