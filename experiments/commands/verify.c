/* experiments/commands/verify.c -- `calcade verify`: one run, chosen by a seed, is made again and compared
 * with what is stored.
 *
 * Reading stored results back shows that tables follow from them; it does not show that they follow from
 * config, data and program. A run that is made anew does. On a machine as the stored run's
 * (planning/machine.h) the weights, counts and history must be the same bytes. On another one rounding
 * differs, and training makes that another net of the same quality: then its scores must lie where one
 * more seed would, by the spread of the stored seeds (the 95 % prediction interval of one further value:
 * mean +- t(n - 1) s sqrt(1 + 1/n); Hahn & Meeker, Statistical Intervals (1991), section 4.8). With fewer
 * than two seeds there is no such spread, and nothing has been verified. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "core/rng.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"
#include "experiments/planning/interrupt.h"
#include "experiments/training/pipeline.h"
#include "metrics/distributions.h"
#include "metrics/overlap.h"
#include "nets/backends/cpu/blas.h"
#include "results/compare.h"
#include "results/store.h"

/* What the command line says, and what is made of it. */
typedef struct session {
    const char *results, *device;
    long long seed;
    bool json;
    cc_config **configs;
    int config_count;
    const cc_backend *backend;
    cc_run_plan *stored, *anew; /* the same runs, in the results and in a temporary folder */
    char folder[CC_PATH_MAX];   /* temporary; "": not made yet */
} session;

/* What was found. */
typedef struct finding {
    char name[192]; /* of the run */
    bool same_machine, holds;
    char machine[2 * CC_MACHINE_BYTES]; /* in what the machines differ; "": in nothing */
    char compared[512];                 /* what was compared */
    char first[1024];                   /* what differs first; "": nothing */
} finding;

/* --- which run --- */

/* Whether a run is stored, trained, and no copy of another one. */
static bool is_candidate(const cc_planned_run *run) {
    return run->state == CC_RUN_DONE && !run->same_as && !run->is_out_of_fold &&
           cc_experiment_trains(run->config);
}

/* The run that the seed chooses; the same for the same configs and results. */
static cc_status choose(int *index, const session *s) {
    const int count = cc_run_plan_count(s->stored);
    int candidates = 0;
    for (int i = 0; i < count; i++) candidates += is_candidate(cc_run_plan_get(s->stored, i));
    if (candidates == 0)
        return cc_fail(CC_EGATE, s->results, "calcade run makes them",
                       "nothing can be verified: none of the %d runs is stored, current and has a training",
                       count);
    cc_rng rng = cc_rng_init((uint64_t)s->seed, CC_PURPOSE_TEST, 0, 0);
    int left = (int)cc_rng_below(&rng, (uint64_t)candidates);
    for (*index = 0; !is_candidate(cc_run_plan_get(s->stored, *index)) || left-- > 0;) ++*index;
    return CC_OK;
}

/* --- the run made anew --- */

/* For nftw, which comes to a folder after what is in it; links are removed, never followed. */
static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static bool remove_folder(const char *path) {
    return nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

/* Removes the folders PREFIX-PROCESS-... in `where` of this user's processes that were killed. */
static void sweep_folders(const char *where, const char *prefix) {
    const size_t length = strlen(prefix);
    DIR *dir = opendir(where);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[CC_PATH_MAX], *end;
        struct stat info;
        if (strncmp(entry->d_name, prefix, length) != 0 || entry->d_name[length] != '-') continue;
        const long owner = strtol(entry->d_name + length + 1, &end, 10);
        /* Signal 0 asks only whether the process exists. */
        if (owner <= 0 || *end != '-' || kill((pid_t)owner, 0) == 0 || errno != ESRCH) continue;
        if (cc_path_join(path, where, entry->d_name) == CC_OK && lstat(path, &info) == 0 &&
            S_ISDIR(info.st_mode) && info.st_uid == geteuid())
            (void)remove_folder(path); /* what resists is no matter of this run */
    }
    closedir(dir);
}

/* A folder of its own below $TMPDIR. Its name says of which process on which host it is, for the next one
 * that finds it left. */
static cc_status make_folder(session *s) {
    const char *where = getenv("TMPDIR");
    char host[HOST_NAME_MAX + 1] = "", prefix[HOST_NAME_MAX + 32];
    if (!where || !where[0]) where = "/tmp";
    (void)gethostname(host, sizeof host - 1);
    snprintf(prefix, sizeof prefix, "calcade-verify-%s", host);
    sweep_folders(where, prefix);
    snprintf(s->folder, sizeof s->folder, "%s/%s-%ld-XXXXXX", where, prefix, (long)getpid());
    if (mkdtemp(s->folder)) return CC_OK;
    const cc_status status = cc_fail_errno(s->folder, "make");
    s->folder[0] = 0;
    return status;
}

/* Places the stored runs, which the chosen one may need, beside it as links; itself it is to be made. */
static cc_status link_others(const session *s, int chosen) {
    for (int i = 0; i < cc_run_plan_count(s->stored); i++) {
        const cc_planned_run *from = cc_run_plan_get(s->stored, i), *to = cc_run_plan_get(s->anew, i);
        char folder[CC_PATH_MAX];
        if (i == chosen || from->state != CC_RUN_DONE) continue;
        char *whole = realpath(from->path, NULL);
        if (!whole) return cc_fail_errno(from->path, "find");
        cc_status status = cc_path_folder(folder, to->path);
        if (status == CC_OK) status = cc_folder_make(folder);
        if (status == CC_OK && symlink(whole, to->path) != 0) status = cc_fail_errno(to->path, "link");
        free(whole);
        CC_TRY(status);
    }
    return CC_OK;
}

/* Makes the chosen run in the temporary folder, with as many threads as the stored one had. */
static cc_status remake(session *s, int chosen) {
    const cc_planned_run *stored = cc_run_plan_get(s->stored, chosen);
    cc_machine machine = {0};
    bool made;
    const int threads = cc_machine_parse(&machine, stored->machine) && machine.threads ? machine.threads
                                                                                       : cc_machine_threads();
    /* Another number of threads would sum in another order, and so give other bytes. */
    CC_TRY(make_folder(s));
    CC_TRY(cc_run_plan_create(&s->anew, s->configs, s->config_count, s->folder, s->backend, threads));
    /* Both plans are of the same configs, and so of the same runs in the same order. */
    assert(cc_run_plan_count(s->anew) == cc_run_plan_count(s->stored));
    CC_TRY(link_others(s, chosen));
    for (int i = 0; i <= chosen; i++) CC_TRY(cc_run_plan_refresh(s->anew, i));
    const cc_planned_run *run = cc_run_plan_get(s->anew, chosen);
    for (int i = 0; i < chosen; i++) {
        const cc_planned_run *other = cc_run_plan_get(s->anew, i);
        if (cc_planned_run_needs(run, other) && other->state != CC_RUN_DONE)
            return cc_fail(CC_EGATE, cc_run_plan_get(s->stored, i)->path, "calcade run makes it",
                           "a run that the chosen one needs is not stored as it would be made here");
    }
    cc_log(CC_LOG_INFO, "%s is made again in %s", stored->path, s->folder);
    return cc_pipeline_run(&made, run, s->backend);
}

/* --- compared --- */

/* Compares bytes; what differs first ends it. */
static cc_status compare_bytes(finding *out, const cc_run *stored, const cc_run *made) {
    const bool weights = stored->tensor_count > 0;
    snprintf(out->compared, sizeof out->compared, "%s%zu slices' counts and %zu epochs' history, to the bit",
             weights ? "weights, " : "(the stored file is light and has no weights) ", stored->slice_count,
             stored->epoch_count);
    cc_status status = cc_run_compare_history(stored, made);
    if (status == CC_OK && weights) status = cc_run_compare_model(stored, made);
    if (status == CC_OK) status = cc_run_compare_counts(stored, made);
    out->holds = status == CC_OK;
    if (status != CC_EINVAL) return status;
    /* CC_EINVAL is the answer: its message says what differs. */
    const cc_error *e = cc_error_get();
    snprintf(out->first, sizeof out->first, "%s: %s", e->where, e->what);
    return CC_OK;
}

/* A run's scores as tables show them by default: the mean over patients with truth. */
static cc_status score(cc_scores *out, const cc_run *run, cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, run->patient_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t p = 0; p < run->patient_count; p++) {
        const cc_run_patient *one = &run->patients[p];
        rows[p] = (cc_count_row){(uint32_t)p, {one->tp, one->fp, one->fn, one->tn}};
    }
    return cc_scores_average(out, rows, run->patient_count,
                             (cc_convention){CC_AVERAGE_PATIENT, CC_EMPTY_WITH_TRUTH});
}

/* The scores of all stored seeds of the chosen run's variant and fold, [*count]. */
static cc_status score_seeds(cc_scores **out, size_t *count, const session *s, int chosen, cc_arena *arena) {
    const cc_experiment_config *c = cc_run_plan_get(s->stored, chosen)->config;
    const int runs = cc_run_plan_count(s->stored);
    *out = cc_arena_get_array(arena, (size_t)runs, sizeof **out);
    *count = 0;
    if (!*out) return CC_ENOMEM;
    for (int i = 0; i < runs; i++) {
        const cc_planned_run *run = cc_run_plan_get(s->stored, i);
        cc_run stored;
        if (run->state != CC_RUN_DONE || run->is_out_of_fold || strcmp(run->config->name, c->name) != 0 ||
            strcmp(run->config->variant, c->variant) != 0 || run->config->data.fold != c->data.fold)
            continue;
        CC_TRY(cc_run_read(&stored, run->path, CC_RUN_BASIC, arena));
        CC_TRY(score(&(*out)[(*count)++], &stored, arena));
    }
    return CC_OK;
}

/* Compares scores with the spread of the stored seeds. */
static cc_status compare_scores(finding *out, const session *s, int chosen, const cc_run *made,
                                cc_arena *arena) {
    static const cc_score held[] = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL};
    cc_scores *seeds, now;
    size_t n;
    CC_TRY(score_seeds(&seeds, &n, s, chosen, arena));
    CC_TRY(score(&now, made, arena));
    if (n < 2) {
        snprintf(out->compared, sizeof out->compared, "nothing");
        snprintf(out->first, sizeof out->first,
                 "one seed is stored: how far another machine may move a score is not known");
        return CC_OK;
    }
    snprintf(
        out->compared, sizeof out->compared,
        "F1, precision and recall (mean over patients with truth), within the 95 %% prediction interval of "
        "the %zu stored seeds; no bytes",
        n);
    out->holds = true;
    for (size_t k = 0; k < sizeof held / sizeof *held; k++) {
        double mean = 0, squares = 0;
        const double value = now.value[held[k]];
        for (size_t i = 0; i < n; i++) mean += seeds[i].value[held[k]] / (double)n;
        for (size_t i = 0; i < n; i++)
            squares += (seeds[i].value[held[k]] - mean) * (seeds[i].value[held[k]] - mean);
        const double reach = cc_student_quantile(0.975, (double)n - 1) * sqrt(squares / (double)(n - 1)) *
                             sqrt(1 + 1 / (double)n);
        /* A score that is no number lies nowhere. */
        if (fabs(value - mean) <= reach) continue;
        out->holds = false;
        snprintf(out->first, sizeof out->first, "%s is %.2f %%, outside of %.2f to %.2f %%",
                 cc_score_word(held[k]), 100 * value, 100 * (mean - reach), 100 * (mean + reach));
        return CC_OK;
    }
    return CC_OK;
}

/* The stored run and the one made now. */
static cc_status compare(finding *out, const session *s, int chosen) {
    const cc_planned_run *run = cc_run_plan_get(s->stored, chosen);
    cc_run stored, made;
    cc_machine before, now;
    cc_status status;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("runs", 0);
    cc_planned_run_name(out->name, sizeof out->name, run);
    CC_CHECK(cc_run_read(&stored, run->path, CC_RUN_MODEL, arena));
    CC_CHECK(cc_run_read(&made, cc_run_plan_get(s->anew, chosen)->path, CC_RUN_MODEL, arena));
    /* A file that does not say what machine made it is taken to be of another. */
    snprintf(out->machine, sizeof out->machine, "the stored file does not name its machine");
    if (stored.provenance.machine && made.provenance.machine &&
        cc_machine_parse(&before, stored.provenance.machine) &&
        cc_machine_parse(&now, made.provenance.machine)) {
        out->same_machine = cc_machine_is_same(&before, &now, false);
        cc_machine_differences(out->machine, sizeof out->machine, &before, &now);
    }
    CC_CHECK(out->same_machine ? compare_bytes(out, &stored, &made)
                               : compare_scores(out, s, chosen, &made, arena));
done:
    cc_arena_destroy(arena);
    return status;
}

/* --- the command --- */

/* The finding as lines for people, or as one JSON object. */
static cc_status print(const finding *f, const session *s) {
    if (!s->json) {
        printf("run       %s\nmachine   %s%s\ncompared  %s\nverdict   %s%s%s\n", f->name,
               f->same_machine ? "as the stored run's" : "another than the stored run's: ",
               f->same_machine ? "" : f->machine, f->compared,
               f->holds          ? f->same_machine ? "the same" : "within the seeds' spread"
               : f->same_machine ? "differs"
                                 : "not verified",
               f->first[0] ? ": " : "", f->first);
        return CC_OK;
    }
    json_t *object =
        json_pack("{s:s, s:b, s:s, s:s, s:b, s:s}", "run", f->name, "same_machine", f->same_machine,
                  "machine", f->machine, "compared", f->compared, "holds", f->holds, "first", f->first);
    if (!object) return cc_fail_memory("the finding", 0);
    const bool failed = json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF;
    json_decref(object);
    return failed ? cc_fail_errno("standard output", "write") : CC_OK;
}

/* Plans, chooses, makes again, compares. */
static cc_status verify(session *s, const char **paths, int count) {
    int chosen = 0;
    finding found = {0};
    CC_TRY(cc_device_find(&s->backend, s->device));
    s->configs = calloc((size_t)count, sizeof *s->configs);
    if (!s->configs) return cc_fail_memory("configurations", (size_t)count * sizeof *s->configs);
    for (; s->config_count < count; s->config_count++)
        CC_TRY(cc_config_load(&s->configs[s->config_count], paths[s->config_count], NULL, 0,
                              CC_CONFIG_RUNNABLE));
    /* Without a backend: what is stored is taken as it is, wherever it was made. */
    CC_TRY(cc_run_plan_create(&s->stored, s->configs, s->config_count, s->results, NULL, 0));
    CC_TRY(choose(&chosen, s));
    cc_interrupt_watch();
    cc_blas_note_kernels();
    CC_TRY(remake(s, chosen));
    CC_TRY(compare(&found, s, chosen));
    CC_TRY(print(&found, s));
    if (found.holds) return CC_OK;
    return cc_fail(CC_EGATE, found.name, "calcade compare shows all that differs between two files", "%s: %s",
                   found.same_machine ? "what is made again differs from what is stored" : "not verified",
                   found.first);
}

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--results",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(session, results),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning = "the folder of the run files; results/runs where it is not given"},
    {.name = "--seed",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(session, seed),
     .min = 0,
     .max = 1LL << 53,
     .value = "N",
     .meaning = "chooses the run, the same for the same results; 0 where it is not given"},
    CC_FLAG_DEVICE(session, device),
    CC_FLAG_JSON(session, json),
    {0}};

static cc_status command(int argc, char **argv) {
    session s = {.results = "results/runs", .device = "auto"};
    const char *paths[argc];
    int count;
    CC_TRY(cc_flags_read(&s, argc, argv, flags, paths, &count, 1, argc));
    const cc_status status = verify(&s, paths, count);
    cc_run_plan_destroy(s.anew);
    cc_run_plan_destroy(s.stored);
    for (int i = 0; i < s.config_count; i++) cc_config_destroy(s.configs[i]);
    free(s.configs);
    if (s.folder[0] && !remove_folder(s.folder)) cc_log(CC_LOG_WARNING, "%s cannot be removed", s.folder);
    return status;
}

const cc_command cc_command_verify = {
    .name = "verify",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "makes one stored run again, chosen by a seed, and compares weights, counts and history to the "
            "bit; on "
            "another machine its scores with the spread of the stored seeds; exit status 3 where they differ",
    .run = command,
};
