#include "experiments/run_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/version.h"
#include "experiments/dataset.h"
#include "results/paths.h"
#include "results/store.h"

struct cc_run_plan {
    cc_planned_run *runs;
    int count;
};

static bool same_data(const cc_experiment_config *a, const cc_experiment_config *b) {
    const char *texts[][2] = {{a->data.source, b->data.source},
                              {a->data.root, b->data.root},
                              {a->data.image, b->data.image},
                              {a->data.mask, b->data.mask}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *x = texts[i][0] ? texts[i][0] : "", *y = texts[i][1] ? texts[i][1] : "";
        if (strcmp(x, y) != 0) return false;
    }
    return true;
}

static cc_status digest_data(cc_planned_run *run, const cc_run_plan *plan) {
    for (const cc_planned_run *other = plan->runs; other < run; other++)
        if (same_data(other->config, run->config)) {
            run->data_digest = other->data_digest;
            return CC_OK;
        }
    cc_slice_set *set;
    CC_TRY(cc_dataset_open_set(&set, run->config));
    cc_status status = cc_slice_set_digest(&run->data_digest, set);
    cc_slice_set_close(set);
    return status;
}

/* The contents count, not the place: weights may move, but not change. */
static cc_status digest_weights(cc_planned_run *run, const cc_run_plan *plan) {
    const char *path = run->config->net.weights;
    if (!path) return CC_OK;
    for (const cc_planned_run *other = plan->runs; other < run; other++)
        if (other->config->net.weights && strcmp(other->config->net.weights, path) == 0) {
            run->weights_digest = other->weights_digest;
            return CC_OK;
        }
    cc_status status = cc_digest_of_file(&run->weights_digest, path);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "net.weights");
}

static cc_status digest_identity(cc_planned_run *run) {
    cc_status status = CC_OK;
    char *text, numerics[32];
    cc_arena *arena = cc_arena_create();
    cc_digest *digest = cc_digest_create();
    if (!arena || !digest) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_config_identity_text(&text, run->config, arena));
    snprintf(numerics, sizeof numerics, "%d", CC_NUMERICS_VERSION);
    cc_digest_add_string(digest, text);
    cc_digest_add_string(digest, run->data_digest.hex);
    cc_digest_add_string(digest, numerics);
    if (run->weights_digest.hex[0]) cc_digest_add_string(digest, run->weights_digest.hex);
    run->identity = cc_digest_finish(digest);
done:
    cc_digest_destroy(digest);
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_planned_run_check(cc_run_state *out, const cc_planned_run *run) {
    char identity[65];
    struct stat entry;
    *out = CC_RUN_MISSING;
    if (lstat(run->path, &entry) != 0) return errno == ENOENT ? CC_OK : cc_fail_errno(run->path, "look at");
    if (!S_ISREG(entry.st_mode) && !S_ISLNK(entry.st_mode))
        return cc_fail(CC_EIO, run->path, "move it away, or give another --out",
                       "something that is no file stands where the result goes");
    cc_status status = cc_run_read_identity(identity, run->path);
    if (status == CC_EFORMAT) {
        *out = CC_RUN_DAMAGED;
        return CC_OK;
    }
    CC_TRY(status);
    *out = strcmp(identity, run->identity.hex) == 0 ? CC_RUN_DONE : CC_RUN_STALE;
    return CC_OK;
}

static cc_status add_run(cc_run_plan *plan, const cc_experiment_config *config, const char *results_dir) {
    cc_planned_run *run = &plan->runs[plan->count];
    *run = (cc_planned_run){.config = config};
    int64_t fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1;
    CC_TRY(cc_run_path(run->path, results_dir, config->name, config->variant, fold, (int64_t)config->seed));
    for (int i = 0; i < plan->count; i++)
        if (strcmp(plan->runs[i].path, run->path) == 0)
            return cc_fail(CC_ECONFIG, config->name, "give one of them another name, variant or seed",
                           "two runs would write %s", run->path);
    CC_TRY(digest_data(run, plan));
    CC_TRY(digest_weights(run, plan));
    CC_TRY(digest_identity(run));
    CC_TRY(cc_planned_run_check(&run->state, run));
    plan->count++;
    return CC_OK;
}

cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir) {
    cc_status status = CC_OK;
    size_t total = 0;
    for (int i = 0; i < config_count; i++) total += (size_t)cc_config_count(configs[i]);
    cc_run_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return cc_fail_memory("plan", sizeof *plan);
    plan->runs = calloc(total + 1, sizeof *plan->runs);
    if (!plan->runs) CC_CHECK(cc_fail_memory("plan", total * sizeof *plan->runs));
    for (int i = 0; i < config_count; i++)
        for (int k = 0; k < cc_config_count(configs[i]); k++)
            CC_CHECK(add_run(plan, cc_config_get(configs[i], k), results_dir));
    *out = plan;
    plan = NULL;
done:
    cc_run_plan_destroy(plan);
    return status;
}

void cc_run_plan_destroy(cc_run_plan *plan) {
    if (!plan) return;
    free(plan->runs);
    free(plan);
}

int cc_run_plan_count(const cc_run_plan *plan) {
    return plan->count;
}
const cc_planned_run *cc_run_plan_get(const cc_run_plan *plan, int index) {
    return &plan->runs[index];
}
