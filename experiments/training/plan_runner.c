/* experiments/training/plan_runner.c -- makes the runs of a plan, one after another or by several
 * processes. One that fails does not stop those that do not need it: a sweep over night is to leave all
 * that can be had. */
#include "experiments/training/plan_runner.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/clock.h"
#include "core/log.h"
#include "experiments/evaluation/result_copy.h"
#include "experiments/planning/claim.h"
#include "experiments/planning/last_error.h"
#include "experiments/training/pipeline.h"

/* Of the runs that a run needs: all done; one still to be made; one that another process makes; one that will
 * not be. */
typedef enum needs { NEEDS_MET, NEEDS_WAIT, NEEDS_ELSEWHERE, NEEDS_FAILED } needs;

/* How it stands with the runs that run number `index` needs, all of which come before it. */
static needs look_at_needs(const cc_run_plan *plan, int index, const cc_run_end *ends) {
    const cc_planned_run *run = cc_run_plan_get(plan, index);
    needs found = NEEDS_MET;
    for (int i = 0; i < index; i++) {
        const cc_planned_run *other = cc_run_plan_get(plan, i);
        if (!cc_planned_run_needs(run, other)) continue;
        if (ends[i] == CC_RUN_ELSEWHERE)
            found = NEEDS_ELSEWHERE;
        else if (ends[i] >= CC_RUN_FAILED)
            return NEEDS_FAILED;
        else if (ends[i] <= CC_RUN_AT_WORK && found == NEEDS_MET)
            found = NEEDS_WAIT;
    }
    return found;
}

/* A run that cannot be made, now or at all. */
static void leave_out(cc_run_end *end, const cc_planned_run *run, needs why) {
    *end = why == NEEDS_FAILED ? CC_RUN_LEFT_OUT : CC_RUN_ELSEWHERE;
    cc_log(CC_LOG_WARNING, "%s is left out: a run that it needs %s", run->path,
           why == NEEDS_FAILED ? "has failed" : "is another process's");
}

cc_run_end cc_plan_runner_note_failure(const char *what, cc_status status) {
    char line[2048];
    if (status == CC_EINTERRUPTED) return CC_RUN_STOPPED;
    cc_error_line(line, sizeof line);
    cc_log(CC_LOG_WARNING, "%s %s: %s", what, status == CC_EBUSY ? "is left to others" : "has failed", line);
    return status == CC_EBUSY ? CC_RUN_ELSEWHERE : CC_RUN_FAILED;
}

cc_status cc_plan_runner_try(cc_run_end *end, cc_run_plan *plan, int index, const cc_backend *backend) {
    bool made = false;
    const cc_planned_run *run = cc_run_plan_get(plan, index);
    /* Runs upstream were made meanwhile: their identities, and so this one's, are known only now. */
    if (run->state != CC_RUN_DONE) CC_TRY(cc_run_plan_refresh(plan, index));
    if (run->state == CC_RUN_DONE) {
        cc_claim_tidy(run->path);
    } else {
        cc_status status = run->same_as ? cc_result_copy(&made, run) : cc_pipeline_run(&made, run, backend);
        cc_last_error_note(run->path, status);
        CC_TRY(status);
    }
    *end = made ? CC_RUN_MADE : CC_RUN_WAS_THERE;
    return CC_OK;
}

cc_status cc_plan_runner_make(cc_run_end *end, cc_run_plan *plan, int index, const cc_backend *backend) {
    cc_status status = cc_plan_runner_try(end, plan, index, backend);
    if (status != CC_OK) *end = cc_plan_runner_note_failure(cc_run_plan_get(plan, index)->path, status);
    return status;
}

/* "NAME: 5 of 12 runs done, 2 running, 5 left; about 2:10": as if all runs took the same time. */
static void say_progress(const cc_run_end *ends, const cc_planned_run *run, int count, int made,
                         double seconds) {
    int through = 0, at_work = 0;
    char name[256], left[16], time_left[32] = "";
    for (int i = 0; i < count; i++) {
        through += ends[i] > CC_RUN_AT_WORK;
        at_work += ends[i] == CC_RUN_AT_WORK;
    }
    cc_planned_run_name(name, sizeof name, run);
    cc_clock_format(left, made > 0 ? seconds / made * (count - through) : 0);
    if (made > 0 && through < count) snprintf(time_left, sizeof time_left, "; about %s", left);
    cc_log(CC_LOG_INFO, "%s: %d of %d runs done, %d running, %d left%s", name, through, count, at_work,
           count - through - at_work, time_left);
}

/* After a failure under fail_fast: what was not begun is left out. */
static void leave_rest(cc_run_end *ends, int count) {
    int rest = 0;
    for (int i = 0; i < count; i++) {
        if (ends[i] != CC_RUN_PENDING) continue;
        ends[i] = CC_RUN_LEFT_OUT;
        rest++;
    }
    if (rest > 0)
        cc_log(CC_LOG_WARNING, "a run has failed: %d that were not begun are left out (--fail-fast)", rest);
}

/* Whether a run that ended so is to be begun again; counts its tries. */
static bool is_retried(int *tries, cc_run_end end, const cc_planned_run *run,
                       const cc_plan_runner_rules *rules) {
    if (end != CC_RUN_FAILED || *tries >= rules->retries) return false;
    cc_log(CC_LOG_WARNING, "%s is begun again: try %d of %d", run->path, ++*tries + 1, rules->retries + 1);
    return true;
}

/* Says once how many runs were done before, of however many. */
static void say_done_before(const cc_run_plan *plan) {
    int done = 0;
    for (int i = 0; i < cc_run_plan_count(plan); i++) done += cc_run_plan_get(plan, i)->state == CC_RUN_DONE;
    if (done > 0)
        cc_log(CC_LOG_INFO, "%d of %d runs %s there already", done, cc_run_plan_count(plan),
               done == 1 ? "is" : "are");
}

cc_status cc_plan_runner_run_here(cc_run_end *ends, cc_run_plan *plan, const cc_backend *backend,
                                  const cc_plan_runner_rules *rules) {
    int count = cc_run_plan_count(plan), made = 0;
    double start = cc_clock_s();
    if (count == 1 && rules->retries == 0)
        return cc_plan_runner_try(&ends[0], plan, 0, backend); /* its error is the command's */
    say_done_before(plan);
    for (int i = 0; i < count; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        const needs state = look_at_needs(plan, i, ends);
        if (state >= NEEDS_ELSEWHERE) {
            leave_out(&ends[i], run, state);
            continue;
        }
        const bool done_before = run->state == CC_RUN_DONE;
        int tries = 0;
        cc_status status;
        do status = cc_plan_runner_make(&ends[i], plan, i, backend);
        while (is_retried(&tries, ends[i], run, rules));
        if (status == CC_EINTERRUPTED) return status;
        if (ends[i] == CC_RUN_FAILED && rules->fail_fast) leave_rest(ends, count);
        if (ends[i] == CC_RUN_FAILED && rules->fail_fast) return CC_OK;
        made += ends[i] == CC_RUN_MADE;
        if (ends[i] != CC_RUN_WAS_THERE)
            say_progress(ends, run, count, made, cc_clock_s() - start);
        else if (!done_before)
            cc_log(CC_LOG_INFO, "%s was made elsewhere meanwhile", run->path);
    }
    return CC_OK;
}

/* Gives workers what can be begun: a run as soon as those that it needs are done. */
static cc_status give_out(cc_run_end *ends, const cc_run_plan *plan, cc_jobs *jobs) {
    for (int i = 0; i < cc_run_plan_count(plan); i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        if (ends[i] != CC_RUN_PENDING) continue;
        needs state = look_at_needs(plan, i, ends);
        if (state >= NEEDS_ELSEWHERE) leave_out(&ends[i], run, state);
        if (state == NEEDS_MET && run->state == CC_RUN_DONE) {
            cc_claim_tidy(run->path);
            ends[i] = CC_RUN_WAS_THERE;
        } else if (state == NEEDS_MET && (cc_jobs_idle(jobs) > 0 || cc_jobs_busy(jobs) == 0)) {
            CC_TRY(cc_jobs_give(jobs, i));
            ends[i] = CC_RUN_AT_WORK;
        }
    }
    return CC_OK;
}

/* Gives out and waits until nothing is at work and nothing can be begun. tries: of each run. */
static cc_status work_off(cc_run_end *ends, int *tries, const cc_run_plan *plan, cc_jobs *jobs,
                          const cc_plan_runner_rules *rules) {
    int count = cc_run_plan_count(plan), task, result, made = 0;
    bool failed = false;
    double start = cc_clock_s();
    say_done_before(plan);
    for (;;) {
        if (failed && rules->fail_fast) leave_rest(ends, count);
        CC_TRY(give_out(ends, plan, jobs));
        if (cc_jobs_busy(jobs) == 0) return CC_OK;
        CC_TRY(cc_jobs_wait(&task, &result, jobs));
        const cc_planned_run *run = cc_run_plan_get(plan, task);
        if (result == CC_JOB_DIED) cc_log(CC_LOG_WARNING, "%s has failed: its process ended", run->path);
        ends[task] = result == CC_JOB_DIED ? CC_RUN_FAILED : (cc_run_end)result;
        if (ends[task] == CC_RUN_STOPPED) /* cc_jobs_end stops the others */
            return cc_fail(CC_EINTERRUPTED, "run", "the same command goes on", "stopped on request");
        if (is_retried(&tries[task], ends[task], run, rules)) ends[task] = CC_RUN_PENDING;
        failed = failed || ends[task] == CC_RUN_FAILED;
        made += ends[task] == CC_RUN_MADE;
        say_progress(ends, run, count, made, cc_clock_s() - start);
    }
}

cc_status cc_plan_runner_run_jobs(cc_run_end *ends, const cc_run_plan *plan, cc_jobs *jobs,
                                  const cc_plan_runner_rules *rules) {
    const size_t count = (size_t)cc_run_plan_count(plan);
    int *tries = calloc(count, sizeof *tries);
    if (!tries) return cc_fail_memory("runs", count * sizeof *tries);
    cc_status status = work_off(ends, tries, plan, jobs, rules);
    free(tries);
    return status;
}
