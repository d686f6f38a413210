/* experiments/cascade/net.h -- the net of a run that is done, ready to predict. */
#ifndef CC_EXPERIMENTS_CASCADE_NET_H
#define CC_EXPERIMENTS_CASCADE_NET_H

#include "datasets/fit.h"
#include "datasets/slices.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/plan.h"
#include "results/store.h"

typedef struct cc_upstream_net {
    const cc_planned_run *run; /* borrowed; its config says how pictures reach the net */
    cc_model *model;
    cc_plan *plan; /* inference, of n = run->config->train.batch */
    cc_fit fit; /* as that run's, for this set: where its preprocess.size is null, as large as the set asks */
} cc_upstream_net;

/* `like`: the dtype, tuning and recorded choices of its plan; NULL: float32, fixed. CC_EFORMAT where the file
 * lacks a weight of the net, CC_EIO where it is not that of this run any more; else as cc_run_read. On
 * failure there is nothing to deinit. */
cc_status cc_upstream_net_init(cc_upstream_net *out, const cc_planned_run *run, const cc_slice_set *set,
                               const cc_backend *backend, const cc_plan_options *like);
/* Takes a zeroed one. */
void cc_upstream_net_deinit(cc_upstream_net *net);

/* Reads the file of a run that is done; `parts` as in cc_run_read. CC_EIO where its identity is another than
 * the plan's. */
cc_status cc_upstream_read(cc_run *out, const cc_planned_run *run, unsigned parts, cc_arena *arena);

#endif
