#include "experiments/result.h"

#include <errno.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "build_info.h"
#include "core/log.h"
#include "core/version.h"

/* What the test set's sink fills. */
typedef struct collection {
    const cc_result_source *source;
    cc_arena *arena;
    cc_run_slice *slices;
    size_t slice_count;
    cc_run_example *examples;
    size_t example_count, example_limit;
    size_t slices_with_truth, seen_with_truth;
} collection;

static void *copied(cc_arena *arena, const void *bytes, size_t count) {
    void *out = cc_arena_get(arena, count);
    if (out) memcpy(out, bytes, count);
    return out;
}

/* Examples are spread evenly over the test slices that hold truth. */
static bool is_example(collection *c, const cc_prediction *p) {
    if (p->counts.tp + p->counts.fn == 0 || c->example_limit == 0) return false;
    size_t before = c->seen_with_truth * c->example_limit / c->slices_with_truth;
    size_t after = ++c->seen_with_truth * c->example_limit / c->slices_with_truth;
    return after > before;
}

static cc_status add_example(collection *c, const cc_prediction *p, const cc_run_slice *row) {
    size_t pixels = (size_t)p->height * (size_t)p->width;
    cc_run_example *e = &c->examples[c->example_count];
    *e = (cc_run_example){
        .stage = c->source->run->config->stage, .patient = row->patient, .slice = row->slice};
    e->height = (uint32_t)p->height;
    e->width = (uint32_t)p->width;
    e->image_hu = copied(c->arena, p->image_hu, pixels * sizeof *p->image_hu);
    e->truth = copied(c->arena, p->truth, pixels);
    e->prediction = copied(c->arena, p->mask, pixels);
    e->probability = copied(c->arena, p->probability, pixels * sizeof *p->probability);
    if (!e->image_hu || !e->truth || !e->prediction || !e->probability) return CC_ENOMEM;
    c->example_count++;
    return CC_OK;
}

static cc_status collect(void *context, const cc_prediction *p) {
    collection *c = context;
    const cc_slice_set *set = c->source->dataset->set;
    const cc_slice *slice = cc_slice_set_get(set, p->slice);
    cc_run_slice *row = &c->slices[c->slice_count++];
    snprintf(row->patient, sizeof row->patient, "%s", cc_slice_set_patient(set, slice->patient));
    row->slice = slice->number;
    row->tp = p->counts.tp;
    row->fp = p->counts.fp;
    row->fn = p->counts.fn;
    row->tn = p->counts.tn;
    row->soft_overlap = p->soft_overlap;
    row->soft_prediction = p->soft_prediction;
    row->soft_truth = p->soft_truth;
    return is_example(c, p) ? add_example(c, p, row) : CC_OK;
}

static cc_status count_truth(collection *c) {
    const cc_split_part *test = &c->source->dataset->split.test;
    const cc_slice_set *set = c->source->dataset->set;
    for (size_t i = 0; i < test->count; i++) {
        const cc_slice *slice = cc_slice_set_get(set, test->slices[i]);
        size_t pixels = (size_t)slice->height * (size_t)slice->width, any = 0;
        uint8_t *mask = malloc(pixels);
        if (!mask) return cc_fail_memory("test", pixels);
        cc_status status = cc_slice_set_read(set, test->slices[i], NULL, mask);
        for (size_t k = 0; k < pixels && !any; k++) any = mask[k] != 0;
        free(mask);
        CC_TRY(status);
        c->slices_with_truth += any;
    }
    return CC_OK;
}

static cc_status collect_test(collection *c) {
    size_t count = c->source->dataset->split.test.count;
    cc_evaluation ignored;
    CC_TRY(count_truth(c));
    size_t wanted = (size_t)c->source->run->config->results.examples;
    c->example_limit = wanted < c->slices_with_truth ? wanted : c->slices_with_truth;
    c->slices = cc_arena_get_array(c->arena, count, sizeof *c->slices);
    c->examples = cc_arena_get_array(c->arena, c->example_limit + 1, sizeof *c->examples);
    if (!c->slices || !c->examples) return CC_ENOMEM;
    return cc_evaluator_run(&ignored, c->source->evaluator, collect, c);
}

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

/* The processor's name, as the kernel has it. */
static const char *device_name(cc_arena *arena) {
    char line[256], name[200] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name : %199[^\n]", name) == 1) break;
    if (file) fclose(file);
    return cc_arena_format(arena, "cpu: %s", name);
}

static const char *utc(cc_arena *arena, time_t when) {
    char text[32];
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return cc_arena_copy(arena, text);
}

static void fill_provenance(cc_run_provenance *out, const cc_result_source *s, cc_arena *arena) {
    cc_run_library *library = cc_arena_get(arena, sizeof *library);
    const char *weights = s->run->weights_digest.hex;
    if (library) *library = (cc_run_library){s->backend->name, s->backend->describe()};
    *out = (cc_run_provenance){.identity = s->run->identity.hex,
                               .data_digest = s->run->data_digest.hex,
                               .weights_digest = weights[0] ? weights : NULL,
                               .commit = CC_BUILD_COMMIT,
                               .version = CC_VERSION,
                               .build = CC_BUILD_TYPE,
                               .compiler = CC_BUILD_COMPILER,
                               .device = device_name(arena),
                               .precision = s->run->config->train.precision,
                               .started = utc(arena, (time_t)s->started),
                               .finished = utc(arena, time(NULL)),
                               .numerics_version = CC_NUMERICS_VERSION,
                               .threads = omp_get_max_threads(),
                               .seconds = s->seconds,
                               .libraries = library,
                               .library_count = library != NULL};
}

/* "stale-" and the start of its identity, "damaged" where it has none to be read. */
static cc_status name_kept(char kept[CC_PATH_MAX], const cc_result_source *s, int number) {
    char ending[48], identity[65] = "";
    if (s->state == CC_RUN_STALE) CC_TRY(cc_run_read_identity(identity, s->run->path));
    bool known = strlen(identity) >= 8 && strspn(identity, "0123456789abcdef") >= 8;
    int length = s->state == CC_RUN_DAMAGED
                     ? snprintf(ending, sizeof ending, ".damaged")
                     : snprintf(ending, sizeof ending, ".stale-%.8s", known ? identity : "unknown");
    if (number > 1) snprintf(ending + length, sizeof ending - (size_t)length, "-%d", number);
    return cc_path_append(kept, s->run->path, ending);
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* A second name for the older file, so that the new one may take its first: at no time is either lost. Where
 * the file system knows no second names, the older file is renamed. An earlier try may have come this far. */
static cc_status keep_older(const cc_result_source *s) {
    char kept[CC_PATH_MAX];
    const char *path = s->run->path;
    if (s->state != CC_RUN_STALE && s->state != CC_RUN_DAMAGED) return CC_OK;
    for (int number = 1;; number++) {
        CC_TRY(name_kept(kept, s, number));
        if (link(path, kept) == 0 || (errno == EEXIST && same_file(path, kept))) break;
        if (errno == EEXIST) continue;
        if (rename(path, kept) == 0) break;
        return cc_fail_errno(path, "rename");
    }
    cc_log(CC_LOG_INFO, "the older file is kept as %s", kept);
    return CC_OK;
}

static cc_status fill_run(cc_run *run, collection *c) {
    const cc_result_source *s = c->source;
    const cc_experiment_config *config = s->run->config;
    char *text;
    CC_TRY(cc_config_print(&text, config, c->arena));
    CC_TRY(collect_test(c));
    *run = (cc_run){.experiment = config->name,
                    .variant = config->variant,
                    .fold = config->data.fold == CC_FOLD_NONE ? 0 : config->data.fold + 1,
                    .seed = (int64_t)config->seed,
                    .stage = config->stage,
                    .leaking_split = cc_split_leaks(&s->dataset->split, s->dataset->set),
                    .parameter_count = cc_model_trained_values(s->model),
                    .best_epoch = s->best_epoch,
                    .config = text,
                    .plan = s->plan,
                    .epochs = s->history,
                    .epoch_count = s->epoch_count,
                    .slices = c->slices,
                    .slice_count = c->slice_count,
                    .examples = c->examples,
                    .example_count = c->example_count};
    fill_provenance(&run->provenance, s, c->arena);
    return list_tensors(run, s->model, c->arena);
}

cc_status cc_result_write(const cc_result_source *source) {
    cc_run run;
    collection c = {.source = source, .arena = cc_arena_create()};
    if (!c.arena) return CC_ENOMEM;
    cc_status status = fill_run(&run, &c);
    if (status == CC_OK) status = keep_older(source);
    if (status == CC_OK) status = cc_run_write(source->run->path, &run);
    cc_arena_destroy(c.arena);
    return status;
}
