/* core/table.h -- a table in a text file: a head line that names the columns, then a line a row.
 *
 * CSV or TSV as spreadsheets, R and pandas write them: the delimiter (tab, semicolon or comma) is told from
 * the head line; fields may stand in quotes, which then hold delimiters, line ends and doubled quotes (RFC
 * 4180); a UTF-8 byte order mark, CR LF and blank lines are passed over. Blanks about a field without quotes
 * are no part of it. Each row keeps the number of its line, so that a message says where ("list.csv:7: column
 * patient"). */
#ifndef CC_CORE_TABLE_H
#define CC_CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "core/arena.h"
#include "core/status.h"

enum { CC_TABLE_BYTES_MAX = 64 << 20, CC_TABLE_COLUMNS_MAX = 1024, CC_TABLE_NO_COLUMN = -1 };

typedef struct cc_table {
    const char *path;         /* for messages */
    char delimiter;           /* '\t', ';' or ',' */
    size_t columns, rows;     /* the head line is no row */
    const char *const *head;  /* [columns] */
    const char *const *cells; /* [rows][columns] */
    const int *lines;         /* [rows]: where each row begins, from 1 */
} cc_table;

/* Reads a whole table; the arena owns what `out` points to.
 *   CC_ENOTFOUND, CC_EIO  the file cannot be read
 *   CC_EFORMAT            naming file and line: no head line; a column without a name, or two of one name
 *                         (case ignored); a row with another number of fields than the head; a quote that is
 *                         not closed or that text follows; a zero byte (UTF-16); more than
 *                         CC_TABLE_BYTES_MAX bytes */
cc_status cc_table_read(cc_table *out, const char *path, cc_arena *arena);

/* The number of the column of that name, case ignored, or CC_TABLE_NO_COLUMN. */
int cc_table_find(const cc_table *table, const char *name);
/* The same where the column must be there: else CC_EFORMAT with the names of those that are. */
cc_status cc_table_need(int *out, const cc_table *table, const char *name);
/* The field of a row; "" where `column` is CC_TABLE_NO_COLUMN. Borrowed. */
const char *cc_table_cell(const cc_table *table, size_t row, int column);

/* Says, in one line on the info log, which columns are none of `known` (ends with NULL) and so are not
 * read. */
void cc_table_tell_unread(const cc_table *table, const char *const *known);

/* cc_fail at a field: "list.csv:7: column patient: WHAT (HINT)"; of the whole row where `column` is
 * CC_TABLE_NO_COLUMN. */
cc_status cc_table_fail(const cc_table *table, size_t row, int column, const char *hint, const char *format,
                        ...) __attribute__((format(printf, 5, 6)));

/* Writes a field of CSV, in quotes where it needs them. */
void cc_table_put_field(FILE *out, const char *field);

#endif
