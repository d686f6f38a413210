/* The runs that a config names under `upstream`: files of configs, read once each however many name them. */
#include "experiments/planning/upstream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* NULL is "". */
static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool cc_config_same_data(const cc_experiment_config *a, const cc_experiment_config *b) {
    const char *texts[][2] = {{a->data.source, b->data.source},
                              {a->data.root, b->data.root},
                              {a->data.image, b->data.image},
                              {a->data.mask, b->data.mask},
                              {a->data.list, b->data.list}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!same_text(texts[i][0], texts[i][1])) return false;
    return true;
}

bool cc_config_same_slices(const cc_experiment_config *a, const cc_experiment_config *b) {
    return cc_config_same_data(a, b) && a->data.mask_threshold == b->data.mask_threshold &&
           a->data.skip_broken == b->data.skip_broken && a->data.label_count == b->data.label_count &&
           memcmp(a->data.labels, b->data.labels, (size_t)a->data.label_count * sizeof *a->data.labels) == 0;
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

static cc_status load(const cc_config **out, cc_upstream_files *files, const char *path) {
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

/* Of a variant's folds and seeds the one that fits `of`. `several` tells that a choice was left. */
static const cc_experiment_config *find_nearest(bool *several, const cc_config *config, const char *variant,
                                                const cc_experiment_config *of, bool any_fold) {
    const cc_experiment_config *found = NULL;
    *several = false;
    for (int i = 0; i < cc_config_count(config); i++) {
        const cc_experiment_config *c = cc_config_get(config, i);
        if (strcmp(c->variant, variant) != 0) continue;
        bool fits = c->seed == of->seed, found_fits = found && found->seed == of->seed;
        if (found && fits == found_fits) *several = *several || !any_fold || !fits;
        if (!found || (fits && !found_fits)) {
            found = c;
            *several = false;
        }
    }
    return found;
}

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

/* The first key on which two configs deal patients differently, or NULL. */
static const char *find_other_split(const cc_experiment_config *a, const cc_experiment_config *b, int fold) {
    if (a->data.skip_broken != b->data.skip_broken) return "data.skip_broken";
    if (strcmp(a->data.split.by, b->data.split.by) != 0) return "data.split.by";
    if (strcmp(a->data.split.by, "slab") == 0 && a->data.split.slab != b->data.split.slab)
        return "data.split.slab";
    if (!same_text(a->data.split.file, b->data.split.file)) return "data.split.file";
    if (a->data.split.seed != b->data.split.seed) return "data.split.seed";
    if (a->data.split.train != b->data.split.train) return "data.split.train";
    if (a->data.split.validation != b->data.split.validation) return "data.split.validation";
    if (fold == CC_FOLD_NONE && a->data.split.test != b->data.split.test) return "data.split.test";
    return fold != CC_FOLD_NONE && a->data.folds != b->data.folds ? "data.folds" : NULL;
}

bool cc_config_same_split(const cc_experiment_config *a, const cc_experiment_config *b) {
    return a->data.fold == b->data.fold && same_text(a->data.split.stratify, b->data.split.stratify) &&
           !find_other_split(a, b, a->data.fold);
}

/* Puts the run of `of` and the one it names on the same patients. */
static cc_status share_patients(const cc_experiment_config **config, cc_upstream_files *files,
                                const char *path, const cc_experiment_config *of, const upstream_kind *kind) {
    const char *other = find_other_split(*config, of, of->data.fold);
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
    *out = NULL;
    if (!text) return CC_OK;
    const char *hash = strrchr(text, '#');
    const char *path = cc_arena_copy_n(files->arena, text, hash ? (size_t)(hash - text) : strlen(text));
    if (!path) return CC_ENOMEM;
    cc_status status = load(&config, files, path);
    if (status != CC_OK) return cc_fail_within(status, kind->key);
    CC_TRY(choose(out, config, path, hash ? hash + 1 : NULL, of, kind));
    if (strcmp((*out)->stage, kind->stage) != 0)
        return cc_fail(CC_ECONFIG, of->name, NULL, "%s names %s, whose stage is %s, not %s", kind->key, path,
                       (*out)->stage, kind->stage);
    return kind->same_patients && cc_config_same_data(*out, of) ? share_patients(out, files, path, of, kind)
                                                                : CC_OK;
}
