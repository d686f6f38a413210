/* experiments/evaluation/result.c -- gathers what a result file holds: config, provenance, counts,
 * weights. An older file of its name is kept, since hours of work may be in it. */
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
#include "experiments/cascade/upstream_net.h"
#include "experiments/config/device.h"

/* The model's weights and running statistics, by name. */
static cc_status list_tensors(cc_run *run, const cc_model *model, cc_arena *arena) {
    int count = cc_model_parameter_count(model);
    cc_run_tensor *tensors = cc_arena_get_array(arena, (size_t)count, sizeof *tensors);
    if (!tensors) return CC_ENOMEM;
    for (int i = 0; i < count; i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        float *values = cc_arena_get_array(arena, (size_t)p->count, sizeof *values);
        if (!values) return CC_ENOMEM;
        CC_TRY(cc_model_get(values, model, i)); /* plain float32, whatever the backend's layout */
        tensors[i] = (cc_run_tensor){.name = p->name, .rank = p->of.rank, .data = values};
        for (int k = 0; k < p->of.rank; k++) tensors[i].dims[k] = (uint64_t)p->of.dims[k];
    }
    run->tensors = tensors;
    run->tensor_count = (size_t)count;
    return CC_OK;
}

/* ISO 8601, in UTC. */
static const char *utc(cc_arena *arena, time_t when) {
    char text[32];
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return cc_arena_copy(arena, text);
}

/* The identity as planned; where algorithms were chosen by timing them, the one that digests the choice
 * too. */
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

/* What made it, of what data, on what machine (results/README.md). */
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
                               .log_variance = s->log_variance,
                               .started = utc(arena, (time_t)s->started),
                               .finished = utc(arena, time(NULL)),
                               .numerics_version = CC_NUMERICS_VERSION,
                               .threads = omp_get_max_threads(),
                               .seconds = s->seconds,
                               .peak_memory_bytes = s->peak_memory_bytes,
                               .libraries = libraries,
                               .library_count = library_count};
    for (int kind = 0; kind < CC_UPSTREAMS; kind++)
        if (s->run->upstream[kind]) out->upstream[kind] = s->run->upstream[kind]->identity.hex;
    /* The identities of the runs out of fold, "A B C". */
    for (int i = 0; i < s->run->out_of_fold_count; i++) {
        const char *before = out->upstream_out_of_fold;
        out->upstream_out_of_fold = cc_arena_format(arena, "%s%s%s", before ? before : "", before ? " " : "",
                                                    s->run->out_of_fold[i]->identity.hex);
        if (!out->upstream_out_of_fold) return CC_ENOMEM;
    }
    return out->identity && out->machine ? CC_OK : CC_ENOMEM;
}

/* What the members of an ensemble took, who took it after one another: sums, and the most memory at one
 * time. What is not known of one of them is not known of all. */
static cc_status add_members(cc_run *run, const cc_planned_run *of, cc_arena *arena) {
    bool known = true;
    for (int i = 0; i < of->member_count; i++) {
        cc_run read;
        const char *before = run->provenance.upstream_members;
        CC_TRY(cc_upstream_read(&read, of->members[i], CC_RUN_BASIC, arena));
        known = known && read.parameter_count > 0 && read.multiply_adds > 0;
        run->parameter_count += read.parameter_count;
        run->multiply_adds += read.multiply_adds;
        run->provenance.seconds += read.provenance.seconds;
        if (read.provenance.peak_memory_bytes > run->provenance.peak_memory_bytes)
            run->provenance.peak_memory_bytes = read.provenance.peak_memory_bytes;
        run->provenance.upstream_members = cc_arena_format(arena, "%s%s%s", before ? before : "",
                                                           before ? " " : "", of->members[i]->identity.hex);
        if (!run->provenance.upstream_members) return CC_ENOMEM;
    }
    if (!known) run->parameter_count = run->multiply_adds = 0;
    return CC_OK;
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

/* A hard link first: until the new file replaces it, the older one then has both names. Where the file
 * system has no hard links it is renamed. An interrupted earlier try may have made the link already. */
cc_status cc_result_keep_older(const char *path, cc_run_state state) {
    char kept[CC_PATH_MAX];
    if (state != CC_RUN_STALE && state != CC_RUN_DAMAGED) return CC_OK;
    for (int number = 1;; number++) {
        CC_TRY(name_kept(kept, path, state, number));
        if (link(path, kept) == 0 || (errno == EEXIST && same_file(path, kept))) break;
        if (errno == EEXIST) continue; /* another older file has that name */
        if (rename(path, kept) == 0) break;
        return cc_fail_errno(path, "rename");
    }
    cc_log(CC_LOG_INFO, "the older file is kept as %s", kept);
    return CC_OK;
}

cc_status cc_result_write(const cc_result_source *s) {
    cc_status status = CC_OK;
    char *text;
    const cc_experiment_config *config = s->run->config;
    const cc_net_view *view = s->test->view;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    CC_CHECK(cc_config_run_text(&text, config, arena));
    cc_run run = {
        .experiment = config->name,
        .variant = config->variant,
        .fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1,
        .seed = (int64_t)config->seed,
        .stage = config->stage,
        .leaking_split = view->cascade->leaks || cc_split_leaks(&view->dataset->split, view->dataset->base),
        .in_sample_upstream = view->cascade->in_sample,
        .best_epoch = s->best_epoch,
        .config = text,
        .plan = s->plan_choices,
        .epochs = s->history,
        .epoch_count = s->epoch_count,
        .slices = s->test->slices,
        .slice_count = s->test->slice_count,
        .cuts = s->test->cuts,
        .patients = s->measures->patients,
        .patient_count = s->measures->patient_count,
        .stages = s->measures->stages,
        .stage_count = s->measures->stage_count,
        .baselines = s->measures->baselines,
        .baseline_count = s->measures->baseline_count,
        .challenge = s->measures->challenge,
        .challenge_count = s->measures->challenge_count,
        .calibration = s->test->calibration,
        .calibration_count = s->test->calibration_count,
        .masks = cc_run_masks_get(&s->test->packed, s->test->arteries),
        .examples = s->pictures->examples,
        .example_count = s->pictures->example_count,
        .panels = s->pictures->panels,
        .panel_count = s->pictures->panel_count,
        .reference = s->reference,
    };
    CC_CHECK(fill_provenance(&run.provenance, s, arena));
    CC_CHECK(add_members(&run, s->run, arena));
    char landmarks[CC_LANDMARKS_BYTES];
    if (view->cascade->standard) {
        cc_landmarks_format(landmarks, view->cascade->standard);
        run.provenance.landmarks = landmarks;
    }
    if (s->model) {
        run.parameter_count = cc_model_trained_values(s->model);
        run.multiply_adds = (int64_t)(cc_graph_multiply_adds(cc_plan_graph(s->plan)) / config->train.batch);
        CC_CHECK(list_tensors(&run, s->model, arena));
    }
    CC_CHECK(cc_result_keep_older(s->run->path, s->state));
    CC_CHECK(cc_run_write(s->run->path, &run));
done:
    cc_arena_destroy(arena);
    return status;
}
