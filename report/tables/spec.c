/* report/tables/spec.c -- files of tables, and blocks of experiments, as structs.
 *
 * Both have the same words; in a file a row is named by its label, in a block by its variant. What a key may
 * be is said by the functions below, one for each level (table, row, claim); one that is not known is
 * refused, since a misspelt key would change a table in silence. */
#include "report/tables/spec.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/words.h"
#include "results/report_block.h"

extern const char cc_embedded_report_yaml[];

/* CC_ECONFIG at a node, with a hint; line 0: the node's own. */
__attribute__((format(printf, 4, 5))) static cc_status refuse(const cc_yaml *node, int line, const char *hint,
                                                              const char *format, ...) {
    char where[512], what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(where, sizeof where, "%.490s:%d", node->file, line ? line : node->line);
    return cc_fail(CC_ECONFIG, where, hint ? hint : "configs/README.md shows the form", "%s", what);
}

/* A map whose keys are all among those of a list that ends with NULL. */
static cc_status check_keys(const cc_yaml *map, const char *what, const char *const *known) {
    size_t count = 0;
    if (map->kind != CC_YAML_MAP) return refuse(map, 0, NULL, "%s is a map", what);
    while (known[count]) count++;
    for (size_t i = 0; i < map->count; i++) {
        char hint[384];
        size_t k = 0;
        while (k < count && strcmp(known[k], map->keys[i]) != 0) k++;
        if (k < count) continue;
        cc_words_hint(hint, sizeof hint, map->keys[i], known, count);
        return refuse(map, map->key_lines[i], hint, "%.80s is no key of %s", map->keys[i], what);
    }
    return CC_OK;
}

/* A text that may be absent, or null: *out stays as it was. */
static cc_status get_optional(const char **out, const cc_yaml *map, const char *key) {
    const cc_yaml *node = cc_yaml_get(map, key);
    if (cc_yaml_is_null(node)) return CC_OK;
    if (node->kind != CC_YAML_SCALAR) return refuse(node, 0, NULL, "%s is a text, not a list or a map", key);
    *out = node->text;
    return CC_OK;
}

/* A text that must be there. */
static cc_status get_text(const char **out, const cc_yaml *map, const char *key) {
    *out = NULL;
    CC_TRY(get_optional(out, map, key));
    return *out ? CC_OK : refuse(map, 0, NULL, "%s is missing", key);
}

/* A list that must be there. */
static cc_status get_list(const cc_yaml **out, const cc_yaml *map, const char *key) {
    *out = map->kind == CC_YAML_MAP ? cc_yaml_get(map, key) : NULL;
    if (!*out) return refuse(map, 0, NULL, "%s is missing: a list", key);
    return (*out)->kind == CC_YAML_LIST ? CC_OK : refuse(*out, 0, NULL, "%s is a list", key);
}

/* Where a node's text stands among some words. */
static cc_status find_word(int *out, const cc_yaml *node, const char *what, const char *const *words,
                           size_t count) {
    char hint[256];
    const char *text = node->kind == CC_YAML_SCALAR ? node->text : "";
    *out = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0) {
            *out = (int)i;
            return CC_OK;
        }
    cc_words_hint(hint, sizeof hint, text, words, count);
    return refuse(node, 0, hint, "%s is \"%.80s\"", what, text);
}

/* The score that a node names. */
static cc_status find_score(cc_score *out, const cc_yaml *node, const char *what) {
    const char *names[CC_SCORES];
    int found;
    for (int s = 0; s < CC_SCORES; s++) names[s] = cc_score_name((cc_score)s);
    CC_TRY(find_word(&found, node, what, names, CC_SCORES));
    *out = (cc_score)found;
    return CC_OK;
}

/* --- what tables of files and blocks have in common --- */

/* The scores that are the table's columns, by their names. */
static cc_status parse_columns(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *list = cc_yaml_get(map, "columns");
    static const char usual[] = CC_REPORT_BLOCK_COLUMNS;
    /* The default is YAML, as the config's table of options has it: stated once for both. */
    if (cc_yaml_is_null(list)) {
        cc_yaml *parsed;
        CC_TRY(cc_yaml_parse(&parsed, usual, strlen(usual), "columns", arena));
        list = parsed;
    }
    if (list->kind != CC_YAML_LIST || list->count == 0 || list->count > CC_SCORES)
        return refuse(list, 0, NULL, "columns is a list of 1 to %d scores", CC_SCORES);
    for (size_t i = 0; i < list->count; i++) {
        CC_TRY(find_score(&spec->columns[i], list->items[i], "a column"));
        for (size_t k = 0; k < i; k++)
            if (spec->columns[k] == spec->columns[i])
                return refuse(list->items[i], 0, NULL, "%s is a column twice", list->items[i]->text);
    }
    spec->column_count = (int)list->count;
    return CC_OK;
}

/* How scores are averaged, and what 0/0 counts as. */
static cc_status parse_convention(cc_convention *out, const cc_yaml *map) {
    static const char *const known[] = {"average", "empty", NULL};
    const cc_yaml *given = cc_yaml_get(map, "convention");
    const char *averages[CC_AVERAGES], *empties[CC_EMPTIES];
    int found;
    /* Either word alone may be given; the other keeps its default. */
    CC_TRY(cc_average_find(&out->average, CC_REPORT_BLOCK_AVERAGE));
    CC_TRY(cc_empty_find(&out->empty, CC_REPORT_BLOCK_EMPTY));
    if (cc_yaml_is_null(given)) return CC_OK;
    CC_TRY(check_keys(given, "convention", known));
    for (int a = 0; a < CC_AVERAGES; a++) averages[a] = cc_average_name((cc_average)a);
    for (int e = 0; e < CC_EMPTIES; e++) empties[e] = cc_empty_name((cc_empty)e);
    const cc_yaml *average = cc_yaml_get(given, "average"), *empty = cc_yaml_get(given, "empty");
    if (!cc_yaml_is_null(average)) {
        CC_TRY(find_word(&found, average, "average", averages, CC_AVERAGES));
        out->average = (cc_average)found;
    }
    if (cc_yaml_is_null(empty)) return CC_OK;
    CC_TRY(find_word(&found, empty, "empty", empties, CC_EMPTIES));
    out->empty = (cc_empty)found;
    return CC_OK;
}

/* The label of the row that a node names, by its label or by its variant. */
static cc_status find_row(const char **label, const cc_spec *spec, const cc_yaml *map, const char *key,
                          bool by_variant) {
    const cc_yaml *node = cc_yaml_get(map, key);
    const char *name;
    CC_TRY(get_text(&name, map, key));
    /* Rows without a net have no variant; summaries and published rows neither. */
    for (size_t r = 0; r < spec->row_count; r++) {
        const char *own = by_variant ? spec->rows[r].variant : spec->rows[r].label;
        if (!own || strcmp(own, name) != 0) continue;
        *label = spec->rows[r].label;
        return CC_OK;
    }
    return refuse(node, 0, NULL, "%s: there is no %s \"%.100s\"", key,
                  by_variant ? "run of a variant" : "row", name);
}

/* Something that is said of two rows, or of one against the best other. */
static cc_status parse_claim(cc_spec_claim *claim, const cc_yaml *map, const cc_spec *spec, bool by_variant) {
    static const char *const known[] = {"text", "a", "b", "score", "direction", NULL};
    static const char *const directions[] = {"lower", "higher"};
    const char *word;
    int found;
    CC_TRY(check_keys(map, "a claim", known));
    CC_TRY(get_text(&claim->text, map, "text"));
    CC_TRY(find_row(&claim->a, spec, map, "a", by_variant));
    if (!cc_yaml_is_null(cc_yaml_get(map, "b"))) CC_TRY(find_row(&claim->b, spec, map, "b", by_variant));
    CC_TRY(get_text(&word, map, "score"));
    CC_TRY(find_score(&claim->score, cc_yaml_get(map, "score"), "a claim's score"));
    CC_TRY(get_text(&word, map, "direction"));
    CC_TRY(find_word(&found, cc_yaml_get(map, "direction"), "direction", directions, 2));
    claim->higher = found == 1;
    return CC_OK;
}

/* What is said of the rows of a table: the row that others are compared with, what counts as equal,
 * claims. */
static cc_status parse_comparisons(cc_spec *spec, const cc_yaml *map, bool by_variant, cc_arena *arena) {
    const cc_yaml *list, *margin = cc_yaml_get(map, "margin");
    if (!cc_yaml_is_null(cc_yaml_get(map, "baseline")))
        CC_TRY(find_row(&spec->baseline, spec, map, "baseline", by_variant));
    if (!cc_yaml_is_null(margin)) {
        double points;
        if (!cc_yaml_as_real(&points, margin) || points <= 0 || points > 100)
            return refuse(margin, 0, NULL, "margin is a number of percentage points, above 0 and up to 100");
        spec->margin = points / 100; /* scores are shares inside the program */
    }
    if (cc_yaml_is_null(cc_yaml_get(map, "claims"))) return CC_OK;
    CC_TRY(get_list(&list, map, "claims"));
    cc_spec_claim *claims = cc_arena_get_array(arena, list->count + 1, sizeof *claims);
    if (!claims) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++)
        CC_TRY(parse_claim(&claims[i], list->items[i], spec, by_variant));
    spec->claims = claims;
    spec->claim_count = list->count;
    return CC_OK;
}

/* What a table of scores shows, and the number of the published table beside it. */
static cc_status parse_scores(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *number = cc_yaml_get(map, "published");
    long long published = 0;
    if (!cc_yaml_is_null(number) &&
        (!cc_yaml_as_integer(&published, number) || published < 1 || published > INT_MAX))
        return refuse(number, 0, NULL, "published is the number of a published table, from 1");
    spec->published = (int)published;
    CC_TRY(parse_convention(&spec->convention, map));
    return parse_columns(spec, map, arena);
}

/* --- files --- */

/* A row's source follows from which of these keys it has. */
static cc_status parse_source(cc_spec_row *row, const cc_yaml *map) {
    static const char *const summaries[] = {"mean", "sd"};
    int found;
    /* experiment: runs; baseline: a rule; summary: of the rows above; none of them: published numbers. */
    CC_TRY(get_optional(&row->experiment, map, "experiment"));
    CC_TRY(get_optional(&row->baseline, map, "baseline"));
    const cc_yaml *summary = cc_yaml_get(map, "summary");
    if (row->experiment) {
        row->source = CC_SOURCE_RUNS;
        return get_text(&row->variant, map, "variant");
    }
    if (row->baseline) {
        row->source = strcmp(row->baseline, "background") == 0 ? CC_SOURCE_BACKGROUND : CC_SOURCE_BASELINE;
        return CC_OK;
    }
    row->source = CC_SOURCE_PUBLISHED;
    if (cc_yaml_is_null(summary)) return CC_OK;
    CC_TRY(find_word(&found, summary, "summary", summaries, 2));
    row->source = found ? CC_SOURCE_SD : CC_SOURCE_MEAN;
    return CC_OK;
}

/* One row; `published` is its label where nothing else is said. */
static cc_status parse_row(cc_spec_row *row, const cc_yaml *map) {
    static const char *const known[] = {"label",     "experiment", "variant",  "baseline", "summary",
                                        "published", "fold",       "optional", NULL};
    CC_TRY(check_keys(map, "a row", known));
    CC_TRY(get_text(&row->label, map, "label"));
    CC_TRY(parse_source(row, map));
    row->published = row->label;
    CC_TRY(get_optional(&row->published, map, "published"));
    const cc_yaml *fold = cc_yaml_get(map, "fold"), *optional = cc_yaml_get(map, "optional");
    if (fold && (!cc_yaml_as_integer(&row->fold, fold) || row->fold < 1))
        return refuse(fold, 0, NULL, "fold is a number from 1");
    if (optional && !cc_yaml_as_boolean(&row->optional, optional))
        return refuse(optional, 0, NULL, "optional is true or false");
    return CC_OK;
}

/* All rows of a table. */
static cc_status parse_rows(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *list;
    CC_TRY(get_list(&list, map, "rows"));
    cc_spec_row *rows = cc_arena_get_array(arena, list->count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        CC_TRY(parse_row(&rows[i], list->items[i]));
        /* A study of one's own may have an experiment of the paper's name, without a kind. */
        rows[i].or_whole = rows[i].source == CC_SOURCE_RUNS && !spec->embedded;
    }
    spec->rows = rows;
    spec->row_count = list->count;
    return CC_OK;
}

/* A name that files of the report are called by; those of experiments' tables begin with "study-". */
static cc_status parse_id(const char **out, const cc_yaml *map) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    CC_TRY(get_text(out, map, "id"));
    if ((*out)[strspn(*out, letters)] || !(*out)[0] || (*out)[0] == '.' || strncmp(*out, "study-", 6) == 0)
        return refuse(cc_yaml_get(map, "id"), 0, "letters, digits and . _ - make an id; study-... is taken",
                      "\"%.80s\" cannot name the files of a table", *out);
    return CC_OK;
}

/* One table. */
static cc_status parse_spec(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    static const char *const known[] = {"id",         "title", "caption",  "shape",  "published", "columns",
                                        "convention", "rows",  "baseline", "margin", "claims",    NULL};
    static const char *const shapes[CC_SHAPES] = {"scores", "stages", "calcium", "surfaces", "challenge"};
    const cc_yaml *shape = cc_yaml_get(map, "shape");
    int found = CC_SHAPE_SCORES;
    CC_TRY(check_keys(map, "a table", known));
    CC_TRY(parse_id(&spec->id, map));
    CC_TRY(get_text(&spec->title, map, "title"));
    CC_TRY(get_text(&spec->caption, map, "caption"));
    if (!cc_yaml_is_null(shape)) CC_TRY(find_word(&found, shape, "shape", shapes, CC_SHAPES));
    spec->shape = (cc_spec_shape)found;
    if (spec->shape == CC_SHAPE_SCORES) CC_TRY(parse_scores(spec, map, arena));
    /* What is said of rows comes after them: it names them. */
    CC_TRY(parse_rows(spec, map, arena));
    return parse_comparisons(spec, map, false, arena);
}

/* All tables of a file, and the file of published tables that it names (NULL: none). */
static cc_status parse_root(cc_spec **out, size_t *count, const char **published, const cc_yaml *root,
                            bool embedded, cc_arena *arena) {
    static const char *const known[] = {"tables", "published", NULL};
    const cc_yaml *list;
    *published = NULL;
    CC_TRY(check_keys(root, "a file of tables", known));
    CC_TRY(get_optional(published, root, "published"));
    CC_TRY(get_list(&list, root, "tables"));
    *out = cc_arena_get_array(arena, list->count + 1, sizeof **out);
    if (!*out) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        (*out)[i].embedded = embedded;
        CC_TRY(parse_spec(&(*out)[i], list->items[i], arena));
        /* Their files would replace each other. */
        for (size_t k = 0; k < i; k++)
            if (strcmp((*out)[k].id, (*out)[i].id) == 0)
                return refuse(list->items[i], 0, NULL, "two tables have the id %s", (*out)[i].id);
    }
    *count = list->count;
    return CC_OK;
}

cc_status cc_specs_parse(cc_spec **out, size_t *count, const char *text, const char *file, cc_arena *arena) {
    cc_yaml *root;
    const char *published;
    CC_TRY(cc_yaml_parse(&root, text, strlen(text), file, arena));
    return parse_root(out, count, &published, root, false, arena);
}

/* The published table of a number, or NULL. */
static const cc_published_table *find_table(const cc_published *published, int id) {
    for (size_t t = 0; t < published->table_count; t++)
        if (published->tables[t].id == id) return &published->tables[t];
    return NULL;
}

/* Whether a published table has a row, or a summary, of this label. */
static bool has_label(const cc_published_table *table, const char *label) {
    for (size_t r = 0; r < table->row_count; r++)
        if (strcmp(table->rows[r].label, label) == 0) return true;
    for (size_t r = 0; r < table->summary_count; r++)
        if (strcmp(table->summary[r].label, label) == 0) return true;
    return false;
}

/* Numbers that are named must be there: an empty cell would look like one that nobody published. A row of
 * runs may have no counterpart of its label, one of published numbers alone is nothing without it. */
static cc_status check_published(const cc_spec *specs, size_t count, const cc_published *published,
                                 const char *path) {
    for (size_t s = 0; s < count; s++) {
        const cc_spec *spec = &specs[s];
        const cc_published_table *table = find_table(published, spec->published);
        if (spec->published && !table)
            return cc_fail(CC_ECONFIG, path, "`published: FILE` names the file that has it",
                           "%s stands beside the published table %d, which there is not", spec->id,
                           spec->published);
        for (size_t r = 0; r < spec->row_count; r++) {
            const cc_spec_row *row = &spec->rows[r];
            const bool named = row->published != row->label || row->source == CC_SOURCE_PUBLISHED;
            if (named && !(table && has_label(table, row->published)))
                return cc_fail(CC_ECONFIG, path, "labels must agree to the letter",
                               "%s: no published row is called \"%.100s\"", spec->id, row->published);
        }
    }
    return CC_OK;
}

cc_status cc_specs_read(cc_spec **out, size_t *count, cc_published *published, const char *path,
                        cc_arena *arena) {
    cc_yaml *root;
    const char *name;
    char folder[CC_PATH_MAX], file[CC_PATH_MAX];
    /* A file that names no published tables has none, not the paper's. */
    *published = (cc_published){.source = ""};
    CC_TRY(cc_yaml_read(&root, path, arena));
    CC_TRY(parse_root(out, count, &name, root, false, arena));
    if (name) {
        CC_TRY(cc_path_folder(folder, path));
        CC_TRY(cc_path_join(file, strcmp(folder, ".") == 0 ? "" : folder, name));
        const char *kept = cc_arena_copy(arena, file); /* its errors name it */
        if (!kept) return CC_ENOMEM;
        CC_TRY(cc_published_read(published, kept, arena));
    }
    return check_published(*out, *count, published, path);
}

cc_status cc_specs_get(cc_spec **out, size_t *count, cc_published *published, cc_arena *arena) {
    static const char file[] = "configs/paper/report.yaml";
    const char *name, *text = cc_embedded_report_yaml;
    cc_yaml *root;
    CC_TRY(cc_yaml_parse(&root, text, strlen(text), file, arena));
    CC_TRY(parse_root(out, count, &name, root, true, arena));
    CC_TRY(cc_published_get(published, arena));
    return check_published(*out, *count, published, file);
}

bool cc_spec_is_beside_published(const cc_spec *spec, const char *kind) {
    if (!spec->embedded) return spec->published && strncmp(kind, "twin", strlen("twin")) != 0;
    return strcmp(kind, "paper") == 0 || strcmp(kind, "real") == 0;
}

/* --- blocks --- */

cc_status cc_spec_read_baseline(cc_spec_row *out, const cc_yaml *word) {
    static const char *const words[] = {"background", "roi_threshold"};
    static const cc_spec_row rows[] = {
        {.source = CC_SOURCE_BACKGROUND, .label = "Everything background", .baseline = "background"},
        {.source = CC_SOURCE_BASELINE, .label = "ROI and > 130 HU", .baseline = "roi_threshold"}};
    int found;
    CC_TRY(find_word(&found, word, "baseline", words, 2));
    *out = rows[found];
    out->published = out->label;
    return CC_OK;
}

cc_status cc_spec_read_block(cc_spec *spec, const cc_yaml *block, cc_arena *arena) {
    static const char *const known[] = {"title",     "caption", "columns", "convention", "labels", "baseline",
                                        "baselines", "claims",  "margin",  "published",  NULL};
    static const cc_yaml nothing = {.kind = CC_YAML_MAP, .file = "report"};
    if (cc_yaml_is_null(block)) block = &nothing;
    CC_TRY(check_keys(block, "a report block", known));
    CC_TRY(get_optional(&spec->title, block, "title"));
    CC_TRY(get_optional(&spec->caption, block, "caption"));
    CC_TRY(parse_scores(spec, block, arena));
    return parse_comparisons(spec, block, true, arena);
}
