/* experiments/config/config_report.c -- labels and claims of the `report:` block: read, and checked against
 * the variants that the matrix makes. */
#include "experiments/config/config_report.h"

#include <stdio.h>
#include <string.h>
#include "core/words.h"
#include "experiments/config/config_values.h"
#include "metrics/score.h"

/* A variant's name, which a folder could have. */
static cc_status read_variant(const char **out, const char *key, const cc_yaml *node, cc_arena *arena) {
    CC_TRY(cc_config_read_line(out, key, node, arena));
    if (cc_config_is_name(*out, 1)) return CC_OK;
    return cc_config_fail(node, 0, "a variant's name is that of its folder",
                          "%s wants a variant, not \"%.80s\"", key, *out);
}

/* One of some words. */
static cc_status read_word(const char **out, const char *key, const cc_yaml *node, const char *const *words,
                           size_t count) {
    char got[128], hint[256];
    const char *text = node->kind == CC_YAML_SCALAR ? node->text : "";
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0) {
            *out = words[i];
            return CC_OK;
        }
    cc_config_describe(got, sizeof got, node);
    cc_words_hint(hint, sizeof hint, text, words, count);
    return cc_config_fail(node, 0, hint, "%s is %s", key, got);
}

cc_status cc_config_read_labels(cc_label_list *out, const char *key, const cc_yaml *node, cc_arena *arena) {
    char got[128], name[CC_CONFIG_KEY_MAX];
    cc_config_describe(got, sizeof got, node);
    if (node->kind != CC_YAML_MAP)
        return cc_config_fail(node, 0, "as in {original: Original U-Net}",
                              "%s wants a map {VARIANT: TEXT}, not %s", key, got);
    cc_label *items = cc_arena_get_array(arena, node->count + 1, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        /* Names of variants have points and commas in them: they are keys of this map as they stand, never
         * paths into it. */
        if (!cc_config_is_name(node->keys[i], 1))
            return cc_config_fail(node->items[i], node->key_lines[i],
                                  "a variant's name is that of its folder",
                                  "%s: \"%.80s\" cannot be a variant", key, node->keys[i]);
        items[i].variant = node->keys[i];
        snprintf(name, sizeof name, "%.60s.%.90s", key, node->keys[i]);
        CC_TRY(cc_config_read_line(&items[i].text, name, node->items[i], arena));
        /* Rows are told apart by their labels, in notes as in figures. */
        for (size_t k = 0; k < i; k++)
            if (strcmp(items[k].text, items[i].text) == 0)
                return cc_config_fail(node->items[i], 0, "give each a text of its own",
                                      "%s calls %s and %s alike", key, items[k].variant, items[i].variant);
    }
    *out = (cc_label_list){items, (int)node->count};
    return CC_OK;
}

/* One claim: its keys are known, and those that it cannot do without are there. */
static cc_status read_claim(cc_claim *out, const char *key, const cc_yaml *map, cc_arena *arena) {
    /* The first four must be there; without b the claim is against the best of the other variants. */
    static const char *const keys[] = {"text", "a", "score", "direction", "b"};
    static const char *const directions[] = {"higher", "lower"};
    const char *scores[CC_SCORES];
    char hint[256];
    if (map->kind != CC_YAML_MAP)
        return cc_config_fail(map, 0,
                              "as in {text: It helps, a: with, b: without, score: f1, direction: higher}",
                              "%s is no map", key);
    /* The table of options knows no keys of maps in lists: they are looked up here. */
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (k < 5 && strcmp(keys[k], map->keys[i]) != 0) k++;
        if (k < 5) continue;
        cc_words_hint(hint, sizeof hint, map->keys[i], keys, 5);
        return cc_config_fail(map->items[i], map->key_lines[i], hint, "%s.%.80s is no key of a claim", key,
                              map->keys[i]);
    }
    for (size_t k = 0; k < 4; k++)
        if (cc_yaml_is_null(cc_yaml_get(map, keys[k])))
            return cc_config_fail(map, 0, NULL, "%s.%s is missing", key, keys[k]);
    for (int s = 0; s < CC_SCORES; s++) scores[s] = cc_score_name((cc_score)s);
    *out = (cc_claim){0};
    CC_TRY(cc_config_read_line(&out->text, key, cc_yaml_get(map, "text"), arena));
    CC_TRY(read_variant(&out->a, key, cc_yaml_get(map, "a"), arena));
    if (!cc_yaml_is_null(cc_yaml_get(map, "b")))
        CC_TRY(read_variant(&out->b, key, cc_yaml_get(map, "b"), arena));
    snprintf(hint, sizeof hint, "%.80s.score", key);
    CC_TRY(read_word(&out->score, hint, cc_yaml_get(map, "score"), scores, CC_SCORES));
    snprintf(hint, sizeof hint, "%.80s.direction", key);
    return read_word(&out->direction, hint, cc_yaml_get(map, "direction"), directions, 2);
}

cc_status cc_config_read_claims(cc_claim_list *out, const char *key, const cc_yaml *node, cc_arena *arena) {
    char got[128], name[CC_CONFIG_KEY_MAX];
    cc_config_describe(got, sizeof got, node);
    if (node->kind != CC_YAML_LIST || node->count > CC_CONFIG_CLAIMS_MAX)
        return cc_config_fail(node, 0, NULL, "%s wants a list of at most %d claims, not %s", key,
                              CC_CONFIG_CLAIMS_MAX, got);
    cc_claim *items = cc_arena_get_array(arena, node->count + 1, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        snprintf(name, sizeof name, "%.120s[%zu]", key, i);
        CC_TRY(read_claim(&items[i], name, node->items[i], arena));
    }
    *out = (cc_claim_list){items, (int)node->count};
    return CC_OK;
}

/* --- what must agree with the matrix --- */

/* Refuses a name that no variant has. */
static cc_status check_variant(const char *name, const cc_yaml *node, int line, const char *key,
                               const cc_experiment_config *variants, int count) {
    const char *names[CC_VARIANTS_MAX];
    char hint[384];
    for (int i = 0; i < count; i++) {
        names[i] = variants[i].variant;
        if (strcmp(names[i], name) == 0) return CC_OK;
    }
    /* A matrix may make a thousand variants: they are not listed. */
    const char *nearest = cc_words_nearest(name, names, (size_t)count);
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean %s?", nearest);
    else
        snprintf(hint, sizeof hint, "`calcade config` prints them; the first is %s", names[0]);
    return cc_config_fail(node, line, hint, "%s: there is no variant \"%.100s\"", key, name);
}

cc_status cc_config_check_report(const cc_yaml *tree, const cc_experiment_config *variants, int count) {
    const cc_yaml *labels = cc_yaml_get(tree, "report.labels"), *claims = cc_yaml_get(tree, "report.claims");
    /* All variants have the same block, so that the first one's is looked at; its nodes tell the lines. */
    const char *baseline = variants->report.baseline;
    for (int i = 0; i < variants->report.labels.count; i++)
        CC_TRY(check_variant(variants->report.labels.items[i].variant, labels->items[i], labels->key_lines[i],
                             "report.labels", variants, count));
    if (baseline)
        CC_TRY(check_variant(baseline, cc_yaml_get(tree, "report.baseline"), 0, "report.baseline", variants,
                             count));
    for (int i = 0; i < variants->report.claims.count; i++) {
        const cc_claim *claim = &variants->report.claims.items[i];
        CC_TRY(check_variant(claim->a, claims->items[i], 0, "report.claims", variants, count));
        if (claim->b) CC_TRY(check_variant(claim->b, claims->items[i], 0, "report.claims", variants, count));
    }
    return CC_OK;
}
