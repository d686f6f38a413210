/* experiments/planning/run_nets.c -- the nets behind a run, walked over the runs that it needs. What a net
 * asks of data is experiments/planning/data.h's; here is which net is asked, and under which key the answer
 * stands. */
#include "experiments/planning/run_nets.h"

#include "experiments/planning/data.h"
#include "experiments/planning/upstream.h"

const cc_planned_run *cc_planned_run_net(const cc_planned_run *run) {
    if (run->member_count > 0) return cc_planned_run_net(run->members[0]);
    if (cc_experiment_trains(run->config)) return run;
    const cc_planned_run *last = run->upstream[CC_UPSTREAM_FALSE_POSITIVE];
    return last ? last : run->upstream[CC_UPSTREAM_CALCIFICATION];
}

cc_status cc_planned_run_check_nets(const cc_planned_run *run, const cc_slice_set *set) {
    const cc_planned_run *last = cc_planned_run_net(run);
    cc_net_targets targets;
    if (last) CC_TRY(cc_data_check_channels(set, last->config));
    if (last) CC_TRY(cc_data_targets(&targets, last->config, run->config));
    if (last) CC_TRY(cc_data_check_mirrors(last->config, cc_experiment_mirrors(run->config)));
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_planned_run *upstream = run->upstream[kind];
        if (!upstream || upstream == last || kind == CC_UPSTREAM_REFERENCE) continue; /* of data of its own */
        cc_status status = upstream->member_count > 0 ? cc_planned_run_check_nets(upstream, set)
                                                      : cc_data_check_channels(set, upstream->config);
        if (status != CC_OK) return cc_fail_within(status, cc_upstream_key((cc_upstream)kind));
    }
    for (int i = 1; i < run->member_count; i++) { /* the first one's net is `last` */
        cc_status status = cc_planned_run_check_nets(run->members[i], set);
        if (status == CC_OK)
            status = cc_data_check_mirrors(cc_planned_run_net(run->members[i])->config,
                                           cc_experiment_mirrors(run->config));
        if (status != CC_OK) return cc_fail_within(status, "upstream.members");
    }
    return CC_OK;
}
