#include "results/light.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "results/manifest.h"
#include "results/paths.h"
#include "results/store.h"

static bool is_of_kind(const char *experiment, const char *kind) {
    char own[CC_RUN_NAME_MAX];
    cc_run_kind(own, sizeof own, experiment);
    return !kind || strcmp(own, kind) == 0;
}

/* Where the last part of a value begins that is an absolute path; NULL where it is none. */
static const char *last_part(const char *value, const char *end) {
    const char *last = NULL;
    if (*value != '/') return NULL;
    for (const char *c = value; c < end; c++)
        if (*c == '/') last = c + 1;
    return last;
}

/* The config with each value that is an absolute path cut to its last part. */
static char *cut_paths(const char *config, cc_arena *arena) {
    char *out = cc_arena_get(arena, strlen(config) + 1), *to = out;
    for (const char *line = config; out && *line;) {
        const char *end = line + strcspn(line, "\n"), *colon = memchr(line, ':', (size_t)(end - line));
        const char *value = colon ? colon + 1 + strspn(colon + 1, " \"'") : end,
                   *last = last_part(value, end);
        end += *end == '\n';
        memcpy(to, line, (size_t)(value - line));
        to += value - line;
        if (last) value = last;
        memcpy(to, value, (size_t)(end - value));
        to += end - value;
        line = end;
    }
    if (out) *to = 0;
    return out;
}

static cc_status copy_run(cc_light_summary *summary, const char *out, const char *from, const char *kind,
                          cc_arena *arena) {
    cc_run run;
    char path[CC_PATH_MAX];
    uint64_t bytes;
    CC_TRY(cc_run_read(&run, from, CC_RUN_BASIC, arena));
    if (!is_of_kind(run.experiment, kind)) return CC_OK;
    run.config = cut_paths(run.config, arena);
    if (!run.config) return CC_ENOMEM;
    run.plan = NULL;
    CC_TRY(cc_run_path(path, out, run.experiment, run.variant, run.fold, run.seed));
    CC_TRY(cc_run_write(path, &run));
    CC_TRY(cc_file_size(&bytes, path));
    summary->runs++;
    summary->bytes += bytes;
    return CC_OK;
}

static cc_status copy_plan(const char *out, const char *results, const char *kind, cc_arena *arena) {
    cc_manifest manifest;
    size_t count = 0;
    CC_TRY(cc_manifest_read(&manifest, results, arena));
    cc_manifest_entry *entries = cc_arena_get_array(arena, manifest.count + 1, sizeof *entries);
    if (!entries) return CC_ENOMEM;
    for (size_t i = 0; i < manifest.count; i++)
        if (is_of_kind(manifest.entries[i].experiment, kind)) entries[count++] = manifest.entries[i];
    return count ? cc_manifest_merge(out, entries, count) : CC_OK;
}

static bool same_folder(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static cc_status copy_all(cc_light_summary *summary, const char *out, const char *results, const char *kind,
                          cc_arena *arena) {
    char **paths;
    size_t count;
    CC_TRY(cc_runs_find(&paths, &count, results, arena));
    for (size_t i = 0; i < count; i++) {
        cc_arena *scratch = cc_arena_create();
        if (!scratch) return cc_fail_memory("a run", 0);
        cc_status status = copy_run(summary, out, paths[i], kind, scratch);
        cc_arena_destroy(scratch);
        CC_TRY(status);
    }
    if (summary->runs == 0)
        return cc_fail(CC_ENOTFOUND, results, "calcade run CONFIG makes some", "holds no run file%s%s",
                       kind ? " of kind " : "", kind ? kind : "");
    return copy_plan(out, results, kind, arena);
}

cc_status cc_light_copy(cc_light_summary *summary, const char *out, const char *results, const char *kind) {
    *summary = (cc_light_summary){0};
    if (same_folder(out, results))
        return cc_fail(CC_EINVAL, out, "name another folder",
                       "the results lie in it: they would lose their weights");
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("results", 0);
    cc_status status = copy_all(summary, out, results, kind, arena);
    cc_arena_destroy(arena);
    return status;
}
