/* experiments/planning/upstream.c -- the configs that others name under `upstream`: files that are read
 * once each, however many name them, and the variant of each that suits the run which asks. */
#include "experiments/planning/upstream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/planning/data.h"

enum { FILES_MAX = 256 };

typedef struct upstream_file {
    const char *path;
    cc_config *config;
} upstream_file;

struct cc_upstream_files {
    cc_arena *arena;
    upstream_file files[FILES_MAX];
    int count;
    unsigned flags;
};

/* A row for each key upstream.NAME. */
typedef struct upstream_kind {
    const char *key, *stage;
    bool same_patients; /* as the run that names it: fold and split must agree */
} upstream_kind;

static const upstream_kind kinds[CC_UPSTREAMS] = {
    [CC_UPSTREAM_REFERENCE] = {"upstream.reference", "roi", false},
    [CC_UPSTREAM_ROI] = {"upstream.roi", "roi", false},
    [CC_UPSTREAM_CALCIFICATION] = {"upstream.calcification", "calcification", true},
    [CC_UPSTREAM_FALSE_POSITIVE] = {"upstream.false_positive", "false_positive", true},
};

const char *cc_upstream_key(cc_upstream kind) {
    return kinds[kind].key;
}

const char *cc_upstream_stage(cc_upstream kind) {
    return kinds[kind].stage;
}

const char *cc_upstream_name(const cc_experiment_config *config, cc_upstream kind) {
    switch (kind) {
    case CC_UPSTREAM_REFERENCE:
        return config->upstream.reference;
    case CC_UPSTREAM_ROI:
        return config->upstream.roi;
    case CC_UPSTREAM_CALCIFICATION:
        return config->upstream.calcification;
    default:
        return config->upstream.false_positive;
    }
}

cc_status cc_upstream_files_create(cc_upstream_files **out, unsigned flags) {
    cc_upstream_files *files = calloc(1, sizeof *files);
    if (!files) return cc_fail_memory("configurations", sizeof *files);
    files->flags = flags;
    files->arena = cc_arena_create();
    if (!files->arena) {
        free(files);
        return CC_ENOMEM;
    }
    *out = files;
    return CC_OK;
}

void cc_upstream_files_destroy(cc_upstream_files *files) {
    if (!files) return;
    for (int i = 0; i < files->count; i++) cc_config_destroy(files->files[i].config);
    cc_arena_destroy(files->arena);
    free(files);
}

/* The config that FILE or FILE#VARIANT names, read at its first mention; *variant is NULL where none is
 * named. */
static cc_status load(const cc_config **out, const char **file_path, const char **variant,
                      cc_upstream_files *files, const char *text) {
    const char *hash = strrchr(text, '#');
    const char *path = cc_arena_copy_n(files->arena, text, hash ? (size_t)(hash - text) : strlen(text));
    if (!path) return CC_ENOMEM;
    *file_path = path;
    *variant = hash ? hash + 1 : NULL;
    for (int i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, path) == 0) {
            *out = files->files[i].config;
            return CC_OK;
        }
    if (files->count == FILES_MAX)
        return cc_fail(CC_ECONFIG, path, NULL, "more than %d files are named as upstream", FILES_MAX);
    upstream_file *file = &files->files[files->count];
    CC_TRY(cc_config_load(&file->config, path, NULL, 0, files->flags));
    file->path = path;
    files->count++;
    *out = file->config;
    return CC_OK;
}

/* Whether no variant before this one has its name: folds and seeds of a variant share it. */
static bool is_first_of_name(const cc_config *config, int index) {
    const char *name = cc_config_get(config, index)->variant;
    for (int i = 0; i < index; i++)
        if (strcmp(cc_config_get(config, i)->variant, name) == 0) return false;
    return true;
}

/* "a, b, c" and their number. */
static int list_names(char *out, size_t capacity, const cc_config *config) {
    int names = 0;
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < cc_config_count(config); i++) {
        if (!is_first_of_name(config, i)) continue;
        if (used < capacity)
            used += (size_t)snprintf(out + used, capacity - used, "%s%s", names ? ", " : "",
                                     cc_config_get(config, i)->variant);
        names++;
    }
    return names;
}

/* Of a variant's folds and seeds the one with the seed of `of`, else the first; *several: others would
 * have suited as well. */
static const cc_experiment_config *find_nearest(bool *several, const cc_config *config, const char *variant,
                                                const cc_experiment_config *of, bool any_fold) {
    const cc_experiment_config *found = NULL;
    *several = false;
    for (int i = 0; i < cc_config_count(config); i++) {
        const cc_experiment_config *c = cc_config_get(config, i);
        if (strcmp(c->variant, variant) != 0) continue;
        bool fits = c->seed == of->seed, found_fits = found && found->seed == of->seed;
        /* Several folds of the right seed leave no choice where the fold is set afterwards (any_fold). */
        if (found && fits == found_fits) *several = *several || !any_fold || !fits;
        if (!found || (fits && !found_fits)) {
            found = c;
            *several = false;
        }
    }
    return found;
}

/* The variant that FILE#VARIANT names, or the only one of FILE; of its folds and seeds the one that suits
 * `of`. */
static cc_status choose(const cc_experiment_config **out, const cc_config *config, const char *path,
                        const char *variant, const cc_experiment_config *of, const upstream_kind *kind) {
    char names[384];
    bool several;
    int count = list_names(names, sizeof names, config);
    if (!variant && count > 1)
        return cc_fail(CC_ECONFIG, of->name, "name one, as in FILE#VARIANT",
                       "%s names %s, which has several variants: %s", kind->key, path, names);
    if (!variant) variant = cc_config_get(config, 0)->variant;
    *out = find_nearest(&several, config, variant, of, kind->same_patients);
    if (!*out)
        return cc_fail(CC_ECONFIG, of->name, NULL, "%s names the variant %s of %s, which has %s", kind->key,
                       variant, path, names);
    if (several)
        return cc_fail(CC_ECONFIG, of->name, "name a file with one fold and seed",
                       "%s names %s, whose variant %s has several folds or seeds", kind->key, path, variant);
    return CC_OK;
}

/* Gives the upstream run the fold of the run that names it; all else that splits patients must agree
 * already. */
static cc_status share_patients(const cc_experiment_config **config, cc_upstream_files *files,
                                const char *path, const cc_experiment_config *of, const upstream_kind *kind) {
    const char *other = cc_data_other_split(*config, of, of->data.fold);
    if (other)
        return cc_fail(CC_ECONFIG, of->name, "the two must deal patients alike: give both the same",
                       "%s is not that of %s, which %s names", other, path, kind->key);
    if ((*config)->data.fold == of->data.fold) return CC_OK;
    cc_experiment_config *copy = cc_arena_get(files->arena, sizeof *copy);
    if (!copy) return CC_ENOMEM;
    *copy = **config;
    copy->data.fold = of->data.fold;
    *config = copy;
    return CC_OK;
}

cc_status cc_upstream_find(const cc_experiment_config **out, cc_upstream_files *files, cc_upstream number,
                           const cc_experiment_config *of) {
    const upstream_kind *kind = &kinds[number];
    const char *text = cc_upstream_name(of, number);
    const cc_config *config = NULL;
    const char *path, *variant;
    *out = NULL;
    if (!text) return CC_OK;
    cc_status status = load(&config, &path, &variant, files, text);
    if (status != CC_OK) return cc_fail_within(status, kind->key);
    CC_TRY(choose(out, config, path, variant, of, kind));
    const bool ensemble = cc_experiment_is_ensemble(*out) && number == CC_UPSTREAM_CALCIFICATION &&
                          strcmp(of->stage, "cascade") == 0;
    if (strcmp((*out)->stage, kind->stage) != 0 && !ensemble)
        return cc_fail(CC_ECONFIG, of->name, NULL, "%s names %s, whose stage is %s, not %s", kind->key, path,
                       (*out)->stage, kind->stage);
    return kind->same_patients && cc_data_is_same(*out, of) ? share_patients(out, files, path, of, kind)
                                                            : CC_OK;
}

static bool is_listed(const int *items, int count, uint64_t value) {
    for (int i = 0; i < count; i++)
        if ((uint64_t)items[i] == value) return true;
    return count == 0;
}

/* The config of a member with the fold of the ensemble; its other settings must deal patients as the ensemble
 * does. Inner folds apart: their nets leave out whom the ensemble tests. */
static cc_status take_fold(const cc_experiment_config **member, cc_upstream_files *files,
                           const cc_experiment_config *of) {
    cc_experiment_config *copy = cc_arena_get(files->arena, sizeof *copy);
    if (!copy) return CC_ENOMEM;
    *copy = **member;
    copy->data.fold = of->data.fold;
    *member = copy;
    cc_experiment_config like = *copy;
    like.data.split.inner_folds = of->data.split.inner_folds;
    like.data.split.inner_fold = of->data.split.inner_fold;
    const char *other = cc_data_other_split(&like, of, of->data.fold);
    if (!other) return CC_OK;
    return cc_fail(CC_ECONFIG, of->name, "the two must deal patients alike: give both the same",
                   "%s is not that of %s, a member of upstream.members", other, copy->name);
}

cc_status cc_upstream_members(const cc_experiment_config *const **out, int *count, cc_upstream_files *files,
                              const cc_experiment_config *of) {
    const cc_experiment_config **members =
        cc_arena_get_array(files->arena, CC_MEMBERS_MAX, sizeof(cc_experiment_config *));
    if (!members) return CC_ENOMEM;
    *out = members;
    *count = 0;
    for (int f = 0; f < of->upstream.members.count; f++) {
        const char *text = of->upstream.members.items[f], *path, *variant;
        const cc_config *config;
        const int before = *count;
        cc_status status = load(&config, &path, &variant, files, text);
        if (status != CC_OK) return cc_fail_within(status, "upstream.members");
        for (int i = 0; i < cc_config_count(config); i++) {
            const cc_experiment_config *c = cc_config_get(config, i);
            if (variant && strcmp(c->variant, variant) != 0) continue;
            if (cc_experiment_is_ensemble(c))
                return cc_fail(CC_ECONFIG, of->name, "name that ensemble's own members",
                               "upstream.members names %s, which is an ensemble itself", path);
            const bool fold_is_shared = cc_data_is_same(c, of) && of->data.fold != CC_FOLD_NONE;
            if (fold_is_shared && c->data.fold == CC_FOLD_NONE) CC_TRY(take_fold(&c, files, of));
            if (fold_is_shared && c->data.fold != of->data.fold) continue;
            if (!is_listed(of->ensemble.seeds, of->ensemble.seed_count, c->seed) ||
                !is_listed(of->ensemble.folds, of->ensemble.fold_count, (uint64_t)c->data.fold))
                continue;
            if (*count == CC_MEMBERS_MAX)
                return cc_fail(CC_ECONFIG, of->name, "ensemble.seeds and ensemble.folds choose among them",
                               "upstream.members are more than %d runs", CC_MEMBERS_MAX);
            members[(*count)++] = c;
        }
        if (*count == before)
            return cc_fail(CC_ECONFIG, of->name, "look at its variants, ensemble.seeds and ensemble.folds",
                           "upstream.members names %s, which has no such run", text);
    }
    return CC_OK;
}
