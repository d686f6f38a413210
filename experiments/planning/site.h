/* experiments/planning/site.h -- what a cluster asks of a job: a short YAML file that one person of a site
 * writes and all of its users share.
 *
 *   partition, account, qos, constraint, gres, time, memory   texts, as sbatch(1) takes them (memory: --mem)
 *   cpus               processors of a task (--cpus-per-task)
 *   container          an image in which calcade is run (apptainer exec --nv; of Kubernetes, the pods')
 *   volume_claim       of Kubernetes: the PersistentVolumeClaim that holds data, results and the plan
 *   mount_path         where that is mounted: as on the machine that submits
 *   setup              shell lines before a run, as "module load ..."
 *   options            further options of sbatch, as "--exclude=n7"
 *   at_once            tasks of an array that run at the same time; 0: as many as can
 *   max_array          tasks of an array (Slurm's MaxArraySize, less one)
 *   signal_seconds     how long before a job's end it is told to write its checkpoint
 *   requeues           how often a task that was stopped goes back into the queue
 *   wait_seconds       how long one whose upstream run is not there waits before it does */
#ifndef CC_EXPERIMENTS_PLANNING_SITE_H
#define CC_EXPERIMENTS_PLANNING_SITE_H

#include "core/arena.h"
#include "core/status.h"

typedef struct cc_site {
    /* NULL: not given. */
    const char *partition, *account, *qos, *constraint, *gres, *time, *memory, *container, *volume_claim,
        *mount_path;
    const char *const *setup, *const *options;
    int setup_count, option_count;
    long long cpus; /* 0: not given */
    long long at_once, max_array, signal_seconds, requeues, wait_seconds;
} cc_site;

/* The defaults, and what the file says (NULL: nothing). The arena owns the texts.
 *   CC_ECONFIG  FILE:LINE and the key: one that is not known, with the nearest; a value that is none
 *   others      as cc_yaml_read */
cc_status cc_site_read(cc_site *out, const char *path, cc_arena *arena);

#endif
