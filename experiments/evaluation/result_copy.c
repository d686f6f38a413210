/* experiments/evaluation/result_copy.c -- two variants of a study may resolve to one run, such as the
 * default of two ablations: it is computed once, and its file copied under the other name. */
#include "experiments/evaluation/result_copy.h"

#include "core/log.h"
#include "experiments/evaluation/result.h"
#include "experiments/planning/claim.h"

/* Under the claim on the run's own file; the earlier run's is only read. */
static cc_status copy_claimed(const cc_planned_run *run, cc_run_state state, cc_claim *claim,
                              cc_arena *arena) {
    cc_run stored;
    cc_run_state first;
    char *text;
    CC_TRY(cc_planned_run_check(&first, run->same_as));
    if (first != CC_RUN_DONE)
        return cc_fail(CC_ENOTFOUND, run->same_as->path, "run it again",
                       "the run that %s is a copy of is not done", run->path);
    CC_TRY(cc_run_read(&stored, run->same_as->path, CC_RUN_ALL, arena));
    CC_TRY(cc_config_run_text(&text, run->config, arena));
    /* Everything is the same but the names, which the config in the file holds too. */
    stored.experiment = run->config->name;
    stored.variant = run->config->variant;
    stored.config = text;
    CC_TRY(cc_claim_renew(claim));
    CC_TRY(cc_result_keep_older(run->path, state));
    CC_TRY(cc_run_write(run->path, &stored));
    cc_log(CC_LOG_INFO, "%s is the same run as %s, and a copy of it", run->path, run->same_as->path);
    return CC_OK;
}

cc_status cc_result_copy(bool *made, const cc_planned_run *run) {
    cc_claim *claim;
    cc_run_state state;
    cc_arena *arena = cc_arena_create();
    *made = false;
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_claim_take(&claim, run->path, NULL);
    if (status == CC_OK) {
        status = cc_planned_run_check(&state, run);
        if (status == CC_OK && state != CC_RUN_DONE) {
            status = copy_claimed(run, state, claim, arena);
            *made = status == CC_OK;
        }
        cc_claim_release(claim);
    }
    cc_arena_destroy(arena);
    return status;
}
