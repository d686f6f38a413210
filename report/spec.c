#include "report/spec.h"

#include <stdio.h>
#include <string.h>
#include "core/yaml.h"

extern const char cc_embedded_tables_yaml[];

static cc_status refuse(const cc_yaml *node, const char *what) {
    char where[256];
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return cc_fail(CC_ECONFIG, where, "report/tables.yaml shows the form", "%s", what);
}

static cc_status get_text(const char **out, const cc_yaml *map, const char *key) {
    const cc_yaml *node = map->kind == CC_YAML_MAP ? cc_yaml_get(map, key) : NULL;
    if (!node || node->kind != CC_YAML_SCALAR) {
        char what[128];
        snprintf(what, sizeof what, "%s is missing, or no text", key);
        return refuse(map, what);
    }
    *out = node->text;
    return CC_OK;
}

static cc_status get_list(const cc_yaml **out, const cc_yaml *map, const char *key) {
    *out = map->kind == CC_YAML_MAP ? cc_yaml_get(map, key) : NULL;
    return *out && (*out)->kind == CC_YAML_LIST ? CC_OK : refuse(map, "columns, rows and tables are lists");
}

static cc_status parse_columns(cc_spec *spec, const cc_yaml *map) {
    const cc_yaml *list;
    CC_TRY(get_list(&list, map, "columns"));
    if (list->count > CC_SCORES) return refuse(list, "too many columns");
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != CC_YAML_SCALAR) return refuse(list, "a column is a score's name");
        CC_TRY(cc_score_find(&spec->columns[i], list->items[i]->text));
    }
    spec->column_count = (int)list->count;
    return CC_OK;
}

static cc_status parse_rows(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const cc_yaml *list;
    CC_TRY(get_list(&list, map, "rows"));
    cc_spec_row *rows = cc_arena_get_array(arena, list->count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        CC_TRY(get_text(&rows[i].label, list->items[i], "label"));
        CC_TRY(get_text(&rows[i].experiment, list->items[i], "experiment"));
        CC_TRY(get_text(&rows[i].variant, list->items[i], "variant"));
    }
    spec->rows = rows;
    spec->row_count = list->count;
    return CC_OK;
}

static cc_status parse_spec(cc_spec *spec, const cc_yaml *map, cc_arena *arena) {
    const char *average, *empty;
    long long published = 0;
    CC_TRY(get_text(&spec->id, map, "id"));
    CC_TRY(get_text(&spec->title, map, "title"));
    CC_TRY(get_text(&spec->caption, map, "caption"));
    CC_TRY(get_text(&average, map, "convention.average"));
    CC_TRY(get_text(&empty, map, "convention.empty"));
    CC_TRY(cc_average_find(&spec->convention.average, average));
    CC_TRY(cc_empty_find(&spec->convention.empty, empty));
    const cc_yaml *number = cc_yaml_get(map, "published");
    if (number && !cc_yaml_as_integer(&published, number))
        return refuse(number, "published is a table's number");
    spec->published = (int)published;
    CC_TRY(parse_columns(spec, map));
    return parse_rows(spec, map, arena);
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
