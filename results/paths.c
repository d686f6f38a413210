/* results/paths.c -- paths of run files, and the run files below a folder.
 *
 * Names come from configs and files: a part of a path holds letters, digits and a few signs, and never begins
 * with a point, so that no name leaves the results folder or hides in it. */
#include "results/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000000, DEPTH_MAX = 16 };

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+=-,";

/* Each part between slashes is a plain name. */
static cc_status check_name(const char *what, const char *name, bool parts) {
    const char *part = name;
    for (;;) {
        /* A part ends at '/', where parts are allowed, or at the end of the text. */
        size_t length = strspn(part, allowed);
        bool end = part[length] == 0;
        if (length == 0 || part[0] == '.' || !(end || (parts && part[length] == '/')))
            return cc_fail(CC_EINVAL, what, "letters, digits and ._+=-, make a name",
                           "\"%s\" cannot be a name of files", name);
        if (end) return CC_OK;
        part += length + 1;
    }
}

cc_status cc_run_path(char path[CC_PATH_MAX], const char *out, const char *experiment, const char *variant,
                      int64_t fold, int64_t seed) {
    char name[CC_PATH_MAX];
    CC_TRY(check_name("experiment", experiment, true));
    CC_TRY(check_name("variant", variant, false));
    if (fold < 0 || seed < 0)
        return cc_fail(CC_EINVAL, fold < 0 ? "fold" : "seed", NULL, "must not be negative");
    int length = snprintf(name, sizeof name, "%s/%s/fold-%lld/seed-%lld.h5", experiment, variant,
                          (long long)fold, (long long)seed);
    if (length >= (int)sizeof name)
        return cc_fail(CC_EINVAL, "experiment", "use a shorter one", "the name is too long");
    return cc_path_join(path, out, name);
}

cc_status cc_run_folder(char out[CC_PATH_MAX], const char *path, const char *experiment, const char *variant,
                        int64_t fold, int64_t seed) {
    char names[CC_PATH_MAX];
    CC_TRY(cc_run_path(names, "", experiment, variant, fold, seed));
    const char *tail = names + strspn(names, "/");
    size_t length = strlen(path), own = strlen(tail), before = length < own ? 0 : length - own;
    /* Where the path ends with the run's own names, what stands before them is the folder. */
    bool ends = length >= own && strcmp(path + before, tail) == 0 && (before == 0 || path[before - 1] == '/');
    if (!ends) return cc_path_folder(out, path);
    snprintf(out, CC_PATH_MAX, "%.*s", before ? (int)before : 1, before ? path : ".");
    return CC_OK;
}

void cc_run_kind(char *kind, size_t capacity, const char *experiment) {
    size_t length = strcspn(experiment, "/");
    if (experiment[length] == 0)
        snprintf(kind, capacity, "other");
    else
        snprintf(kind, capacity, "%.*s", (int)length, experiment);
}

/* Paths found so far: the array is the heap's, its texts the arena's. */
typedef struct found {
    char **paths;
    size_t count, capacity;
    cc_arena *arena;
} found;

static cc_status add_path(found *f, const char *path) {
    if (f->count == FILES_MAX)
        return cc_fail(CC_EINVAL, path, "name a smaller folder", "more than %d files", FILES_MAX);
    if (f->count == f->capacity) {
        size_t wider = f->capacity ? 2 * f->capacity : 64;
        char **grown = realloc(f->paths, wider * sizeof *grown);
        if (!grown) return cc_fail_memory("a list of files", wider * sizeof *grown);
        f->paths = grown;
        f->capacity = wider;
    }
    f->paths[f->count] = cc_arena_copy(f->arena, path);
    return f->paths[f->count++] ? CC_OK : CC_ENOMEM;
}

/* Adds every run file below a folder. Links are not followed, so that no circle is endless. */
static cc_status walk(found *f, const char *folder, int depth) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    CC_TRY(cc_folder_list(&names, &count, folder, f->arena));
    for (size_t i = 0; i < count; i++) {
        struct stat s;
        if (names[i][0] == '.') continue;
        CC_TRY(cc_path_join(path, folder, names[i]));
        /* Gone since the folder was listed, or unreadable: no run file. */
        if (lstat(path, &s) != 0) continue;
        if (S_ISDIR(s.st_mode) && depth < DEPTH_MAX)
            CC_TRY(walk(f, path, depth + 1));
        else if (cc_file_exists(path) && cc_path_ends_with(path, ".h5"))
            CC_TRY(add_path(f, path));
    }
    return CC_OK;
}

/* For qsort: byte order, whatever the locale. */
static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

cc_status cc_runs_find(char ***paths, size_t *count, const char *out, cc_arena *arena) {
    cc_status status = CC_OK;
    found f = {.arena = arena};
    *paths = NULL;
    *count = 0;
    if (!cc_folder_exists(out)) return CC_OK;
    CC_CHECK(walk(&f, out, 0));
    *paths = cc_arena_get_array(arena, f.count + 1, sizeof **paths);
    if (!*paths) CC_CHECK(CC_ENOMEM);
    if (f.count) memcpy(*paths, f.paths, f.count * sizeof **paths);
    qsort(*paths, f.count, sizeof **paths, by_bytes);
    *count = f.count;
done:
    free(f.paths);
    return status;
}
