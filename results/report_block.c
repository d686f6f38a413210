/* results/report_block.c -- OUT/EXPERIMENT/report.yaml: written as a whole, read back as a text.
 *
 * The path is made like that of a run (results/paths.h), so that no experiment's name leads out of the
 * folder. */
#include "results/report_block.h"

#include <string.h>
#include "core/file.h"
#include "core/yaml.h"
#include "results/paths.h"

/* RESULTS/EXPERIMENT/report.yaml. */
static cc_status block_path(char out[CC_PATH_MAX], const char *results, const char *experiment) {
    char run[CC_PATH_MAX], variant[CC_PATH_MAX], folder[CC_PATH_MAX];
    /* The name is checked as that of a run's experiment: the path of a made-up run is cut to its third
     * folder. */
    CC_TRY(cc_run_path(run, results, experiment, "variant", 0, 0));
    CC_TRY(cc_path_folder(variant, run));
    CC_TRY(cc_path_folder(folder, variant));
    CC_TRY(cc_path_folder(variant, folder));
    return cc_path_join(out, variant, "report.yaml");
}

cc_status cc_report_block_read(cc_report_block *out, const char *results, const char *experiment,
                               cc_arena *arena) {
    char path[CC_PATH_MAX], *text = NULL;
    size_t bytes;
    CC_TRY(block_path(path, results, experiment));
    *out = (cc_report_block){cc_arena_copy(arena, experiment), NULL, cc_arena_copy(arena, path)};
    if (!out->experiment || !out->where) return CC_ENOMEM;
    if (!cc_file_exists(path)) return CC_OK;
    CC_TRY(cc_file_read(&text, &bytes, path, CC_YAML_BYTES_MAX, arena));
    out->text = text;
    return CC_OK;
}

cc_status cc_report_block_write(const char *results, const cc_report_block *block) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX];
    cc_report_block there;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the table of an experiment", 0);
    cc_status status = cc_report_block_read(&there, results, block->experiment, arena);
    const bool same = status == CC_OK && there.text && strcmp(there.text, block->text) == 0;
    cc_arena_destroy(arena);
    if (same) return CC_OK;
    /* One that cannot be read is replaced, like one that says something else. */
    CC_TRY(block_path(path, results, block->experiment));
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_folder_make(folder));
    return cc_file_write(path, block->text, strlen(block->text));
}
