/* experiments/commands/plan.c -- `calcade plan`: the runs of some configs as a file, from which any machine
 * makes any one of them (`calcade run --plan FILE --task N`), through whatever scheduler.
 *
 * Data are read and digested here, once. The list of planned runs and what the configs say of their tables go
 * to the folder of results at the same time, so that a report knows of runs that are still missing. */
#include <stdio.h>
#include "experiments/commands/command.h"
#include "experiments/commands/session.h"

/* What the command line says. */
typedef struct values {
    cc_session session;
    const char *file;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "-o",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, file),
                                 .needed = true,
                                 .value = "FILE.jsonl",
                                 .completes = CC_COMPLETES_PATH,
                                 .meaning = "the file that is written: a line a run, counted from 0"},
                                CC_FLAG_SET(values, session.sets),
                                CC_FLAG_OUT(values, session.out),
                                CC_FLAG_DEVICE(values, session.device),
                                CC_FLAG_FAST(values, session.fast),
                                CC_FLAG_TF32(values, session.tf32),
                                {0}};

static cc_status command(int argc, char **argv) {
    const char *paths[argc];
    values v = {
        .session = {
            .paths = paths, .out = cc_session_results, .device = "auto", .threads = cc_machine_threads()}};
    cc_session *s = &v.session;
    cc_status status = CC_OK;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &s->path_count, 1, argc));
    if (!v.file)
        return cc_fail(CC_EUSAGE, argv[0], "as in: calcade plan CONFIG -o FILE.jsonl", "wants -o FILE.jsonl");
    CC_CHECK(cc_session_open(s));
    CC_CHECK(cc_session_save(s, v.file));
    int done_runs = 0;
    for (int i = 0; i < cc_run_plan_count(s->plan); i++)
        done_runs += cc_run_plan_get(s->plan, i)->state == CC_RUN_DONE;
    printf("%s: %d runs, %d of them done\n", v.file, cc_run_plan_count(s->plan), done_runs);
done:
    cc_session_close(s);
    return status;
}

const cc_command cc_command_plan = {
    .name = "plan",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "writes the runs of configs to a file, a line a run; calcade run --plan FILE --task N makes one, "
            "on any "
            "machine that sees the same disk",
    .run = command,
};
