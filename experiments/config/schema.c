/* experiments/config/schema.c -- the table of options as a JSON Schema.
 *
 * Draft-07 (https://json-schema.org/draft-07): the newest that yaml-language-server, which VS Code, Neovim
 * and Emacs ask ("JSON Schema 7 and below", its README of version 1.19), and the JetBrains editors both take;
 * nothing here needs what 2020-12 has beyond it.
 *
 * Each option is a definition named by its dotted key, which the map of its group and both forms of a matrix
 * refer to; each group is one too. Two rows of one key are two ways for a value to be right. */
#include "experiments/config/schema.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/config/config_search.h"
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"

#define TERM "term" /* the definition of a term of a sum of losses; no option has such a key */

/* The letters of a folder's name (cc_config_is_name), and a path whose every ${...} the program can read
 * (cc_config_expand). */
#define NAME_PART "[A-Za-z0-9_=,+][A-Za-z0-9._=,+-]*"
#define LINE      "^[^\\n\\r\\t]+$" /* cc_config_read_line */
#define PATH      "^([^$]|\\$(?!\\{)|\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\})+$"

/* A schema on its way. */
typedef struct builder {
    json_t *definitions;
    cc_arena *arena; /* for texts; Jansson copies them */
    bool failed;     /* memory is out */
} builder;

/* Puts a member; takes `value` over, also after a failure. */
static void set(builder *b, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0) b->failed = true;
}

static void append(builder *b, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0) b->failed = true;
}

/* {"$ref": "#/definitions/KEY"}. */
static json_t *refer(const builder *b, const char *key) {
    const char *place = cc_arena_format(b->arena, "#/definitions/%s", key);
    return place ? json_pack("{s:s}", "$ref", place) : NULL;
}

/* A number without a point where it is whole: an editor shows it as it stands in the table. */
static json_t *number(double value) {
    const double exact = 9007199254740992.0; /* 2^53: below it each whole number is a double */
    return value == floor(value) && fabs(value) < exact ? json_integer((json_int_t)value) : json_real(value);
}

/* The row's range. */
static void set_range(builder *b, json_t *schema, const cc_option *o) {
    set(b, schema, o->above_min ? "exclusiveMinimum" : "minimum", number(o->min));
    set(b, schema, o->below_max ? "exclusiveMaximum" : "maximum", number(o->max));
}

/* A default, which the table has as YAML. */
static json_t *as_json(builder *b, const cc_yaml *node) {
    long long whole;
    double real;
    bool boolean;
    if (node->kind == CC_YAML_LIST) {
        json_t *list = json_array();
        for (size_t i = 0; i < node->count; i++) append(b, list, as_json(b, node->items[i]));
        return list;
    }
    if (node->kind == CC_YAML_MAP) {
        json_t *map = json_object();
        for (size_t i = 0; i < node->count; i++) set(b, map, node->keys[i], as_json(b, node->items[i]));
        return map;
    }
    if (cc_yaml_as_integer(&whole, node)) return json_integer(whole);
    if (cc_yaml_as_real(&real, node)) return json_real(real);
    if (cc_yaml_as_boolean(&boolean, node)) return json_boolean(boolean);
    return json_string(node->text);
}

/* A list of `least` to `most` such items, or null. */
static json_t *list_of(builder *b, json_t *item, int least, int most) {
    json_t *schema = json_pack("{s:[s,s], s:o}", "type", "array", "null", "items", item);
    if (least > 0) set(b, schema, "minItems", json_integer(least));
    set(b, schema, "maxItems", json_integer(most));
    return schema;
}

/* Texts need no quotes in YAML: a folder may be called 2024. */
static json_t *text_like(const char *pattern) {
    return json_pack("{s:[s,s,s,s], s:s}", "type", "string", "number", "boolean", "null", "pattern", pattern);
}

/* A map of nothing yet, that takes no other keys. */
static json_t *closed_map(void) {
    return json_pack("{s:s, s:b, s:{}}", "type", "object", "additionalProperties", 0, "properties");
}

/* The row's choices as a list. */
static json_t *words_of(builder *b, const cc_option *o) {
    json_t *words = json_array();
    for (int i = 0; o->choices[i]; i++) append(b, words, json_string(o->choices[i]));
    return words;
}

/* A claim of the `report:` block (config_report.h). */
static json_t *claim_schema(builder *b) {
    json_t *schema = closed_map(), *properties = json_object_get(schema, "properties");
    const cc_option *columns = cc_option_get(cc_option_find("report.columns"));
    set(b, schema, "required", json_pack("[s,s,s,s]", "text", "a", "score", "direction"));
    set(b, properties, "text", text_like(LINE));
    set(b, properties, "a", text_like("^" NAME_PART "$"));
    set(b, properties, "b", text_like("^" NAME_PART "$"));
    set(b, properties, "score", json_pack("{s:o}", "enum", words_of(b, columns)));
    set(b, properties, "direction", json_pack("{s:[s,s]}", "enum", "higher", "lower"));
    return schema;
}

/* What one value of the row may be; null, which stands for the default, always is. */
static json_t *value_schema(builder *b, const cc_option *o) {
    json_t *schema, *item;
    switch (o->kind) {
    case CC_OPTION_INTEGER:
    case CC_OPTION_REAL:
        schema = json_pack("{s:[s,s]}", "type", o->kind == CC_OPTION_REAL ? "number" : "integer", "null");
        set_range(b, schema, o);
        return schema;
    case CC_OPTION_SEED: /* what the file can hold of 64 bits: cc_yaml_as_integer */
        return json_pack("{s:[s,s], s:i, s:I}", "type", "integer", "null", "minimum", 0, "maximum",
                         (json_int_t)INT64_MAX);
    case CC_OPTION_BOOLEAN:
        return json_pack("{s:[s,s]}", "type", "boolean", "null");
    case CC_OPTION_CHOICE:
        item = words_of(b, o);
        append(b, item, json_null());
        return json_pack("{s:o}", "enum", item);
    case CC_OPTION_NAME:
        schema = text_like(cc_arena_format(b->arena, "^%s(/%s){0,%d}$", NAME_PART, NAME_PART, o->most - 1));
        set(b, schema, "maxLength", json_integer(CC_NAME_MAX));
        set(b, schema, "minimum", json_integer(0)); /* no hyphen comes first */
        return schema;
    case CC_OPTION_PATH:
    case CC_OPTION_CONFIG:
        return text_like(PATH);
    case CC_OPTION_CONFIGS:
        schema = list_of(b, text_like(PATH), o->least, o->most);
        set(b, schema, "uniqueItems", json_true());
        return schema;
    case CC_OPTION_INTEGERS:
    case CC_OPTION_REALS:
        item = json_pack("{s:s}", "type", o->kind == CC_OPTION_REALS ? "number" : "integer");
        set_range(b, item, o);
        return list_of(b, item, o->least, o->most);
    case CC_OPTION_HEADS:
        item = json_pack("{s:s}", "type", "integer");
        set_range(b, item, o);
        return json_pack("{s:[s,s], s:{s:s, s:i}, s:o, s:i, s:i}", "type", "object", "null", "propertyNames",
                         "pattern", "^" NAME_PART "$", "maxLength", CC_NAME_MAX, "additionalProperties", item,
                         "minProperties", o->least, "maxProperties", o->most);
    case CC_OPTION_TARGETS: /* a word, or a map of words */
        item = words_of(b, o);
        append(b, item, json_string(CC_TARGET_REGIONS));
        schema = json_pack("{s:s, s:{s:s, s:i}, s:{s:o}, s:i, s:i}", "type", "object", "propertyNames",
                           "pattern", "^" NAME_PART "$", "maxLength", CC_NAME_MAX, "additionalProperties",
                           "enum", item, "minProperties", o->least, "maxProperties", o->most);
        item = words_of(b, o);
        append(b, item, json_null());
        return json_pack("{s:[{s:o}, o]}", "anyOf", "enum", item, schema);
    case CC_OPTION_EXTENTS: /* a number, or a list of one for each of two or three axes */
        item = json_pack("{s:s}", "type", "integer");
        set_range(b, item, o);
        schema =
            json_pack("{s:s, s:O, s:i, s:i}", "type", "array", "items", item, "minItems", 2, "maxItems", 3);
        return list_of(b, json_pack("{s:[o,o]}", "anyOf", item, schema), o->least, o->most);
    case CC_OPTION_TEXTS:
        item = o->item_pattern ? json_pack("{s:s, s:s}", "type", "string", "pattern", o->item_pattern)
                               : json_pack("{s:o}", "enum", words_of(b, o));
        schema = list_of(b, item, o->least, o->most);
        set(b, schema, "uniqueItems", json_true());
        return schema;
    case CC_OPTION_TEXT:
        return text_like(LINE);
    case CC_OPTION_LABELS:
        return json_pack("{s:[s,s], s:{s:s, s:i}, s:{s:[s,s,s], s:s}}", "type", "object", "null",
                         "propertyNames", "pattern", "^" NAME_PART "$", "maxLength", CC_NAME_MAX,
                         "additionalProperties", "type", "string", "number", "boolean", "pattern", LINE);
    case CC_OPTION_CLAIMS:
        return list_of(b, claim_schema(b), 0, CC_CONFIG_CLAIMS_MAX);
    case CC_OPTION_LOSSES:
        return list_of(b, refer(b, TERM), o->least, o->most);
    }
    return NULL;
}

/* Meaning, unit, what holds without it, and where it means something. */
static const char *describe(const builder *b, const cc_option *o) {
    char words[512] = "", note[512] = "";
    const char *without = o->initial_note;
    const bool by_list = o->when && cc_option_get(cc_option_find(o->when))->kind == CC_OPTION_TEXTS;
    if (o->when) cc_option_words(words, sizeof words, o->is, " or ");
    /* Notes say "null: what that does"; a member is left out just as well. */
    if (without && strncmp(without, "null: ", 6) == 0) without += 6;
    if (without) snprintf(note, sizeof note, "; without it, %s", without);
    if (o->needed || o->needed_to_run)
        snprintf(note, sizeof note, "; must be given%s", o->needed ? "" : " to run");
    return cc_arena_format(b->arena, "%s%s%s%s%s%s%s%s%s", o->meaning, o->unit ? "; unit: " : "",
                           o->unit ? o->unit : "", note, o->when ? "; only where " : "",
                           o->when ? o->when : "",
                           by_list   ? " names "
                           : o->when ? " is "
                                     : "",
                           words, o->locates ? "; no part of a run's identity" : "");
}

/* One row. */
static json_t *row_schema(builder *b, const cc_option *o) {
    json_t *schema = value_schema(b, o);
    cc_yaml *initial;
    const char *text = describe(b, o);
    if (text) set(b, schema, "description", json_string(text));
    b->failed = b->failed || !text;
    if (!o->initial) return schema;
    if (cc_yaml_parse(&initial, o->initial, strlen(o->initial), o->key, b->arena) == CC_OK)
        set(b, schema, "default", as_json(b, initial));
    else
        b->failed = true; /* of the table's own text: no other fault is possible */
    return schema;
}

/* All rows of one key: any of them may be the one that holds. */
static json_t *option_schema(builder *b, int first) {
    json_t *ways = json_array();
    for (int i = first; i < cc_option_count(); i++)
        if (strcmp(cc_option_get(i)->key, cc_option_get(first)->key) == 0)
            append(b, ways, row_schema(b, cc_option_get(i)));
    json_t *schema =
        json_array_size(ways) > 1 ? json_pack("{s:O}", "anyOf", ways) : json_incref(json_array_get(ways, 0));
    json_decref(ways);
    return schema;
}

/* The properties of the group that a dotted key lies in, "" being the whole; groups are made on the way. */
static json_t *group_of(builder *b, json_t *root, const char *key) {
    json_t *properties = json_object_get(root, "properties");
    for (const char *dot = key; (dot = strchr(dot, '.')); dot++) {
        const char *group = cc_arena_format(b->arena, "%.*s", (int)(dot - key), key);
        if (!group) return NULL;
        const char *before = strrchr(group, '.');
        if (!json_object_get(b->definitions, group)) {
            json_t *map = closed_map();
            set(b, map, "type", json_pack("[s,s]", "object", "null"));
            set(b, b->definitions, group, map);
            set(b, properties, before ? before + 1 : group, refer(b, group));
        }
        properties = json_object_get(json_object_get(b->definitions, group), "properties");
    }
    return properties;
}

/* Every option, each in its group's map, and the groups; a term of a sum of losses is a map of the options of
 * `loss` and of those that a term alone has. */
static void add_options(builder *b, json_t *root) {
    json_t *term = closed_map(), *of_term = json_object_get(term, "properties");
    set(b, b->definitions, TERM, term);
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (cc_option_find(o->key) != i) continue; /* a further row of a key: its first one stands for all */
        set(b, b->definitions, o->key, option_schema(b, i));
        if (strncmp(o->key, "loss.", 5) == 0) set(b, of_term, o->key + 5, refer(b, o->key));
        if (o->only_term) continue;
        const char *dot = strrchr(o->key, '.');
        set(b, group_of(b, root, o->key), dot ? dot + 1 : o->key, refer(b, o->key));
    }
}

/* The ranges that a search may draw an option from (config_search.h); NULL where it is no number. */
static json_t *range_schema(builder *b, int first) {
    static const struct {
        const char *name;
        bool whole, logarithmic;
    } kinds[] = {
#define X(name, whole, logarithmic) {#name, whole, logarithmic},
        CC_CONFIG_RANGE_LIST(X)
#undef X
    };
    json_t *ways = NULL;
    for (int row = first; row < cc_option_count(); row++) {
        const cc_option *o = cc_option_get(row);
        if (strcmp(o->key, cc_option_get(first)->key) != 0) continue;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (o->kind != (kinds[k].whole ? CC_OPTION_INTEGER : CC_OPTION_REAL)) continue;
            json_t *end = json_pack("{s:s}", "type", kinds[k].whole ? "integer" : "number");
            set_range(b, end, o);
            if (kinds[k].logarithmic && o->min <= 0) {
                json_object_del(end, "minimum");
                set(b, end, "exclusiveMinimum", json_integer(0));
            }
            json_t *range = closed_map();
            set(b, json_object_get(range, "properties"), kinds[k].name,
                json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items", end, "minItems", 2, "maxItems",
                          2));
            set(b, range, "required", json_pack("[s]", kinds[k].name));
            if (!ways) ways = json_array();
            append(b, ways, range);
        }
    }
    return ways;
}

/* What one key of a map of lists or ranges may hold. */
static json_t *sweep_schema(builder *b, const char *key, int row) {
    /* Seeds and folds multiply the samples of a search: they have no range. */
    const bool repeats = strcmp(key, "seed") == 0 || strcmp(key, "data.fold") == 0;
    json_t *list = json_pack("{s:s, s:i, s:i, s:o}", "type", "array", "minItems", 1, "maxItems",
                             CC_VARIANTS_MAX, "items", refer(b, key));
    json_t *ways = row >= 0 && !repeats ? range_schema(b, row) : NULL;
    if (!ways) return list;
    append(b, ways, list);
    return json_pack("{s:o}", "anyOf", ways);
}

/* A map of lists, whose product is taken, or of lists and ranges with a number of samples; or a list of maps.
 * Keys are dotted, of options and of groups. */
static json_t *matrix_schema(builder *b) {
    json_t *map = closed_map(), *variant = closed_map(), *properties = json_object_get(map, "properties");
    const char *key;
    json_t *definition;
    json_object_foreach(b->definitions, key, definition) {
        int row = cc_option_find(key);
        /* A table is of all variants together: no variant has a `report` of its own. */
        const bool of_report = strncmp(key, "report", 6) == 0 && (key[6] == 0 || key[6] == '.');
        if (of_report || strcmp(key, TERM) == 0 || (row >= 0 && cc_option_get(row)->only_term)) continue;
        set(b, properties, key, sweep_schema(b, key, row));
        set(b, json_object_get(variant, "properties"), key, refer(b, key));
    }
    set(b, properties, "samples",
        json_pack("{s:s, s:s, s:i, s:i}", "description",
                  "how many variants to draw from the ranges and lists; seed and data.fold multiply them",
                  "type", "integer", "minimum", 1, "maximum", CC_VARIANTS_MAX));
    set(b, properties, "search",
        json_pack("{s:s, s:[s,s,n], s:s}", "description", "how samples are drawn", "enum", "sobol", "random",
                  "default", "sobol"));
    set(b, properties, "search_seed",
        json_pack("{s:s, s:[s,s], s:i, s:I, s:i}", "description", "another one: other samples", "type",
                  "integer", "null", "minimum", 0, "maximum", (json_int_t)INT64_MAX, "default", 0));
    set(b, map, "minProperties", json_integer(1));
    /* Without `samples` there are lists alone. */
    set(b, map, "if", json_pack("{s:[s]}", "required", "samples"));
    set(b, map, "then", json_pack("{s:i}", "minProperties", 2));
    set(b, map, "else", json_pack("{s:{s:s}}", "additionalProperties", "type", "array"));
    json_t *list = json_pack("{s:s, s:i, s:i, s:o}", "type", "array", "minItems", 1, "maxItems",
                             CC_VARIANTS_MAX, "items", variant);
    return json_pack("{s:s, s:[o,o,{s:s}]}", "description",
                     "several variants from one file: a map of lists makes one of each combination, the last "
                     "key fastest; with `samples`, that many are drawn from its ranges and lists; a list of "
                     "maps lists them; null drops the matrix of what is extended",
                     "anyOf", map, list, "type", "null");
}

/* One file or several. */
static json_t *extends_schema(builder *b) {
    json_t *file = text_like(PATH);
    /* An item of the list is a file; the whole may be null. */
    json_t *item = json_pack("{s:[s,s,s], s:s}", "type", "string", "number", "boolean", "pattern", PATH);
    return json_pack("{s:s, s:[o,o]}", "description",
                     "the file, relative to this one, that this one changes: maps merge, anything else is "
                     "replaced; of a list each is laid over those before it, and this one over all",
                     "anyOf", file, list_of(b, item, 1, CC_CONFIG_EXTENDS_MAX));
}

cc_status cc_schema_print(char **out, cc_arena *arena) {
    builder b = {.definitions = json_object(), .arena = arena};
    json_t *root = json_pack("{s:s, s:s, s:s}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                             "calcade experiment", "description",
                             "`calcade config --schema` writes this from the table of options in the code");
    json_t *map = closed_map();
    if (json_object_update(root, map) != 0) b.failed = true;
    json_decref(map);
    set(&b, json_object_get(root, "properties"), "extends", extends_schema(&b));
    add_options(&b, root);
    set(&b, json_object_get(root, "properties"), "matrix", matrix_schema(&b));
    set(&b, root, "definitions", json_incref(b.definitions));
    /* 15 digits hold every number of the table; 17 would show 0.1 as 0.10000000000000001. */
    char *text = b.failed ? NULL : json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    *out = text ? cc_arena_format(arena, "%s\n", text) : NULL;
    free(text);
    json_decref(root);
    json_decref(b.definitions);
    return *out ? CC_OK : cc_fail_memory("schema", 0);
}

cc_status cc_schema_list(char **out, cc_arena *arena) {
    char *text = NULL;
    size_t bytes;
    FILE *lines = open_memstream(&text, &bytes);
    if (!lines) return cc_fail_memory("options", 0);
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (o->only_term) continue;
        if (o->kind == CC_OPTION_BOOLEAN)
            fprintf(lines, "%s=false\n%s=true\n", o->key, o->key);
        else if (o->kind == CC_OPTION_CHOICE)
            for (int k = 0; o->choices[k]; k++) fprintf(lines, "%s=%s\n", o->key, o->choices[k]);
        else if (cc_option_find(o->key) == i)
            fprintf(lines, "%s=\n", o->key);
    }
    fputs("matrix=null\n", lines);
    *out = fclose(lines) == 0 ? cc_arena_copy(arena, text) : NULL;
    free(text);
    return *out ? CC_OK : cc_fail_memory("options", 0);
}
