/* experiments/planning/planned.c -- which runs were planned is kept in the results folder, so that the
 * report can say which are missing: a table without them would look complete. */
#include "experiments/planning/planned.h"

#include <time.h>
#include "core/clock.h"
#include "experiments/planning/claim.h"
#include "experiments/planning/interrupt.h"

cc_status cc_planned_entries(const cc_manifest_entry **out, size_t *count, const cc_run_plan *plan,
                             cc_arena *arena) {
    const int runs = cc_run_plan_count(plan);
    cc_manifest_entry *entries = cc_arena_get_array(arena, (size_t)runs + 1, sizeof *entries);
    *count = 0;
    if (!entries) return CC_ENOMEM;
    for (int i = 0; i < runs; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        const cc_experiment_config *config = run->config;
        if (run->is_out_of_fold) continue; /* no report sees it: to it, it would be missing */
        entries[(*count)++] =
            (cc_manifest_entry){.identity = run->request.hex,
                                .experiment = config->name,
                                .variant = config->variant,
                                .fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1,
                                .seed = (int64_t)config->seed};
    }
    *out = entries;
    return CC_OK;
}

/* One turn: what was there and the entries, in its place. */
static cc_status save_once(const char *list, const char *results_dir, const cc_manifest_entry *entries,
                           size_t count, cc_arena *arena) {
    cc_status status = CC_OK;
    cc_claim *claim;
    cc_manifest old, all;
    CC_TRY(cc_claim_take(&claim, list, NULL));
    CC_CHECK(cc_manifest_read(&old, results_dir, arena));
    CC_CHECK(cc_manifest_join(&all, &old, entries, count, arena));
    /* A process that was halted since it read the list may write it only if no other has had its turn. */
    CC_CHECK(cc_claim_renew(claim));
    CC_CHECK(cc_manifest_write(results_dir, &all));
done:
    cc_claim_release(claim);
    return status;
}

cc_status cc_planned_save(const cc_run_plan *plan, const char *results_dir) {
    enum { PAUSE_NS = 10000000 };
    const cc_manifest_entry *entries;
    size_t count;
    char list[CC_PATH_MAX];
    const double start = cc_clock_s();
    cc_status status = CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the list of runs", 0);
    CC_CHECK(cc_manifest_path(list, results_dir));
    CC_CHECK(cc_planned_entries(&entries, &count, plan, arena));
    /* A turn takes milliseconds. */
    while ((status = save_once(list, results_dir, entries, count, arena)) == CC_EBUSY &&
           cc_clock_s() - start < cc_claim_lease_s()) {
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
        CC_CHECK(cc_interrupt_check());
    }
done:
    cc_arena_destroy(arena);
    return status;
}
