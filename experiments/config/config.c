/* experiments/config/config.c -- files, what they extend and what the command line overrides, joined into one
 * tree; then each variant of that tree as a cc_experiment_config.
 *
 * The order is that of precedence, lowest first: the files of `extends` from left to right, the file itself,
 * --set, the matrix. Joining works on YAML nodes, which remember file and line, so that an error in a value
 * names the place where that value was given, however deep the chain. */
#include "experiments/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config_matrix.h"
#include "experiments/config/config_read.h"
#include "experiments/config/config_report.h"
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"

struct cc_config {
    cc_arena *arena;
    cc_experiment_config *variants;
    int count;
    unsigned flags;
    bool own_variants;
};

/* The files that extend the one being read, the nearest first. */
typedef struct chain {
    const struct chain *before;
    const char *path; /* as realpath gives it */
    int length;
} chain;

static cc_status read_file(cc_yaml **out, const char *path, const chain *before, cc_arena *arena);

/* Refuses chains that are endless or longer than any that is meant. */
static cc_status check_chain(const chain *link, const cc_yaml *node) {
    if (link->length > CC_CONFIG_EXTENDS_MAX)
        return cc_config_fail(node, 0, NULL, "extends goes through more than %d files",
                              CC_CONFIG_EXTENDS_MAX);
    for (const chain *c = link->before; c; c = c->before)
        if (strcmp(c->path, link->path) == 0)
            return cc_config_fail(node, 0, "break the circle", "extends leads back to %s", link->path);
    return CC_OK;
}

/* Reads one file that the file at `path` extends. */
static cc_status read_base(cc_yaml **out, const cc_yaml *extends, const char *path, const chain *link,
                           cc_arena *arena) {
    char folder[CC_PATH_MAX], base[CC_PATH_MAX];
    const char *name;
    if (extends->kind != CC_YAML_SCALAR || cc_yaml_is_null(extends))
        return cc_config_fail(extends, 0, "as in ../base/roi.yaml or [../base/roi.yaml, small.yaml]",
                              "extends wants the path of a file, or a list of paths");
    CC_TRY(cc_config_expand(&name, "extends", extends, arena));
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_path_join(base, strcmp(folder, ".") == 0 ? "" : folder, name));
    if (!cc_file_exists(base))
        return cc_config_fail(extends, 0, "it is relative to the file that extends it",
                              "extends names %s, which is no file", base);
    chain next = {.before = link, .path = realpath(base, NULL), .length = link->length + 1};
    if (!next.path) return cc_fail_errno(base, "open");
    cc_status status = check_chain(&next, extends);
    if (status == CC_OK) status = read_file(out, base, &next, arena);
    free((char *)next.path);
    return status;
}

/* Lays `tree` over what it extends: maps merge, anything else is replaced, a matrix as a whole. */
static cc_status lay_over(cc_yaml **out, cc_yaml *base, cc_yaml *tree, cc_arena *arena) {
    if (cc_yaml_get(tree, "matrix")) CC_TRY(cc_config_without(&base, base, "matrix", arena));
    return cc_yaml_merge(out, base, tree, arena);
}

/* Reads all files that a file extends, each laid over those before it in the list. */
static cc_status read_bases(cc_yaml **out, const cc_yaml *extends, const char *path, const chain *link,
                            cc_arena *arena) {
    if (extends->kind != CC_YAML_LIST) return read_base(out, extends, path, link, arena);
    if (extends->count < 1 || extends->count > CC_CONFIG_EXTENDS_MAX)
        return cc_config_fail(extends, 0, NULL, "extends wants a list of 1 to %d files, not of %zu",
                              CC_CONFIG_EXTENDS_MAX, extends->count);
    CC_TRY(read_base(out, extends->items[0], path, link, arena));
    for (size_t i = 1; i < extends->count; i++) {
        cc_yaml *next;
        CC_TRY(read_base(&next, extends->items[i], path, link, arena));
        CC_TRY(lay_over(out, *out, next, arena));
    }
    return CC_OK;
}

/* A file is a map of options, or it is no configuration. */
static cc_status check_map(const cc_yaml *tree) {
    char got[128];
    cc_config_describe(got, sizeof got, tree);
    if (tree->kind == CC_YAML_MAP) return CC_OK;
    return cc_config_fail(tree, 0, "as in seed: 1", "a configuration is a map of options, not %s", got);
}

/* Reads a file and lays it over what it extends. */
static cc_status read_file(cc_yaml **out, const char *path, const chain *link, cc_arena *arena) {
    /* `extends` is an instruction to this function, and no option of the tree. */
    cc_yaml *tree, *base;
    CC_TRY(cc_yaml_read(&tree, path, arena));
    CC_TRY(check_map(tree));
    /* Whatever this file says stands over what it extends. */
    const cc_yaml *extends = cc_yaml_get(tree, "extends");
    if (extends) CC_TRY(cc_config_without(&tree, tree, "extends", arena));
    *out = tree;
    if (cc_yaml_is_null(extends)) return CC_OK;
    CC_TRY(read_bases(&base, extends, path, link, arena));
    return lay_over(out, base, tree, arena);
}

/* The value of an override, as YAML; nothing is null. */
static cc_status parse_value(cc_yaml **out, const char *value, const char *where, cc_arena *arena) {
    if (!value[strspn(value, " \t")]) {
        *out = cc_yaml_create(CC_YAML_SCALAR, "", where, 0, arena);
        return *out ? CC_OK : CC_ENOMEM;
    }
    cc_status status = cc_yaml_parse(out, value, strlen(value), where, arena);
    if (status != CC_ECONFIG) return status;
    char what[sizeof(cc_error){0}.what]; /* without the line */
    snprintf(what, sizeof what, "%s", cc_error_get()->what);
    return cc_fail(status, where, "the value is YAML", "%s", what);
}

/* Puts one override "a.b=VALUE" into a tree. */
static cc_status apply_set(cc_yaml *tree, const char *set, cc_arena *arena) {
    /* Everything that is said of the value names the override as it was typed. */
    const char *equals = strchr(set, '=');
    const char *where = cc_arena_format(arena, "--set %.400s", set);
    if (!where) return CC_ENOMEM;
    if (!equals || equals == set)
        return cc_fail(CC_EUSAGE, where, "write --set KEY=VALUE", "not a key and a value");
    const char *key = cc_arena_copy_n(arena, set, (size_t)(equals - set));
    cc_yaml *node;
    if (!key) return CC_ENOMEM;
    if (strcmp(key, "extends") == 0)
        return cc_fail(CC_ECONFIG, where, NULL, "extends can only stand in a file");
    CC_TRY(parse_value(&node, equals + 1, where, arena));
    cc_status status = cc_yaml_set(tree, key, node, arena);
    return status == CC_OK ? CC_OK : cc_fail_within(status, where);
}

/* An override that each variant would replace does nothing: refused. */
static cc_status check_set(const cc_config_matrix *matrix, const char *set) {
    char key[CC_CONFIG_KEY_MAX], where[512];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(set, "="), set);
    if (!cc_config_matrix_sets(matrix, key)) return CC_OK;
    snprintf(where, sizeof where, "--set %.400s", set);
    return cc_fail(CC_ECONFIG, where, "add --set matrix=null for one run of your own",
                   "the matrix gives %s its values, which would replace this one", key);
}

/* The defaults of the table, parsed once for all variants. */
static cc_status parse_defaults(const cc_yaml ***out, cc_arena *arena) {
    const cc_yaml **defaults = cc_arena_get_array(arena, (size_t)cc_option_count(), sizeof *defaults);
    if (!defaults) return CC_ENOMEM;
    for (int i = 0; i < cc_option_count(); i++) {
        /* Defaults are YAML in the table: they pass the same checks as a file's values. */
        const char *text = cc_option_get(i)->initial;
        cc_yaml *node = NULL;
        if (text) CC_TRY(cc_yaml_parse(&node, text, strlen(text), cc_option_get(i)->key, arena));
        defaults[i] = node;
    }
    *out = defaults;
    return CC_OK;
}

/* Makes what no file name guarantees: letters that a folder's name may have. */
static void clean_name(char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-/";
    for (char *p = name; *(p += strspn(p, letters));) *p = '-';
    /* No part of a name begins with a point or a hyphen. */
    for (char *p = name; *p; p++)
        if ((*p == '.' || *p == '-') && (p == name || p[-1] == '/')) *p = '_';
}

/* "twin/table1-roi" of ".../configs/twin/table1-roi.yaml"; elsewhere the file's own name. */
static const char *name_of(const char *path, cc_arena *arena) {
    const char *below = NULL;
    for (const char *p = path; (p = strstr(p, "/configs/")); p++) below = p + strlen("/configs/");
    const char *choices[] = {below, cc_path_name(path)};
    for (int i = 0; i < 2; i++) {
        if (!choices[i]) continue;
        const char *dot = strrchr(choices[i], '.');
        bool yaml = dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
        char *name =
            cc_arena_copy_n(arena, choices[i], yaml ? (size_t)(dot - choices[i]) : strlen(choices[i]));
        if (!name) return NULL;
        clean_name(name);
        if (cc_config_is_name(name, 8)) return name;
    }
    return "experiment";
}

/* Two variants of one name, fold and seed would write the same file. */
static cc_status check_unique(const cc_config *config, const char *where) {
    for (int i = 1; i < config->count; i++)
        for (int j = 0; j < i; j++) {
            const cc_experiment_config *a = &config->variants[j], *b = &config->variants[i];
            if (a->seed == b->seed && a->data.fold == b->data.fold && strcmp(a->variant, b->variant) == 0 &&
                strcmp(a->name, b->name) == 0)
                return cc_fail(CC_ECONFIG, where, "give each a name: {variant: NAME, ...}",
                               "matrix: the variants %d and %d are both called \"%s\"", j + 1, i + 1,
                               a->variant);
        }
    return CC_OK;
}

/* Whether an override says which variants there are. */
static bool sets_variants(const char *set) {
    const size_t length = strcspn(set, "=");
    return (length >= 6 && strncmp(set, "matrix", 6) == 0 && (length == 6 || set[6] == '.')) ||
           (length == 7 && strncmp(set, "variant", 7) == 0);
}

/* What the flags of the command line say of how nets are trained. */
static void apply_flags(cc_experiment_config *variant, unsigned flags) {
    /* A precision that the config states stands over --tf32; --fast stands over any plan. */
    bool exact = variant->train.precision && strcmp(variant->train.precision, "f32") == 0;
    if (flags & CC_CONFIG_FAST && variant->train.plan) variant->train.plan = "fast";
    if (flags & CC_CONFIG_TF32 && exact) variant->train.precision = "tf32";
}

enum { EVERY_VARIANT = -1 };

/* Reads the variants of a tree, all or one, names what has no name, and applies the command line's flags. */
static cc_status read_variants(cc_config *config, const cc_config_matrix *matrix, const char *name,
                               unsigned flags, int only) {
    const cc_yaml **defaults;
    CC_TRY(parse_defaults(&defaults, config->arena));
    const int first = only == EVERY_VARIANT ? 0 : only, count = only == EVERY_VARIANT ? matrix->count : 1;
    config->variants = cc_arena_get_array(config->arena, (size_t)count, sizeof *config->variants);
    if (!config->variants || !name) return CC_ENOMEM;
    config->count = count;
    config->flags = flags;
    for (int i = 0; i < count; i++) {
        cc_experiment_config *variant = &config->variants[i];
        cc_yaml *tree;
        CC_TRY(cc_config_matrix_tree(&tree, matrix, first + i, config->arena));
        CC_TRY(cc_config_read_tree(variant, tree, defaults, flags, config->arena));
        apply_flags(variant, flags);
        if (!variant->name) variant->name = name;
        if (!variant->variant) variant->variant = "default";
    }
    return CC_OK;
}

/* A file with its overrides, into config->variants: all, or one of them. */
static cc_status load(cc_config *config, const char *path, const char *const *sets, int set_count,
                      unsigned flags, int only) {
    cc_arena *arena = config->arena;
    cc_config_matrix matrix;
    cc_yaml *tree;
    char *real = realpath(path, NULL);
    if (!real) return cc_fail_errno(path, "open");
    const chain first = {.path = real};
    const char *name = name_of(real, arena);
    cc_status status = read_file(&tree, path, &first, arena);
    free(real);
    CC_TRY(status);
    for (int i = 0; i < set_count; i++) CC_TRY(apply_set(tree, sets[i], arena));
    CC_TRY(cc_config_matrix_open(&matrix, tree, arena));
    /* Only now it is known which keys the matrix gives values to. */
    for (int i = 0; i < set_count; i++) CC_TRY(check_set(&matrix, sets[i]));
    if (only >= matrix.count)
        return cc_fail(CC_ECONFIG, path, NULL, "it has no variant number %d, but 0 to %d", only,
                       matrix.count - 1);
    CC_TRY(read_variants(config, &matrix, name, flags, only));
    /* With variants of its own, a command asks for other runs than the block's table is of. */
    for (int i = 0; i < set_count; i++) config->own_variants |= sets_variants(sets[i]);
    if (only != EVERY_VARIANT) return CC_OK; /* what concerns all of them was looked at before */
    if (!config->own_variants) CC_TRY(cc_config_check_report(tree, config->variants, config->count));
    return check_unique(config, path);
}

/* One YAML text into config->variants; `section` puts it below a key. */
static cc_status parse_text(cc_config *config, const char *text, size_t bytes, const char *where,
                            const char *section, unsigned flags) {
    cc_config_matrix matrix;
    cc_yaml *tree, *node;
    const char *file = cc_arena_copy(config->arena, where);
    if (!file) return CC_ENOMEM;
    CC_TRY(cc_yaml_parse(&node, text, bytes, file, config->arena));
    tree = node;
    /* As if the text stood below its key in a file. */
    if (section) {
        tree = cc_yaml_create(CC_YAML_MAP, NULL, file, node->line, config->arena);
        if (!tree) return CC_ENOMEM;
        CC_TRY(cc_yaml_set(tree, section, node, config->arena));
    }
    CC_TRY(check_map(tree));
    if (cc_yaml_get(tree, "extends"))
        return cc_config_fail(cc_yaml_get(tree, "extends"), 0, NULL, "extends can only stand in a file");
    CC_TRY(cc_config_matrix_open(&matrix, tree, config->arena));
    CC_TRY(read_variants(config, &matrix, name_of(file, config->arena), flags, EVERY_VARIANT));
    CC_TRY(cc_config_check_report(tree, config->variants, config->count));
    return check_unique(config, where);
}

/* An empty configuration; NULL where memory is out. */
static cc_config *create(void) {
    cc_config *config = calloc(1, sizeof *config);
    if (!config) {
        cc_fail_memory("configuration", sizeof *config);
        return NULL;
    }
    config->arena = cc_arena_create();
    if (config->arena) return config;
    free(config);
    return NULL;
}

/* Hands a configuration over, or ends it where it failed. */
static cc_status finish(cc_config **out, cc_config *config, cc_status status) {
    if (status == CC_OK)
        *out = config;
    else
        cc_config_destroy(config);
    return status;
}

cc_status cc_config_load(cc_config **out, const char *path, const char *const *sets, int set_count,
                         unsigned flags) {
    cc_config *config = create();
    if (!config) return CC_ENOMEM;
    return finish(out, config, load(config, path, sets, set_count, flags, EVERY_VARIANT));
}

cc_status cc_config_load_variant(cc_config **out, const char *path, const char *const *sets, int set_count,
                                 unsigned flags, int variant) {
    cc_config *config = create();
    return config ? finish(out, config, load(config, path, sets, set_count, flags, variant)) : CC_ENOMEM;
}

cc_status cc_config_parse_text(cc_config **out, const char *text, size_t bytes, const char *where,
                               const char *section, unsigned flags) {
    cc_config *config = create();
    return config ? finish(out, config, parse_text(config, text, bytes, where, section, flags)) : CC_ENOMEM;
}

void cc_config_destroy(cc_config *config) {
    if (!config) return;
    cc_arena_destroy(config->arena);
    free(config);
}

int cc_config_count(const cc_config *config) {
    return config->count;
}

unsigned cc_config_flags(const cc_config *config) {
    return config->flags;
}

bool cc_config_has_own_variants(const cc_config *config) {
    return config->own_variants;
}

const cc_experiment_config *cc_config_get(const cc_config *config, int index) {
    return &config->variants[index];
}
