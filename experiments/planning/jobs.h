/* experiments/planning/jobs.h -- several processes that work on numbered tasks.
 *
 * Workers are forked before the parent uses OpenMP or a device: neither works in a child after a fork. */
#ifndef CC_EXPERIMENTS_PLANNING_JOBS_H
#define CC_EXPERIMENTS_PLANNING_JOBS_H

#include "core/status.h"

enum { CC_JOBS_MAX = 64, CC_JOB_DIED = -1 };

/* Works on one task in a worker, counted from 0; returns at least 0. What `context` points to is the
 * worker's own copy and lasts from task to task. */
typedef int (*cc_job_work)(void *context, int worker, int task);

typedef struct cc_jobs cc_jobs;
cc_status cc_jobs_start(cc_jobs **out, int count, cc_job_work work, void *context);
/* Ends the workers, those at work by SIGTERM, and waits for them; takes NULL. */
void cc_jobs_end(cc_jobs *jobs);

/* Workers that wait for a task, and those at work. */
int cc_jobs_idle(const cc_jobs *jobs);
int cc_jobs_busy(const cc_jobs *jobs);
/* Gives a task to an idle worker. */
cc_status cc_jobs_give(cc_jobs *jobs, int task);
/* Waits until a worker has finished: its task and what it returned, CC_JOB_DIED where its process ended.
 * CC_EINTERRUPTED where a signal came. */
cc_status cc_jobs_wait(int *task, int *result, cc_jobs *jobs);

#endif
