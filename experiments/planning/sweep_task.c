/* experiments/planning/sweep_task.c -- a small plan around one run.
 *
 * It is made by the same code as the whole plan (run_plan.h), so that nothing about a run can come out
 * otherwise; what costs time there is known here: digests, and that data and split suit each other. */
#include "experiments/planning/sweep_task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/version.h"
#include "experiments/planning/data.h"

/* The task of that file, NULL where the plan has none. */
static const cc_sweep_task *find_task(const cc_sweep *sweep, const char *results, const char *run_path) {
    char path[CC_PATH_MAX];
    for (int i = 0; i < sweep->count; i++)
        if (cc_path_join(path, results, sweep->tasks[i].file) == CC_OK && strcmp(path, run_path) == 0)
            return &sweep->tasks[i];
    return NULL;
}

/* Loads the variant of a task as a config of its own, and chooses it. */
static cc_status load(cc_sweep_run *out, struct cc_run_plan_choice *choice, const cc_sweep_task *task) {
    CC_TRY(cc_config_load_variant(&out->configs[out->config_count], task->config, task->sets, task->set_count,
                                  task->flags | CC_CONFIG_RUNNABLE, task->variant));
    *choice = (struct cc_run_plan_choice){out->config_count++, 0};
    return CC_OK;
}

/* Whether the runs that were planned again are those of the file: the first that is not, one upstream before
 * those that need it, names the config to look at. */
static cc_status check_requests(const cc_sweep_run *out, const cc_sweep *sweep, const char *path) {
    for (int i = 0; i < cc_run_plan_count(out->plan); i++) {
        const cc_planned_run *run = cc_run_plan_get(out->plan, i);
        const cc_sweep_task *task = find_task(sweep, out->results, run->path);
        if (!task || strcmp(task->request, run->request.hex) == 0) continue;
        if (task->numerics != CC_NUMERICS_VERSION)
            return cc_fail(CC_ECONFIG, path, "plan again with this calcade",
                           "it was made by a calcade of numerics version %" PRId64 ", and this one's is %d",
                           task->numerics, CC_NUMERICS_VERSION);
        return cc_fail(
            CC_ECONFIG, path, "calcade plan makes the plan anew",
            "\"%s\" is no more what was planned: %s, a config that it names or the split has changed",
            task->name, task->config);
    }
    return CC_OK;
}

/* Whether the data are what was planned on. */
static cc_status check_data(const cc_planned_run *run, const cc_sweep_task *task, const char *path) {
    bool unchanged;
    cc_digest_text stamp = {""};
    strncat(stamp.hex, task->data_stamp, sizeof stamp.hex - 1);
    CC_TRY(cc_data_is_unchanged(&unchanged, &stamp, run->config, task->data));
    if (unchanged) return CC_OK;
    return cc_fail(CC_ECONFIG, run->config->data.root ? run->config->data.root : run->config->data.list,
                   "calcade plan makes the plan anew", "the data are not those that %s was made of", path);
}

cc_status cc_sweep_run_open(cc_sweep_run *out, const cc_sweep *sweep, const char *path, int index,
                            const char *results, const cc_backend *backend, int threads) {
    cc_status status = CC_OK;
    struct cc_run_plan_choice choices[2];
    *out = (cc_sweep_run){0};
    if (index < 0 || index >= sweep->count)
        return cc_fail(CC_EUSAGE, "--task", NULL, "%s has runs 0 to %d, not %d", path, sweep->count - 1,
                       index);
    const cc_sweep_task *task = &sweep->tasks[index];
    cc_arena *arena = cc_arena_create();
    struct cc_run_plan_known *known =
        arena ? cc_arena_get_array(arena, (size_t)sweep->count, sizeof *known) : NULL;
    if (!known || !(out->results = strdup(results ? results : task->out)))
        CC_CHECK(cc_fail_memory("a plan", (size_t)sweep->count * sizeof *known));
    for (int i = 0; i < sweep->count; i++) {
        char file[CC_PATH_MAX];
        CC_CHECK(cc_path_join(file, out->results, sweep->tasks[i].file));
        known[i] = (struct cc_run_plan_known){cc_arena_copy(arena, file), sweep->tasks[i].data,
                                              sweep->tasks[i].data_stamp, sweep->tasks[i].weights};
        if (!known[i].path) CC_CHECK(CC_ENOMEM);
    }
    /* What it is to be a copy of comes first, as in the whole plan: so it is found to be one here too. */
    if (task->same_as != CC_SWEEP_NONE)
        CC_CHECK(load(out, &choices[out->config_count], &sweep->tasks[task->same_as]));
    CC_CHECK(load(out, &choices[out->config_count], task));
    const cc_run_plan_part part = {choices, out->config_count, known, sweep->count};
    CC_CHECK(cc_run_plan_create_part(&out->plan, out->configs, &part, out->results, backend, threads));
    CC_CHECK(check_requests(out, sweep, path));

    out->index = -1;
    for (int i = 0; i < cc_run_plan_count(out->plan); i++)
        if (strcmp(cc_run_plan_get(out->plan, i)->path, known[index].path) == 0) out->index = i;
    if (out->index < 0)
        CC_CHECK(cc_fail(CC_ECONFIG, task->config, "calcade plan makes the plan anew",
                         "it leads to \"%s\" of %s no more", task->name, path));
    const cc_planned_run *run = cc_run_plan_get(out->plan, out->index);
    if (run->state != CC_RUN_DONE) CC_CHECK(check_data(run, task, path));
done:
    cc_arena_destroy(arena);
    return status;
}

void cc_sweep_run_close(cc_sweep_run *run) {
    cc_run_plan_destroy(run->plan);
    for (int i = 0; i < run->config_count; i++) cc_config_destroy(run->configs[i]);
    free(run->results);
    *run = (cc_sweep_run){0};
}

cc_status cc_sweep_run_check_upstream(const cc_sweep_run *s) {
    const cc_planned_run *run = cc_run_plan_get(s->plan, s->index), *first = NULL;
    int missing = 0;
    for (int i = 0; i < s->index; i++) {
        const cc_planned_run *other = cc_run_plan_get(s->plan, i);
        if (!cc_planned_run_needs(run, other) || other->state == CC_RUN_DONE) continue;
        if (missing++ == 0) first = other;
    }
    if (missing == 0) return CC_OK;
    char name[256];
    cc_planned_run_name(name, sizeof name, run);
    return cc_fail(CC_EUPSTREAM, name, "the same command once they are",
                   "%d run%s that it needs %s not there yet: %s%s", missing, missing == 1 ? "" : "s",
                   missing == 1 ? "is" : "are", first->path, missing > 1 ? ", ..." : "");
}
