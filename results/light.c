/* results/light.c -- copies of run files without weights, plans, pictures and masks, and of what tables are
 * made by.
 *
 * A copy is written by the same code as any run file, from a run that was read without its heavy parts: so it
 * is checked on the way in and read back on the way out, and has a digest of its own. */
#include "results/light.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "results/contents.h"
#include "results/manifest.h"
#include "results/paths.h"
#include "results/report_block.h"
#include "results/store.h"

/* Whether a kind (NULL: any) is that of the experiment. */
static bool is_of_kind(const char *experiment, const char *kind) {
    char own[CC_RUN_NAME_MAX];
    cc_run_kind(own, sizeof own, experiment);
    return !kind || strcmp(own, kind) == 0;
}

/* The config with each value that is an absolute path cut to its last part. */
static char *cut_paths(const char *config, cc_arena *arena) {
    char *out = cc_arena_get(arena, strlen(config) + 1), *to = out;
    for (const char *line = config; out && *line;) {
        size_t length;
        const char *end = line + strcspn(line, "\n"), *path = cc_contents_path(&length, line), *last = path;
        end += *end == '\n';
        for (size_t i = 0; path && i < length; i++)
            if (path[i] == '/') last = path + i + 1;
        if (path) {
            memcpy(to, line, (size_t)(path - line));
            to += path - line;
            line = last;
        }
        memcpy(to, line, (size_t)(end - line));
        to += end - line;
        line = end;
    }
    if (out) *to = 0;
    return out;
}

/* Copies what the experiment of a run says of its table. */
static cc_status copy_block(const char *out, const char *results, const char *experiment, cc_arena *arena) {
    cc_report_block block;
    CC_TRY(cc_report_block_read(&block, results, experiment, arena));
    return block.text ? cc_report_block_write(out, &block) : CC_OK;
}

/* Copies one run, where it is of the kind. */
static cc_status copy_run(cc_light_summary *summary, const char *out, const char *results, const char *from,
                          const char *kind, cc_arena *arena) {
    cc_run run;
    char path[CC_PATH_MAX];
    uint64_t bytes;
    CC_TRY(cc_run_read(&run, from, CC_RUN_BASIC, arena));
    if (!is_of_kind(run.experiment, kind)) return CC_OK;
    /* No weights, examples, panels or masks were read; the plan and the machine's paths go too. */
    run.config = cut_paths(run.config, arena);
    if (!run.config) return CC_ENOMEM;
    run.plan = NULL;
    CC_TRY(cc_run_path(path, out, run.experiment, run.variant, run.fold, run.seed));
    CC_TRY(cc_run_write(path, &run));
    CC_TRY(copy_block(out, results, run.experiment, arena));
    CC_TRY(cc_file_size(&bytes, path));
    summary->runs++;
    summary->bytes += bytes;
    return CC_OK;
}

/* Copies the list of planned runs, so that a report of the copies knows which are missing. */
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

/* Whether two names lead to one folder: light copies would replace what they are made of. */
static bool same_folder(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

cc_status cc_light_copy(cc_light_summary *summary, const char *out, const char *results, const char *kind) {
    char **paths;
    size_t count;
    *summary = (cc_light_summary){0};
    if (same_folder(out, results))
        return cc_fail(CC_EINVAL, out, "name another folder",
                       "the results lie in it: they would lose their weights");
    cc_status status;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("results", 0);
    CC_CHECK(cc_runs_find(&paths, &count, results, arena));
    for (size_t i = 0; i < count; i++) {
        cc_arena *scratch = cc_arena_create(); /* a run's rows, let go before the next one */
        status =
            scratch ? copy_run(summary, out, results, paths[i], kind, scratch) : cc_fail_memory("a run", 0);
        cc_arena_destroy(scratch);
        CC_CHECK(status);
    }
    if (summary->runs == 0)
        CC_CHECK(cc_fail(CC_ENOTFOUND, results, "calcade run CONFIG makes some", "holds no run file%s%s",
                         kind ? " of kind " : "", kind ? kind : ""));
    status = copy_plan(out, results, kind, arena);
done:
    cc_arena_destroy(arena);
    return status;
}
