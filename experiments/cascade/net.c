#include "experiments/cascade/net.h"

#include <string.h>
#include "experiments/planning/data.h"
#include "experiments/weights/weights.h"

cc_status cc_upstream_read(cc_run *out, const cc_planned_run *run, unsigned parts, cc_arena *arena) {
    CC_TRY(cc_run_read(out, run->path, parts, arena));
    const char *identity = out->provenance.identity;
    if (identity && strcmp(identity, run->identity.hex) == 0) return CC_OK;
    return cc_fail(CC_EIO, run->path, "run it again", "the file is not that of the run that was planned");
}

static cc_status check_identity(const cc_planned_run *run) {
    cc_run read;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_upstream_read(&read, run, CC_RUN_BASIC, arena);
    cc_arena_destroy(arena);
    return status;
}

static cc_status load(cc_upstream_net *net) {
    cc_weights_summary summary;
    CC_TRY(cc_weights_load(&summary, net->model, net->run->path));
    if (summary.missing == 0) return CC_OK;
    return cc_fail(CC_EFORMAT, net->run->path, "run that experiment again",
                   "%zu weights of its net are missing in it (%s)", summary.missing, summary.missing_sample);
}

cc_status cc_upstream_net_init(cc_upstream_net *out, const cc_planned_run *run, const cc_slice_set *set,
                               const cc_backend *backend, const cc_plan_options *like) {
    cc_status status = CC_OK;
    cc_plan_options options = like ? *like : (cc_plan_options){0};
    *out = (cc_upstream_net){.run = run};
    CC_CHECK(check_identity(run));
    CC_CHECK(cc_data_canvas(&out->fit, set, run->config));
    CC_CHECK(cc_model_create(&out->model, &run->config->net, backend));
    options.n = run->config->train.batch;
    options.height = out->fit.height;
    options.width = out->fit.width;
    CC_CHECK(cc_plan_create(&out->plan, out->model, &options));
    CC_CHECK(load(out));
done:
    if (status != CC_OK) cc_upstream_net_deinit(out);
    return status;
}

void cc_upstream_net_deinit(cc_upstream_net *net) {
    cc_plan_destroy(net->plan);
    cc_model_destroy(net->model);
    *net = (cc_upstream_net){0};
}
