/* results/published.c -- published tables from YAML: each cell with the decimals that are printed, which are
 * what its rounding is known from.
 *
 * A printed "95.80" is any number from 95.795 to 95.805, "95.8" any from 95.75 to 95.85: YAML's own numbers
 * would lose the difference, so that cells are read as texts. */
#include "results/published.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/yaml.h"

extern const char cc_embedded_published_yaml[];

/* Beyond these no printed number is meant, and arithmetic on its rounding means nothing. */
static const double LARGEST = 1e15;

static cc_status refuse(const cc_yaml *node, const char *what) {
    char where[256];
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return cc_fail(CC_ECONFIG, where, "configs/paper/published.yaml shows the form", "%s", what);
}

/* Of "95.80": 2; of "9.58e1": 1. */
static int decimals_of(const char *text, size_t length) {
    /* Digits behind the point, less a power of ten: "9.58e1" is 95.8. */
    const char *point = memchr(text, '.', length);
    size_t end = 0;
    while (end < length && text[end] != 'e' && text[end] != 'E') end++;
    long decimals = point ? (long)(text + end - point) - 1 : 0;
    if (end < length) {
        const long exponent = strtol(text + end + 1, NULL, 10);
        decimals -= exponent > 99 ? 99 : exponent < -99 ? -99 : exponent;
    }
    return decimals < 0 ? 0 : decimals > 15 ? 15 : (int)decimals;
}

static const char *past_spaces(const char *at) {
    while (isspace((unsigned char)*at)) at++;
    return at;
}

/* A decimal number at *at, which moves behind it; false where there is none. */
static bool take_number(double *value, int *decimals, const char **at) {
    const char *start = past_spaces(*at), *end = start + (*start == '-' || *start == '+');
    const char *digits = end;
    while (isdigit((unsigned char)*end)) end++;
    if (*end == '.') end++;
    while (isdigit((unsigned char)*end)) end++;
    if (end - digits < 1 || (end - digits == 1 && *digits == '.')) return false;
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '-' || end[1] == '+');
        if (!isdigit((unsigned char)*power)) return false;
        for (end = power; isdigit((unsigned char)*end);) end++;
    }
    *value = strtod(start, NULL);
    *decimals = decimals_of(start, (size_t)(end - start));
    *at = end;
    return true;
}

/* A word at *at, which moves behind it; false where another stands there. */
static bool take(const char *word, const char **at) {
    const char *from = past_spaces(*at);
    const size_t length = strlen(word);
    if (strncmp(from, word, length) != 0) return false;
    *at = from + length;
    return true;
}

/* Whether a cell says that there is no number. */
static bool is_empty_cell(const cc_yaml *node) {
    static const char *const words[] = {"", "-", "--", "\u2013", "\u2014", "n/a", "na", "n.a."};
    if (cc_yaml_is_null(node)) return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(node->text, words[i]) == 0) return true;
    return false;
}

/* "95.8", "95.8 %", "95.8 ± 2.4", "95.8 (2.4) %". */
static cc_status parse_cell(cc_published_cell *cell, const cc_yaml *list, const cc_yaml *node) {
    *cell = (cc_published_cell){0};
    if (node->kind != CC_YAML_SCALAR) return refuse(list, "not a number");
    if (is_empty_cell(node)) return CC_OK;
    const char *at = node->text;
    if (!take_number(&cell->value, &cell->decimals, &at))
        return refuse(list, "not a number, nor a mean and its standard deviation (95.8 ± 2.4)");
    cell->has_value = true;
    /* The sign may stand behind the mean, behind the deviation, or behind its bracket. */
    cell->percent = take("%", &at);
    const bool bracket = take("(", &at);
    /* A standard deviation follows the mean. */
    if (bracket || take("\u00b1", &at) || take("+/-", &at) || take("+-", &at)) {
        cell->has_deviation = take_number(&cell->deviation, &cell->deviation_decimals, &at);
        cell->percent |= take("%", &at);
        if (!cell->has_deviation || cell->deviation < 0 || (bracket && !take(")", &at)))
            return refuse(list, "not a mean and its standard deviation (95.8 ± 2.4)");
        cell->percent |= take("%", &at);
    }
    if (*past_spaces(at))
        return refuse(list, "not a number, nor a mean and its standard deviation (95.8 ± 2.4)");
    if (!(fabs(cell->value) <= LARGEST && cell->deviation <= LARGEST))
        return refuse(list, "a percentage is wanted, and no number that large");
    return CC_OK;
}

/* Rows by label, each of as many cells as the table has columns. */
static cc_status parse_rows(const cc_published_row **out, size_t *count, const cc_yaml *node, int columns,
                            cc_arena *arena) {
    *count = 0;
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_MAP) return refuse(node, "rows must be a map of labels");
    cc_published_row *rows = cc_arena_get_array(arena, node->count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        const cc_yaml *values = node->items[i];
        char what[96];
        snprintf(what, sizeof what, "a row has one number for each of the %d columns", columns);
        if (values->kind != CC_YAML_LIST || values->count != (size_t)columns) return refuse(values, what);
        cc_published_cell *cells = cc_arena_get_array(arena, (size_t)columns, sizeof *cells);
        if (!cells) return CC_ENOMEM;
        for (int c = 0; c < columns; c++) CC_TRY(parse_cell(&cells[c], values, values->items[c]));
        rows[i] = (cc_published_row){node->keys[i], cells};
    }
    *out = rows;
    *count = node->count;
    return CC_OK;
}

/* The names of a table's columns, no two alike. */
static cc_status parse_columns(cc_published_table *out, const cc_yaml *node, cc_arena *arena) {
    if (node->kind != CC_YAML_LIST || node->count < 1 || node->count > CC_PUBLISHED_COLUMNS_MAX)
        return refuse(node, "columns is a list of 1 to 64 names");
    const char **names = cc_arena_get_array(arena, node->count, sizeof *names);
    if (!names) return CC_ENOMEM;
    for (size_t c = 0; c < node->count; c++) {
        if (node->items[c]->kind != CC_YAML_SCALAR) return refuse(node, "a column must be a name");
        names[c] = node->items[c]->text;
        for (size_t b = 0; b < c; b++)
            if (strcmp(names[b], names[c]) == 0) return refuse(node, "two columns have the same name");
    }
    out->columns = names;
    out->column_count = (int)node->count;
    return CC_OK;
}

/* One of two words, or 0 where the key is absent. */
static cc_status parse_word(int *out, const cc_yaml *map, const char *key, const char *first,
                            const char *second) {
    const cc_yaml *node = cc_yaml_get(map, key);
    char what[96];
    *out = 0;
    if (cc_yaml_is_null(node)) return CC_OK;
    /* The enums number their words from 1; 0 is "not stated". */
    if (node->kind == CC_YAML_SCALAR && strcmp(node->text, first) == 0) *out = 1;
    if (node->kind == CC_YAML_SCALAR && strcmp(node->text, second) == 0) *out = 2;
    snprintf(what, sizeof what, "%s is %s or %s", key, first, second);
    return *out ? CC_OK : refuse(node, what);
}

/* A whole number from 1, or 0 where the key is absent. */
static cc_status parse_count_of(long long *out, const cc_yaml *map, const char *key) {
    const cc_yaml *node = cc_yaml_get(map, key);
    char what[96];
    *out = 0;
    if (cc_yaml_is_null(node)) return CC_OK;
    snprintf(what, sizeof what, "%s is a whole number from 1 to %d", key, INT_MAX);
    return cc_yaml_as_integer(out, node) && *out >= 1 && *out <= INT_MAX ? CC_OK : refuse(node, what);
}

/* Marks the columns that are means of whole numbers. */
static cc_status parse_whole(cc_published_table *out, const cc_yaml *node, cc_arena *arena) {
    bool *whole = cc_arena_get_array(arena, (size_t)out->column_count, sizeof *whole);
    if (!whole) return CC_ENOMEM;
    memset(whole, 0, (size_t)out->column_count * sizeof *whole);
    out->whole = whole;
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_LIST) return refuse(node, "whole is a list of columns");
    for (size_t i = 0; i < node->count; i++) {
        int found = -1;
        for (int c = 0; c < out->column_count; c++)
            if (node->items[i]->text && strcmp(out->columns[c], node->items[i]->text) == 0) found = c;
        if (found < 0) return refuse(node, "whole names a column that the table has not");
        whole[found] = true;
    }
    return CC_OK;
}

/* Notes for rows, or for the whole table. */
static cc_status parse_notes(cc_published_table *out, const cc_yaml *node, cc_arena *arena) {
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_MAP) return refuse(node, "notes must be a map of labels");
    cc_published_note *notes = cc_arena_get_array(arena, node->count + 1, sizeof *notes);
    if (!notes) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        bool known = strcmp(node->keys[i], "table") == 0;
        for (size_t r = 0; r < out->row_count; r++) known |= strcmp(out->rows[r].label, node->keys[i]) == 0;
        if (!known || node->items[i]->kind != CC_YAML_SCALAR)
            return refuse(node->items[i], "a note is a text for the label of a row, or for \"table\"");
        notes[i] =
            (cc_published_note){strcmp(node->keys[i], "table") ? node->keys[i] : NULL, node->items[i]->text};
    }
    out->notes = notes;
    out->note_count = node->count;
    return CC_OK;
}

/* A misspelt key would change what is checked without a word. */
static void warn_of_unknown(const cc_yaml *map, const char *const *known) {
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (known[k] && strcmp(known[k], map->keys[i]) != 0) k++;
        if (!known[k])
            cc_log(CC_LOG_WARNING, "%s:%d: %.80s is no key that is known here, and is passed over", map->file,
                   map->key_lines[i], map->keys[i]);
    }
}

/* `root` holds what tables may leave out. */
static cc_status parse_table(cc_published_table *out, const cc_yaml *node, const cc_yaml *root,
                             cc_arena *arena) {
    const cc_yaml *title = cc_yaml_get(node, "title"), *rows = cc_yaml_get(node, "rows"),
                  *columns = cc_yaml_get(node, "columns");
    static const char *const known[] = {"id",        "title",   "location",  "columns",   "units",
                                        "averaging", "cases",   "positives", "negatives", "whole",
                                        "rows",      "summary", "notes",     NULL};
    long long id;
    int units, averaging;
    if (node->kind != CC_YAML_MAP || !cc_yaml_as_integer(&id, cc_yaml_get(node, "id")) || id < INT_MIN ||
        id > INT_MAX || !title || title->kind != CC_YAML_SCALAR || !rows)
        return refuse(node, "a table has an id (a number), a title and rows");
    *out = (cc_published_table){.id = (int)id, .title = title->text};
    warn_of_unknown(node, known);
    /* What a table does not state is the file's. */
    if (!columns) columns = cc_yaml_get(root, "columns");
    if (!columns) return refuse(node, "wants columns (a list of names), of its own or of the file");
    CC_TRY(parse_columns(out, columns, arena));
    CC_TRY(parse_word(&units, cc_yaml_get(node, "units") ? node : root, "units", "percent", "fraction"));
    CC_TRY(
        parse_word(&averaging, cc_yaml_get(node, "averaging") ? node : root, "averaging", "pooled", "mean"));
    out->units = (cc_published_units)units;
    out->averaging = (cc_published_averaging)averaging;
    CC_TRY(parse_count_of(&out->cases, node, "cases"));
    CC_TRY(parse_count_of(&out->positives, node, "positives"));
    CC_TRY(parse_count_of(&out->negatives, node, "negatives"));
    CC_TRY(parse_whole(out, cc_yaml_get(node, "whole"), arena));
    CC_TRY(parse_rows(&out->rows, &out->row_count, rows, out->column_count, arena));
    CC_TRY(parse_rows(&out->summary, &out->summary_count, cc_yaml_get(node, "summary"), out->column_count,
                      arena));
    return parse_notes(out, cc_yaml_get(node, "notes"), arena);
}

/* A sum or a product that the text states, with what it has for it. */
static cc_status parse_count(cc_published_count *out, const cc_yaml *node, cc_arena *arena) {
    const cc_yaml *what = cc_yaml_get(node, "what"), *sum = cc_yaml_get(node, "sum");
    const cc_yaml *terms = sum ? sum : cc_yaml_get(node, "product");
    /* One of the two lists, not both. */
    if (!what || what->kind != CC_YAML_SCALAR || !terms || terms->kind != CC_YAML_LIST || !terms->count ||
        (sum && cc_yaml_get(node, "product")) || !cc_yaml_as_real(&out->equals, cc_yaml_get(node, "equals")))
        return refuse(node, "a count has a text (what), a list of numbers (sum or product) and equals");
    double *values = cc_arena_get_array(arena, terms->count, sizeof *values);
    if (!values) return CC_ENOMEM;
    for (size_t i = 0; i < terms->count; i++)
        if (!cc_yaml_as_real(&values[i], terms->items[i])) return refuse(terms, "not a number");
    out->what = what->text;
    out->product = !sum;
    out->terms = values;
    out->term_count = terms->count;
    return CC_OK;
}

static cc_status parse_counts(cc_published *out, const cc_yaml *node, cc_arena *arena) {
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_LIST) return refuse(node, "counts must be a list");
    cc_published_count *counts = cc_arena_get_array(arena, node->count + 1, sizeof *counts);
    if (!counts) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) CC_TRY(parse_count(&counts[i], node->items[i], arena));
    out->counts = counts;
    out->count_count = node->count;
    return CC_OK;
}

/* A whole file: `tables` and what they share. */
static cc_status parse_root(cc_published *out, const cc_yaml *root, cc_arena *arena) {
    static const char *const known[] = {"source", "columns", "units", "averaging", "tables", "counts", NULL};
    const cc_yaml *source = cc_yaml_get(root, "source"), *tables = cc_yaml_get(root, "tables");
    if (root->kind != CC_YAML_MAP || !tables || tables->kind != CC_YAML_LIST)
        return refuse(root, "wants columns and a list of tables");
    warn_of_unknown(root, known);
    cc_published parsed = {.source = source && source->kind == CC_YAML_SCALAR ? source->text : ""};
    cc_published_table *list = cc_arena_get_array(arena, tables->count + 1, sizeof *list);
    if (!list) return CC_ENOMEM;
    for (size_t i = 0; i < tables->count; i++) CC_TRY(parse_table(&list[i], tables->items[i], root, arena));
    parsed.tables = list;
    parsed.table_count = tables->count;
    CC_TRY(parse_counts(&parsed, cc_yaml_get(root, "counts"), arena));
    *out = parsed;
    return CC_OK;
}

cc_status cc_published_parse(cc_published *out, const char *text, size_t bytes, const char *file,
                             cc_arena *arena) {
    cc_yaml *root;
    CC_TRY(cc_yaml_parse(&root, text, bytes, file, arena));
    return parse_root(out, root, arena);
}

cc_status cc_published_read(cc_published *out, const char *path, cc_arena *arena) {
    cc_yaml *root;
    CC_TRY(cc_yaml_read(&root, path, arena));
    return parse_root(out, root, arena);
}

cc_status cc_published_get(cc_published *out, cc_arena *arena) {
    return cc_published_parse(out, cc_embedded_published_yaml, strlen(cc_embedded_published_yaml),
                              "configs/paper/published.yaml", arena);
}

/* The row of a label, or NULL. */
static const cc_published_row *find_label(const cc_published_row *rows, size_t count, const char *label) {
    for (size_t r = 0; r < count; r++)
        if (strcmp(rows[r].label, label) == 0) return &rows[r];
    return NULL;
}

double cc_published_value(const cc_published *published, int table, const char *label, const char *column) {
    for (size_t i = 0; i < published->table_count; i++) {
        const cc_published_table *t = &published->tables[i];
        if (t->id != table) continue;
        const cc_published_row *row = find_label(t->rows, t->row_count, label);
        if (!row) row = find_label(t->summary, t->summary_count, label);
        for (int c = 0; row && c < t->column_count; c++)
            if (strcmp(t->columns[c], column) == 0)
                return row->cells[c].has_value ? row->cells[c].value : NAN;
    }
    return NAN;
}
