#include "experiments/run_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/version.h"
#include "experiments/data.h"
#include "experiments/dataset.h"
#include "experiments/upstream.h"
#include "experiments/weights/convention.h"
#include "results/paths.h"
#include "results/store.h"

enum { CHAIN_MAX = 16 };

struct cc_run_plan {
    cc_arena *arena;
    cc_planned_run **runs;
    int count, capacity;
    cc_upstream_files *files;
};

/* A dataset that is open while the plan is made. */
typedef struct opened {
    const struct opened *next;
    const cc_experiment_config *config;
    cc_slice_set *set;
    cc_digest_text digest;
} opened;

typedef struct planner {
    cc_run_plan *plan;
    const char *results_dir;
    opened *datasets;
} planner;

/* The runs that need the one being planned, the nearest first. */
typedef struct chain {
    const struct chain *before;
    const cc_planned_run *run;
    int length;
} chain;

static cc_status open_data(const opened **out, planner *p, const cc_experiment_config *config) {
    for (*out = p->datasets; *out; *out = (*out)->next)
        if (cc_config_same_slices((*out)->config, config)) return CC_OK;
    opened *data = cc_arena_get(p->plan->arena, sizeof *data);
    if (!data) return CC_ENOMEM;
    CC_TRY(cc_data_open(&data->set, config));
    data->config = config;
    data->next = p->datasets;
    *out = p->datasets = data;
    return cc_slice_set_digest(&data->digest, data->set);
}

/* The contents count, not the place: weights may move, but not change. */
static cc_status digest_weights(cc_planned_run *run, const cc_run_plan *plan) {
    const char *path = run->config->net.weights;
    if (!path) return CC_OK;
    for (int i = 0; i < plan->count; i++) {
        const cc_planned_run *other = plan->runs[i];
        if (other->config->net.weights && strcmp(other->config->net.weights, path) == 0) {
            run->weights_digest = other->weights_digest;
            return CC_OK;
        }
    }
    cc_status status = cc_digest_of_file(&run->weights_digest, path);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "net.weights");
}

/* The config with the padding and epsilon that its weights ask for; the same one where they ask for
 * nothing. */
static cc_status settle_weights(cc_planned_run *run, const cc_run_plan *plan) {
    cc_experiment_config settled = *run->config;
    cc_status status = cc_weight_convention_settle(&settled.net);
    if (status != CC_OK) return cc_fail_within(status, "net.weights");
    if (settled.net.padding == run->config->net.padding &&
        settled.net.norm_epsilon == run->config->net.norm_epsilon)
        return CC_OK;
    cc_experiment_config *kept = cc_arena_get(plan->arena, sizeof *kept);
    if (!kept) return CC_ENOMEM;
    *kept = settled;
    run->config = kept;
    return CC_OK;
}

cc_status cc_planned_run_identity(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version) {
    cc_status status = CC_OK;
    char *text, numerics[32];
    cc_arena *arena = cc_arena_create();
    cc_digest *digest = cc_digest_create();
    if (!arena || !digest) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_config_identity_text(&text, run->config, arena));
    snprintf(numerics, sizeof numerics, "%lld", (long long)numerics_version);
    cc_digest_add_string(digest, text);
    cc_digest_add_string(digest, run->data_digest.hex);
    cc_digest_add_string(digest, numerics);
    if (run->weights_digest.hex[0]) cc_digest_add_string(digest, run->weights_digest.hex);
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        if (!run->upstream[kind]) continue;
        cc_digest_add_string(digest, cc_upstream_key((cc_upstream)kind));
        cc_digest_add_string(digest, run->upstream[kind]->identity.hex);
    }
    *out = cc_digest_finish(digest);
done:
    cc_digest_destroy(digest);
    cc_arena_destroy(arena);
    return status;
}

void cc_planned_run_name(char *out, size_t capacity, const cc_planned_run *run) {
    const cc_experiment_config *config = run->config;
    int length = snprintf(out, capacity, "%s %s, ", config->name, config->variant);
    if (config->data.fold != CC_FOLD_NONE && length < (int)capacity)
        length += snprintf(out + length, capacity - (size_t)length, "fold %d, ", config->data.fold + 1);
    if (length < (int)capacity)
        snprintf(out + length, capacity - (size_t)length, "seed %" PRIu64, config->seed);
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

static const cc_planned_run *find_run(const cc_run_plan *plan, const char *path) {
    for (int i = 0; i < plan->count; i++)
        if (strcmp(plan->runs[i]->path, path) == 0) return plan->runs[i];
    return NULL;
}

/* The first run of the same identity. */
static const cc_planned_run *find_same(const cc_run_plan *plan, const cc_planned_run *run) {
    for (int i = 0; i < plan->count; i++)
        if (strcmp(plan->runs[i]->identity.hex, run->identity.hex) == 0) return plan->runs[i];
    return NULL;
}

static cc_status check_chain(const chain *link) {
    if (link->length > CHAIN_MAX)
        return cc_fail(CC_ECONFIG, link->run->config->name, NULL, "upstream goes through more than %d runs",
                       CHAIN_MAX);
    for (const chain *c = link->before; c; c = c->before)
        if (strcmp(c->run->path, link->run->path) == 0)
            return cc_fail(CC_ECONFIG, link->run->config->name, "break the circle",
                           "upstream leads back to the variant %s itself", link->run->config->variant);
    return CC_OK;
}

static cc_status append(cc_run_plan *plan, cc_planned_run *run) {
    if (plan->count == plan->capacity) {
        int capacity = plan->capacity ? 2 * plan->capacity : 16;
        cc_planned_run **runs = realloc(plan->runs, (size_t)capacity * sizeof(cc_planned_run *));
        if (!runs) return cc_fail_memory("plan", (size_t)capacity * sizeof(cc_planned_run *));
        plan->runs = runs;
        plan->capacity = capacity;
    }
    plan->runs[plan->count++] = run;
    return CC_OK;
}

static cc_status plan_run(const cc_planned_run **out, planner *p, const cc_experiment_config *config,
                          const chain *before);

static cc_status plan_upstream(cc_planned_run *run, planner *p, const chain *link) {
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_experiment_config *config;
        CC_TRY(cc_upstream_find(&config, p->plan->files, (cc_upstream)kind, run->config));
        if (config) CC_TRY(plan_run(&run->upstream[kind], p, config, link));
    }
    return CC_OK;
}

/* Adds a run that is not in the plan yet. */
static cc_status add_run(planner *p, cc_planned_run *run, const opened *data) {
    run->same_as = find_same(p->plan, run);
    CC_TRY(cc_planned_run_check(&run->state, run));
    if (run->state != CC_RUN_DONE) CC_TRY(cc_dataset_try(data->set, run->config));
    return append(p->plan, run);
}

static cc_status plan_run(const cc_planned_run **out, planner *p, const cc_experiment_config *config,
                          const chain *before) {
    const opened *data;
    cc_planned_run *run = cc_arena_get(p->plan->arena, sizeof *run);
    if (!run) return CC_ENOMEM;
    run->config = config;
    int64_t fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1;
    CC_TRY(
        cc_run_path(run->path, p->results_dir, config->name, config->variant, fold, (int64_t)config->seed));
    const chain link = {.before = before, .run = run, .length = before ? before->length + 1 : 1};
    CC_TRY(check_chain(&link));
    CC_TRY(plan_upstream(run, p, &link));
    CC_TRY(open_data(&data, p, config));
    run->data_digest = data->digest;
    CC_TRY(digest_weights(run, p->plan));
    CC_TRY(settle_weights(run, p->plan));
    CC_TRY(cc_planned_run_identity(&run->identity, run, CC_NUMERICS_VERSION));
    *out = find_run(p->plan, run->path);
    if (*out && strcmp((*out)->identity.hex, run->identity.hex) != 0)
        return cc_fail(CC_ECONFIG, config->name,
                       "give one of them another name, variant or seed; --set is not for runs that another "
                       "config names as upstream",
                       "two runs would write %s", run->path);
    if (*out) return CC_OK;
    *out = run;
    return add_run(p, run, data);
}

cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir) {
    cc_status status = CC_OK;
    const cc_planned_run *run;
    cc_run_plan *plan = calloc(1, sizeof *plan);
    planner p = {.plan = plan, .results_dir = results_dir};
    if (!plan) return cc_fail_memory("plan", sizeof *plan);
    plan->arena = cc_arena_create();
    if (!plan->arena) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_upstream_files_create(&plan->files, cc_config_flags(configs[0])));
    for (int i = 0; i < config_count; i++)
        for (int k = 0; k < cc_config_count(configs[i]); k++)
            CC_CHECK(plan_run(&run, &p, cc_config_get(configs[i], k), NULL));
    *out = plan;
    plan = NULL;
done:
    for (const opened *data = p.datasets; data; data = data->next) cc_slice_set_close(data->set);
    cc_run_plan_destroy(plan);
    return status;
}

void cc_run_plan_destroy(cc_run_plan *plan) {
    if (!plan) return;
    cc_upstream_files_destroy(plan->files);
    cc_arena_destroy(plan->arena);
    free(plan->runs);
    free(plan);
}

int cc_run_plan_count(const cc_run_plan *plan) {
    return plan->count;
}
const cc_planned_run *cc_run_plan_get(const cc_run_plan *plan, int index) {
    return plan->runs[index];
}
