/* The test of a cascade: it trains nothing; the chain of finished runs upstream is tested as one. */
#include "experiments/training/cascade_test.h"

#include <time.h>
#include "core/clock.h"
#include "core/log.h"
#include "experiments/cascade/net.h"
#include "experiments/evaluation/result.h"

static cc_status test(const cc_planned_run *run, cc_run_state state, const cc_dataset *dataset,
                      const cc_backend *backend, double since_s) {
    cc_upstream_net net = {0};
    if (dataset->set) CC_TRY(cc_upstream_net_init(&net, dataset->chain.last, dataset->set, backend, NULL));
    cc_log(CC_LOG_INFO, "%s %s: testing the chain on %zu slices", run->config->name, run->config->variant,
           dataset->split.test.count);
    double seconds = cc_clock_s() - since_s;
    cc_result_source source = {.run = run,
                               .state = state,
                               .dataset = dataset,
                               .plan = net.plan,
                               .backend = backend,
                               .started = time(NULL) - (int64_t)seconds,
                               .seconds = seconds};
    cc_status status = cc_result_write(&source);
    cc_upstream_net_deinit(&net);
    return status;
}

cc_status cc_chain_test(const cc_planned_run *run, cc_run_state state, const cc_backend *backend) {
    cc_dataset dataset;
    double since_s = cc_clock_s();
    CC_TRY(cc_dataset_init(&dataset, run, backend));
    cc_status status = cc_dataset_check(&dataset, &dataset.split.test);
    if (status == CC_OK) status = cc_dataset_check_truth(&dataset);
    if (status == CC_OK) status = test(run, state, &dataset, backend, since_s);
    cc_dataset_deinit(&dataset);
    return status;
}
