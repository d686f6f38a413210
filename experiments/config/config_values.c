/* experiments/config/config_values.c -- one node of YAML as one value of the configuration, checked against
 * its row.
 *
 * A value is taken as YAML means it, and refused where it has another type, lies outside its range, or is no
 * choice: the message says what the row wants and what was given instead. */
#include "experiments/config/config_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/utf8.h"
#include "experiments/config/options_lookup.h"

void cc_config_where(char out[512], const cc_yaml *node, int line) {
    const char *file = node->file ? node->file : "config";
    if (line == 0) line = node->line;
    if (strncmp(file, "--set ", 6) == 0 || line == 0)
        snprintf(out, 512, "%.500s", file);
    else
        snprintf(out, 512, "%.490s:%d", file, line);
}

cc_status cc_config_fail(const cc_yaml *node, int line, const char *hint, const char *format, ...) {
    char where[512], what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    cc_config_where(where, node, line);
    return cc_fail(CC_ECONFIG, where, hint, "%s", what);
}

void cc_config_describe(char *out, size_t capacity, const cc_yaml *node) {
    if (node->kind == CC_YAML_LIST)
        snprintf(out, capacity, "a list of %zu", node->count);
    else if (node->kind == CC_YAML_MAP)
        snprintf(out, capacity, "a map");
    else if (cc_yaml_is_null(node))
        snprintf(out, capacity, "null");
    else
        snprintf(out, capacity, "%s\"%.80s\"", node->quoted ? "the text " : "", node->text);
}

cc_status cc_config_without(cc_yaml **out, const cc_yaml *map, const char *key, cc_arena *arena) {
    cc_yaml *null = cc_yaml_create(CC_YAML_SCALAR, "null", map->file, map->line, arena);
    cc_yaml *copy = cc_yaml_create(CC_YAML_MAP, NULL, map->file, map->line, arena);
    if (!null || !copy) return CC_ENOMEM;
    *copy = *map;
    CC_TRY(cc_yaml_set(copy, key, null, arena)); /* gives the copy arrays of its own */
    size_t kept = 0;
    for (size_t i = 0; i < copy->count; i++) {
        if (strcmp(copy->keys[i], key) == 0) continue;
        copy->keys[kept] = copy->keys[i];
        copy->key_lines[kept] = copy->key_lines[i];
        copy->items[kept++] = copy->items[i];
    }
    copy->count = kept;
    *out = copy;
    return CC_OK;
}

/* "KEY wants WANTS, not GOT". */
static cc_status fail_wants(const cc_option *option, const char *key, const cc_yaml *node, const char *hint) {
    char wants[384], got[128];
    cc_option_wants(wants, sizeof wants, option);
    cc_config_describe(got, sizeof got, node);
    return cc_config_fail(node, 0, hint, "%s wants %s, not %s", key, wants, got);
}

/* The same, for one item of a list. */
static cc_status fail_item(const cc_option *option, const char *key, const cc_yaml *list, size_t index) {
    char wants[384], got[128];
    cc_option_wants(wants, sizeof wants, option);
    cc_config_describe(got, sizeof got, list->items[index]);
    return cc_config_fail(list->items[index], 0, NULL, "%s wants %s; its item %zu is %s", key, wants,
                          index + 1, got);
}

/* Whether a number lies within the row's range, its open ends excluded. */
static bool in_range(const cc_option *o, double value) {
    return (o->above_min ? value > o->min : value >= o->min) &&
           (o->below_max ? value < o->max : value <= o->max);
}

/* A whole number within the row's range. */
static bool as_ranged_integer(int *out, const cc_option *o, const cc_yaml *node) {
    long long value;
    if (!cc_yaml_as_integer(&value, node) || !in_range(o, (double)value)) return false;
    *out = (int)value;
    return true;
}

/* A number within the row's range. */
static bool as_ranged_real(double *out, const cc_option *o, const cc_yaml *node) {
    double value;
    if (!cc_yaml_as_real(&value, node) || !in_range(o, value)) return false;
    *out = value == 0 ? 0 : value; /* no negative zero: it prints as another text */
    return true;
}

/* One folder's name: no point or hyphen at its beginning. */
static bool is_name_part(const char *text, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-";
    return length > 0 && strspn(text, letters) >= length && text[0] != '.' && text[0] != '-';
}

bool cc_config_is_name(const char *text, int most) {
    if (strlen(text) > CC_NAME_MAX) return false;
    for (int parts = 1; parts <= most; parts++) {
        size_t length = strcspn(text, "/");
        if (!is_name_part(text, length)) return false;
        if (!text[length]) return true;
        text += length + 1;
    }
    return false;
}

/* A name of the environment: a letter or _ first. */
static bool is_variable_name(const char *text, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return length > 0 && strspn(text, letters) >= length && !(text[0] >= '0' && text[0] <= '9');
}

/* Adds text to a path; false where it grows too long. */
static bool append(char path[CC_PATH_MAX], size_t *used, const char *text, size_t length) {
    if (length >= CC_PATH_MAX - *used) return false;
    memcpy(path + *used, text, length);
    *used += length;
    path[*used] = 0;
    return true;
}

/* Replaces the "${...}" at *text, and moves on past it. */
static cc_status expand_one(char path[CC_PATH_MAX], size_t *used, const char **text, const char *key,
                            const cc_yaml *node) {
    const char *name = *text + 2, *end = strchr(name, '}');
    if (!end)
        return cc_config_fail(node, 0, "close it with }", "%s has an open ${ in \"%.200s\"", key, node->text);
    /* NAME, then "}" or ":-text}". */
    size_t length = strcspn(name, ":}");
    bool has_else = strncmp(name + length, ":-", 2) == 0;
    if (!is_variable_name(name, length) || (!has_else && name[length] != '}'))
        return cc_config_fail(node, 0, "write ${NAME} or ${NAME:-otherwise}", "%s cannot read %.*s", key,
                              (int)(end - *text + 1), *text);
    char variable[256];
    snprintf(variable, sizeof variable, "%.*s", (int)length, name);
    const char *value = getenv(variable), *otherwise = name + length + 2;
    /* An empty variable counts as not set, as in a shell's ${NAME:-text}. */
    bool set = value && value[0];
    if (!set && !has_else)
        return cc_config_fail(node, 0, "export it, or write ${NAME:-otherwise}",
                              "%s needs the environment variable %s, which is not set", key, variable);
    *text = end + 1;
    if (!append(path, used, set ? value : otherwise, set ? strlen(value) : (size_t)(end - otherwise)))
        return cc_config_fail(node, 0, NULL, "%s is a path of more than %d bytes", key, CC_PATH_MAX - 1);
    return CC_OK;
}

/* Whether a path can stand in the resolved YAML and read back as itself. */
static bool is_printable_path(const char *path) {
    return cc_utf8_is_printable(path) && !strstr(path, "${");
}

cc_status cc_config_expand(const char **out, const char *key, const cc_yaml *node, cc_arena *arena) {
    char path[CC_PATH_MAX] = "";
    size_t used = 0;
    for (const char *text = node->text; *text;) {
        /* A lone '$' is a character like any other. */
        if (text[0] == '$' && text[1] == '{') {
            CC_TRY(expand_one(path, &used, &text, key, node));
        } else if (!append(path, &used, text++, 1)) {
            return cc_config_fail(node, 0, NULL, "%s is a path of more than %d bytes", key, CC_PATH_MAX - 1);
        }
    }
    if (!path[0]) return cc_config_fail(node, 0, NULL, "%s is an empty path", key);
    if (!is_printable_path(path))
        return cc_config_fail(node, 0, "use printable UTF-8 without ${", "%s is a path that YAML cannot hold",
                              key);
    *out = cc_arena_copy(arena, path);
    return *out ? CC_OK : CC_ENOMEM;
}

/* "FILE" or "FILE#VARIANT" with FILE made absolute. A relative one counts from the file that gives it, one of
 * the command line from the current folder. */
static cc_status read_config_path(const char **out, const char *key, const cc_yaml *node, cc_arena *arena) {
    char folder[CC_PATH_MAX], path[CC_PATH_MAX];
    const char *text;
    CC_TRY(cc_config_expand(&text, key, node, arena));
    const char *hash = strrchr(text, '#'), *variant = hash ? hash : "";
    if (hash == text || (hash && !cc_config_is_name(hash + 1, 1)))
        return cc_config_fail(node, 0, "as in table1-roi.yaml#modified",
                              "%s wants FILE or FILE#VARIANT, not %s", key, text);
    /* A file that --set names counts from the current folder. */
    const char *file = cc_arena_copy_n(arena, text, hash ? (size_t)(hash - text) : strlen(text));
    bool in_file = node->file && strncmp(node->file, "--set ", 6) != 0;
    if (!file) return CC_ENOMEM;
    CC_TRY(cc_path_folder(folder, in_file ? node->file : ""));
    CC_TRY(cc_path_join(path, folder, file));
    char *real = realpath(path, NULL);
    if (!real && file[0] != '/')
        return cc_config_fail(node, 0, in_file ? "it is relative to the file that names it" : NULL,
                              "%s names %s, which is no file", key, path);
    *out = cc_arena_format(arena, "%s%s", real ? real : path, variant);
    free(real);
    return *out ? CC_OK : CC_ENOMEM;
}

cc_status cc_config_read_line(const char **out, const char *key, const cc_yaml *node, cc_arena *arena) {
    char got[128];
    cc_config_describe(got, sizeof got, node);
    if (node->kind != CC_YAML_SCALAR || !node->text[0] || strpbrk(node->text, "\n\r\t"))
        return cc_config_fail(node, 0, NULL, "%s wants a text of one line, not %s", key, got);
    *out = cc_arena_copy(arena, node->text);
    return *out ? CC_OK : CC_ENOMEM;
}

/* A name, a path or a config's path. */
static cc_status read_text(const char **out, const cc_option *o, const char *key, const cc_yaml *node,
                           cc_arena *arena) {
    if (node->kind != CC_YAML_SCALAR) return fail_wants(o, key, node, NULL);
    if (o->kind == CC_OPTION_PATH) return cc_config_expand(out, key, node, arena);
    if (o->kind == CC_OPTION_CONFIG) return read_config_path(out, key, node, arena);
    if (!cc_config_is_name(node->text, o->most)) return fail_wants(o, key, node, NULL);
    *out = cc_arena_copy(arena, node->text);
    return *out ? CC_OK : CC_ENOMEM;
}

/* One of the row's words, with the nearest as a hint. */
static cc_status read_choice(const char **out, const cc_option *o, const char *key, const cc_yaml *node) {
    char hint[128] = "";
    const char *word = node->kind == CC_YAML_SCALAR ? node->text : "";
    for (int i = 0; o->choices[i]; i++)
        if (strcmp(o->choices[i], word) == 0) {
            *out = o->choices[i];
            return CC_OK;
        }
    if (!o->choices[1])
        snprintf(hint, sizeof hint, "%s", o->meaning);
    else
        cc_option_hint_choice(hint, sizeof hint, o, word);
    return fail_wants(o, key, node, hint);
}

/* A list of numbers, each within the row's range. */
static cc_status read_numbers(cc_experiment_config *config, const cc_option *o, const char *key,
                              const cc_yaml *node) {
    void *base = (char *)config + o->offset;
    if (node->kind != CC_YAML_LIST || node->count < (size_t)o->least || node->count > (size_t)o->most)
        return fail_wants(o, key, node, NULL);
    for (size_t i = 0; i < node->count; i++) {
        const cc_yaml *item = node->items[i];
        bool ok = o->kind == CC_OPTION_INTEGERS ? as_ranged_integer((int *)base + i, o, item)
                                                : as_ranged_real((double *)base + i, o, item);
        if (!ok) return fail_item(o, key, node, i);
    }
    if (o->count_offset) *(int *)((char *)config + o->count_offset) = (int)node->count;
    return CC_OK;
}

/* A map of names and whole numbers, in the file's order. */
static cc_status read_heads(cc_experiment_config *config, const cc_option *o, const char *key,
                            const cc_yaml *node, cc_arena *arena) {
    cc_head_spec *heads = (cc_head_spec *)((char *)config + o->offset);
    if (node->kind != CC_YAML_MAP || node->count < (size_t)o->least || node->count > (size_t)o->most)
        return fail_wants(o, key, node, NULL);
    for (size_t i = 0; i < node->count; i++) {
        if (!cc_config_is_name(node->keys[i], 1) || !as_ranged_integer(&heads[i].classes, o, node->items[i]))
            return fail_wants(o, key, node, NULL);
        heads[i].name = cc_arena_copy(arena, node->keys[i]);
        if (!heads[i].name) return CC_ENOMEM;
    }
    *(int *)((char *)config + o->count_offset) = (int)node->count;
    return CC_OK;
}

/* A choice for a net's only output, or a map of outputs' names and choices, or CC_TARGET_REGIONS. */
static cc_status read_targets(cc_target_words *out, const cc_option *o, const char *key, const cc_yaml *node,
                              cc_arena *arena) {
    if (node->kind != CC_YAML_MAP) return read_choice(&out->one, o, key, node);
    if (node->count < (size_t)o->least || node->count > (size_t)o->most)
        return fail_wants(o, key, node, NULL);
    for (size_t i = 0; i < node->count; i++) {
        const cc_yaml *item = node->items[i];
        if (!cc_config_is_name(node->keys[i], 1)) return fail_wants(o, key, node, NULL);
        out->of[i].head = cc_arena_copy(arena, node->keys[i]);
        if (!out->of[i].head) return CC_ENOMEM;
        if (item->kind == CC_YAML_SCALAR && strcmp(item->text, CC_TARGET_REGIONS) == 0)
            out->of[i].word = CC_TARGET_REGIONS;
        else
            CC_TRY(read_choice(&out->of[i].word, o, key, item));
    }
    out->count = (int)node->count;
    return CC_OK;
}

/* One number for all axes, or a list of one for each; of equal numbers one is kept, so that both ways to say
 * the same have one identity. */
static bool as_extents(cc_extents *out, const cc_option *o, const cc_yaml *node) {
    const size_t axes = sizeof out->values / sizeof *out->values;
    cc_extents e = {.count = 1};
    if (node->kind != CC_YAML_LIST) {
        if (!as_ranged_integer(e.values, o, node)) return false;
    } else {
        if (node->count < 2 || node->count > axes) return false;
        for (size_t i = 0; i < node->count; i++) {
            if (!as_ranged_integer(&e.values[i], o, node->items[i])) return false;
            if (e.values[i] != e.values[0]) e.count = (int)node->count;
        }
    }
    *out = e;
    return true;
}

/* A list of them. */
static cc_status read_extents(cc_experiment_config *config, const cc_option *o, const char *key,
                              const cc_yaml *node) {
    cc_extents *items = (cc_extents *)((char *)config + o->offset);
    if (node->kind != CC_YAML_LIST || node->count < (size_t)o->least || node->count > (size_t)o->most)
        return fail_wants(o, key, node, NULL);
    for (size_t i = 0; i < node->count; i++)
        if (!as_extents(&items[i], o, node->items[i])) return fail_item(o, key, node, i);
    *(int *)((char *)config + o->count_offset) = (int)node->count;
    return CC_OK;
}

/* A list of words, or of the files of experiments; no two alike. */
static cc_status read_texts(cc_text_list *out, const cc_option *o, const char *key, const cc_yaml *node,
                            cc_arena *arena) {
    if (node->kind != CC_YAML_LIST || node->count < (size_t)o->least || node->count > (size_t)o->most)
        return fail_wants(o, key, node, NULL);
    const char **items = cc_arena_get_array(arena, node->count, sizeof *items);
    const bool files = o->kind == CC_OPTION_CONFIGS;
    if (!items) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        const cc_yaml *item = node->items[i];
        if (item->kind != CC_YAML_SCALAR || (!files && !o->item_ok(item->text)))
            return fail_item(o, key, node, i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(node->items[j]->text, item->text) == 0)
                return cc_config_fail(item, 0, NULL, "%s has %s twice", key, item->text);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (files)
            CC_TRY(read_config_path(&items[i], key, node->items[i], arena));
        else
            items[i] = cc_arena_copy(arena, node->items[i]->text);
        if (!items[i]) return CC_ENOMEM;
    }
    *out = (cc_text_list){items, (int)node->count};
    return CC_OK;
}

/* A seed; YAML's integers end at 2^63 - 1. */
static cc_status read_seed(uint64_t *out, const cc_option *o, const char *key, const cc_yaml *node) {
    long long value;
    if (!cc_yaml_as_integer(&value, node) || value < 0) return fail_wants(o, key, node, NULL);
    *out = (uint64_t)value;
    return CC_OK;
}

cc_status cc_config_read_value(cc_experiment_config *config, const cc_option *o, const char *key,
                               const cc_yaml *node, cc_arena *arena) {
    void *place = (char *)config + o->offset;
    bool null = cc_yaml_is_null(node);
    switch (o->kind) {
    case CC_OPTION_INTEGER:
        if (null) *(int *)place = o->null_value;
        return null || as_ranged_integer(place, o, node) ? CC_OK : fail_wants(o, key, node, NULL);
    case CC_OPTION_SEED:
        return read_seed(place, o, key, node);
    case CC_OPTION_REAL:
        if (null) *(double *)place = o->null_value;
        return null || as_ranged_real(place, o, node) ? CC_OK : fail_wants(o, key, node, NULL);
    case CC_OPTION_BOOLEAN:
        return cc_yaml_as_boolean(place, node) ? CC_OK : fail_wants(o, key, node, NULL);
    case CC_OPTION_CHOICE:
        /* A choice that may be left out keeps NULL. */
        return null && o->usual ? CC_OK : read_choice(place, o, key, node);
    case CC_OPTION_NAME:
    case CC_OPTION_PATH:
    case CC_OPTION_CONFIG:
        return null ? CC_OK : read_text(place, o, key, node, arena);
    case CC_OPTION_INTEGERS:
    case CC_OPTION_REALS: /* a list that may be left out keeps its count of 0 */
        return null ? CC_OK : read_numbers(config, o, key, node);
    case CC_OPTION_HEADS:
        return read_heads(config, o, key, node, arena);
    case CC_OPTION_TARGETS: /* may be left out, and then keeps none */
        return null ? CC_OK : read_targets(place, o, key, node, arena);
    case CC_OPTION_EXTENTS:
        return read_extents(config, o, key, node);
    case CC_OPTION_TEXTS:
        return read_texts(place, o, key, node, arena);
    case CC_OPTION_CONFIGS: /* a list that may be left out keeps its count of 0 */
        return null ? CC_OK : read_texts(place, o, key, node, arena);
    case CC_OPTION_TEXT:
        return null ? CC_OK : cc_config_read_line(place, key, node, arena);
    case CC_OPTION_LOSSES:
    case CC_OPTION_LABELS:
    case CC_OPTION_CLAIMS:
        break;
    }
    return CC_EINVAL;
}
