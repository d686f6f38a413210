/* tests/experiments/run_data.h -- the first steps of a run, up to what its net is shown: open, predict
 * upstream, view (experiments/training/pipeline.c). */
#ifndef CC_TESTS_EXPERIMENTS_RUN_DATA_H
#define CC_TESTS_EXPERIMENTS_RUN_DATA_H

#include "experiments/cascade/net_view.h"

typedef struct run_data {
    cc_dataset dataset;
    cc_cascade cascade;
    cc_net_view view;
} run_data;

static inline void run_data_deinit(run_data *d) {
    cc_net_view_deinit(&d->view);
    cc_cascade_deinit(&d->cascade);
    cc_dataset_close(&d->dataset);
}

/* On failure there is nothing to deinit. It may not move afterwards: each step points at the one before. */
static inline cc_status run_data_init(run_data *d, const cc_planned_run *run, const cc_backend *backend) {
    *d = (run_data){0};
    cc_status status = cc_dataset_open(&d->dataset, run);
    if (status == CC_OK) status = cc_cascade_predict(&d->cascade, &d->dataset, backend);
    if (status == CC_OK) status = cc_net_view_init(&d->view, &d->cascade);
    if (status != CC_OK) run_data_deinit(d);
    return status;
}

#endif
