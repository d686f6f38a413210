/* experiments/config/config_matrix.c -- one tree with a matrix into a tree for each variant, and the
 * variants' names.
 *
 * A variant that does not name itself is named by what it changes, "arch=unet,lr=0.001": short keys where no
 * other option ends alike, values with the letters that a folder's name may have. */
#include "experiments/config/config_matrix.h"

#include <stdio.h>
#include <string.h>
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"

/* A key of the matrix is an option or a group of options. */
static cc_status check_key(const cc_yaml *node, int line, const char *key) {
    char hint[384];
    if (strcmp(key, "report") == 0 || strncmp(key, "report.", 7) == 0)
        return cc_config_fail(node, line, "put it beside the matrix",
                              "matrix: %.100s is of the table that all variants share", key);
    if (cc_option_find(key) >= 0 || cc_option_is_group(key)) return CC_OK;
    cc_option_hint(hint, sizeof hint, key);
    return cc_config_fail(node, line, hint, "matrix: %.100s is no option", key);
}

/* The cartesian product of {key: [values], ...}; the last key changes fastest. */
static cc_status multiply(cc_config_change **out, int *count, const cc_yaml *map, cc_arena *arena) {
    size_t total = 1;
    for (size_t i = 0; i < map->count; i++) {
        const cc_yaml *list = map->items[i];
        if (list->kind != CC_YAML_LIST || list->count == 0)
            return cc_config_fail(list, map->key_lines[i], "as in net.arch: [unet, unet-bn]",
                                  "matrix: %s wants a list of values", map->keys[i]);
        total *= list->count;
        if (total > CC_VARIANTS_MAX)
            return cc_config_fail(list, map->key_lines[i], NULL, "the matrix has more than %d variants",
                                  CC_VARIANTS_MAX);
    }
    cc_config_change *changes = cc_arena_get_array(arena, total, sizeof *changes);
    if (!changes) return CC_ENOMEM;
    for (size_t v = 0; v < total; v++) {
        changes[v].count = map->count;
        /* All variants change the same keys. */
        changes[v].keys = map->keys;
        changes[v].values = cc_arena_get_array(arena, map->count, sizeof *changes[v].values);
        if (!changes[v].values) return CC_ENOMEM;
        /* Variant v as a number whose digits choose the values: the last key is its lowest digit. */
        size_t rest = v;
        for (size_t i = map->count; i-- > 0; rest /= map->items[i]->count)
            changes[v].values[i] = map->items[i]->items[rest % map->items[i]->count];
    }
    *out = changes;
    *count = (int)total;
    return CC_OK;
}

/* The variants of a map: a search, or the product of its lists. */
static cc_status open_map(cc_config_matrix *m, const cc_yaml *map, cc_arena *arena) {
    const bool search = cc_config_is_search(map);
    for (size_t i = 0; i < map->count; i++)
        if (!search || !cc_config_is_search_key(map->keys[i]))
            CC_TRY(check_key(map->items[i], map->key_lines[i], map->keys[i]));
    return search ? cc_config_search(&m->changes, &m->count, map, arena)
                  : multiply(&m->changes, &m->count, map, arena);
}

/* The variants of [{key: value, ...}, ...]. */
static cc_status enumerate(cc_config_change **out, int *count, const cc_yaml *list, cc_arena *arena) {
    if (list->count > CC_VARIANTS_MAX)
        return cc_config_fail(list, 0, NULL, "the matrix has more than %d variants", CC_VARIANTS_MAX);
    cc_config_change *changes = cc_arena_get_array(arena, list->count, sizeof *changes);
    if (!changes) return CC_ENOMEM;
    for (size_t v = 0; v < list->count; v++) {
        const cc_yaml *map = list->items[v];
        if (map->kind != CC_YAML_MAP)
            return cc_config_fail(map, 0, "as in {variant: original, net.arch: unet}",
                                  "matrix: each variant wants a map of options");
        for (size_t i = 0; i < map->count; i++)
            CC_TRY(check_key(map->items[i], map->key_lines[i], map->keys[i]));
        changes[v] = (cc_config_change){map->count, map->keys, map->items};
    }
    *out = changes;
    *count = (int)list->count;
    return CC_OK;
}

/* Adds text, as far as there is room. */
static void add(char *out, size_t capacity, const char *text) {
    size_t used = strlen(out);
    snprintf(out + used, capacity - used, "%s", text);
}

/* A value as a part of a folder's name: its scalars joined by '-'. */
static void add_label(char *out, size_t capacity, const cc_yaml *node) {
    if (strlen(out) + 1 >= capacity) return; /* too long already, whatever follows */
    if (node->kind != CC_YAML_SCALAR && node->count == 0) add(out, capacity, "none");
    for (size_t i = 0; node->kind != CC_YAML_SCALAR && i < node->count; i++) {
        if (i) add(out, capacity, "-");
        add_label(out, capacity, node->items[i]);
    }
    if (node->kind == CC_YAML_SCALAR) add(out, capacity, cc_yaml_is_null(node) ? "null" : node->text);
}

/* The last part of a key where no other option ends in it, else the whole key. */
static const char *short_key(const char *key) {
    const char *dot = strrchr(key, '.'), *last = dot ? dot + 1 : key;
    for (int i = 0; i < cc_option_count(); i++) {
        const char *other = strrchr(cc_option_get(i)->key, '.');
        other = other ? other + 1 : cc_option_get(i)->key;
        if (strcmp(other, last) == 0 && strcmp(cc_option_get(i)->key, key) != 0) return key;
    }
    return last;
}

/* "arch=unet,lr=0.001"; empty where the variant names itself, or changes only what has its own place in a
 * path. */
static void name_change(char out[2 * CC_NAME_MAX], const cc_config_change *c) {
    out[0] = 0;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->keys[i], "variant") == 0) return;
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->keys[i], "seed") == 0 || strcmp(c->keys[i], "data.fold") == 0 ||
            strcmp(c->keys[i], "name") == 0)
            continue;
        if (out[0]) add(out, 2 * CC_NAME_MAX, ",");
        add(out, 2 * CC_NAME_MAX, short_key(c->keys[i]));
        add(out, 2 * CC_NAME_MAX, "=");
        add_label(out, 2 * CC_NAME_MAX, c->values[i]);
    }
    /* Whatever else a value holds: a path, quotes, spaces. */
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-";
    for (char *p = out; *(p += strspn(p, letters));) *p = '-';
}

/* A node that gives a variant its name. */
static cc_status name_variant(cc_yaml *tree, const char *name, const cc_yaml *matrix, cc_arena *arena) {
    const cc_yaml *there = cc_yaml_get(tree, "variant");
    if (!cc_yaml_is_null(there))
        return cc_config_fail(there, 0, "leave it out, or name each variant in the matrix",
                              "variant is one name, but the matrix makes several variants");
    if (strlen(name) > CC_NAME_MAX)
        return cc_config_fail(matrix, 0, "list the variants: [{variant: NAME, ...}, ...]",
                              "the variant's name \"%.60s...\" gets too long", name);
    const char *text = cc_arena_copy(arena, name);
    cc_yaml *node = cc_yaml_create(CC_YAML_SCALAR, text, matrix->file, matrix->line, arena);
    return text && node ? cc_yaml_set(tree, "variant", node, arena) : CC_ENOMEM;
}

cc_status cc_config_matrix_open(cc_config_matrix *m, const cc_yaml *tree, cc_arena *arena) {
    const cc_yaml *matrix = cc_yaml_get(tree, "matrix");
    *m = (cc_config_matrix){.matrix = matrix, .count = 1};
    CC_TRY(cc_config_without(&m->plain, tree, "matrix", arena));
    if (cc_yaml_is_null(matrix)) return CC_OK;
    if (matrix->kind == CC_YAML_SCALAR || matrix->count == 0)
        return cc_config_fail(matrix, 0, "as in {net.arch: [unet, unet-bn]}",
                              "matrix wants a map of lists, or a list of maps");
    return matrix->kind == CC_YAML_MAP ? open_map(m, matrix, arena)
                                       : enumerate(&m->changes, &m->count, matrix, arena);
}

cc_status cc_config_matrix_tree(cc_yaml **out, const cc_config_matrix *m, int index, cc_arena *arena) {
    char name[2 * CC_NAME_MAX];
    cc_yaml *copy = cc_yaml_create(CC_YAML_MAP, NULL, NULL, 0, arena);
    if (!copy) return CC_ENOMEM;
    /* Setting a key copies the maps on its way, so that variants share what they do not change. */
    *copy = *m->plain;
    *out = copy;
    if (!m->changes) return CC_OK;
    const cc_config_change *c = &m->changes[index];
    for (size_t i = 0; i < c->count; i++) CC_TRY(cc_yaml_set(copy, c->keys[i], c->values[i], arena));
    name_change(name, c);
    return name[0] ? name_variant(copy, name, m->matrix, arena) : CC_OK;
}

/* Whether a key is a group, or lies in it. */
static bool is_at_or_below(const char *key, const char *group) {
    size_t length = strlen(group);
    return strncmp(key, group, length) == 0 && (key[length] == 0 || key[length] == '.');
}

bool cc_config_matrix_sets(const cc_config_matrix *m, const char *key) {
    for (int v = 0; m->changes && v < m->count; v++)
        for (size_t i = 0; i < m->changes[v].count; i++)
            if (is_at_or_below(key, m->changes[v].keys[i])) return true;
    return false;
}
