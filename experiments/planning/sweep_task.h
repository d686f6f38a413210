/* experiments/planning/sweep_task.h -- one run of a plan file, planned again by itself: with the runs that it
 * needs and no others, and with the digests of data and weights that the file holds.
 *
 * Whatever has changed since the file was written is noticed before anything is made: the config, its
 * upstream configs, the split and the program by the run's request; the data by its files' names, sizes and
 * times, and only where those differ by its digest; weights where they are loaded. */
#ifndef CC_EXPERIMENTS_PLANNING_SWEEP_TASK_H
#define CC_EXPERIMENTS_PLANNING_SWEEP_TASK_H

#include "experiments/planning/sweep.h"

typedef struct cc_sweep_run {
    cc_config *configs[2]; /* of the run that it is a copy of, where there is one, and its own */
    int config_count;
    cc_run_plan *plan;
    int index; /* of the run in that plan */
    char *results;
} cc_sweep_run;

/* `path` names the plan's file in messages. `results` is the folder of results; NULL: the one that the plan
 * names. The folder at hand must be the task's (cc_sweep_task.folder). Fills in *out, which the caller closes
 * whatever the status.
 *   CC_EUSAGE   the plan has no such run
 *   CC_ECONFIG  the config, the data or the program is not what was planned; as cc_config_load */
cc_status cc_sweep_run_open(cc_sweep_run *out, const cc_sweep *sweep, const char *path, int task,
                            const char *results, const cc_backend *backend, int threads);
void cc_sweep_run_close(cc_sweep_run *run);

/* CC_EUPSTREAM where a run that it needs is not done; names it. */
cc_status cc_sweep_run_check_upstream(const cc_sweep_run *run);

#endif
