/* report/tables/differences.c -- the options in which the rows of a table differ, from the resolved config
 * that each run file stores.
 *
 * A config is flattened to dotted keys with their values as text, and rows are compared key by key. The
 * runs of one row have the same config but for seed and fold, as a rule: one of them is parsed, the others
 * are compared with it as texts, so that a report of thousands of runs parses one config a row. */
#include "report/tables/differences.h"

#include <string.h>
#include "core/yaml.h"
#include "report/text.h"

typedef struct option {
    const char *key, *value;
} option;

typedef struct option_list {
    option *items;
    size_t count, capacity;
} option_list;

/* --- one config --- */

static cc_status add_option(option_list *list, const char *key, const char *value, cc_arena *arena) {
    if (list->count == list->capacity) {
        const size_t wider = list->capacity ? 2 * list->capacity : 128;
        option *grown = cc_arena_get_array(arena, wider, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (list->count) memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = wider;
    }
    list->items[list->count++] = (option){key, value};
    return CC_OK;
}

/* A value on one line, as YAML's flow style has it: "[hflip, rotate]", "{type: bce, weight: 0.5}". */
static void add_value(cc_text *out, const cc_yaml *node) {
    if (node->kind == CC_YAML_SCALAR) {
        cc_text_add(out, "%s", node->text);
        return;
    }
    const bool map = node->kind == CC_YAML_MAP;
    cc_text_add(out, map ? "{" : "[");
    for (size_t i = 0; i < node->count; i++) {
        cc_text_add(out, i ? ", " : "");
        if (map) cc_text_add(out, "%s: ", node->keys[i]);
        add_value(out, node->items[i]);
    }
    cc_text_add(out, map ? "}" : "]");
}

/* Adds all options below a map; `prefix` is its own key with a point behind it, or "". */
static cc_status flatten(option_list *out, const cc_yaml *map, const char *prefix, cc_arena *arena) {
    for (size_t i = 0; i < map->count; i++) {
        const cc_yaml *node = map->items[i];
        const char *key = cc_arena_format(arena, "%s%s", prefix, map->keys[i]);
        if (!key) return CC_ENOMEM;
        if (node->kind == CC_YAML_MAP && node->count) {
            const char *inner = cc_arena_format(arena, "%s.", key);
            if (!inner) return CC_ENOMEM;
            CC_TRY(flatten(out, node, inner, arena));
            continue;
        }
        cc_text text = {0};
        add_value(&text, node);
        const char *value = cc_arena_copy(arena, text.bytes ? text.bytes : "");
        const cc_status status = cc_text_check(&text);
        cc_text_deinit(&text);
        if (status != CC_OK || !value) return CC_ENOMEM;
        CC_TRY(add_option(out, key, value, arena));
    }
    return CC_OK;
}

/* The options of a run; none where its config cannot be read. */
static cc_status read_options(option_list *out, const cc_report_run *run, cc_arena *arena) {
    cc_yaml *root;
    *out = (option_list){0};
    if (!run->config) return CC_OK;
    const cc_status status = cc_yaml_parse(&root, run->config, strlen(run->config), run->path, arena);
    if (status == CC_ENOMEM) return status;
    return status == CC_OK && root->kind == CC_YAML_MAP ? flatten(out, root, "", arena) : CC_OK;
}

/* The value of a key, NULL where there is none. Configs list their options in one order: it is looked for
 * at `hint` first. */
static const char *find_value(const option_list *list, const char *key, size_t hint) {
    for (size_t k = 0; k < list->count; k++) {
        const option *o = &list->items[(hint + k) % list->count];
        if (strcmp(o->key, key) == 0) return o->value;
    }
    return NULL;
}

static bool same_value(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* --- the runs of one row --- */

/* Whether two texts of configs are equal line by line, but for the lines that name a run. */
static bool same_text(const char *a, const char *b) {
    static const char *const names[] = {"name: ", "variant: ", "seed: ", "  fold: "};
    while (*a && *b) {
        const size_t x = strcspn(a, "\n"), y = strcspn(b, "\n");
        bool same = x == y && memcmp(a, b, x) == 0;
        for (size_t n = 0; n < sizeof names / sizeof *names && !same; n++)
            same = strncmp(a, names[n], strlen(names[n])) == 0 && strncmp(b, names[n], strlen(names[n])) == 0;
        if (!same) return false;
        a += x + (a[x] == '\n');
        b += y + (b[y] == '\n');
    }
    return *a == *b;
}

/* Reads the row's first run, and adds to `varying` the keys in which another one of its runs differs from
 * it. */
static cc_status read_row(option_list *out, option_list *varying, const cc_table_row *row, cc_arena *arena) {
    CC_TRY(read_options(out, row->runs[0], arena));
    for (size_t r = 1; r < row->run_count; r++) {
        option_list other;
        const char *first = row->runs[0]->config, *text = row->runs[r]->config;
        if (!first || !text || same_text(first, text)) continue;
        CC_TRY(read_options(&other, row->runs[r], arena));
        for (size_t i = 0; i < out->count; i++)
            if (!same_value(out->items[i].value, find_value(&other, out->items[i].key, i)))
                CC_TRY(add_option(varying, out->items[i].key, NULL, arena));
        for (size_t i = 0; i < other.count; i++)
            if (!find_value(out, other.items[i].key, i))
                CC_TRY(add_option(varying, other.items[i].key, NULL, arena));
    }
    return CC_OK;
}

/* --- all rows --- */

/* Options that name a run or its tables: they change no method. */
static bool is_name(const char *key) {
    static const char *const names[] = {"name", "variant", "seed", "data.fold", "report"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (strcmp(key, names[n]) == 0) return true;
    return strncmp(key, "report.", strlen("report.")) == 0;
}

static bool has_key(const option_list *list, const char *key) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].key, key) == 0) return true;
    return false;
}

/* Whether rows have two values of an option; `hint` is its place among them. */
static bool has_two_values(const option_list *rows, size_t row_count, const char *key, size_t hint) {
    const char *first = NULL;
    for (size_t r = 0; r < row_count; r++) {
        const char *value = find_value(&rows[r], key, hint);
        if (value && first && strcmp(value, first) != 0) return true;
        if (!first) first = value;
    }
    return false;
}

/* The keys in which rows differ, each once, in the order of the first config that has it. */
static cc_status list_keys(option_list *out, const option_list *rows, size_t row_count,
                           const option_list *varying, cc_arena *arena) {
    option_list seen = {0};
    for (size_t r = 0; r < row_count; r++)
        for (size_t i = 0; i < rows[r].count; i++) {
            const char *key = rows[r].items[i].key;
            if (find_value(&seen, key, i)) continue;
            CC_TRY(add_option(&seen, key, "", arena));
            if (!is_name(key) && !has_key(varying, key) && has_two_values(rows, row_count, key, i))
                CC_TRY(add_option(out, key, NULL, arena));
        }
    return CC_OK;
}

/* The same with all that is needed on the way in `scratch`. */
static cc_status find(cc_differences *out, const cc_table *table, cc_arena *arena, cc_arena *scratch) {
    option_list varying = {0}, keys = {0};
    option_list *rows = cc_arena_get_array(scratch, table->row_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count; r++)
        if (table->rows[r].spec->source == CC_SOURCE_RUNS && table->rows[r].run_count)
            CC_TRY(read_row(&rows[r], &varying, &table->rows[r], scratch));
    CC_TRY(list_keys(&keys, rows, table->row_count, &varying, scratch));

    /* What is kept outlives the configs. */
    const char **names = cc_arena_get_array(arena, keys.count + 1, sizeof *names);
    const char **values = cc_arena_get_array(arena, table->row_count * keys.count + 1, sizeof *values);
    if (!names || !values) return CC_ENOMEM;
    for (size_t k = 0; k < keys.count; k++)
        if (!(names[k] = cc_arena_copy(arena, keys.items[k].key))) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t k = 0; k < keys.count; k++) {
            const char *value = find_value(&rows[r], names[k], k);
            if (value && !(values[r * keys.count + k] = cc_arena_copy(arena, value))) return CC_ENOMEM;
        }
    *out = (cc_differences){names, keys.count, values};
    return CC_OK;
}

cc_status cc_differences_find(cc_differences *out, const cc_table *table, cc_arena *arena) {
    cc_arena *scratch = cc_arena_create();
    *out = (cc_differences){0};
    if (!scratch) return cc_fail_memory("a table", 0);
    const cc_status status = find(out, table, arena, scratch);
    cc_arena_destroy(scratch);
    return status;
}
