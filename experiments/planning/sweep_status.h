/* experiments/planning/sweep_status.h -- how the runs of a plan stand, from what lies in the folder of
 * results: result files, claims with their heartbeats, checkpoints, last errors. Nothing is waited for and
 * nothing is changed. */
#ifndef CC_EXPERIMENTS_PLANNING_SWEEP_STATUS_H
#define CC_EXPERIMENTS_PLANNING_SWEEP_STATUS_H

#include "experiments/planning/claim.h"
#include "experiments/planning/sweep.h"

/* X(NAME, word) in the order in which they are counted. */
#define CC_TASK_STATE_LIST(X)                                                                                \
    X(DONE, "done")                                                                                          \
    X(RUNNING, "running") /* claimed; its heartbeat is not older than a lease */                             \
    X(SILENT, "silent")   /* claimed, but its process has ended or no longer beats: to be taken over */      \
    X(FAILED, "failed")   /* the last try did; the next one may be made */                                   \
    X(STOPPED, "stopped") /* there is a checkpoint that it goes on from */                                   \
    X(STALE, "stale")     /* its file was made from another config, other data or other upstream runs */     \
    X(READY, "ready")     /* nothing there yet; what it needs is */                                          \
    X(WAITING, "waiting") /* for a run that it needs */

typedef enum cc_task_state {
#define X(name, word) CC_TASK_##name,
    CC_TASK_STATE_LIST(X)
#undef X
        CC_TASK_STATES
} cc_task_state;

typedef struct cc_task_status {
    cc_task_state state;
    cc_claim_note claim; /* of one that is running or silent */
    double silent_s;     /* since its last heartbeat, by the clock of the disk that it lies on */
    char error[512];     /* of one that failed: its last error line */
} cc_task_status;

/* "done", "running", ... */
const char *cc_task_state_word(cc_task_state state);

/* `out` has a place for each run. Files are those below `results`. A result counts by the request that it
 * states; a damaged one is stale. CC_ENOMEM, CC_EIO. */
cc_status cc_sweep_look(cc_task_status *out, const cc_sweep *sweep, const char *results);

#endif
