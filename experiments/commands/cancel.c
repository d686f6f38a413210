/* experiments/commands/cancel.c -- `calcade cancel`: the runs of a plan stop after the step at hand, wherever
 * they are made, each with its checkpoint; runs that a scheduler still has in its queue end as soon as they
 * begin. */
#include <stdio.h>
#include "experiments/commands/command.h"
#include "experiments/planning/cancel.h"
#include "experiments/planning/sweep.h"

/* What the command line says. */
typedef struct values {
    const char *plan;
    bool undo;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "--plan",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(values, plan),
                                 .needed = true,
                                 .value = "FILE.jsonl",
                                 .completes = CC_COMPLETES_PATH,
                                 .meaning = "the file of calcade plan whose runs are to stop"},
                                {.name = "--undo",
                                 .kind = CC_FLAG_SWITCH,
                                 CC_FLAG_AT(values, undo),
                                 .meaning = "runs may be made again, and go on from where they were stopped"},
                                {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *none[argc];
    int count;
    cc_sweep sweep;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, none, &count, 0, 0));
    if (!v.plan) return cc_fail(CC_EUSAGE, argv[0], "as in: calcade cancel --plan FILE", "wants --plan FILE");
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a plan", 0);
    cc_status status = cc_sweep_read(&sweep, v.plan, arena); /* a misspelt name cancels nothing */
    if (status == CC_OK) status = cc_cancel_set(v.plan, !v.undo);
    if (status == CC_OK && v.undo) printf("%s: its %d runs may be made again\n", v.plan, sweep.count);
    if (status == CC_OK && !v.undo)
        printf("%s: its runs stop after the step at hand; calcade status --plan shows when\n", v.plan);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_cancel = {
    .name = "cancel",
    .operands = {{0}},
    .flags = flags,
    .what = "asks the runs of a plan to stop, on all machines, each with its checkpoint",
    .run = command,
};
