/* experiments/evaluation/result.c -- gathers what a result file holds, and keeps an older file of its
 * name. */
#include "experiments/evaluation/result.h"

#include <errno.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "build_info.h"
#include "core/log.h"
#include "core/version.h"
#include "experiments/config/device.h"
#include "experiments/evaluation/examples.h"
#include "experiments/evaluation/panels.h"
#include "experiments/evaluation/reference.h"

static cc_status list_tensors(cc_run *run, const cc_model *model, cc_arena *arena) {
    int count = cc_model_parameter_count(model);
    cc_run_tensor *tensors = cc_arena_get_array(arena, (size_t)count, sizeof *tensors);
    if (!tensors) return CC_ENOMEM;
    for (int i = 0; i < count; i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        float *values = cc_arena_get_array(arena, (size_t)p->count, sizeof *values);
        if (!values) return CC_ENOMEM;
        CC_TRY(cc_model_get(values, model, i));
        tensors[i] = (cc_run_tensor){.name = p->name, .rank = p->of.rank, .data = values};
        for (int k = 0; k < p->of.rank; k++) tensors[i].dims[k] = (uint64_t)p->of.dims[k];
    }
    run->tensors = tensors;
    run->tensor_count = (size_t)count;
    return CC_OK;
}

static const char *utc(cc_arena *arena, time_t when) {
    char text[32];
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return cc_arena_copy(arena, text);
}

/* What the result is of: as planned, and, where algorithms were chosen by the clock, which they are. */
static cc_status identify(cc_digest_text *identity, char machine[CC_MACHINE_BYTES],
                          const cc_result_source *s) {
    cc_tuning tuning;
    cc_machine made;
    *identity = s->run->identity;
    memcpy(machine, s->run->machine, CC_MACHINE_BYTES);
    if (!s->plan_choices) return CC_OK; /* nothing was trained */
    CC_TRY(cc_tuning_find(&tuning, s->run->config->train.plan));
    if (!cc_tuning_is_timed(tuning) || !cc_machine_parse(&made, machine)) return CC_OK;
    cc_machine_note_plan(&made, s->plan_choices);
    cc_machine_print(machine, &made);
    return cc_planned_run_identity(identity, s->run, CC_NUMERICS_VERSION, machine);
}

static cc_status fill_provenance(cc_run_provenance *out, const cc_result_source *s, cc_arena *arena) {
    cc_digest_text identity;
    char machine[CC_MACHINE_BYTES];
    CC_TRY(identify(&identity, machine, s));
    enum { LIBRARIES = 2 };
    cc_run_library *libraries = cc_arena_get_array(arena, LIBRARIES, sizeof *libraries);
    size_t library_count = 0;
    const char *weights = s->run->weights_digest.hex, *split = s->run->split_digest.hex;
    _Static_assert((int)CC_UPSTREAMS == (int)CC_RUN_UPSTREAMS, "kinds of runs upstream");
    if (libraries) libraries[library_count++] = (cc_run_library){s->backend->name, s->backend->describe()};
    if (libraries && s->backend == &cc_backend_cpu)
        libraries[library_count++] = (cc_run_library){"onednn", cc_onednn_version()};
    *out = (cc_run_provenance){.identity = cc_arena_copy(arena, identity.hex),
                               .request = s->run->request.hex,
                               .machine = cc_arena_copy(arena, machine),
                               .data_digest = s->run->data_digest.hex,
                               .weights_digest = weights[0] ? weights : NULL,
                               .split_digest = split[0] ? split : NULL,
                               .commit = CC_BUILD_COMMIT,
                               .version = CC_VERSION,
                               .build = CC_BUILD_TYPE,
                               .compiler = CC_BUILD_COMPILER,
                               .device = cc_device_name(s->backend, arena),
                               .precision = s->run->config->train.precision,
                               .algorithms = s->run->config->train.plan,
                               .started = utc(arena, (time_t)s->started),
                               .finished = utc(arena, time(NULL)),
                               .numerics_version = CC_NUMERICS_VERSION,
                               .threads = omp_get_max_threads(),
                               .seconds = s->seconds,
                               .libraries = libraries,
                               .library_count = library_count};
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        if (s->run->upstream[kind]) out->upstream[kind] = s->run->upstream[kind]->identity.hex;
    return out->identity && out->machine ? CC_OK : CC_ENOMEM;
}

/* "stale-" and the start of its identity, "damaged" where it has none to be read. */
static cc_status name_kept(char kept[CC_PATH_MAX], const char *path, cc_run_state state, int number) {
    char ending[48], identity[65] = "";
    if (state == CC_RUN_STALE) CC_TRY(cc_run_read_identity(identity, path));
    bool known = strlen(identity) >= 8 && strspn(identity, "0123456789abcdef") >= 8;
    int length = state == CC_RUN_DAMAGED
                     ? snprintf(ending, sizeof ending, ".damaged")
                     : snprintf(ending, sizeof ending, ".stale-%.8s", known ? identity : "unknown");
    if (number > 1) snprintf(ending + length, sizeof ending - (size_t)length, "-%d", number);
    return cc_path_append(kept, path, ending);
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* The second name of the older file goes with it where the file system knows no second names. An earlier try
 * may have come this far. */
cc_status cc_result_keep_older(const char *path, cc_run_state state) {
    char kept[CC_PATH_MAX];
    if (state != CC_RUN_STALE && state != CC_RUN_DAMAGED) return CC_OK;
    for (int number = 1;; number++) {
        CC_TRY(name_kept(kept, path, state, number));
        if (link(path, kept) == 0 || (errno == EEXIST && same_file(path, kept))) break;
        if (errno == EEXIST) continue;
        if (rename(path, kept) == 0) break;
        return cc_fail_errno(path, "rename");
    }
    cc_log(CC_LOG_INFO, "the older file is kept as %s", kept);
    return CC_OK;
}

static cc_status fill_pictures(cc_run *run, const cc_test *test, const cc_result_source *s, cc_arena *arena) {
    cc_example_choice choice;
    CC_TRY(cc_examples_choose(&choice, test, s->dataset, arena));
    CC_TRY(cc_examples_make(&run->examples, &run->example_count, &choice, test, s->dataset, s->plan, arena));
    if (s->dataset->chain.stage == CC_STAGE_ROI)
        CC_TRY(cc_reference_find(&run->reference, s->plan, s->dataset, arena));
    return cc_panels_make(&run->panels, &run->panel_count, choice.slices, choice.count, test, s->dataset,
                          arena);
}

static cc_status fill_run(cc_run *run, const cc_test *test, const cc_result_source *s, cc_arena *arena) {
    const cc_experiment_config *config = s->run->config;
    char *text;
    CC_TRY(cc_config_print(&text, config, arena));
    *run = (cc_run){.experiment = config->name,
                    .variant = config->variant,
                    .fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1,
                    .seed = (int64_t)config->seed,
                    .stage = config->stage,
                    .leaking_split =
                        s->dataset->chain.leaks || cc_split_leaks(&s->dataset->split, s->dataset->base),
                    .best_epoch = s->best_epoch,
                    .config = text,
                    .plan = s->plan_choices,
                    .epochs = s->history,
                    .epoch_count = s->epoch_count,
                    .slices = test->slices,
                    .slice_count = test->slice_count,
                    .patients = test->patients,
                    .patient_count = test->patient_count,
                    .cuts = test->cuts,
                    .stages = test->stages,
                    .stage_count = test->stage_count,
                    .baselines = test->baselines,
                    .baseline_count = test->baseline_count};
    CC_TRY(fill_provenance(&run->provenance, s, arena));
    CC_TRY(fill_pictures(run, test, s, arena));
    if (!s->model) return CC_OK;
    run->parameter_count = cc_model_trained_values(s->model);
    run->multiply_adds =
        (int64_t)(cc_graph_multiply_adds(cc_plan_graph(s->plan)) / s->run->config->train.batch);
    return list_tensors(run, s->model, arena);
}

cc_status cc_result_write(const cc_result_source *source) {
    cc_status status = CC_OK;
    cc_run run;
    cc_test test = {0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    CC_CHECK(cc_test_init(&test, source->dataset, source->plan, arena));
    CC_CHECK(fill_run(&run, &test, source, arena));
    CC_CHECK(cc_result_keep_older(source->run->path, source->state));
    CC_CHECK(cc_run_write(source->run->path, &run));
done:
    cc_test_deinit(&test);
    cc_arena_destroy(arena);
    return status;
}
