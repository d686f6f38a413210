/* experiments/commands/session.c -- from a command line to a plan. */
#include "experiments/commands/session.h"

#include <stdlib.h>
#include "experiments/config/device.h"
#include "experiments/planning/planned.h"
#include "experiments/planning/report_blocks.h"
#include "experiments/planning/sweep.h"

const char cc_session_results[] = "results/runs";

cc_status cc_session_open(cc_session *s) {
    const unsigned flags =
        CC_CONFIG_RUNNABLE | (s->fast ? CC_CONFIG_FAST : 0) | (s->tf32 ? CC_CONFIG_TF32 : 0);
    if (!s->looks) CC_TRY(cc_device_find(&s->backend, s->device));
    s->configs = calloc((size_t)s->path_count, sizeof *s->configs);
    if (!s->configs) return cc_fail_memory("configurations", (size_t)s->path_count * sizeof *s->configs);
    for (int i = 0; i < s->path_count; i++, s->config_count++)
        CC_TRY(cc_config_load(&s->configs[i], s->paths[i], s->sets.items, s->sets.count, flags));
    if (s->looks) return cc_run_plan_create_unread(&s->plan, s->configs, s->config_count, s->out);
    return cc_run_plan_create(&s->plan, s->configs, s->config_count, s->out, s->backend, s->threads);
}

cc_status cc_session_save(const cc_session *s, const char *file) {
    const cc_sweep_source source = {.paths = s->paths,
                                    .sets = s->sets.items,
                                    .set_count = s->sets.count,
                                    .flags = cc_config_flags(s->configs[0])};
    CC_TRY(cc_planned_save(s->plan, s->out));
    CC_TRY(cc_report_blocks_save(s->configs, s->config_count, s->out));
    return file ? cc_sweep_write(file, s->plan, &source) : CC_OK;
}

void cc_session_close(cc_session *s) {
    cc_run_plan_destroy(s->plan);
    for (int i = 0; i < s->config_count; i++) cc_config_destroy(s->configs[i]);
    free(s->configs);
    s->plan = NULL;
    s->configs = NULL;
    s->config_count = 0;
}
