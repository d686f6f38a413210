/* experiments/config/option_table.c -- rows and the texts they are made with, in memory of fixed size: a
 * table too small is a mistake in the program, which an assertion finds at the first start. */
#include "experiments/config/option_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *cc_option_table_text(cc_option_table *table, const char *format, ...) {
    va_list args;
    char *start = table->texts + table->text_used;
    const size_t left = sizeof table->texts - table->text_used;
    va_start(args, format);
    int length = vsnprintf(start, left, format, args);
    va_end(args);
    assert(length >= 0 && (size_t)length < left);
    table->text_used += (size_t)length + 1;
    return start;
}

static const cc_option *find(const cc_option_table *table, const char *key) {
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].key, key) == 0) return &table->rows[i];
    return NULL;
}

void cc_option_table_add(cc_option_table *table, const cc_option *row, bool (*suits)(const char *word)) {
    char words[512] = "";
    assert(table->count < CC_OPTION_TABLE_ROWS);
    cc_option *to = &table->rows[table->count];
    *to = *row;
    if (row->when && !row->is) {
        const cc_option *decides = find(table, row->when);
        for (int i = 0; decides->choices[i]; i++)
            if (!suits || suits(decides->choices[i]))
                snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", words[0] ? "|" : "",
                         decides->choices[i]);
        to->is = cc_option_table_text(table, "%s", words);
    }
    table->count++;
}

void cc_option_table_fill(cc_option_table *table, const cc_option_source *sources, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cc_option_source *from = &sources[i];
        if (from->make) {
            from->make();
            continue;
        }
        cc_option row = from->row;
        for (int k = 0; from->names && from->names(k); k++) {
            assert(k < CC_OPTION_CHOICES_MAX - 1);
            row.choices[k] = from->names(k);
        }
        cc_option_table_add(table, &row, from->suits);
    }
}
