/* experiments/planning/run_lock.h -- one process at a time makes a run: RESULT.lock beside the result is
 * locked (flock) as long as a process works on it. */
#ifndef CC_EXPERIMENTS_PLANNING_RUN_LOCK_H
#define CC_EXPERIMENTS_PLANNING_RUN_LOCK_H

#include "core/file.h"

typedef struct cc_run_lock {
    int descriptor;
    char path[CC_PATH_MAX];
} cc_run_lock;

/* Makes the result's folder and takes the lock; CC_EIO where another process has it. It ends with the
 * process, however that ends. What a killed one left half written of the result is removed. */
cc_status cc_run_lock_take(cc_run_lock *lock, const char *result_path);
void cc_run_lock_release(cc_run_lock *lock);

/* Removes what a process that was killed left beside a result that is there: its checkpoint, its lock,
 * temporary files. Nothing where another process is at work on it, or where they cannot be removed. */
void cc_run_lock_tidy(const char *result_path);

#endif
