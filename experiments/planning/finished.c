/* experiments/planning/finished.c -- finds the runs upstream of a finished run, by identity.
 *
 * A result states its own identity and those of the runs upstream, not where their files are: all files of
 * the folder are listed by identity. Older files state their own identity alone; it digests those
 * upstream, so that files of the right stage are tried as upstream until the identity comes out. */
#include "experiments/planning/finished.h"

#include <stdlib.h>
#include <string.h>
#include "experiments/planning/checkpoint_title.h"
#include "experiments/planning/members.h"
#include "experiments/planning/upstream.h"
#include "results/paths.h"
#include "results/store.h"

enum { DEPTH_MAX = 16, TRIES_MAX = 1 << 20, MEMBER = CC_UPSTREAMS /* beside the kinds of runs upstream */ };

/* A run that was opened. */
typedef struct opened {
    const struct opened *next;
    cc_config *config;
    cc_planned_run run;
} opened;

/* A result file of the folder. */
typedef struct listed {
    cc_planned_run *run; /* its path and identity alone */
    const char *stage;
} listed;

struct cc_finished {
    cc_arena *arena;
    const char *folder; /* of results; NULL: that of the run */
    listed *files;      /* NULL until a run upstream is looked for */
    size_t count;
    const opened *opened;
    cc_planned_run *run;
};

/* Adds one file to the list; one that cannot be read is passed over. */
static cc_status list_file(cc_finished *f, const char *path) {
    cc_run read;
    listed *file = &f->files[f->count];
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return CC_ENOMEM;
    cc_status status = cc_run_read(&read, path, CC_RUN_BASIC, scratch);
    if (status == CC_OK && read.provenance.identity) {
        file->run = cc_arena_get(f->arena, sizeof *file->run);
        file->stage = cc_arena_copy(f->arena, read.stage);
        if (file->run && file->stage) {
            strncat(file->run->identity.hex, read.provenance.identity, sizeof file->run->identity.hex - 1);
            status = cc_path_join(file->run->path, "", path);
            f->count++;
        } else {
            status = CC_ENOMEM;
        }
    } else if (status != CC_ENOMEM) {
        cc_error_clear();
        status = CC_OK;
    }
    cc_arena_destroy(scratch);
    return status;
}

/* All results below the folder, once. */
static cc_status list_files(cc_finished *f) {
    char **paths;
    size_t count;
    if (f->files) return CC_OK;
    CC_TRY(cc_runs_find(&paths, &count, f->folder, f->arena));
    f->files = cc_arena_get_array(f->arena, count + 1, sizeof *f->files);
    if (!f->files) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) CC_TRY(list_file(f, paths[i]));
    return CC_OK;
}

static bool is_listed_before(const cc_finished *f, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(f->files[i].run->identity.hex, f->files[index].run->identity.hex) == 0) return true;
    return false;
}

/* The search for the files of the folder that are a run's upstream. */
typedef struct trial {
    const cc_finished *in;
    cc_planned_run *run;
    int64_t numerics_version;
    const char *machine; /* of the file; NULL in older ones */
    int left;            /* tries */
    bool found;          /* run->upstream is what its identity is of */
} trial;

/* Tries files as the runs upstream, from `kind` on, until the run's identity comes out. */
static cc_status try_files(trial *t, int kind) {
    const cc_finished *f = t->in;
    cc_planned_run *run = t->run;
    cc_digest_text identity;
    if (kind == CC_UPSTREAMS) {
        t->left--;
        CC_TRY(cc_planned_run_identity(&identity, run, t->numerics_version, t->machine));
        t->found = strcmp(identity.hex, run->identity.hex) == 0;
        return CC_OK;
    }
    if (!cc_upstream_name(run->config, (cc_upstream)kind)) return try_files(t, kind + 1);
    for (size_t i = 0; i < f->count && t->left > 0; i++) {
        if (strcmp(f->files[i].stage, cc_upstream_stage((cc_upstream)kind)) != 0 || is_listed_before(f, i))
            continue;
        run->upstream[kind] = f->files[i].run;
        CC_TRY(try_files(t, kind + 1));
        if (t->found) return CC_OK;
    }
    run->upstream[kind] = NULL;
    return CC_OK;
}

/* A run upstream whose file is not below the folder; `identity` NULL: it is known by its config's name
 * alone. */
static cc_status not_there(const cc_finished *f, const cc_planned_run *run, int kind, const char *identity) {
    const char *key = kind == MEMBER ? "member" : cc_upstream_key((cc_upstream)kind);
    return cc_fail(CC_ENOTFOUND, run->path, "name the folder that holds its result by --runs",
                   "the run that its %s was, %s%.12s, is not below %s", key,
                   identity ? "identity " : cc_upstream_name(run->config, (cc_upstream)kind),
                   identity ? identity : "", f->folder);
}

/* identities[kind] of what the config names; "" for nothing. */
static cc_status identify(cc_digest_text identities[CC_UPSTREAMS], const cc_finished *f, cc_planned_run *run,
                          const cc_run *read) {
    bool stated = true;
    int missing = 0;
    trial t = {.in = f,
               .run = run,
               .numerics_version = read->provenance.numerics_version,
               .machine = read->provenance.machine,
               .left = TRIES_MAX};
    memset(identities, 0, CC_UPSTREAMS * sizeof *identities);
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        if (!cc_upstream_name(run->config, (cc_upstream)kind)) continue;
        const char *identity = read->provenance.upstream[kind];
        if (!identity) missing = kind;
        stated = stated && identity;
        if (identity) strncat(identities[kind].hex, identity, sizeof identities[kind].hex - 1);
    }
    if (stated) return CC_OK;
    CC_TRY(try_files(&t, 0));
    if (!t.found) return not_there(f, run, missing, NULL);
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        if (run->upstream[kind]) identities[kind] = run->upstream[kind]->identity;
    return CC_OK;
}

static cc_status open_run(cc_planned_run **out, cc_finished *f, const char *path, int depth);

/* Of several files of one identity the first that can be used: another may be a light copy. */
static cc_status open_identity(const cc_planned_run **out, cc_finished *f, const cc_planned_run *run,
                               int kind, const char *identity, int depth) {
    cc_planned_run *upstream;
    cc_status status = CC_ENOTFOUND;
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->files[i].run->identity.hex, identity) != 0) continue;
        status = open_run(&upstream, f, f->files[i].run->path, depth + 1);
        if (status != CC_EFORMAT) break;
    }
    if (status == CC_OK) *out = upstream;
    return status == CC_ENOTFOUND ? not_there(f, run, kind, identity) : status;
}

/* Finds and opens the runs that an ensemble combined: its file lists their identities in order. */
static cc_status open_members(cc_finished *f, cc_planned_run *run, const cc_run *read, int depth) {
    const char *left = read->provenance.upstream_members;
    const cc_planned_run **members = cc_arena_get_array(f->arena, CC_MEMBERS_MAX, sizeof *members);
    if (!members) return CC_ENOMEM;
    run->members = members;
    while (left && *left && run->member_count < CC_MEMBERS_MAX) {
        cc_digest_text identity = {""};
        const size_t length = strcspn(left, " ");
        if (length >= sizeof identity.hex) break;
        memcpy(identity.hex, left, length);
        CC_TRY(open_identity(&members[run->member_count], f, run, MEMBER, identity.hex, depth));
        run->member_count++;
        left += length + (left[length] == ' ');
    }
    if (run->member_count > 0 && !*left) return cc_members_suit(run);
    return cc_fail(CC_EFORMAT, run->path, "run it again", "it does not say which runs it combined");
}

/* Finds and opens the runs upstream of one that was opened. */
static cc_status open_upstream(cc_finished *f, cc_planned_run *run, const cc_run *read, int depth) {
    cc_digest_text identities[CC_UPSTREAMS];
    bool any = cc_experiment_is_ensemble(run->config);
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        any = any || cc_upstream_name(run->config, (cc_upstream)kind);
    if (!any) return CC_OK;
    if (depth == DEPTH_MAX)
        return cc_fail(CC_EFORMAT, run->path, NULL, "it stands on a chain of more than %d runs", DEPTH_MAX);
    CC_TRY(list_files(f));
    if (cc_experiment_is_ensemble(run->config)) return open_members(f, run, read, depth);
    CC_TRY(identify(identities, f, run, read));
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        if (identities[kind].hex[0])
            CC_TRY(open_identity(&run->upstream[kind], f, run, kind, identities[kind].hex, depth));
    return CC_OK;
}

/* The config in a result was not given by the user: an error in it is one of the file, not of usage. */
static cc_status read_config(opened *o, const cc_run *read, const char *path) {
    cc_status status =
        cc_config_parse_text(&o->config, read->config, strlen(read->config), path, NULL, CC_CONFIG_STORED);
    if (status == CC_ECONFIG) {
        cc_error error = *cc_error_get();
        return cc_fail(CC_EFORMAT, path, "name a file that calcade run wrote",
                       "the config in it cannot be used: %s", error.what);
    }
    o->run.config = status == CC_OK ? cc_config_get(o->config, 0) : NULL;
    return status;
}

static cc_status fill(cc_finished *f, opened *o, const char *path, const cc_run *read, int depth) {
    const cc_run_provenance *p = &read->provenance;
    cc_planned_run *run = &o->run;
    CC_TRY(cc_path_join(run->path, "", path));
    run->state = CC_RUN_DONE;
    if (!p->identity || !p->data_digest)
        return cc_fail(CC_EFORMAT, path, "name a file that calcade run wrote", "it states no identity");
    CC_TRY(read_config(o, read, path));
    if (cc_experiment_trains(run->config) && read->tensor_count == 0)
        return cc_fail(CC_EFORMAT, path, "a light copy cannot predict: name the run's own file",
                       "it holds no weights");
    strncat(run->identity.hex, p->identity, sizeof run->identity.hex - 1);
    strncat(run->data_digest.hex, p->data_digest, sizeof run->data_digest.hex - 1);
    if (p->weights_digest)
        strncat(run->weights_digest.hex, p->weights_digest, sizeof run->weights_digest.hex - 1);
    if (!f->folder) {
        char folder[CC_PATH_MAX];
        CC_TRY(cc_run_folder(folder, path, read->experiment, read->variant, read->fold, read->seed));
        f->folder = cc_arena_copy(f->arena, folder);
        if (!f->folder) return CC_ENOMEM;
    }
    return open_upstream(f, run, read, depth);
}

/* Opens a result and, through fill and open_upstream, those upstream: each file once. */
static cc_status open_run(cc_planned_run **out, cc_finished *f, const char *path, int depth) {
    cc_run read;
    for (const opened *o = f->opened; o; o = o->next)
        if (strcmp(o->run.path, path) == 0) {
            *out = (cc_planned_run *)&o->run;
            return CC_OK;
        }
    opened *o = cc_arena_get(f->arena, sizeof *o);
    cc_arena *scratch = cc_arena_create();
    if (!o || !scratch) return cc_arena_destroy(scratch), CC_ENOMEM;
    o->next = f->opened;
    f->opened = o;
    cc_status status = cc_run_read(&read, path, CC_RUN_MODEL, scratch);
    if (status == CC_OK) status = fill(f, o, path, &read, depth);
    if (status == CC_OK) *out = &o->run;
    cc_arena_destroy(scratch);
    return status;
}

/* Where a run that was stopped is named. */
static cc_status check_finished(const char *path) {
    static const char hint[] = "calcade run goes on with it; then name its .h5";
    char checkpoint[CC_PATH_MAX];
    if (cc_path_ends_with(path, ".checkpoint"))
        return cc_fail(CC_EFORMAT, path, hint, "a checkpoint of a run that is not finished");
    CC_TRY(cc_checkpoint_path(checkpoint, path));
    if (cc_file_exists(path) || !cc_file_exists(checkpoint)) return CC_OK;
    return cc_fail(CC_ENOTFOUND, path, hint, "the run is not finished: it has a checkpoint only");
}

cc_status cc_finished_open(cc_finished **out, const char *path, const char *folder) {
    cc_status status = CC_OK;
    char *real = NULL;
    cc_finished *f = calloc(1, sizeof *f);
    if (!f) return cc_fail_memory("runs", sizeof *f);
    f->folder = folder;
    f->arena = cc_arena_create();
    if (!f->arena) CC_CHECK(CC_ENOMEM);
    CC_CHECK(check_finished(path));
    if (folder && !cc_folder_exists(folder))
        CC_CHECK(cc_fail(CC_ENOTFOUND, folder, NULL, "--runs wants a folder of results"));
    real = realpath(path, NULL);
    CC_CHECK(real ? open_run(&f->run, f, real, 0) : cc_fail_errno(path, "open"));
    f->run->data_digest = (cc_digest_text){0};
    *out = f;
    f = NULL;
done:
    free(real);
    cc_finished_close(f);
    return status;
}

void cc_finished_close(cc_finished *f) {
    if (!f) return;
    for (const opened *o = f->opened; o; o = o->next) cc_config_destroy(o->config);
    cc_arena_destroy(f->arena);
    free(f);
}

const cc_planned_run *cc_finished_run(const cc_finished *finished) {
    return finished->run;
}
