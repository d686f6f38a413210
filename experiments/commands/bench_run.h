/* experiments/commands/bench_run.h -- how long training steps, or inference, of a net take on made-up
 * images. */
#ifndef CC_EXPERIMENTS_COMMANDS_BENCH_RUN_H
#define CC_EXPERIMENTS_COMMANDS_BENCH_RUN_H

#include "nets/engine/learner.h"

typedef struct cc_bench_request {
    bool train; /* else inference */
    cc_net_spec net;
    int64_t size, depth, batch; /* images of size x size (depth 0), or volumes of depth x size x size */
    int steps;                  /* timed ones, at least 1; two more go first, to warm up */
    bool profile;               /* note the time of each node too */
    cc_tuning tuning;
    cc_dtype dtype;
    bool tf32;
    const cc_backend *backend;
} cc_bench_request;

typedef struct cc_bench {
    cc_bench_request request;
    double *steps_s; /* of each timed step, shortest first */
    double mean_s;
    const cc_node_time *times; /* of all timed steps together, where a profile was asked for; else NULL */
    cc_model *model;
    cc_plan *plan;
    cc_loss_spec loss, terms[CC_HEADS_MAX]; /* the terms of nets with several outputs */
    cc_learner *learner;                    /* NULL in inference */
    float *input, *target;
    size_t device_bytes; /* what the device's free memory has lost to all this; 0 where that is not known */
} cc_bench;

/* Makes the net with weights from a fixed seed and runs it: steps of Adam on the soft Dice loss (plain
 * U-Nets), on binary cross-entropy (the others) or on several outputs' cross-entropies, or forward passes.
 * The caller deinits *out, also after a failure. */
cc_status cc_bench_run(cc_bench *out, const cc_bench_request *request);
void cc_bench_deinit(cc_bench *bench);

double cc_bench_median_s(const cc_bench *bench);

#endif
