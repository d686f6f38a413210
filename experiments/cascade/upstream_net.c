/* experiments/cascade/upstream_net.c -- a finished run's net: its file is checked to be the one that was
 * planned, since another process may have replaced it, before its weights are trusted. */
#include "experiments/cascade/upstream_net.h"

#include <string.h>
#include "core/log.h"
#include "experiments/config/device.h"
#include "experiments/planning/data.h"
#include "experiments/weights/weights.h"

cc_status cc_upstream_read(cc_run *out, const cc_planned_run *run, unsigned parts, cc_arena *arena) {
    CC_TRY(cc_run_read(out, run->path, parts, arena));
    const char *identity = out->provenance.identity;
    if (identity && strcmp(identity, run->identity.hex) == 0) return CC_OK;
    return cc_fail(CC_EIO, run->path, "run it again", "the file is not that of the run that was planned");
}

cc_status cc_upstream_net_init(cc_upstream_net *out, const cc_planned_run *run, const cc_slice_set *set,
                               const cc_backend *backend, const cc_plan_options *like) {
    cc_status status = CC_OK;
    cc_run read;
    cc_weights_summary summary;
    cc_plan_options options = like ? *like : (cc_plan_options){0};
    cc_arena *arena = cc_arena_create();
    *out = (cc_upstream_net){.run = run};
    if (!arena) return CC_ENOMEM;
    CC_CHECK(cc_upstream_read(&read, run, CC_RUN_BASIC, arena));
    CC_CHECK(cc_data_canvas(&out->fit, set, run->config));
    CC_CHECK(cc_model_create(&out->model, &run->config->net, backend));
    /* The batch of its own training, for which recorded algorithms were chosen. */
    options.n = run->config->train.batch;
    options.depth = cc_data_depth(run->config);
    options.height = out->fit.height;
    options.width = out->fit.width;
    CC_CHECK(cc_plan_create(&out->plan, out->model, &options));
    CC_CHECK(cc_weights_load(&summary, out->model, run->path));
    /* A net with a part of its weights would predict too, but wrongly. */
    if (summary.missing > 0)
        CC_CHECK(cc_fail(CC_EFORMAT, run->path, "run that experiment again",
                         "%zu weights of its net are missing in it (%s)", summary.missing,
                         summary.missing_sample));
done:
    cc_arena_destroy(arena);
    if (status != CC_OK) cc_upstream_net_deinit(out);
    return status;
}

cc_status cc_upstream_net_init_as_tested(cc_upstream_net *out, const cc_planned_run *run,
                                         const cc_slice_set *set, const cc_backend *backend) {
    char line[1024];
    cc_run read;
    cc_plan_options like = {0};
    bool timed = false;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_precision_find(&like.dtype, &like.tf32, run->config->train.precision);
    if (status == CC_OK) status = cc_tuning_find(&like.tuning, run->config->train.plan);
    if (status == CC_OK) timed = cc_tuning_is_timed(like.tuning);
    if (status == CC_OK && timed) status = cc_upstream_read(&read, run, CC_RUN_BASIC, arena);
    if (status == CC_OK) {
        /* Two plans' choices, an empty line between them: the second is that of inference. */
        const char *plan = timed && read.plan ? strstr(read.plan, "\n\n") : NULL;
        like.recorded = plan ? plan + 2 : NULL;
        status = cc_upstream_net_init(out, run, set, backend, &like);
    }
    if (status == CC_EUNSUPPORTED) {
        cc_error_line(line, sizeof line);
        cc_log(CC_LOG_WARNING, "%s: it cannot predict as it did in its own test: %s", run->path, line);
        cc_error_clear();
        status = cc_upstream_net_init(out, run, set, backend, NULL);
    }
    cc_arena_destroy(arena);
    return status;
}

void cc_upstream_net_deinit(cc_upstream_net *net) {
    cc_plan_destroy(net->plan);
    cc_model_destroy(net->model);
    *net = (cc_upstream_net){0};
}
