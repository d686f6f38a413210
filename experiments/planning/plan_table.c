/* experiments/planning/plan_table.c -- the plan as --dry-run prints it: a line a run, in the order in
 * which they are made; runs are numbered so that a line can name those it needs. */
#include "experiments/planning/plan_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const states[] = {[CC_RUN_MISSING] = "to do",
                                     [CC_RUN_DONE] = "done",
                                     [CC_RUN_STALE] = "stale",
                                     [CC_RUN_DAMAGED] = "damaged"};

/* The number, from 1, under which the table lists a run of the plan. */
static int number_of(const cc_run_plan *plan, const cc_planned_run *run) {
    int i = 0;
    while (cc_run_plan_get(plan, i) != run) i++;
    return i + 1;
}

/* "1 4", "1 4 5-8" with those out of fold, which are planned one after another; of an ensemble the numbers
 * of its members, runs of them as "1-3"; or "-". What does not fit ends in "...". */
static void format_upstream(char out[64], const cc_run_plan *plan, const cc_planned_run *run) {
    size_t used = 0;
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        if (run->upstream[kind])
            used += (size_t)snprintf(out + used, 64 - used, "%s%d", used ? " " : "",
                                     number_of(plan, run->upstream[kind]));
    const int count = run->out_of_fold_count;
    if (count > 0)
        used += (size_t)snprintf(out + used, 64 - used, "%s%d-%d", used ? " " : "",
                                 number_of(plan, run->out_of_fold[0]),
                                 number_of(plan, run->out_of_fold[count - 1]));
    for (int i = 0, next; i < run->member_count; i = next) {
        const int first = number_of(plan, run->members[i]);
        for (next = i + 1; next < run->member_count;)
            if (number_of(plan, run->members[next]) == first + next - i)
                next++;
            else
                break;
        if (used > 40) {
            snprintf(out + used, 64 - used, " ...");
            return;
        }
        used += (size_t)snprintf(out + used, 64 - used, "%s%d", used ? " " : "", first);
        if (next > i + 1) used += (size_t)snprintf(out + used, 64 - used, "-%d", first + next - i - 1);
    }
    if (used == 0) snprintf(out, 64, "-");
}

/* What the runs of an experiment are compared with in the last column. */
static const cc_experiment_config *first_of_experiment(const cc_run_plan *plan, const char *name) {
    int i = 0;
    while (strcmp(cc_run_plan_get(plan, i)->config->name, name) != 0) i++;
    return cc_run_plan_get(plan, i)->config;
}

static cc_status print_run(const cc_run_plan *plan, int index, int name_width, int variant_width,
                           cc_arena *arena) {
    const cc_planned_run *run = cc_run_plan_get(plan, index);
    const cc_experiment_config *config = run->config;
    char upstream[64], fold[16] = "-", threads[16] = "-", *differences;
    cc_machine machine = run->here;
    /* Of a file that is done the threads that made it; an older one does not say. */
    if (run->state == CC_RUN_DONE && !cc_machine_parse(&machine, run->machine)) machine.threads = 0;
    if (machine.threads > 0) snprintf(threads, sizeof threads, "%d", machine.threads);
    format_upstream(upstream, plan, run);
    if (config->data.fold != CC_FOLD_NONE) snprintf(fold, sizeof fold, "%d", config->data.fold + 1);
    CC_TRY(cc_config_differences(&differences, config, first_of_experiment(plan, config->name), arena));
    printf("%4d  %-14s  %-*s  %-*s  %4s  %4" PRIu64 "  %7s  %-7s  %-8s  %s", index + 1, config->stage,
           name_width, config->name, variant_width, config->variant, fold, config->seed, threads,
           states[run->state], upstream, differences);
    if (run->same_as) printf("%scopy of %d", differences[0] ? "; " : "", number_of(plan, run->same_as));
    putchar('\n');
    return CC_OK;
}

cc_status cc_plan_table_print(const cc_run_plan *plan) {
    cc_status status = CC_OK;
    int name = 10, variant = 7;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    for (int i = 0; i < cc_run_plan_count(plan); i++) {
        const cc_experiment_config *config = cc_run_plan_get(plan, i)->config;
        if ((int)strlen(config->name) > name) name = (int)strlen(config->name);
        if ((int)strlen(config->variant) > variant) variant = (int)strlen(config->variant);
    }
    printf("%4s  %-14s  %-*s  %-*s  fold  seed  threads  %-7s  %-8s  differs\n", "run", "stage", name,
           "experiment", variant, "variant", "state", "upstream");
    for (int i = 0; status == CC_OK && i < cc_run_plan_count(plan); i++)
        status = print_run(plan, i, name, variant, arena);
    cc_arena_destroy(arena);
    return status;
}
