/* experiments/config/config_read.c -- a tree of YAML as a cc_experiment_config.
 *
 * Each key is looked up in the table, each row that means something is read or takes its default, and what is
 * left over is an error. The rows stand in such an order that what decides on a row is read before it. The
 * terms of a sum of losses are trees of their own, read by the same code against the rows of group "loss". */
#include "experiments/config/config_read.h"

#include <stdio.h>
#include <string.h>
#include "datasets/channels.h"
#include "experiments/config/config_report.h"
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"
#include "experiments/config/targets.h"
#include "nets/losses/loss.h"
#include "nets/optimizers/optimizer.h"

enum { SUM_LEVELS_MAX = 3 };

/* What a file gives for one key. */
typedef struct given {
    const cc_yaml *node;
    int line; /* of its key */
    bool used;
} given;

/* One tree, or one term of a sum, on its way into a config. */
typedef struct reader {
    cc_experiment_config *config;
    const cc_yaml *tree;
    const char *group; /* the part of the table that is read: "" for all, "loss" for a term */
    const char *shown; /* what messages call it: "loss.terms[0]" */
    int term_level;    /* 0 outside the terms of sums */
    given *given;      /* by the first row of each key */
    const cc_yaml *const *defaults;
    unsigned flags;
    cc_arena *arena;
} reader;

static cc_status read_group(reader *r);

/* A key as messages call it. */
static void show(char out[CC_CONFIG_KEY_MAX], const reader *r, const char *key) {
    snprintf(out, CC_CONFIG_KEY_MAX, "%s%s", r->shown, key + strlen(r->group));
}

/* Whether a row belongs to the part of the table that is read. */
static bool is_in_group(const reader *r, const cc_option *o) {
    size_t length = strlen(r->group);
    return length == 0 || (strncmp(o->key, r->group, length) == 0 && o->key[length] == '.');
}

/* A key that is no option, with the nearest that is. */
static cc_status fail_unknown(const reader *r, const cc_yaml *node, int line, const char *key) {
    char shown[CC_CONFIG_KEY_MAX], hint[384];
    show(shown, r, key);
    cc_option_hint(hint, sizeof hint, key);
    return cc_config_fail(node, line, hint, "%s is no option", shown);
}

/* A group that is given as something else than a map. */
static cc_status fail_not_a_map(const cc_yaml *node, int line, const char *shown, const char *group) {
    char got[128], keys[384];
    cc_config_describe(got, sizeof got, node);
    cc_option_list(keys, sizeof keys, group);
    return cc_config_fail(node, line, NULL, "%s wants a map of %s, not %s", shown, keys, got);
}

/* Notes what is given below a map whose own key is `prefix`. */
static cc_status collect(reader *r, const cc_yaml *map, const char *prefix) {
    for (size_t i = 0; i < map->count; i++) {
        char key[CC_CONFIG_KEY_MAX], shown[CC_CONFIG_KEY_MAX];
        const cc_yaml *node = map->items[i];
        int line = map->key_lines[i];
        if (strchr(map->keys[i], '.'))
            return cc_config_fail(node, line, "write a map in a map, as in net: {arch: unet}",
                                  "the key \"%.100s\" has a point in it", map->keys[i]);
        snprintf(key, sizeof key, "%s%s%s", prefix, prefix[0] ? "." : "", map->keys[i]);
        int row = cc_option_find(key);
        if (row >= 0) {
            r->given[row] = (given){.node = node, .line = line};
            continue;
        }
        if (!cc_option_is_group(key)) return fail_unknown(r, node, line, key);
        if (cc_yaml_is_null(node)) continue;
        show(shown, r, key);
        if (node->kind != CC_YAML_MAP) return fail_not_a_map(node, line, shown, key);
        CC_TRY(collect(r, node, key));
    }
    return CC_OK;
}

/* Reads the terms of a sum of losses, each as a loss of its own. */
static cc_status read_terms(reader *r, const cc_yaml *list) {
    char got[128];
    cc_config_describe(got, sizeof got, list);
    if (list->kind != CC_YAML_LIST || list->count < 1 || list->count > CC_LOSS_TERMS_MAX)
        return cc_config_fail(list, 0, NULL, "%s.terms wants a list of 1 to %d losses, not %s",
                              r->shown[0] ? r->shown : "loss", CC_LOSS_TERMS_MAX, got);
    if (r->term_level == SUM_LEVELS_MAX)
        return cc_config_fail(list, 0, "multiply the weights out", "sums in sums go %d levels deep at most",
                              SUM_LEVELS_MAX);
    cc_loss_spec *terms = cc_arena_get_array(r->arena, list->count, sizeof *terms);
    if (!terms) return CC_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        /* A term is read as the loss of a config of its own, then taken out of it. */
        cc_experiment_config scratch = {.stage = r->config->stage};
        char shown[CC_CONFIG_KEY_MAX];
        snprintf(shown, sizeof shown, "%.120s.terms[%zu]", r->shown[0] ? r->shown : "loss", i);
        reader term = *r;
        term.config = &scratch;
        term.tree = list->items[i];
        term.group = "loss";
        term.shown = shown;
        term.term_level++;
        CC_TRY(read_group(&term));
        terms[i] = scratch.loss;
    }
    r->config->loss.terms = terms;
    r->config->loss.term_count = (int)list->count;
    return CC_OK;
}

/* A row that must be given and is not; the message stands where what asks for it does. */
static cc_status fail_missing(const reader *r, const cc_option *o) {
    char shown[CC_CONFIG_KEY_MAX], hint[448], wants[384];
    show(shown, r, o->key);
    cc_option_wants(wants, sizeof wants, o);
    snprintf(hint, sizeof hint, "%s: %s", o->meaning, wants);
    const given *asks = o->when ? &r->given[cc_option_find(o->when)] : NULL;
    return cc_config_fail(asks && asks->node ? asks->node : r->tree, 0, hint, "%s is missing", shown);
}

/* What a row is read from; NULL where it is not given and has no default. */
static const cc_yaml *node_or_default(const reader *r, int row) {
    const cc_yaml *node = r->given[cc_option_find(cc_option_get(row)->key)].node;
    return cc_yaml_is_null(node) ? r->defaults[row] : node;
}

/* Reads one row that means something: what is given, else its default. */
static cc_status read_row(reader *r, int row) {
    const cc_option *o = cc_option_get(row);
    given *from = &r->given[cc_option_find(o->key)];
    const cc_yaml *node = node_or_default(r, row);
    char shown[CC_CONFIG_KEY_MAX];
    from->used = true;
    /* A result that is older than the option was made with its usual value, whatever the default is now, or
     * with the value of another option. */
    const bool older = cc_yaml_is_null(from->node) && (r->flags & CC_CONFIG_STORED);
    if (older && o->usual && o->initial) {
        cc_yaml *usual;
        CC_TRY(cc_yaml_parse(&usual, o->usual, strlen(o->usual), o->key, r->arena));
        node = usual;
    }
    if (older && o->usual_as) node = node_or_default(r, cc_option_find(o->usual_as));
    if (!node && (o->needed || (o->needed_to_run && (r->flags & CC_CONFIG_RUNNABLE))))
        return fail_missing(r, o);
    if (o->kind == CC_OPTION_LOSSES) return read_terms(r, node);
    show(shown, r, o->key);
    if (o->kind == CC_OPTION_LABELS)
        return node ? cc_config_read_labels(&r->config->report.labels, shown, node, r->arena) : CC_OK;
    if (o->kind == CC_OPTION_CLAIMS)
        return node ? cc_config_read_claims(&r->config->report.claims, shown, node, r->arena) : CC_OK;
    return cc_config_read_value(r->config, o, shown, node, r->arena);
}

/* A given row that means nothing here: says which choice stands against it. */
static cc_status fail_meaningless(const reader *r, const cc_option *o, const given *g) {
    char shown[CC_CONFIG_KEY_MAX], decider[CC_CONFIG_KEY_MAX], hint[384], words[320];
    show(shown, r, o->key);
    if (!o->when)
        return cc_config_fail(g->node, g->line, "leave it out", "%s means something only in a term of a loss",
                              shown);
    const cc_option *by = cc_option_get(cc_option_find(o->when));
    const char *word = NULL;
    if (by->kind == CC_OPTION_TEXTS) {
        snprintf(hint, sizeof hint, "add %s to it; or leave this out, or set it to null", o->is);
        return cc_config_fail(g->node, g->line, hint, "%s means nothing where %s does not name %s", shown,
                              by->key, o->is);
    }
    /* The choice that decides may itself mean nothing here: then what decides on that is named. */
    while (!(word = cc_option_word(by, r->config))) {
        o = by;
        by = cc_option_get(cc_option_find(o->when));
    }
    show(decider, r, by->key);
    cc_option_words(words, sizeof words, o->is, "/");
    snprintf(hint, sizeof hint, "it belongs to %s; leave it out, or set it to null", words);
    return cc_config_fail(g->node, g->line, hint, "%s means nothing where %s is %s", shown, decider, word);
}

/* Reads the whole of a tree, or of a term. */
static cc_status read_group(reader *r) {
    if (r->tree->kind != CC_YAML_MAP)
        return fail_not_a_map(r->tree, 0, r->shown[0] ? r->shown : "a configuration", r->group);
    r->given = cc_arena_get_array(r->arena, (size_t)cc_option_count(), sizeof *r->given);
    if (!r->given) return CC_ENOMEM;
    CC_TRY(collect(r, r->tree, r->group));
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        /* In the table's order: choices are read before the rows that depend on them. */
        if (is_in_group(r, o) && cc_option_holds(o, r->config, r->term_level > 0)) CC_TRY(read_row(r, i));
    }
    for (int i = 0; i < cc_option_count(); i++) {
        const given *g = &r->given[i];
        /* Nothing that a file says is passed over in silence. */
        if (!cc_yaml_is_null(g->node) && !g->used) return fail_meaningless(r, cc_option_get(i), g);
    }
    return CC_OK;
}

/* The node of an option, or the whole where it is not given. */
static const cc_yaml *node_of(const reader *r, const char *key) {
    const cc_yaml *node = r->given[cc_option_find(key)].node;
    return node ? node : r->tree;
}

/* The last error, whose place is a key, at the line that gives the key. */
static cc_status fail_at_key(const reader *r) {
    const cc_error e = *cc_error_get();
    return cc_config_fail(node_of(r, e.where), 0, e.hint, "%s: %s", e.where, e.what);
}

/* One number of the net that follows from the data: filled in, or compared with the one that is given. */
static cc_status settle_number(int *number, const reader *r, const char *key, int wanted, const char *why) {
    if (*number == CC_CHANNELS_OF_DATA) *number = wanted;
    if (*number == wanted || !(r->flags & CC_CONFIG_RUNNABLE)) return CC_OK;
    return cc_config_fail(node_of(r, key), 0, "leave it out", "%s is %d, but %s make %d", key, *number, why,
                          wanted);
}

/* "data.targets: arteries", or "the output region" where there are several: what learns several classes. */
static void name_target(char out[96], const cc_experiment_config *c, int output) {
    if (c->net.head_count > 0)
        snprintf(out, 96, "the output %.70s", c->net.heads[output].name);
    else
        snprintf(out, 96, "data.targets: %s", c->data.targets.one);
}

/* Whether the loss takes what the net is to tell apart: class numbers, where an output has several. */
static cc_status check_loss(const reader *r, const cc_net_targets *targets) {
    const cc_experiment_config *c = r->config;
    cc_loss_heads heads = cc_loss_one_head((cc_loss_shape){1, c->net.classes, 1});
    if (c->net.head_count > 0) heads.count = c->net.head_count;
    for (int i = 0; i < c->net.head_count; i++)
        heads.items[i] =
            (cc_loss_head){.name = c->net.heads[i].name, .shape = {1, c->net.heads[i].classes, 1}};
    if (cc_loss_bind(&heads, &c->loss) != CC_OK) {
        const cc_error e = *cc_error_get(); /* its place may be a term, which is no key */
        return cc_config_fail(node_of(r, "loss.type"), 0, e.hint, "%s: %s", e.where, e.what);
    }
    for (int i = 0; i < heads.count; i++) {
        char name[96];
        if ((targets->count == 1 && targets->of[i].count == 1) || heads.items[i].target_channels == 1)
            continue;
        name_target(name, c, i);
        return cc_config_fail(
            node_of(r, "loss.type"), 0, "use cross-entropy, softmax-dice, tversky or a sum of them",
            "loss.type: %s takes a mask for each class, and %s gives class numbers", c->loss.type, name);
    }
    return CC_OK;
}

/* What a net of several classes, and data that tell these, have and have not. */
static cc_status check_classes(const reader *r, const cc_net_targets *targets) {
    const cc_experiment_config *c = r->config;
    const bool pictures = strcmp(c->data.source, "ctheart") == 0;
    char name[96];
    name_target(name, c, targets->scored);
    if (targets->regions != CC_NO_OUTPUT && strcmp(c->data.source, "orcascore") != 0 &&
        strcmp(c->data.source, "list") != 0)
        return cc_config_fail(
            node_of(r, "data.targets"), 0, "take data.source: orcascore or list",
            "data.targets: regions lie beside the scans of orcascore and list, and %s has none",
            c->data.source);
    if (targets->of[targets->scored].arteries && pictures)
        return cc_config_fail(
            node_of(r, "data.targets"), 0, "leave it out",
            "data.targets: arteries needs masks with labels by artery, and those of ctheart "
            "have one label");
    if (c->net.prior > 0)
        return cc_config_fail(node_of(r, "net.prior"), 0, "leave it out",
                              "net.prior means nothing with %s, whose classes share one softmax", name);
    if (c->results.threshold != 0.5)
        return cc_config_fail(node_of(r, "results.threshold"), 0, "leave it out",
                              "results.threshold means nothing with %s: the most probable class is predicted",
                              name);
    return CC_OK;
}

/* The net's channels and classes, which follow from what it is shown and what it is to tell apart. */
static cc_status settle_channels(const reader *r) {
    cc_experiment_config *c = r->config;
    const bool several = c->net.head_count > 0;
    cc_channels channels;
    cc_net_targets targets;
    if (cc_channels_init(&channels, c->data.channels.items, c->data.channels.count, c->data.slices,
                         c->preprocess.window_hu) != CC_OK)
        return fail_at_key(r);
    CC_TRY(settle_number(&c->net.in_channels, r, "net.in_channels", cc_channels_count(&channels),
                         "data.slices and data.channels"));
    /* Of several outputs the classes are stated, by net.heads; who only builds the net need not say more. */
    if (several && !(r->flags & CC_CONFIG_RUNNABLE)) return CC_OK;
    if (cc_net_targets_init(&targets, c, c->data.labels, c->data.label_count) != CC_OK) return fail_at_key(r);
    /* One class is its own probability; several share one with the background. */
    const int classes = targets.of[targets.scored].count;
    if (!several)
        CC_TRY(settle_number(&c->net.classes, r, "net.classes", classes > 1 ? classes + 1 : 1,
                             "the classes of data.targets"));
    if (!(r->flags & CC_CONFIG_RUNNABLE)) return CC_OK;
    CC_TRY(check_loss(r, &targets));
    return several || classes > 1 ? check_classes(r, &targets) : CC_OK;
}

/* Volumes take whole scans, and what is done to slices alone means nothing to them: said, not passed over. */
static cc_status check_volumes(const reader *r) {
    const cc_experiment_config *c = r->config;
    if (!c->data.items || strcmp(c->data.items, "volumes") != 0) return CC_OK;
    const struct {
        bool given;
        const char *key, *why;
    } slices_only[] = {
        {c->data.slices > 1, "data.slices", "a volume has its neighbours in it"},
        {c->preprocess.size != CC_SIZE_LARGEST, "preprocess.size", "volumes.patch is what the net sees"},
        {strcmp(c->preprocess.fit, "pad") != 0, "preprocess.fit",
         "volumes.spacing_mm is what scales volumes"},
        {c->augment.count > 0, "augment", "volumes.mirror and augment_random are what changes patches"},
        {c->evaluate.mirrors.count > 0, "evaluate.mirrors", "mirror images at test time are of slices"},
        {strcmp(c->stage, "calcification") == 0 && c->train.empty_slices < 1, "train.empty_slices",
         "volumes.foreground is what favours lesions"}};
    for (size_t i = 0; i < sizeof slices_only / sizeof *slices_only; i++)
        if (slices_only[i].given)
            return cc_config_fail(node_of(r, slices_only[i].key), 0, "leave it out",
                                  "%s means nothing with data.items: volumes: %s", slices_only[i].key,
                                  slices_only[i].why);
    if (strcmp(c->data.split.by, "slice") == 0 || strcmp(c->data.split.by, "slab") == 0)
        return cc_config_fail(node_of(r, "data.split.by"), 0, "split by patient, or by a list",
                              "data.split.by: %s takes scans apart, and data.items: volumes needs them whole",
                              c->data.split.by);
    if (c->volumes.patches < c->train.batch)
        return cc_config_fail(node_of(r, "volumes.patches"), 0, "use a smaller train.batch, or more patches",
                              "volumes.patches: %d patches do not fill a batch of %d", c->volumes.patches,
                              c->train.batch);
    bool resampled = false, reduced = false;
    for (int k = 0; k < 3; k++) {
        resampled = resampled || c->volumes.spacing_mm[k] != 0;
        reduced = reduced || c->volumes.reduce[k] != 1;
    }
    if (resampled && reduced)
        return cc_config_fail(node_of(r, "volumes.reduce"), 0, "leave volumes.spacing_mm at 0",
                              "volumes.reduce stands for volumes.spacing_mm: one of the two is given");
    return CC_OK;
}

/* What no row can say alone. */
static cc_status check_whole(const reader *r) {
    const cc_experiment_config *c = r->config;
    if (c->preprocess.window_hu[0] >= c->preprocess.window_hu[1])
        return cc_config_fail(node_of(r, "preprocess.window_hu"), 0, "write [low, high]",
                              "preprocess.window_hu has its low end at or above its high end");
    const bool by_list = strcmp(c->data.split.by, "list") == 0;
    const bool listed = c->data.split.file || by_list; /* then the file has folds */
    if (by_list && strcmp(c->data.source, "list") != 0)
        return cc_config_fail(node_of(r, "data.split.by"), 0,
                              "data.split.file names a file for the other sources",
                              "data.split.by: list takes the columns set or fold of data.list, and "
                              "data.source is %s",
                              c->data.source);
    if (!listed && c->data.fold >= c->data.folds)
        return cc_config_fail(node_of(r, "data.fold"), 0, "folds count from 0",
                              "data.fold is %d, but data.folds is %d", c->data.fold, c->data.folds);
    if ((c->data.split.inner_folds != CC_INNER_FOLDS_NONE) != (c->data.split.inner_fold != CC_FOLD_NONE) ||
        (c->data.split.inner_folds != CC_INNER_FOLDS_NONE &&
         c->data.split.inner_fold >= c->data.split.inner_folds))
        return cc_config_fail(node_of(r, "data.split.inner_fold"), 0,
                              "give both or neither; folds count from 0",
                              "data.split.inner_fold is no fold of data.split.inner_folds");
    if (!listed && c->data.split.test == 0 && c->data.fold == CC_FOLD_NONE)
        return cc_config_fail(node_of(r, "data.split.test"), 0, "give it a share, or choose a data.fold",
                              "data.split.test is 0: there would be nothing to score");
    if (cc_experiment_is_ensemble(c) && c->ensemble.out_of_fold && c->data.fold != CC_FOLD_NONE)
        return cc_config_fail(node_of(r, "data.fold"), 0, "leave it out, or ensemble.out_of_fold",
                              "data.fold means nothing with ensemble.out_of_fold, which tests everybody");
    if (c->optimizer.schedule.min_lr > c->optimizer.lr)
        return cc_config_fail(node_of(r, "optimizer.schedule.min_lr"), 0, "the schedule only lowers it",
                              "optimizer.schedule.min_lr is above optimizer.lr");
    /* Pairs that only their owner can judge: a range upside down, Nesterov's momentum without any. */
    cc_random_augment random;
    if (cc_random_augment_init(&random, c->augment_random.types.items, c->augment_random.types.count,
                               &c->augment_random.ranges) != CC_OK)
        return fail_at_key(r);
    if (c->optimizer.type && cc_optimizer_check(&c->optimizer) != CC_OK) return fail_at_key(r);
    CC_TRY(check_volumes(r));
    return c->net.arch ? settle_channels(r) : CC_OK;
}

cc_status cc_config_read_tree(cc_experiment_config *config, const cc_yaml *tree,
                              const cc_yaml *const *defaults, unsigned flags, cc_arena *arena) {
    reader r = {.config = config,
                .tree = tree,
                .group = "",
                .shown = "",
                .defaults = defaults,
                .flags = flags,
                .arena = arena};
    CC_TRY(read_group(&r));
    return check_whole(&r);
}
