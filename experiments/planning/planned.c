/* experiments/planning/planned.c -- which runs were planned is kept in the results folder, so that the
 * report can say which are missing: a table without them would look complete. */
#include "experiments/planning/planned.h"

cc_status cc_planned_entries(const cc_manifest_entry **out, size_t *count, const cc_run_plan *plan,
                             cc_arena *arena) {
    const int runs = cc_run_plan_count(plan);
    cc_manifest_entry *entries = cc_arena_get_array(arena, (size_t)runs + 1, sizeof *entries);
    *count = 0;
    if (!entries) return CC_ENOMEM;
    for (int i = 0; i < runs; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        const cc_experiment_config *config = run->config;
        if (run->is_out_of_fold) continue; /* no report sees it: to it, it would be missing */
        entries[(*count)++] =
            (cc_manifest_entry){.identity = run->request.hex,
                                .experiment = config->name,
                                .variant = config->variant,
                                .fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1,
                                .seed = (int64_t)config->seed};
    }
    *out = entries;
    return CC_OK;
}

cc_status cc_planned_save(const cc_run_plan *plan, const char *results_dir) {
    const cc_manifest_entry *entries;
    size_t count;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the list of runs", 0);
    cc_status status = cc_planned_entries(&entries, &count, plan, arena);
    if (status == CC_OK) status = cc_manifest_merge(results_dir, entries, count);
    cc_arena_destroy(arena);
    return status;
}
