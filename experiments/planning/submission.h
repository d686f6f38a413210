/* experiments/planning/submission.h -- a plan's runs as scripts for a scheduler that is there already:
 * Slurm's arrays of jobs, or GNU parallel on one machine. calcade schedules nothing itself.
 *
 * In one folder:
 *     level-L.tasks   a line a task of level L: the numbers of its runs, made one after another. Runs of
 *                     level 0 need none, those of level 1 some of level 0, ... (cc_sweep_levels)
 *     slurm.sh        what a job does: `slurm.sh FILE.tasks OFFSET`; SLURM_ARRAY_TASK_ID counts from there
 *     submit.sh       sbatch for every level, each behind the one before (afterany: a task looks itself
 *                     whether what it needs is there, and a run that failed keeps only those that need it)
 *     run.sh          run.sh N: one run
 *     parallel.sh     the same levels by GNU parallel, which begins run.sh */
#ifndef CC_EXPERIMENTS_PLANNING_SUBMISSION_H
#define CC_EXPERIMENTS_PLANNING_SUBMISSION_H

#include "experiments/planning/site.h"
#include "experiments/planning/sweep.h"

typedef struct cc_submission {
    const cc_sweep *sweep;
    const bool *left_out; /* one a run: those that are done already */
    const cc_site *site;
    const char *folder;  /* of the scripts; real path */
    const char *plan;    /* the plan's file; real path */
    const char *program; /* what runs calcade; real path */
    const char *results; /* the folder of results; NULL: the plan's */
    const char *device;  /* "auto", ... */
    bool in_container;   /* the site's container is entered by who begins a run (Kubernetes) */
    int pack; /* runs of a task; 0: as many as take ten minutes together, by what is expected of them */
    int jobs; /* of GNU parallel at a time */
} cc_submission;

/* Writes the files. *tasks and *levels: how many there are. As cc_file_write. */
cc_status cc_submission_write(int *tasks, int *levels, const cc_submission *submission);

#endif
