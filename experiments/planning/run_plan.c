/* experiments/planning/run_plan.c -- a plan's runs, those upstream first.
 *
 * Each run is digested (its request, its identity), its file is looked at, and both together say what is
 * to be done; the same look is taken again before a run is made, since other processes may have made it or
 * its upstream runs meanwhile. */
#include "experiments/planning/run_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/version.h"
#include "experiments/planning/checkpoint_title.h"
#include "experiments/planning/data.h"
#include "experiments/planning/members.h"
#include "experiments/planning/run_nets.h"
#include "experiments/planning/upstream.h"
#include "experiments/weights/convention.h"
#include "results/paths.h"
#include "results/store.h"

enum { UPSTREAM_DEPTH_MAX = 16 }; /* runs one upstream of another */

struct cc_run_plan {
    cc_arena *arena;
    cc_planned_run **runs;
    int count, capacity;
    cc_upstream_files *files;
    const cc_backend *backend; /* NULL: nothing is to be made */
    int threads;
    bool unread; /* every file is taken for missing */
};

/* A dataset that is open while the plan is made. */
typedef struct opened {
    const struct opened *next;
    const cc_experiment_config *config;
    cc_slice_set *set;
    cc_digest_text digest, stamp;
} opened;

typedef struct planner {
    cc_run_plan *plan;
    const char *results_dir;
    opened *datasets;
    const cc_run_plan_part *part;      /* NULL: all is found out anew */
    int config_number, variant_number; /* what is planned now */
} planner;

/* The runs that need the one being planned, the nearest first: a list on the stack of plan_run's
 * recursion. */
typedef struct dependent {
    const struct dependent *next;
    const cc_planned_run *run;
    int depth;
} dependent;

/* The dataset of a config, with its digest: opened once for all runs of the plan. */
static cc_status open_data(const opened **out, planner *p, const cc_experiment_config *config) {
    for (*out = p->datasets; *out; *out = (*out)->next)
        if (cc_data_has_same_slices((*out)->config, config)) return CC_OK;
    opened *data = cc_arena_get(p->plan->arena, sizeof *data);
    if (!data) return CC_ENOMEM;
    CC_TRY(cc_data_open(&data->set, config));
    data->config = config;
    data->next = p->datasets;
    *out = p->datasets = data;
    /* Before the digest, so that no change between the two goes unseen; `volume` is decoded as it is opened. */
    if (strcmp(config->data.source, "volume") != 0) CC_TRY(cc_data_stamp(&data->stamp, config));
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

/* The request, with `machine` NULL: it digests the requests of the runs upstream. Else the identity, which
 * digests their identities and `machine`. */
static cc_status digest_run(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version,
                            const char *machine) {
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
    if (run->split_digest.hex[0]) {
        cc_digest_add_string(digest, "data.split");
        cc_digest_add_string(digest, run->split_digest.hex);
    }
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_planned_run *upstream = run->upstream[kind];
        if (!upstream) continue;
        cc_digest_add_string(digest, cc_upstream_key((cc_upstream)kind));
        cc_digest_add_string(digest, machine ? upstream->identity.hex : upstream->request.hex);
    }
    for (int i = 0; i < run->out_of_fold_count; i++) {
        cc_digest_add_string(digest, "upstream.out_of_fold");
        cc_digest_add_string(digest,
                             machine ? run->out_of_fold[i]->identity.hex : run->out_of_fold[i]->request.hex);
    }
    for (int i = 0; i < run->member_count; i++) {
        cc_digest_add_string(digest, "upstream.members");
        cc_digest_add_string(digest, machine ? run->members[i]->identity.hex : run->members[i]->request.hex);
    }
    if (machine && machine[0]) cc_digest_add_string(digest, machine);
    *out = cc_digest_finish(digest);
done:
    cc_digest_destroy(digest);
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_planned_run_identity(cc_digest_text *out, const cc_planned_run *run, int64_t numerics_version,
                                  const char *machine) {
    return digest_run(out, run, numerics_version, machine ? machine : "");
}

void cc_planned_run_name(char *out, size_t capacity, const cc_planned_run *run) {
    const cc_experiment_config *config = run->config;
    int length = snprintf(out, capacity, "%s %s, ", config->name, config->variant);
    if (config->data.fold != CC_FOLD_NONE && length < (int)capacity)
        length += snprintf(out + length, capacity - (size_t)length, "fold %d, ", config->data.fold + 1);
    if (config->data.split.inner_folds != CC_INNER_FOLDS_NONE && length < (int)capacity)
        length += snprintf(out + length, capacity - (size_t)length, "inner fold %d of %d, ",
                           config->data.split.inner_fold + 1, config->data.split.inner_folds);
    if (length < (int)capacity)
        snprintf(out + length, capacity - (size_t)length, "seed %" PRIu64, config->seed);
}

/* What a result file says of itself, compared with the run that it is the file of. */
typedef struct found_file {
    cc_run_state state; /* missing, damaged, stale, or done on some machine */
    cc_digest_text identity;
    char machine[CC_MACHINE_BYTES]; /* "": an older file, which does not say */
    int threads;                    /* 0: not known */
} found_file;

/* Reads what lies at run->path. A file is of this run where its identity is that of the run on the file's own
 * machine. */
static cc_status look_at_file(found_file *out, const cc_planned_run *run) {
    struct stat entry;
    cc_run read;
    cc_digest_text own;
    *out = (found_file){.state = CC_RUN_MISSING};
    if (lstat(run->path, &entry) != 0) return errno == ENOENT ? CC_OK : cc_fail_errno(run->path, "look at");
    if (!S_ISREG(entry.st_mode) && !S_ISLNK(entry.st_mode))
        return cc_fail(CC_EIO, run->path, "move it away, or give another --out",
                       "something that is no file stands where the result goes");
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_run_read(&read, run->path, CC_RUN_BASIC, arena);
    const cc_run_provenance *p = &read.provenance;
    if (status == CC_EFORMAT) {
        out->state = CC_RUN_DAMAGED;
        status = CC_OK;
    } else if (status == CC_OK) {
        out->state = CC_RUN_STALE;
        out->threads = (int)p->threads;
        if (p->identity && (!p->machine || strlen(p->machine) < sizeof out->machine)) {
            if (p->machine) strcpy(out->machine, p->machine);
            status = cc_planned_run_identity(&own, run, CC_NUMERICS_VERSION, out->machine);
            if (status == CC_OK && strcmp(p->identity, own.hex) == 0) {
                out->state = CC_RUN_DONE;
                out->identity = own;
            }
        }
    }
    cc_arena_destroy(arena);
    return status;
}

/* How a file that was made as requested differs from one that would be made here. */
static void describe_difference(char *out, size_t capacity, const found_file *file, const cc_machine *here) {
    cc_machine made;
    out[0] = 0;
    if (!file->machine[0])
        snprintf(out, capacity, "%d thread%s, by an older calcade that does not say on what instruction set",
                 file->threads, file->threads == 1 ? "" : "s");
    else if (!cc_machine_parse(&made, file->machine))
        snprintf(out, capacity, "%s", file->machine);
    else if (!cc_machine_is_same(&made, here, false))
        cc_machine_differences(out, capacity, &made, here);
}

/* The state of a file for this run. One that is right but for its threads is stale where the config states
 * another number of them. */
static cc_run_state state_of(const found_file *file, const cc_planned_run *run) {
    cc_machine made;
    const int here = run->here.threads;
    if (file->state != CC_RUN_DONE || run->config->train.threads == CC_THREADS_AUTO || here == 0)
        return file->state;
    const int threads = cc_machine_parse(&made, file->machine) ? made.threads : file->threads;
    return threads != 0 && threads != here ? CC_RUN_STALE : CC_RUN_DONE;
}

cc_status cc_planned_run_check(cc_run_state *out, const cc_planned_run *run) {
    found_file file;
    CC_TRY(look_at_file(&file, run));
    *out = state_of(&file, run);
    return CC_OK;
}

/* A run that is resumed uses as many threads as it began with, unless the config states a number. */
static cc_status use_threads_of_checkpoint(cc_planned_run *run, const cc_backend *backend) {
    char path[CC_PATH_MAX];
    cc_checkpoint_title title;
    cc_machine made;
    cc_digest_text identity;
    if (run->config->train.threads != CC_THREADS_AUTO) return CC_OK;
    CC_TRY(cc_checkpoint_path(path, run->path));
    CC_TRY(cc_checkpoint_title_read(&title, path));
    if (!cc_machine_parse(&made, title.machine) || !cc_machine_is_same(&made, &run->here, true) ||
        made.threads == run->here.threads)
        return CC_OK;
    CC_TRY(cc_planned_run_identity(&identity, run, CC_NUMERICS_VERSION, title.machine));
    if (strcmp(identity.hex, title.identity.hex) != 0) return CC_OK;
    run->threads = made.threads;
    run->threads_of_checkpoint = true;
    cc_machine_find(&run->here, backend, run->threads);
    return CC_OK;
}

/* Works out, from the files of a run as they are now, its state, the machine that makes or made it and its
 * identity. Those of the runs upstream and of same_as are settled already. */
static cc_status settle(cc_planned_run *run, const cc_run_plan *plan) {
    found_file file;
    const int stated = run->config->train.threads;
    if (plan->unread)
        file = (found_file){.state = CC_RUN_MISSING};
    else
        CC_TRY(look_at_file(&file, run));
    run->difference[0] = 0;
    run->threads_of_checkpoint = false;
    run->threads = stated == CC_THREADS_AUTO ? plan->threads : stated;
    if (plan->backend) {
        cc_machine_find(&run->here, plan->backend, run->threads);
        if (file.state != CC_RUN_DONE) CC_TRY(use_threads_of_checkpoint(run, plan->backend));
        if (file.state == CC_RUN_DONE)
            describe_difference(run->difference, sizeof run->difference, &file, &run->here);
    }
    run->state = state_of(&file, run);
    if (run->state == CC_RUN_DONE) {
        run->identity = file.identity;
        memcpy(run->machine, file.machine, sizeof run->machine);
        return CC_OK;
    }
    if (run->same_as) {
        run->identity = run->same_as->identity;
        memcpy(run->machine, run->same_as->machine, sizeof run->machine);
        return CC_OK;
    }
    run->machine[0] = 0;
    if (plan->backend) cc_machine_print(run->machine, &run->here);
    return cc_planned_run_identity(&run->identity, run, CC_NUMERICS_VERSION, run->machine);
}

/* The run of the plan whose file has that path; NULL: none. */
static cc_planned_run *find_run(const cc_run_plan *plan, const char *path) {
    for (int i = 0; i < plan->count; i++)
        if (strcmp(plan->runs[i]->path, path) == 0) return plan->runs[i];
    return NULL;
}

/* The first run whose bytes would do for this one: of the same request on the same runs upstream, and of the
 * threads that this one's config states. */
static cc_status find_same(const cc_planned_run **out, const cc_run_plan *plan, const cc_planned_run *run) {
    cc_digest_text identity;
    const int stated = run->config->train.threads;
    *out = NULL;
    for (int i = 0; i < plan->count && !*out; i++) {
        const cc_planned_run *other = plan->runs[i];
        cc_machine made;
        if (strcmp(other->request.hex, run->request.hex) != 0) continue;
        if (stated != CC_THREADS_AUTO && cc_machine_parse(&made, other->machine) && made.threads != 0 &&
            made.threads != stated)
            continue;
        CC_TRY(cc_planned_run_identity(&identity, run, CC_NUMERICS_VERSION, other->machine));
        if (strcmp(identity.hex, other->identity.hex) == 0) *out = other;
    }
    return CC_OK;
}

/* Whether a run may be upstream of those that need it: it must not need itself. */
static cc_status check_dependents(const dependent *self) {
    if (self->depth > UPSTREAM_DEPTH_MAX)
        return cc_fail(CC_ECONFIG, self->run->config->name, NULL, "upstream goes through more than %d runs",
                       UPSTREAM_DEPTH_MAX);
    for (const dependent *d = self->next; d; d = d->next)
        if (strcmp(d->run->path, self->run->path) == 0)
            return cc_fail(CC_ECONFIG, self->run->config->name, "break the circle",
                           "upstream leads back to the variant %s itself", self->run->config->variant);
    return CC_OK;
}

/* The plan's array holds pointers: runs do not move when it grows, since others point at them. */
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

/* Adds a run that is not in the plan yet. Of one that is to be made, what can be found wrong now is; `data`
 * is NULL where that was looked at before. */
static cc_status add_run(planner *p, cc_planned_run *run, const opened *data) {
    const cc_backend *backend = p->plan->backend;
    CC_TRY(find_same(&run->same_as, p->plan, run));
    CC_TRY(settle(run, p->plan));
    if (run->state == CC_RUN_DONE || p->plan->unread) return append(p->plan, run);
    if (backend && cc_experiment_trains(run->config))
        CC_TRY(cc_backend_check(backend, &run->config->loss, &run->config->optimizer));
    if (!data) return append(p->plan, run);
    CC_TRY(cc_data_check(data->set, run->config));
    CC_TRY(cc_planned_run_check_nets(run, data->set));
    if (run->member_count > 0) CC_TRY(cc_members_check(run, data->set));
    return append(p->plan, run);
}

static cc_status plan_run(const cc_planned_run **out, planner *p, const cc_experiment_config *config,
                          bool is_out_of_fold, const dependent *dependents);

/* The runs of stage 2 that predict, each, an inner fold of the patients that `run` learns from, as copies
 * of the config `stage_2`, each with its fold. Where stage 2 has other data none is needed: it has seen
 * none of them (cascade/patients.h looks whether that is so). */
static cc_status plan_out_of_fold(cc_planned_run *run, planner *p, const cc_experiment_config *stage_2,
                                  const dependent *self) {
    const cc_experiment_config *config = run->config;
    const int count = config->upstream.inner_folds;
    if (!config->upstream.out_of_fold || !stage_2 || !cc_data_is_same(stage_2, config)) return CC_OK;
    const bool nested = config->data.split.inner_folds != CC_INNER_FOLDS_NONE;
    if (nested || strcmp(config->data.split.by, "slice") == 0 || strcmp(config->data.split.by, "slab") == 0)
        return cc_fail(CC_ECONFIG, config->name, "set upstream.out_of_fold: false",
                       "upstream.out_of_fold deals patients as wholes, %s%s",
                       nested ? "and data.split.inner_folds has dealt them already" : "not by ",
                       nested ? "" : config->data.split.by);
    const cc_planned_run **runs = cc_arena_get_array(p->plan->arena, (size_t)count, sizeof *runs);
    cc_experiment_config *configs = cc_arena_get_array(p->plan->arena, (size_t)count, sizeof *configs);
    if (!runs || !configs) return CC_ENOMEM;
    for (int i = 0; i < count; i++) {
        configs[i] = *stage_2;
        configs[i].data.split.inner_folds = count;
        configs[i].data.split.inner_fold = i;
        cc_status status = plan_run(&runs[i], p, &configs[i], true, self);
        if (status == CC_OK) continue;
        /* What the config of stage 2 alone could be refused for was found before: this is of its folds. */
        const cc_error error = *cc_error_get();
        return cc_fail(
            status, config->name,
            status == CC_ECONFIG ? "give fewer upstream.inner_folds, or upstream.out_of_fold: false"
                                 : error.hint,
            "upstream.out_of_fold, inner fold %d of %d: %s: %s", i + 1, count, error.where, error.what);
    }
    run->out_of_fold = runs;
    run->out_of_fold_count = count;
    return CC_OK;
}

/* The runs that an ensemble combines. */
static cc_status plan_members(cc_planned_run *run, planner *p, const dependent *self) {
    const cc_experiment_config *const *configs;
    int count;
    if (!cc_experiment_is_ensemble(run->config)) return CC_OK;
    CC_TRY(cc_upstream_members(&configs, &count, p->plan->files, run->config));
    const cc_planned_run **members = cc_arena_get_array(p->plan->arena, CC_MEMBERS_MAX, sizeof *members);
    if (!members) return CC_ENOMEM;
    for (int i = 0; i < count; i++) {
        CC_TRY(plan_run(&members[i], p, configs[i], false, self));
        for (int k = 0; k < i; k++)
            if (members[k] == members[i])
                return cc_fail(CC_ECONFIG, run->config->name, "name each run once",
                               "upstream.members names %s twice", members[i]->path);
    }
    run->members = members;
    run->member_count = count;
    return cc_members_suit(run);
}

/* Where the result of a run lies, from its names. */
static cc_status name_run(cc_planned_run *run, const planner *p) {
    const cc_experiment_config *config = run->config;
    const int64_t fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1;
    char hidden[48], folder[CC_PATH_MAX];
    run->folder = p->results_dir;
    snprintf(hidden, sizeof hidden, ".out-of-fold/%d-of-%d", config->data.split.inner_fold + 1,
             config->data.split.inner_folds);
    CC_TRY(cc_path_join(folder, p->results_dir, hidden));
    return cc_run_path(run->path, run->is_out_of_fold ? folder : p->results_dir, config->name,
                       config->variant, fold, (int64_t)config->seed);
}

/* What the earlier plan says of a run's data and weights. */
static cc_status take_known(cc_planned_run *run, const cc_run_plan_part *part) {
    for (int i = 0; i < part->known_count; i++) {
        if (strcmp(part->known[i].path, run->path) != 0) continue;
        snprintf(run->data_digest.hex, sizeof run->data_digest.hex, "%s", part->known[i].data_digest);
        if (strcmp(run->config->data.source, "volume") != 0)
            snprintf(run->data_stamp.hex, sizeof run->data_stamp.hex, "%s", part->known[i].data_stamp);
        snprintf(run->weights_digest.hex, sizeof run->weights_digest.hex, "%s",
                 part->known[i].weights_digest);
        return CC_OK;
    }
    return cc_fail(CC_ECONFIG, run->config->name, "plan again", "%s was not planned: the config has changed",
                   run->path);
}

/* The run of a config, with those upstream before it. *out is the one that is in the plan already where
 * its file is the same: an upstream run may be named by several configs, and given on the command line
 * too. */
static cc_status plan_run(const cc_planned_run **out, planner *p, const cc_experiment_config *config,
                          bool is_out_of_fold, const dependent *dependents) {
    const opened *data = NULL;
    const cc_experiment_config *stage_2 = NULL;
    cc_planned_run *run = cc_arena_get(p->plan->arena, sizeof *run);
    if (!run) return CC_ENOMEM;
    run->config = config;
    run->is_out_of_fold = is_out_of_fold;
    run->config_number = p->config_number;
    run->variant_number = p->variant_number;
    CC_TRY(name_run(run, p));

    /* Upstream first: what this run is digested from. */
    const dependent self = {.next = dependents, .run = run, .depth = dependents ? dependents->depth + 1 : 1};
    CC_TRY(check_dependents(&self));
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_experiment_config *upstream;
        CC_TRY(cc_upstream_find(&upstream, p->plan->files, (cc_upstream)kind, run->config));
        if (upstream) CC_TRY(plan_run(&run->upstream[kind], p, upstream, false, &self));
        if (kind == CC_UPSTREAM_CALCIFICATION) stage_2 = upstream;
        if (upstream && run->upstream[kind]->member_count > 0)
            CC_TRY(cc_members_suit_cascade(run->upstream[kind], run));
    }
    CC_TRY(plan_out_of_fold(run, p, stage_2, &self));
    CC_TRY(plan_members(run, p, &self));
    if (p->part) {
        CC_TRY(take_known(run, p->part));
    } else {
        CC_TRY(open_data(&data, p, config));
        run->data_digest = data->digest;
        run->data_stamp = data->stamp;
        CC_TRY(digest_weights(run, p->plan));
    }
    CC_TRY(cc_data_split_digest(&run->split_digest, config));
    CC_TRY(settle_weights(run, p->plan));
    CC_TRY(digest_run(&run->request, run, CC_NUMERICS_VERSION, NULL));

    cc_planned_run *there = find_run(p->plan, run->path);
    *out = there ? there : run;
    if (!there) return add_run(p, run, data);
    const int threads = run->config->train.threads, theirs = there->config->train.threads;
    if (strcmp(there->request.hex, run->request.hex) != 0 ||
        (threads != CC_THREADS_AUTO && theirs != CC_THREADS_AUTO && threads != theirs))
        return cc_fail(CC_ECONFIG, config->name,
                       "give one of them another name, variant or seed; --set is not for runs that another "
                       "config names as upstream",
                       "two runs would write %s", run->path);
    if (theirs != CC_THREADS_AUTO || threads == CC_THREADS_AUTO) return CC_OK;
    there->config = run->config; /* it states the threads */
    there->config_number = run->config_number;
    there->variant_number = run->variant_number;
    return settle(there, p->plan);
}

/* Plans every variant of the first `config_count` configs, or those of a part. */
static cc_status create(cc_run_plan **out, cc_config *const *configs, int config_count,
                        const cc_run_plan_part *part, const char *results_dir, const cc_backend *backend,
                        int threads, bool unread) {
    cc_status status = CC_OK;
    const cc_planned_run *run;
    cc_run_plan *plan = calloc(1, sizeof *plan);
    planner p = {.plan = plan, .part = part};
    if (!plan) return cc_fail_memory("plan", sizeof *plan);
    plan->backend = backend;
    plan->threads = threads;
    plan->unread = unread;
    plan->arena = cc_arena_create();
    if (!plan->arena) CC_CHECK(CC_ENOMEM);
    p.results_dir = cc_arena_copy(plan->arena, results_dir);
    if (!p.results_dir) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_upstream_files_create(&plan->files, cc_config_flags(configs[0])));
    for (int i = 0; part && i < part->choice_count; i++) {
        p.config_number = part->choices[i].config;
        p.variant_number = part->choices[i].variant;
        CC_CHECK(plan_run(&run, &p, cc_config_get(configs[p.config_number], p.variant_number), false, NULL));
    }
    for (int i = 0; i < config_count; i++)
        for (int k = 0; k < cc_config_count(configs[i]); k++) {
            p.config_number = i;
            p.variant_number = k;
            CC_CHECK(plan_run(&run, &p, cc_config_get(configs[i], k), false, NULL));
        }
    *out = plan;
    plan = NULL;
done:
    for (const opened *data = p.datasets; data; data = data->next) cc_slice_set_close(data->set);
    cc_run_plan_destroy(plan);
    return status;
}

cc_status cc_run_plan_create(cc_run_plan **out, cc_config *const *configs, int config_count,
                             const char *results_dir, const cc_backend *backend, int threads) {
    return create(out, configs, config_count, NULL, results_dir, backend, threads, false);
}

cc_status cc_run_plan_create_unread(cc_run_plan **out, cc_config *const *configs, int config_count,
                                    const char *results_dir) {
    return create(out, configs, config_count, NULL, results_dir, NULL, 0, true);
}

cc_status cc_run_plan_create_part(cc_run_plan **out, cc_config *const *configs, const cc_run_plan_part *part,
                                  const char *results_dir, const cc_backend *backend, int threads) {
    return create(out, configs, 0, part, results_dir, backend, threads, false);
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

bool cc_planned_run_needs(const cc_planned_run *run, const cc_planned_run *other) {
    bool found = run->same_as == other;
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) found = found || run->upstream[kind] == other;
    for (int i = 0; i < run->out_of_fold_count; i++) found = found || run->out_of_fold[i] == other;
    for (int i = 0; i < run->member_count; i++) found = found || run->members[i] == other;
    return found;
}

/* Marks a run, and those that it needs, directly or through others. Each is behind those that it needs. */
static void mark_needs(bool *marked, const cc_run_plan *plan, int index) {
    marked[index] = true;
    for (int i = index; i > 0; i--)
        for (int k = 0; marked[i] && k < i; k++)
            marked[k] = marked[k] || cc_planned_run_needs(plan->runs[i], plan->runs[k]);
}

cc_status cc_run_plan_refresh(cc_run_plan *plan, int index) {
    bool *marked = calloc((size_t)index + 1, sizeof *marked);
    if (!marked) return cc_fail_memory("plan", (size_t)index + 1);
    mark_needs(marked, plan, index);
    cc_status status = CC_OK;
    for (int i = 0; i <= index && status == CC_OK; i++)
        if (marked[i]) status = settle(plan->runs[i], plan);
    free(marked);
    return status;
}
