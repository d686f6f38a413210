/* report/tables/spec.c -- report/tables.yaml as structs.
 *
 * The file is part of the program, and its form is simple: what a key may be is said by the functions below,
 * one for each level (table, columns, row, claim). */
#include "report/tables/spec.h"

#include <stdio.h>
#include <string.h>
#include "core/yaml.h"

extern const char cc_embedded_tables_yaml[];

/* CC_ECONFIG at a node. */
static cc_status refuse(const cc_yaml *node, const char *what) {
    char where[256];
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return cc_fail(CC_ECONFIG, where, "report/tables.yaml shows the form", "%s", what);
}

/* A text that may be absent: *out stays as it was. */
static cc_status get_optional(const char **out, const cc_yaml *map, const char *key) {
    const cc_yaml *node = map->kind == CC_YAML_MAP ? cc_yaml_get(map, key) : NULL;
    if (!node) return CC_OK;
    if (node->kind != CC_YAML_SCALAR) return refuse(map, "a text is wanted, not a list or a map");
    *out = node->text;
    return CC_OK;
}

/* A text that must be there. */
static cc_status get_text(const char **out, const cc_yaml *map, const char *key) {
    char what[128];
    *out = NULL;
    CC_TRY(get_optional(out, map, key));
    if (*out) return CC_OK;
    snprintf(what, sizeof what, "%s is missing, or no text", key);
    return refuse(map, what);
}

/* A list that must be there. */
static cc_status get_list(const cc_yaml **out, const cc_yaml *map, const char *key) {
    *out = map->kind == CC_YAML_MAP ? cc_yaml_get(map, key) : NULL;
    return *out && (*out)->kind == CC_YAML_LIST ? CC_OK : refuse(map, "columns, rows and tables are lists");
}

/* Where a name stands in a list that ends with NULL. */
static cc_status find_word(int *out, const cc_yaml *map, const char *name, const char *const *words) {
    for (*out = 0; words[*out]; ++*out)
        if (strcmp(words[*out], name) == 0) return CC_OK;
    return refuse(map, "a word that is not known here");
}

/* The scores that are the table's columns, by their names. */
static cc_status parse_columns(cc_spec *spec, const cc_yaml *map) {
    const cc_yaml *list;
    char what[64];
    CC_TRY(get_list(&list, map, "columns"));
    snprintf(what, sizeof what, "1 to %d columns are wanted", CC_SCORES);
    if (list->count == 0 || list->count > CC_SCORES) return refuse(list, what);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != CC_YAML_SCALAR) return refuse(list, "a column is a score's name");
        CC_TRY(cc_score_find(&spec->columns[i], list->items[i]->text));
    }
    spec->column_count = (int)list->count;
    return CC_OK;
}

/* A row's source follows from which of these keys it has. */
static cc_status parse_source(cc_spec_row *row, const cc_yaml *map) {
    static const char *const summaries[] = {"mean", "sd", NULL};
    const char *summary = NULL;
    int found;
    /* experiment: runs; baseline: a rule; summary: of the rows above; none of them: the paper's numbers. */
    CC_TRY(get_optional(&row->experiment, map, "experiment"));
    CC_TRY(get_optional(&row->baseline, map, "baseline"));
    CC_TRY(get_optional(&summary, map, "summary"));
    if (row->experiment) {
        row->source = CC_SOURCE_RUNS;
        return get_text(&row->variant, map, "variant");
    }
    if (row->baseline) {
        row->source = strcmp(row->baseline, "background") == 0 ? CC_SOURCE_BACKGROUND : CC_SOURCE_BASELINE;
        return CC_OK;
    }
    row->source = CC_SOURCE_PUBLISHED;
    if (!summary) return CC_OK;
    CC_TRY(find_word(&found, map, summary, summaries));
    row->source = found ? CC_SOURCE_SD : CC_SOURCE_MEAN;
    return CC_OK;
}

/* One row; `published` is its label where nothing else is said. */
static cc_status parse_row(cc_spec_row *row, const cc_yaml *map) {
    CC_TRY(get_text(&row->label, map, "label"));
    CC_TRY(parse_source(row, map));
    row->published = row->label;
    CC_TRY(get_optional(&row->published, map, "published"));
    const cc_yaml *fold = cc_yaml_get(map, "fold"), *optional = cc_yaml_get(map, "optional");
    if (fold && (!cc_yaml_as_integer(&row->fold, fold) || row->fold < 1))
        return refuse(fold, "fold is a number from 1");
    if (optional && !cc_yaml_as_boolean(&row->optional, optional))
        return refuse(optional, "optional is true or false");
    return CC_OK;
}

/* All rows of a table. */
static cc_status parse_rows(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *list;
    CC_TRY(get_list(&list, map, "rows"));
    cc_spec_row *rows = cc_arena_get_array(arena, list->count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) CC_TRY(parse_row(&rows[i], list->items[i]));
    spec->rows = rows;
    spec->row_count = list->count;
    return CC_OK;
}

/* Whether a label is that of a row. */
static bool has_row(const cc_spec *spec, const char *label) {
    for (size_t r = 0; r < spec->row_count; r++)
        if (strcmp(spec->rows[r].label, label) == 0) return true;
    return false;
}

/* Something that the paper says of two rows, or of one against the best other. */
static cc_status parse_claim(cc_spec_claim *claim, const cc_yaml *map, const cc_spec *spec) {
    static const char *const directions[] = {"lower", "higher", NULL};
    const char *score, *direction;
    int found;
    CC_TRY(get_text(&claim->text, map, "text"));
    CC_TRY(get_text(&claim->a, map, "a"));
    CC_TRY(get_optional(&claim->b, map, "b"));
    CC_TRY(get_text(&score, map, "score"));
    CC_TRY(get_text(&direction, map, "direction"));
    CC_TRY(cc_score_find(&claim->score, score));
    CC_TRY(find_word(&found, map, direction, directions));
    claim->higher = found == 1;
    if (!has_row(spec, claim->a) || (claim->b && !has_row(spec, claim->b)))
        return refuse(map, "a claim is about rows of its table");
    return CC_OK;
}

/* All claims of a table; none where it has none. */
static cc_status parse_claims(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *list;
    if (!cc_yaml_get(map, "claims")) return CC_OK;
    CC_TRY(get_list(&list, map, "claims"));
    cc_spec_claim *claims = cc_arena_get_array(arena, list->count + 1, sizeof *claims);
    if (!claims) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) CC_TRY(parse_claim(&claims[i], list->items[i], spec));
    spec->claims = claims;
    spec->claim_count = list->count;
    return CC_OK;
}

/* What only a table of scores has. */
static cc_status parse_scores(cc_spec *spec, const cc_yaml *map) {
    const char *average, *empty;
    long long published = 0;
    CC_TRY(get_text(&average, map, "convention.average"));
    CC_TRY(get_text(&empty, map, "convention.empty"));
    CC_TRY(cc_average_find(&spec->convention.average, average));
    CC_TRY(cc_empty_find(&spec->convention.empty, empty));
    const cc_yaml *number = cc_yaml_get(map, "published");
    if (number && !cc_yaml_as_integer(&published, number))
        return refuse(number, "published is a table's number");
    spec->published = (int)published;
    return parse_columns(spec, map);
}

/* One table. */
static cc_status parse_spec(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    static const char *const shapes[] = {"scores", "stages", "calcium", NULL};
    const char *shape = "scores";
    int found;
    CC_TRY(get_text(&spec->id, map, "id"));
    CC_TRY(get_text(&spec->title, map, "title"));
    CC_TRY(get_text(&spec->caption, map, "caption"));
    CC_TRY(get_optional(&shape, map, "shape"));
    CC_TRY(find_word(&found, map, shape, shapes));
    spec->shape = (cc_spec_shape)found;
    if (spec->shape == CC_SHAPE_SCORES) CC_TRY(parse_scores(spec, map));
    CC_TRY(parse_rows(spec, map, arena));
    return parse_claims(spec, map, arena);
}

cc_status cc_specs_parse(cc_spec **out, size_t *count, const char *text, const char *file, cc_arena *arena) {
    cc_yaml *root;
    const cc_yaml *list;
    CC_TRY(cc_yaml_parse(&root, text, strlen(text), file, arena));
    CC_TRY(get_list(&list, root, "tables"));
    *out = cc_arena_get_array(arena, list->count + 1, sizeof **out);
    if (!*out) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) CC_TRY(parse_spec(&(*out)[i], list->items[i], arena));
    *count = list->count;
    return CC_OK;
}

cc_status cc_specs_get(cc_spec **out, size_t *count, cc_arena *arena) {
    return cc_specs_parse(out, count, cc_embedded_tables_yaml, "tables.yaml", arena);
}
