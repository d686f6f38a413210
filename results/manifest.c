/* results/manifest.c -- the list of planned runs: read, searched, joined and replaced as a whole.
 *
 * Entries are kept sorted by run, so that two lists join in one walk and a run is found by bisection.
 * The file is replaced by renaming: who reads it has the old list or the new one. */
#include "results/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "results/paths.h"

enum { FIELDS = 5, BYTES_MAX = 1 << 28, IDENTITY_DIGITS = 64 };
static const char head[] = "identity\texperiment\tvariant\tfold\tseed\n";

/* For qsort and bsearch: by experiment, variant, fold and seed. */
static int by_run(const void *a, const void *b) {
    const cc_manifest_entry *x = a, *y = b;
    int order = strcmp(x->experiment, y->experiment);
    if (!order) order = strcmp(x->variant, y->variant);
    if (!order) order = (x->fold > y->fold) - (x->fold < y->fold);
    return order ? order : (x->seed > y->seed) - (x->seed < y->seed);
}

static bool parse_number(int64_t *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == 0 && *out >= 0;
}

/* Refuses an identity that is none and names that no path could have. */
static cc_status check_entry(const cc_manifest_entry *e) {
    char path[CC_PATH_MAX];
    if (strspn(e->identity, "0123456789abcdef") != IDENTITY_DIGITS || e->identity[IDENTITY_DIGITS])
        return cc_fail(CC_EINVAL, "identity", NULL, "is not 64 hexadecimal digits");
    return cc_run_path(path, "", e->experiment, e->variant, e->fold, e->seed);
}

/* A line, its end taken off, cut at its tabs in place. */
static bool parse_entry(cc_manifest_entry *out, char *line) {
    char *fields[FIELDS];
    int count = 0;
    char *rest = line;
    /* Exactly five fields: fewer or more are no entry. */
    while (rest && count < FIELDS) fields[count++] = strsep(&rest, "\t");
    if (count < FIELDS || rest) return false;
    *out = (cc_manifest_entry){.identity = fields[0], .experiment = fields[1], .variant = fields[2]};
    return parse_number(&out->fold, fields[3]) && parse_number(&out->seed, fields[4]) &&
           check_entry(out) == CC_OK;
}

/* Parses a whole list; *out borrows its texts from `text`, which is cut up. */
static cc_status parse_lines(cc_manifest *out, char *text, const char *path, cc_arena *arena) {
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    cc_manifest_entry *entries = cc_arena_get_array(arena, lines, sizeof *entries);
    if (!entries) return CC_ENOMEM;
    if (strncmp(text, head, strlen(head)) != 0)
        return cc_fail(CC_EFORMAT, path, "calcade run makes it anew where there is none",
                       "is no list of runs");
    char *rest = text + strlen(head);
    for (int number = 2; rest && *rest; number++) {
        char *line = strsep(&rest, "\n"), where[CC_PATH_MAX + 16];
        if (parse_entry(&entries[out->count++], line)) continue;
        snprintf(where, sizeof where, "%s:%d", path, number);
        return cc_fail(CC_EFORMAT, where, "take the line out",
                       "is no identity, experiment, variant, fold and seed");
    }
    /* A list that was edited by hand may be in any order, but each run is there once. */
    qsort(entries, out->count, sizeof *entries, by_run);
    for (size_t i = 1; i < out->count; i++)
        if (by_run(&entries[i - 1], &entries[i]) == 0)
            return cc_fail(CC_EFORMAT, path, "take one of them out", "%s, variant %s, is there twice",
                           entries[i].experiment, entries[i].variant);
    out->entries = entries;
    return CC_OK;
}

cc_status cc_manifest_path(char path[CC_PATH_MAX], const char *results) {
    return cc_path_join(path, results, "planned.tsv");
}

cc_status cc_manifest_read(cc_manifest *out, const char *results, cc_arena *arena) {
    char path[CC_PATH_MAX], *text;
    size_t bytes;
    *out = (cc_manifest){0};
    CC_TRY(cc_manifest_path(path, results));
    if (!cc_file_exists(path)) return CC_OK;
    CC_TRY(cc_file_read(&text, &bytes, path, BYTES_MAX, arena));
    return parse_lines(out, text, path, arena);
}

const cc_manifest_entry *cc_manifest_find(const cc_manifest *manifest, const char *experiment,
                                          const char *variant, int64_t fold, int64_t seed) {
    const cc_manifest_entry key = {"", experiment, variant, fold, seed};
    if (manifest->count == 0) return NULL;
    return bsearch(&key, manifest->entries, manifest->count, sizeof key, by_run);
}

cc_status cc_manifest_join(cc_manifest *out, const cc_manifest *old, const cc_manifest_entry *entries,
                           size_t count, cc_arena *arena) {
    cc_manifest_entry *all = cc_arena_get_array(arena, old->count + count + 1, sizeof *all);
    cc_manifest_entry *mine = cc_arena_get_array(arena, count + 1, sizeof *mine);
    size_t used = 0;
    if (!all || !mine) return CC_ENOMEM;
    if (count) memcpy(mine, entries, count * sizeof *mine);
    qsort(mine, count, sizeof *mine, by_run);
    /* Both sorted: of equal runs the new entry is taken, and both move on. */
    for (size_t i = 0, k = 0; i < old->count || k < count;) {
        int order = i == old->count ? 1 : k == count ? -1 : by_run(&old->entries[i], &mine[k]);
        all[used++] = order < 0 ? old->entries[i] : mine[k];
        i += order <= 0;
        k += order >= 0;
    }
    *out = (cc_manifest){all, used};
    return CC_OK;
}

cc_status cc_manifest_write(const char *results, const cc_manifest *manifest) {
    char path[CC_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < manifest->count; i++) CC_TRY(check_entry(&manifest->entries[i]));
    CC_TRY(cc_folder_make(results));
    CC_TRY(cc_manifest_path(path, results));
    CC_TRY(cc_file_sweep(path)); /* of processes that died; nobody else writes it now */
    FILE *file = open_memstream(&text, &bytes);
    if (!file) return cc_fail_memory("the list of runs", 0);
    /* Made in memory, so that the file is written in one piece. */
    fputs(head, file);
    for (size_t i = 0; i < manifest->count; i++) {
        const cc_manifest_entry *e = &manifest->entries[i];
        fprintf(file, "%s\t%s\t%s\t%lld\t%lld\n", e->identity, e->experiment, e->variant, (long long)e->fold,
                (long long)e->seed);
    }
    bool ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    cc_status status = ok ? cc_file_write(path, text, bytes) : cc_fail_memory("the list of runs", bytes);
    free(text);
    return status;
}

cc_status cc_manifest_merge(const char *results, const cc_manifest_entry *entries, size_t count) {
    cc_manifest old, all;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the list of runs", 0);
    cc_status status = cc_manifest_read(&old, results, arena);
    if (status == CC_OK) status = cc_manifest_join(&all, &old, entries, count, arena);
    if (status == CC_OK) status = cc_manifest_write(results, &all);
    cc_arena_destroy(arena);
    return status;
}
