#include "results/published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/yaml.h"

extern const char cc_embedded_published_yaml[];

static cc_status refuse(const cc_yaml *node, const char *what) {
    char where[256];
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return cc_fail(CC_ECONFIG, where, "results/published.yaml shows the form", "%s", what);
}

/* Of "95.80": 2; of "9.58e1": 1. */
static int decimals_of(const char *text) {
    const char *point = strchr(text, '.');
    const size_t end = strcspn(text, "eE");
    int decimals = point ? (int)(text + end - point) - 1 : 0;
    if (text[end]) decimals -= atoi(text + end + 1);
    return decimals < 0 ? 0 : decimals > 15 ? 15 : decimals;
}

static cc_status parse_rows(const cc_published_row **out, size_t *count, const cc_yaml *node,
                            cc_arena *arena) {
    *count = 0;
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_MAP) return refuse(node, "rows must be a map of labels");
    cc_published_row *rows = cc_arena_get_array(arena, node->count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        const cc_yaml *values = node->items[i];
        rows[i].label = node->keys[i];
        if (values->kind != CC_YAML_LIST || values->count != CC_PUBLISHED_COLUMNS)
            return refuse(values, "a row has one number for each of three columns");
        for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++) {
            if (!cc_yaml_as_real(&rows[i].percent[c], values->items[c]))
                return refuse(values, "not a number");
            if (!(fabs(rows[i].percent[c]) <= 1e6))
                return refuse(values, "a percentage is wanted, and no number that large");
            rows[i].decimals[c] = decimals_of(values->items[c]->text);
        }
    }
    *out = rows;
    *count = node->count;
    return CC_OK;
}

static cc_status parse_table(cc_published_table *out, const cc_yaml *node, cc_arena *arena) {
    const cc_yaml *title = cc_yaml_get(node, "title"), *rows = cc_yaml_get(node, "rows");
    long long id;
    if (node->kind != CC_YAML_MAP || !cc_yaml_as_integer(&id, cc_yaml_get(node, "id")) || !title ||
        title->kind != CC_YAML_SCALAR || !rows)
        return refuse(node, "a table has an id (a number), a title and rows");
    out->id = (int)id;
    out->title = title->text;
    CC_TRY(parse_rows(&out->rows, &out->row_count, rows, arena));
    return parse_rows(&out->summary, &out->summary_count, cc_yaml_get(node, "summary"), arena);
}

static cc_status parse_count(cc_published_count *out, const cc_yaml *node, cc_arena *arena) {
    const cc_yaml *what = cc_yaml_get(node, "what"), *sum = cc_yaml_get(node, "sum");
    const cc_yaml *terms = sum ? sum : cc_yaml_get(node, "product");
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

static cc_status parse_root(cc_published *out, const cc_yaml *root, cc_arena *arena) {
    const cc_yaml *source = cc_yaml_get(root, "source"), *columns = cc_yaml_get(root, "columns"),
                  *tables = cc_yaml_get(root, "tables");
    if (!columns || columns->kind != CC_YAML_LIST || columns->count != CC_PUBLISHED_COLUMNS || !tables ||
        tables->kind != CC_YAML_LIST)
        return refuse(root, "wants three columns and a list of tables");
    cc_published parsed = {.source = source && source->kind == CC_YAML_SCALAR ? source->text : ""};
    cc_published_table *list = cc_arena_get_array(arena, tables->count + 1, sizeof *list);
    if (!list) return CC_ENOMEM;
    for (size_t i = 0; i < tables->count; i++) CC_TRY(parse_table(&list[i], tables->items[i], arena));
    for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++) {
        if (columns->items[c]->kind != CC_YAML_SCALAR) return refuse(columns, "a column must be a name");
        parsed.columns[c] = columns->items[c]->text;
    }
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
                              "published.yaml", arena);
}

static const cc_published_row *find_label(const cc_published_row *rows, size_t count, const char *label) {
    for (size_t r = 0; r < count; r++)
        if (strcmp(rows[r].label, label) == 0) return &rows[r];
    return NULL;
}

static const cc_published_row *find_row(const cc_published *published, int table, const char *label) {
    const cc_published_row *found = NULL;
    for (size_t i = 0; i < published->table_count && !found; i++) {
        const cc_published_table *t = &published->tables[i];
        if (t->id != table) continue;
        found = find_label(t->rows, t->row_count, label);
        if (!found) found = find_label(t->summary, t->summary_count, label);
    }
    return found;
}

double cc_published_value(const cc_published *published, int table, const char *row, const char *column) {
    const cc_published_row *found = find_row(published, table, row);
    for (int c = 0; found && c < CC_PUBLISHED_COLUMNS; c++)
        if (strcmp(published->columns[c], column) == 0) return found->percent[c];
    return NAN;
}
