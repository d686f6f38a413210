/* experiments/planning/sweep.h -- a run plan as a file: what is needed to make any one of its runs in a
 * process of its own, on any machine that sees the same disk, without planning the others or reading the data
 * twice.
 *
 * JSON Lines (jsonlines.org): a line a run, counted from 0, each behind those that it needs, and each
 * complete in itself. results/README.md has the fields. It is written whole or not at all. */
#ifndef CC_EXPERIMENTS_PLANNING_SWEEP_H
#define CC_EXPERIMENTS_PLANNING_SWEEP_H

#include "experiments/planning/run_plan.h"

enum { CC_SWEEP_NONE = -1 };

/* One run. Strings and lists are the sweep's. */
typedef struct cc_sweep_task {
    const char *name;              /* for people: "twin/table3-encoders resnet-34, fold 2, seed 1" */
    const char *file;              /* of its result, below `out` */
    const char *identity;          /* where it was planned, or of its file where that was done */
    const char *request;           /* cc_planned_run.request */
    int64_t numerics;              /* the numerics version that is part of both */
    const char *data, *data_stamp; /* digest of its dataset, and what cc_data_stamp said then */
    const char *weights;           /* digest of the file that net.weights names, or "" */
    const int *upstream;           /* the runs that it needs, by index, ascending */
    int upstream_count;
    int same_as;         /* the one of them that it is to be a copy of, or CC_SWEEP_NONE */
    double seconds;      /* what a run of the same experiment took that is done; NaN: none is */
    double memory_bytes; /* likewise, at its peak */
    /* How to plan it again: the variant of a config that leads to it, with these overrides, from this folder.
     */
    const char *config; /* real path */
    int variant;        /* its number in that config */
    const char *folder; /* where the command was given, which relative paths of data start from */
    const char *out;    /* the folder of results, as it was given there */
    const char *const *sets;
    int set_count;
    unsigned flags; /* CC_CONFIG_FAST, CC_CONFIG_TF32 */
} cc_sweep_task;

typedef struct cc_sweep {
    const cc_sweep_task *tasks;
    int count;
} cc_sweep;

/* What the command line said beside the configs. */
typedef struct cc_sweep_source {
    const char *const *paths; /* of the plan's configs */
    const char *const *sets;
    int set_count;
    unsigned flags;
} cc_sweep_source;

/* The runs of a plan, without what only a file needs: stamps and costs, configs, folder and overrides. The
 * arena owns the list, which borrows from the plan. CC_ENOMEM. */
cc_status cc_sweep_of_plan(cc_sweep *out, const cc_run_plan *plan, cc_arena *arena);

/* Writes a plan. CC_ENOTFOUND where a config or the folder at hand has no real path; CC_EIO. */
cc_status cc_sweep_write(const char *path, const cc_run_plan *plan, const cc_sweep_source *source);

/* The arena owns what is read.
 *   CC_ECONFIG  a line is none: FILE:LINE and the field
 *   CC_ENOTFOUND, CC_EIO, CC_ENOMEM */
cc_status cc_sweep_read(cc_sweep *out, const char *path, cc_arena *arena);

/* How long the longest chain of runs before each is: 0 needs none, 1 some of level 0, ... level[count] is the
 * caller's. Returns the number of levels. */
int cc_sweep_levels(int *level, const cc_sweep *sweep);

#endif
