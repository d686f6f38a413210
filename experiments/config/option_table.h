/* experiments/config/option_table.h -- private to the table of options: a part of it that is put together
 * when it is first asked for, from rows that are written down and from what other folders declare. */
#ifndef CC_EXPERIMENTS_CONFIG_OPTION_TABLE_H
#define CC_EXPERIMENTS_CONFIG_OPTION_TABLE_H

#include "experiments/config/options.h"

enum { CC_OPTION_TABLE_ROWS = 128, CC_OPTION_TABLE_TEXT = 8192 };

/* Starts as zeros; never freed. */
typedef struct cc_option_table {
    cc_option rows[CC_OPTION_TABLE_ROWS];
    int count;
    char texts[CC_OPTION_TABLE_TEXT]; /* the keys, words and defaults that rows are given */
    size_t text_used;
} cc_option_table;

/* One row, or what makes several. */
typedef struct cc_option_source {
    cc_option row;                   /* `is` NULL: whatever the option `when` is */
    const char *(*names)(int index); /* a choice's words, in place of row.choices: NULL after the last */
    bool (*suits)(const char *word); /* in place of row.is: with which words of `when` it means something */
    void (*make)(void);              /* in place of all that: adds rows to the table */
} cc_option_source;

/* A text that lives as long as the table. */
__attribute__((format(printf, 2, 3))) const char *cc_option_table_text(cc_option_table *table,
                                                                       const char *format, ...);

/* Adds a row; where it has a `when` but no `is`, that becomes those words of the choice `when`, a row of the
 * same table, that suit: all of them where `suits` is NULL. */
void cc_option_table_add(cc_option_table *table, const cc_option *row, bool (*suits)(const char *word));

/* Adds the rows of all sources, in their order. */
void cc_option_table_fill(cc_option_table *table, const cc_option_source *sources, size_t count);

#endif
