/* results/contents.c -- looks into every run file of a folder, and lists what it tells; files that are no
 * runs are listed by their names. */
#include "results/contents.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "results/paths.h"
#include "results/store.h"

const char *cc_contents_path(size_t *length, const char *line) {
    const char *end = line + strcspn(line, "\n"), *colon = memchr(line, ':', (size_t)(end - line));
    /* A resolved config has one option a line, "key: value": a path is a value that begins with '/', in
     * quotes where YAML wants them. */
    const char *value = colon ? colon + 1 + strspn(colon + 1, " \"'") : end;
    if (value >= end || *value != '/') return NULL;
    while (end > value && strchr("\"'", end[-1])) end--;
    *length = (size_t)(end - value);
    return value;
}

/* Texts that are added one by one, and sorted at the end. */
typedef struct text_list {
    const char **items;
    size_t count, capacity;
} text_list;

static cc_status add(text_list *list, const char *text, size_t length, cc_arena *arena) {
    /* Rows of one patient are neighbours: most repetitions end here, before anything is sorted. */
    if (list->count && strncmp(list->items[list->count - 1], text, length) == 0 &&
        !list->items[list->count - 1][length])
        return CC_OK;
    if (list->count == list->capacity) {
        const size_t larger = list->capacity ? 2 * list->capacity : 64;
        const char **grown = cc_arena_get_array(arena, larger, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (list->count) memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = larger;
    }
    const char *copy = cc_arena_copy_n(arena, text, length);
    if (!copy) return CC_ENOMEM;
    list->items[list->count++] = copy;
    return CC_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, and leaves each text once. */
static void finish(const char ***out, size_t *count, text_list *list) {
    size_t kept = 0;
    if (list->count) qsort(list->items, list->count, sizeof *list->items, by_text);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || strcmp(list->items[i], list->items[i - 1]) != 0) list->items[kept++] = list->items[i];
    *out = list->items;
    *count = kept;
}

/* What one run tells. `scratch` holds the run, `arena` what is kept of it. */
static cc_status look_at_run(cc_contents *out, text_list *paths, text_list *patients, const char *path,
                             cc_arena *scratch, cc_arena *arena) {
    cc_run run;
    size_t length;
    CC_TRY(cc_run_read(&run, path, CC_RUN_ALL, scratch));
    out->runs++;
    out->weights += run.tensor_count > 0;
    out->masks += run.masks.count;
    for (size_t i = 0; i < run.slice_count; i++)
        CC_TRY(add(patients, run.slices[i].patient, strlen(run.slices[i].patient), arena));
    /* Examples and the reference always have their slice, a panel may be a mask alone. */
    for (size_t i = 0; i < run.example_count; i++) {
        out->pictures++;
        CC_TRY(add(patients, run.examples[i].patient, strlen(run.examples[i].patient), arena));
    }
    for (size_t i = 0; i < run.panel_count; i++) {
        out->pictures += run.panels[i].image_hu != NULL;
        CC_TRY(add(patients, run.panels[i].patient, strlen(run.panels[i].patient), arena));
    }
    if (run.reference) {
        out->pictures++;
        CC_TRY(add(patients, run.reference->patient, strlen(run.reference->patient), arena));
    }
    for (const char *line = run.config; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *value = cc_contents_path(&length, line);
        if (value) CC_TRY(add(paths, value, length, arena));
    }
    return CC_OK;
}

/* Files below FOLDER/RELATIVE that no run is read from; `hidden`: that folder's name begins with a point. */
static cc_status list_others(text_list *others, const char *folder, const char *relative, bool hidden,
                             cc_arena *scratch, cc_arena *arena) {
    char **names, place[CC_PATH_MAX], path[CC_PATH_MAX], below[CC_PATH_MAX];
    size_t count;
    struct stat entry;
    CC_TRY(cc_path_join(place, folder, relative));
    CC_TRY(cc_folder_list(&names, &count, place, scratch));
    for (size_t i = 0; i < count; i++) {
        const char *name = names[i];
        const bool own = strcmp(name, "planned.tsv") == 0 || strcmp(name, "report.yaml") == 0;
        CC_TRY(cc_path_join(path, place, name));
        CC_TRY(cc_path_join(below, relative, name));
        /* A link is listed, and not followed: what it leads to is not in the folder. */
        if (lstat(path, &entry) != 0) return cc_fail_errno(path, "look at");
        if (S_ISDIR(entry.st_mode))
            CC_TRY(list_others(others, folder, below, hidden || name[0] == '.', scratch, arena));
        else if (hidden || name[0] == '.' || !(own || cc_path_ends_with(name, ".h5")))
            CC_TRY(add(others, below, strlen(below), arena));
    }
    return CC_OK;
}

cc_status cc_contents_find(cc_contents *out, const char *results, cc_arena *arena) {
    char **runs;
    size_t count;
    text_list paths = {0}, patients = {0}, others = {0};
    *out = (cc_contents){0};
    if (!cc_folder_exists(results))
        return cc_fail(CC_ENOTFOUND, results, "name a folder of results", "there is no such folder");
    CC_TRY(cc_runs_find(&runs, &count, results, arena));
    for (size_t i = 0; i < count; i++) {
        cc_arena *scratch = cc_arena_create(); /* a run's pictures, let go before the next one */
        const cc_status status =
            scratch ? look_at_run(out, &paths, &patients, runs[i], scratch, arena) : CC_ENOMEM;
        cc_arena_destroy(scratch);
        CC_TRY(status);
    }
    CC_TRY(list_others(&others, results, "", false, arena, arena));
    /* From here on nothing fails: *out is complete, or was never begun. */
    finish(&out->paths, &out->path_count, &paths);
    finish(&out->patients, &out->patient_count, &patients);
    finish(&out->others, &out->other_count, &others);
    return CC_OK;
}
