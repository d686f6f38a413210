/* experiments/commands/status.c -- `calcade status`: how the runs of a plan, or of configs, stand, from their
 * files alone: whichever machines make them, and whether or not they are made by a scheduler.
 *
 * What needs a look is listed: runs at work, and those that will not come to their end by themselves. --all
 * lists all of them. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/clock.h"
#include "experiments/commands/command.h"
#include "experiments/commands/session.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/sweep_status.h"

enum { LOOK_AGAIN_MS = 2000 };

/* What the command line says. */
typedef struct values {
    cc_session session;
    const char *plan;
    bool watch, all, json;
} values;

/* The runs, how they stand, and how many in each state. */
typedef struct table {
    cc_sweep sweep;
    const char *results;
    cc_task_status *status; /* one a run */
    int number[CC_TASK_STATES];
} table;

static bool is_listed(const cc_task_status *s, bool all) {
    return all || (s->state != CC_TASK_DONE && s->state != CC_TASK_READY && s->state != CC_TASK_WAITING);
}

/* "epoch 3/40, step 5/10", or nothing before the first. */
static void format_place(char out[64], const cc_claim_progress *p) {
    out[0] = 0;
    if (p->epochs > 0)
        snprintf(out, 64, "epoch %" PRId64 "/%" PRId64 ", step %" PRId64 "/%" PRId64, p->epoch, p->epochs,
                 p->step, p->steps);
}

/* What is to be said of a run beside its state: where it is, how far, what went wrong. */
static void print_detail(const cc_task_status *s) {
    const cc_claim_progress *p = &s->claim.progress;
    char place[64], time[16];
    if (s->state == CC_TASK_FAILED) printf("  %s", s->error);
    if (s->state != CC_TASK_RUNNING && s->state != CC_TASK_SILENT) return;
    format_place(place, p);
    printf("  %s%s%s", s->claim.host, s->claim.job[0] ? ", job " : "", s->claim.job);
    if (place[0]) printf("  %s", place);
    if (isfinite(p->score)) printf("  score %.4f", p->score);
    cc_clock_format(time, p->seconds_left);
    if (isfinite(p->seconds_left) && s->state == CC_TASK_RUNNING) printf("  %s left", time);
    cc_clock_format(time, s->silent_s);
    if (s->state == CC_TASK_SILENT) printf("  last heartbeat %s ago", time);
}

static void print_text(const table *t, bool all) {
    const char *between = ": ";
    for (int i = 0; i < t->sweep.count; i++) {
        const cc_task_status *s = &t->status[i];
        if (!is_listed(s, all)) continue;
        printf("%5d  %-8s  %s", i, cc_task_state_word(s->state), t->sweep.tasks[i].name);
        print_detail(s);
        putchar('\n');
    }
    printf("%d run%s", t->sweep.count, t->sweep.count == 1 ? "" : "s");
    for (int k = 0; k < CC_TASK_STATES; k++) {
        if (t->number[k] == 0) continue;
        printf("%s%d %s", between, t->number[k], cc_task_state_word((cc_task_state)k));
        between = ", ";
    }
    putchar('\n');
}

/* A number, null where there is none. */
static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* One object, with every run. */
static cc_status print_json(const table *t) {
    json_t *object = json_object(), *counts = json_object(), *runs = json_array();
    for (int k = 0; k < CC_TASK_STATES; k++)
        json_object_set_new(counts, cc_task_state_word((cc_task_state)k), json_integer(t->number[k]));
    for (int i = 0; i < t->sweep.count; i++) {
        const cc_task_status *s = &t->status[i];
        const cc_claim_progress *p = &s->claim.progress;
        json_t *run = json_pack("{s:i, s:s, s:s, s:s}", "index", i, "state", cc_task_state_word(s->state),
                                "name", t->sweep.tasks[i].name, "file", t->sweep.tasks[i].file);
        if (s->state == CC_TASK_FAILED) json_object_set_new(run, "error", json_string(s->error));
        if (s->state == CC_TASK_RUNNING || s->state == CC_TASK_SILENT) {
            json_object_set_new(run, "host", json_string(s->claim.host));
            json_object_set_new(run, "job", json_string(s->claim.job));
            json_object_set_new(run, "process", json_integer(s->claim.process));
            json_object_set_new(run, "epoch", json_integer(p->epoch));
            json_object_set_new(run, "epochs", json_integer(p->epochs));
            json_object_set_new(run, "step", json_integer(p->step));
            json_object_set_new(run, "steps", json_integer(p->steps));
            json_object_set_new(run, "score", number_or_null(p->score));
            json_object_set_new(run, "seconds_left", number_or_null(p->seconds_left));
            json_object_set_new(run, "silent_seconds", number_or_null(s->silent_s));
        }
        json_array_append_new(runs, run);
    }
    json_object_set_new(object, "results", json_string(t->results));
    json_object_set_new(object, "counts", counts);
    json_object_set_new(object, "runs", runs);
    char *text = json_dumps(object, JSON_COMPACT);
    if (text) puts(text);
    free(text);
    json_decref(object);
    return text ? CC_OK : cc_fail_memory("a list of runs", 0);
}

/* Looks and prints; with --watch again and again, until no run is left that may yet be made. */
static cc_status show(table *t, const values *v) {
    if (v->watch) cc_interrupt_watch();
    for (;;) {
        CC_TRY(cc_sweep_look(t->status, &t->sweep, t->results));
        memset(t->number, 0, sizeof t->number);
        for (int i = 0; i < t->sweep.count; i++) t->number[t->status[i].state]++;
        if (v->watch && !v->json && isatty(STDOUT_FILENO)) printf("\033[H\033[2J"); /* an empty screen */
        if (v->json)
            CC_TRY(print_json(t));
        else
            print_text(t, v->all);
        fflush(stdout);
        if (!v->watch || t->number[CC_TASK_DONE] + t->number[CC_TASK_FAILED] == t->sweep.count) return CC_OK;
        poll(NULL, 0, LOOK_AGAIN_MS);
        if (cc_interrupt_check() != CC_OK) return CC_OK; /* how one leaves it */
    }
}

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--plan",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, plan),
     .value = "FILE.jsonl",
     .completes = CC_COMPLETES_PATH,
     .meaning = "in place of configs: a file of calcade plan, which needs no look at the data"},
    CC_FLAG_SET(values, session.sets),
    CC_FLAG_OUT(values, session.out),
    CC_FLAG_FAST(values, session.fast),
    CC_FLAG_TF32(values, session.tf32),
    {.name = "--watch",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, watch),
     .meaning = "looks again every other second, until every run is done or has failed"},
    {.name = "--all", .kind = CC_FLAG_SWITCH, CC_FLAG_AT(values, all), .meaning = "lists every run"},
    CC_FLAG_JSON(values, json),
    {0}};

static cc_status command(int argc, char **argv) {
    const char *paths[argc];
    values v = {.session = {.paths = paths, .looks = true}};
    cc_session *s = &v.session;
    table t = {0};
    cc_status status = CC_OK;
    char results[CC_PATH_MAX];
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &s->path_count, 0, argc));
    if (!v.plan == (s->path_count == 0))
        return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "wants configs, or --plan FILE");
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a list of runs", 0);
    if (v.plan) {
        CC_CHECK(cc_sweep_read(&t.sweep, v.plan, arena));
        CC_CHECK(cc_path_join(results, t.sweep.tasks[0].folder, t.sweep.tasks[0].out));
        t.results = s->out ? s->out : results;
    } else {
        if (!s->out) s->out = cc_session_results;
        CC_CHECK(cc_session_open(s));
        CC_CHECK(cc_sweep_of_plan(&t.sweep, s->plan, arena));
        t.results = s->out;
    }
    t.status = cc_arena_get_array(arena, (size_t)t.sweep.count, sizeof *t.status);
    if (!t.status) CC_CHECK(CC_ENOMEM);
    status = show(&t, &v);
done:
    cc_session_close(s);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_status = {
    .name = "status",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "how the runs of a plan or of configs stand: done, running (where, how far), failed (why), "
            "waiting, ...",
    .run = command,
};
