/* tests/experiments/training/test_channels.c -- a run with neighbouring slices, a mask as a channel and the
 * arteries as classes, from training to `predict`: the same bytes whatever the workers and whether it was
 * killed; all that its masks tell is what it counted; a scan is marked as its own test marked it. */
#include <math.h>
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "experiments/evaluation/rescore.h"
#include "results/masks.h"
#include "runs.h"

enum { SIDE = 64, DEPTH = 10, PIXELS = SIDE * SIDE, PREDICTED_MAX = 3 };

static char folder[256], whole[CC_PATH_MAX]; /* of configs; of the run that was made without a stop */

static const char *config_in(const char *name) {
    return cc_test_path(folder, name);
}

static int setup(void **state) {
    outcome o;
    char text[1024];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 8 --size 64 --slices 10 --seed 2 --layout "
                                 "orcascore",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(folder, sizeof folder, "%s", runs_folder());
    snprintf(text, sizeof text,
             "data:\n  source: orcascore\n  root: %s-orca\n  split: {train: 4, validation: 2, test: 2}\n"
             "  slices: 3\n  channels: [hu, above_130]\n  targets: arteries\n"
             "preprocess: {roi: {mode: none}}\n"
             "augment: [hflip]\naugment_random: {types: [affine, noise]}\n"
             "net: {arch: unet-bn, width: 4, depth: 3}\n"
             "loss: {type: cross-entropy, class_weights: [1, 1000, 1000, 1000]}\noptimizer: {lr: 3.0e-2}\n"
             "train: {epochs: 4, batch: 4, workers: 1}\n",
             runs_data);
    runs_write(config_in("base.yaml"), text);
    runs_write(config_in("small.yaml"),
               "extends: base.yaml\nname: test/small\nvariant: a\nstage: calcification\n");
    runs_write(config_in("third.yaml"), "extends: base.yaml\nname: test/third\nstage: false_positive\n"
                                        "windows: {size: 32, augment_negative: [hflip]}\n"
                                        "upstream: {calcification: small.yaml, out_of_fold: false}\n");
    snprintf(text, sizeof text,
             "name: test/chain\nstage: cascade\nwindows: {size: 32}\npreprocess: {roi: {mode: none}}\n"
             "data: {source: orcascore, root: %s-orca, split: {train: 4, validation: 2, test: 2}}\n"
             "upstream: {calcification: small.yaml, false_positive: third.yaml}\n",
             runs_data);
    runs_write(config_in("chain.yaml"), text);
    snprintf(runs_config, sizeof runs_config, "%s", config_in("small.yaml"));
    const char *out = runs_folder();
    runs_ok(&o, out, config_in("chain.yaml"));
    snprintf(whole, sizeof whole, "%s", runs_path(out, 1));
    return 0;
}

/* The file of one of the three runs that the setup made. */
static const char *result_of(const char *name) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%.*s%s", (int)(strstr(whole, "small/a") - whole), whole, name);
    return cc_test_path(path, "fold-0/seed-1.h5");
}

static const char *const results[] = {"small/a", "third/default", "chain/default"};

static void bytes_do_not_depend_on_the_number_of_workers(void **state) {
    (void)state;
    runs_same_with_workers(whole);
}

static void a_killed_run_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    held_goes_on_as(whole, runs_folder());
}

/* The rows by artery are of both masks now: what is predicted belongs to one artery, too. */
static void rescored_is_what_the_run_counted_by_artery(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        cc_rescored r;
        int64_t predicted = 0;
        cc_arena *arena = cc_arena_create();
        assert_ok(cc_rescore(&r, result_of(results[k]), 1, arena));
        assert_null(r.difference);
        assert_int_equal(r.run.masks.classes, 3);
        assert_true(r.run.masks.arteries);
        assert_int_equal(r.run.challenge_count, 4 * r.run.patient_count);
        for (size_t i = 0; i < r.run.challenge_count; i += 4) {
            const cc_run_challenge *c = &r.run.challenge[i];
            assert_int_equal(c[1].lesions_true + c[2].lesions_true + c[3].lesions_true, c->lesions_true);
            assert_int_equal(c[1].lesions_predicted + c[2].lesions_predicted + c[3].lesions_predicted,
                             c->lesions_predicted);
            for (int a = 1; a <= 3; a++) assert_false(isnan(c[a].volume_added_mm3));
            predicted += c->lesions_predicted;
        }
        assert_true(predicted > 0);
        cc_arena_destroy(arena);
    }
}

/* Of each pixel of the first test patient the class that the run's masks hold. */
static void read_classes(uint8_t *out, char *patient, const char *result) {
    static uint8_t pixels[2 * PIXELS];
    cc_run run;
    int seen[PREDICTED_MAX + 1] = {0};
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_run_read(&run, result, CC_RUN_MASKS, arena));
    assert_int_equal(cc_run_masks_depth(&run.masks), 2);
    memcpy(patient, run.slices[0].patient, sizeof run.slices[0].patient);
    for (int z = 0; z < DEPTH; z++) {
        assert_string_equal(run.slices[z].patient, patient);
        assert_int_equal(run.slices[z].slice, z);
        assert_ok(cc_run_masks_unpack(pixels, &run.masks, (size_t)z));
        memcpy(out + (size_t)z * PIXELS, pixels + PIXELS, PIXELS);
    }
    for (int i = 0; i < DEPTH * PIXELS; i++) {
        assert_in_range(out[i], 0, PREDICTED_MAX);
        seen[out[i]]++;
    }
    assert_true(seen[0] > 0 && seen[0] < DEPTH * PIXELS); /* or nothing would be compared */
    cc_arena_destroy(arena);
}

static void a_scan_is_marked_with_the_classes_of_the_runs_own_test(void **state) {
    (void)state;
    static uint8_t want[DEPTH * PIXELS];
    char patient[CC_RUN_NAME_MAX], line[4 * CC_PATH_MAX], path[CC_PATH_MAX];
    for (int k = 0; k < 3; k++) {
        outcome o;
        cc_volume mask = {0};
        read_classes(want, patient, result_of(results[k]));
        snprintf(path, sizeof path, "%s", cc_test_path(runs_folder(), "m.mha"));
        snprintf(line, sizeof line, "%s predict %s %s-orca/Training_set/Images/%sCTI.mhd -o %s", CC_PROGRAM,
                 result_of(results[k]), runs_data, patient, path);
        runs_shell(&o, line);
        if (o.status != 0) print_error("%s", o.err);
        assert_int_equal(o.status, 0);
        assert_ok(cc_volume_read(&mask, path));
        for (int i = 0; i < DEPTH * PIXELS; i++) assert_true(mask.voxels[i] == want[i]);
        cc_volume_deinit(&mask);
    }
}

/* Found before anything is trained, in one line each. */
static void data_that_lack_what_is_asked_for_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *data, *says;
    } cases[] = {
        {"{source: ctheart, root: %s, channels: [hu, above_130]}",
         "data.channels: a channel above a threshold needs HU, and pictures of ctheart hold grey values"},
        {"{source: ctheart, root: %s-single, slices: 3}",
         "data.slices: no slice has a neighbour in its scan: each would be shown 3 times"},
        {"{source: list, list: %s-orca/list.csv, targets: arteries}",
         "its mask has the label 9, which is no artery of data.targets: arteries"},
        {"{source: list, list: %s-orca/one.csv, targets: arteries, labels: [1, 7, 8]}",
         "data.targets: no mask tells arteries apart"},
    };
    char text[2048], data[1024], image[CC_PATH_MAX], line[2 * CC_PATH_MAX];
    outcome o;
    cc_volume mask = {0};
    /* One picture a patient. */
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cp -r %s %s-single && find %s-single -name '1-*.png' ! -name "
                                 "'1-002.png' -delete",
                                 runs_data, runs_data, runs_data),
                     0);
    /* A mask with a label that is no artery, and one of one label. */
    assert_int_equal(
        cc_test_run(image, sizeof image, "ls %s-orca/Training_set/Ref*/*.mhd | head -1", runs_data), 0);
    image[strcspn(image, "\n")] = 0;
    assert_ok(cc_volume_read(&mask, image));
    mask.voxels[5] = 9;
    snprintf(line, sizeof line, "%s-orca", runs_data);
    assert_ok(cc_volume_write(cc_test_path(line, "nine.mha"), &mask, "uint8"));
    for (int i = 0; i < DEPTH * PIXELS; i++) mask.voxels[i] = i % 2;
    assert_ok(cc_volume_write(cc_test_path(line, "one.mha"), &mask, "uint8"));
    cc_volume_deinit(&mask);
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "cd %s-orca && for k in nine one; do echo image,mask,patient; i=0; for f in "
                    "Training_set/Images/*CTI.mhd; do i=$((i+1)); echo \"$f,$k.mha,p$i\"; done; done "
                    "> both && head -9 both > list.csv && tail -9 both > one.csv",
                    runs_data),
        0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(data, sizeof data, cases[i].data, runs_data);
        snprintf(text, sizeof text,
                 "stage: roi\nnet: {arch: unet-bn, width: 4, depth: 2}\nloss: {type: %s}\ndata: %s\n",
                 strstr(data, "targets") ? "cross-entropy" : "dice", data);
        runs_write(config_in("refused.yaml"), text);
        snprintf(line, sizeof line, "%s run %s --device cpu --out %s", CC_PROGRAM, config_in("refused.yaml"),
                 runs_folder());
        runs_shell(&o, line);
        assert_failed(&o, o.status, cases[i].says);
        assert_true(o.status == 1 || o.status == 2);
        snprintf(line, sizeof line, "%s check %s", CC_PROGRAM, config_in("refused.yaml"));
        runs_shell(&o, line);
        assert_int_equal(o.status, 1);
        assert_says(o.out, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_workers),
        cmocka_unit_test(a_killed_run_goes_on_to_the_same_bytes),
        cmocka_unit_test(rescored_is_what_the_run_counted_by_artery),
        cmocka_unit_test(a_scan_is_marked_with_the_classes_of_the_runs_own_test),
        cmocka_unit_test(data_that_lack_what_is_asked_for_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
