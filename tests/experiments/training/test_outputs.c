/* tests/experiments/training/test_outputs.c -- a run of a net with two outputs, regions and lesions, from
 * training to `predict`: the same bytes whatever the workers and whether it was killed; a lesion is of the
 * region that most of its voxels are in, counted here by hand from what the net says; data without regions
 * are refused. */
#include <math.h>
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "experiments/config/device.h"
#include "experiments/evaluation/rescore.h"
#include "results/masks.h"
#include "run_data.h"
#include "runs.h"

enum { SIDE = 64, DEPTH = 5, PIXELS = SIDE * SIDE, VOXELS = DEPTH * PIXELS, REGIONS = 3 };

static char folder[256], whole[CC_PATH_MAX]; /* of configs; the run that was made without a stop */

static const char *config_in(const char *name) {
    return cc_test_path(folder, name);
}

/* Weights that make the net mark nearly everything; above 130 HU bones remain, in many lesions. */
static int setup(void **state) {
    outcome o;
    char text[2048];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 4 --size 64 --slices 5 --seed 2 --layout "
                                 "orcascore --regions",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(folder, sizeof folder, "%s", runs_folder());
    snprintf(
        text, sizeof text,
        "name: test/small\nvariant: a\nstage: calcification\n"
        "data:\n  source: orcascore\n  root: %s-orca\n  split: {train: 2, validation: 1, test: 1, seed: 1}\n"
        "  channels: [hu, above_130]\n  targets: {region: regions, lesion: calcium}\n"
        "preprocess: {roi: {mode: none}}\n"
        "augment: [hflip]\naugment_random: {types: [affine]}\n"
        "net: {arch: mtal, dropout: 0.5}\n"
        "loss:\n  type: uncertainty\n  terms:\n"
        "    - {head: region, type: cross-entropy, class_weights: [0.02, 1, 1, 1]}\n"
        "    - {head: lesion, type: cross-entropy, class_weights: [0.0001, 1]}\n"
        "optimizer: {lr: 1.0e-3}\nevaluate: {above_hu: 130}\n"
        "train: {epochs: 2, batch: 2, workers: 1, empty_slices: 0.01}\n",
        runs_data);
    runs_write(config_in("small.yaml"), text);
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
    const char *out = runs_folder();
    runs_ok(&o, out, "");
    assert_says(o.err, "; log-variances "); /* of each epoch, in the log */
    snprintf(whole, sizeof whole, "%s", runs_path(out, 1));
    return 0;
}

static void bytes_do_not_depend_on_the_number_of_workers(void **state) {
    (void)state;
    runs_same_with_workers(whole);
}

static void a_killed_run_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    cc_run a, b;
    cc_arena *arena = cc_arena_create();
    const char *out = runs_folder();
    held_goes_on_as(whole, out);
    assert_ok(cc_run_read(&a, runs_path(out, 1), CC_RUN_BASIC, arena));
    assert_ok(cc_run_read(&b, whole, CC_RUN_BASIC, arena));
    assert_string_equal(a.provenance.log_variance, b.provenance.log_variance);
    double s[2];
    assert_int_equal(sscanf(a.provenance.log_variance, "%lf %lf", &s[0], &s[1]), 2);
    assert_true(s[0] != 0 && s[1] != 0 && s[0] != s[1]); /* both were trained, each its own way */
    cc_arena_destroy(arena);
}

/* What the run's masks hold of its test patient: of each voxel whether it is marked, and its class. */
static void read_masks(uint8_t *marked, uint8_t *classes, char *patient) {
    static uint8_t pixels[2 * PIXELS];
    cc_run run;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_run_read(&run, whole, CC_RUN_MASKS, arena));
    assert_int_equal(run.masks.count, DEPTH);
    assert_int_equal(run.masks.classes, REGIONS);
    memcpy(patient, run.slices[0].patient, sizeof run.slices[0].patient);
    for (size_t z = 0; z < DEPTH; z++) {
        assert_ok(cc_run_masks_unpack(pixels, &run.masks, z));
        for (int i = 0; i < PIXELS; i++) {
            marked[z * PIXELS + (size_t)i] = pixels[i] & CC_PIXEL_PREDICTED;
            classes[z * PIXELS + (size_t)i] = pixels[PIXELS + i];
        }
    }
    cc_arena_destroy(arena);
}

/* The net's own votes, voxel by voxel. */
typedef struct votes {
    uint8_t mask[VOXELS], regions[VOXELS];
    size_t slices;
} votes;

static cc_status keep_votes(void *context, const cc_prediction *p) {
    votes *v = context;
    memcpy(v->mask + v->slices * PIXELS, p->mask, PIXELS);
    memcpy(v->regions + v->slices++ * PIXELS, p->regions, PIXELS);
    return CC_OK;
}

static void predict_votes(votes *out) {
    cc_config *config;
    cc_run_plan *plan;
    run_data data;
    cc_run run;
    cc_model *model;
    cc_plan *net;
    cc_evaluator *evaluator;
    cc_evaluation found;
    const cc_backend *cpu;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_device_find(&cpu, "cpu"));
    assert_ok(cc_config_load(&config, runs_config, NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&plan, &config, 1, runs_folder(), &cc_backend_cpu, 1));
    assert_ok(run_data_init(&data, cc_run_plan_get(plan, 0), cpu));
    assert_ok(cc_model_create(&model, &cc_config_get(config, 0)->net, cpu));
    assert_ok(cc_plan_create(&net, model, &(cc_plan_options){.n = 2, .height = 256, .width = 256}));
    runs_read(&run, whole, arena);
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        size_t k = 0;
        while (strcmp(run.tensors[k].name, cc_model_parameter(model, i)->name) != 0) k++;
        assert_ok(cc_model_set(model, i, run.tensors[k].data));
    }
    const cc_evaluation_source source = cc_net_view_test(&data.view, &data.view.test, net);
    assert_ok(cc_evaluator_create(&evaluator, &source));
    assert_ok(cc_evaluator_run(&found, evaluator, keep_votes, out));
    assert_int_equal(out->slices, DEPTH);
    cc_evaluator_destroy(evaluator);
    /* With its targets the same net has a loss: the regions count, too. Five slices in batches of two. */
    const cc_evaluation_source learned = cc_net_view_evaluation(&data.view, &data.view.validation, net);
    assert_ok(cc_evaluator_create(&evaluator, &learned));
    assert_ok(cc_evaluator_run(&found, evaluator, NULL, NULL));
    assert_true(isfinite(found.loss));
    cc_evaluator_destroy(evaluator);
    cc_plan_destroy(net);
    cc_model_destroy(model);
    run_data_deinit(&data);
    cc_run_plan_destroy(plan);
    cc_config_destroy(config);
    cc_arena_destroy(arena);
}

/* Marks the lesion of voxel `at` in `lesion`, by a stack of voxels to be looked at. */
static size_t fill_lesion(uint8_t *lesion, const uint8_t *mask, size_t at) {
    static size_t stack[7 * VOXELS];
    size_t depth = 0, count = 0;
    stack[depth++] = at;
    while (depth > 0) {
        const size_t i = stack[--depth], x = i % SIDE, y = i / SIDE % SIDE, z = i / PIXELS;
        if (!mask[i] || lesion[i]) continue;
        lesion[i] = 1;
        count++;
        if (x > 0) stack[depth++] = i - 1;
        if (x + 1 < SIDE) stack[depth++] = i + 1;
        if (y > 0) stack[depth++] = i - SIDE;
        if (y + 1 < SIDE) stack[depth++] = i + SIDE;
        if (z > 0) stack[depth++] = i - PIXELS;
        if (z + 1 < DEPTH) stack[depth++] = i + PIXELS;
    }
    return count;
}

static void a_lesion_is_of_the_region_that_most_of_its_voxels_are_in(void **state) {
    (void)state;
    static votes v;
    static uint8_t marked[VOXELS], classes[VOXELS], lesion[VOXELS], seen[VOXELS];
    char patient[CC_RUN_NAME_MAX];
    size_t lesions = 0, disagreed = 0;
    read_masks(marked, classes, patient);
    predict_votes(&v);
    assert_memory_equal(v.mask, marked, VOXELS);
    for (size_t at = 0; at < VOXELS; at++) {
        size_t sure[REGIONS + 1] = {0}, doubted[REGIONS + 1] = {0};
        if (!marked[at]) assert_true(classes[at] == 0 && v.regions[at] == 0);
        if (!marked[at] || seen[at]) continue;
        memset(lesion, 0, sizeof lesion);
        fill_lesion(lesion, marked, at);
        for (size_t i = 0; i < VOXELS; i++) {
            if (!lesion[i]) continue;
            seen[i] = 1;
            assert_in_range(v.regions[i] & 127, 1, REGIONS);
            (v.regions[i] & 128 ? doubted : sure)[v.regions[i] & 127]++;
        }
        const size_t *counts = sure[1] + sure[2] + sure[3] > 0 ? sure : doubted;
        int best = 1;
        for (int k = 2; k <= REGIONS; k++)
            if (counts[k] > counts[best]) best = k;
        for (size_t i = 0; i < VOXELS; i++) {
            if (!lesion[i]) continue;
            assert_int_equal(classes[i], best);
            disagreed += (v.regions[i] & 127) != best;
        }
        lesions++;
    }
    assert_true(lesions > 5 && disagreed > 0); /* else single voxels' votes would do as well */
}

/* The rows by artery are of both masks: what is predicted belongs to one artery, too. */
static void rescored_is_what_the_run_counted_by_artery(void **state) {
    (void)state;
    cc_rescored r;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_rescore(&r, whole, 1, arena));
    assert_null(r.difference);
    assert_true(r.run.masks.arteries);
    assert_int_equal(r.run.challenge_count, 4 * r.run.patient_count);
    const cc_run_challenge *c = r.run.challenge;
    assert_int_equal(c[1].lesions_predicted + c[2].lesions_predicted + c[3].lesions_predicted,
                     c->lesions_predicted);
    assert_true(c->lesions_predicted > 0);
    for (int a = 1; a <= 3; a++) assert_false(isnan(c[a].volume_added_mm3));
    cc_arena_destroy(arena);
}

/* Without regions beside it: none are needed. */
static void a_scan_is_marked_with_the_arteries_of_the_runs_own_test(void **state) {
    (void)state;
    static uint8_t marked[VOXELS], want[VOXELS];
    char patient[CC_RUN_NAME_MAX], line[4 * CC_PATH_MAX], path[CC_PATH_MAX];
    outcome o;
    cc_volume mask = {0};
    read_masks(marked, want, patient);
    snprintf(path, sizeof path, "%s", cc_test_path(runs_folder(), "m.mha"));
    snprintf(line, sizeof line, "%s predict %s %s-orca/Training_set/Images/%sCTI.mhd -o %s", CC_PROGRAM,
             whole, runs_data, patient, path);
    runs_shell(&o, line);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    assert_ok(cc_volume_read(&mask, path));
    for (int i = 0; i < VOXELS; i++) assert_true(mask.voxels[i] == want[i]);
    cc_volume_deinit(&mask);
}

static void an_ensemble_of_such_nets_is_refused(void **state) {
    (void)state;
    outcome o;
    char text[1024];
    snprintf(text, sizeof text,
             "name: test/both\nvariant: a\nstage: ensemble\n"
             "data:\n  source: orcascore\n  root: %s-orca\n"
             "  split: {train: 2, validation: 1, test: 1, seed: 1}\n"
             "upstream: {members: [small.yaml]}\n",
             runs_data);
    runs_write(config_in("both.yaml"), text);
    snprintf(runs_config, sizeof runs_config, "%s", config_in("both.yaml"));
    runs_go(&o, runs_folder(), "");
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
    assert_failed(&o, o.status, "test/small cannot be a member: its net has several outputs");
}

/* Found before anything is trained, in one line each. */
static void data_without_regions_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *sets, *says;
    } cases[] = {
        {"--set data.root=%s-orca", "there are no regions beside it: TRV1P1Regions.mhd is not there"},
        {"--set data.source=list --set data.root=null --set data.list=%s-orca/list.csv",
         "it has no column regions, which data.targets asks for"},
        {"--set data.source=list --set data.root=null --set data.list=%s-orca/empty.csv",
         "the regions are not given"},
        {"--set data.source=coca",
         "data.targets: regions lie beside the scans of orcascore and list, and coca has none"},
    };
    char sets[512];
    outcome o;
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "cd %s-orca && rm Training_set/Ref*/TRV1P1Regions.* && "
                    "echo image,mask,patient > list.csv && echo image,mask,patient,regions > empty.csv && "
                    "for p in TRV1P1 TRV2P1 TRV3P1; do i=Training_set/Images/${p}CTI.mhd; "
                    "m=\"Training_set/Reference standard/${p}R.mhd\"; echo \"$i,$m,$p\" >> list.csv; "
                    "echo \"$i,$m,$p,\" >> empty.csv; done",
                    runs_data),
        0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(sets, sizeof sets, cases[i].sets, runs_data);
        runs_go(&o, runs_folder(), sets);
        assert_failed(&o, o.status, cases[i].says);
        assert_true(o.status == 1 || o.status == 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_workers),
        cmocka_unit_test(a_killed_run_goes_on_to_the_same_bytes),
        cmocka_unit_test(a_lesion_is_of_the_region_that_most_of_its_voxels_are_in),
        cmocka_unit_test(rescored_is_what_the_run_counted_by_artery),
        cmocka_unit_test(a_scan_is_marked_with_the_arteries_of_the_runs_own_test),
        cmocka_unit_test(an_ensemble_of_such_nets_is_refused),
        cmocka_unit_test(data_without_regions_are_refused), /* last: it takes the regions away */
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
