/* experiments/cascade/upstream_net.h -- the net of a run that is done, read from its result file and ready to
 * predict, on whichever dataset the asking run has. */
#ifndef CC_EXPERIMENTS_CASCADE_UPSTREAM_NET_H
#define CC_EXPERIMENTS_CASCADE_UPSTREAM_NET_H

#include "datasets/fit.h"
#include "datasets/slices.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/plan.h"
#include "results/store.h"

typedef struct cc_upstream_net {
    const cc_planned_run *run; /* borrowed; its config says how images reach the net */
    cc_model *model;
    cc_plan *plan; /* inference, of n = run->config->train.batch */
    cc_fit fit;    /* that run's own, but where its preprocess.size is null: then as large as this set asks */
} cc_upstream_net;

/* Builds the net for images of `set` and loads its weights. `like`: the dtype, tuning and recorded algorithms
 * of its plan; NULL: float32 and the fixed choice. On failure there is nothing to deinit.
 *   CC_EFORMAT  the file lacks a weight of the net
 *   CC_EIO      the file was replaced since the run was planned
 *   others      as cc_run_read and cc_plan_create */
cc_status cc_upstream_net_init(cc_upstream_net *out, const cc_planned_run *run, const cc_slice_set *set,
                               const cc_backend *backend, const cc_plan_options *like);
/* The same with the precision and the algorithms of the run's own test. Where this device lacks them it is
 * planned as above, with a warning. */
cc_status cc_upstream_net_init_as_tested(cc_upstream_net *out, const cc_planned_run *run,
                                         const cc_slice_set *set, const cc_backend *backend);
void cc_upstream_net_deinit(cc_upstream_net *net); /* takes a zeroed one */

/* Reads the file of a run that is done; `parts` as in cc_run_read. CC_EIO where its identity is not the
 * one that was planned. */
cc_status cc_upstream_read(cc_run *out, const cc_planned_run *run, unsigned parts, cc_arena *arena);

#endif
