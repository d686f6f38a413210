/* A training that cannot work is refused before it starts; what says nothing afterwards is said. The
 * phantom's masks are emptied by the part of the split that their patient is dealt to. */
#include "datasets/png.h"
#include "experiments/planning/data.h"
#include "runs.h"

static char data[256];

/* Every mask of one slice is written again: with all of its pixels of one grey. */
static void paint(const char *patient, int number, int height, int width, uint8_t grey) {
    char path[CC_PATH_MAX];
    uint8_t *pixels = malloc((size_t)height * (size_t)width);
    assert_non_null(pixels);
    memset(pixels, grey, (size_t)height * (size_t)width);
    snprintf(path, sizeof path, "%s/train/%s/mask/1-%03d.png", data, patient, number);
    assert_ok(cc_png_write_gray(path, pixels, height, width, 8));
    free(pixels);
}

enum { TRAIN = 1, VALIDATION = 2, TEST = 4 };

/* A fresh copy of the phantom; of these parts all masks are black. */
static void copy_without(int parts) {
    cc_config *config;
    cc_slice_set *set;
    cc_split split;
    assert_int_equal(cc_test_run(NULL, 0, "rm -rf '%s' && cp -r '%s' '%s'", data, runs_data, data), 0);
    assert_ok(cc_config_load(&config, runs_config, NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_data_open(&set, cc_config_get(config, 0)));
    assert_ok(cc_data_split(&split, set, cc_config_get(config, 0)));
    const cc_split_part *all[] = {&split.train, &split.validation, &split.test};
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; (parts & 1 << k) && i < all[k]->count; i++) {
            const cc_slice *s = cc_slice_set_get(set, all[k]->slices[i]);
            paint(cc_slice_set_patient(set, s->patient), s->number, s->height, s->width, 0);
        }
    cc_split_deinit(&split);
    cc_slice_set_close(set);
    cc_config_destroy(config);
}

static int setup(void **state) {
    runs_setup(state);
    snprintf(data, sizeof data, "%s", cc_test_path(runs_folder(), "copy"));
    return 0;
}

/* The run on the copy. */
static void go(outcome *o, int without, const char *arguments) {
    char all[1024];
    copy_without(without);
    snprintf(all, sizeof all, "--set data.root=%s --set train.epochs=1 %s", data, arguments);
    runs_go(o, runs_folder(), all);
}

static void validation_without_truth_cannot_choose_by_its_f1(void **state) {
    (void)state;
    outcome o;
    go(&o, VALIDATION, "");
    assert_failed(&o, 1, "data.split.validation: no slice of the validation part has a true pixel");
    assert_says(o.err, "F1 would be 0 in every epoch");
    assert_null(strstr(o.err, "epoch 1/1"));
    go(&o, VALIDATION,
       "--set train.early_stopping.monitor=validation.loss --set train.early_stopping.mode=min");
    assert_int_equal(o.status, 0);
    assert_says(o.err, "warning: test/small a, seed 1: the validation part has no true pixel");
}

static void nothing_to_learn_from_is_refused(void **state) {
    (void)state;
    outcome o;
    go(&o, TRAIN, "");
    assert_failed(&o, 1, "data.split.train: no slice of the training part has a true pixel");
    go(&o, TRAIN | VALIDATION | TEST, "");
    assert_failed(&o, 1, "no slice of the dataset has a true pixel: its truth is empty (check the masks");
    go(&o, 0, "--set data.mask_threshold=254");
    assert_int_equal(o.status, 0);
}

static void a_test_part_without_truth_is_said(void **state) {
    (void)state;
    outcome o;
    go(&o, TEST, "");
    assert_int_equal(o.status, 0);
    assert_says(o.err, "warning: test/small a, seed 1: no slice of the test part has a true pixel");
    go(&o, 0, "");
    assert_int_equal(o.status, 0);
    assert_null(strstr(o.err, "true pixel"));
}

static void predictions_of_one_class_are_said(void **state) {
    (void)state;
    outcome o;
    go(&o, 0, "--set results.threshold=0.999999");
    assert_int_equal(o.status, 0);
    assert_says(o.err,
                "warning: test/small a, seed 1: every pixel of the 3 slices is predicted as background");
    go(&o, 0, "--set results.threshold=1.0e-9");
    assert_int_equal(o.status, 0);
    assert_says(o.err, "is predicted as foreground");
    go(&o, 0, "--set train.epochs=4");
    assert_int_equal(o.status, 0);
    assert_null(strstr(o.err, "is predicted as"));
}

static void one_broken_patient_stops_a_run_unless_it_is_left_out(void **state) {
    (void)state;
    outcome o;
    char line[1024];
    const char *out = runs_folder();
    assert_int_equal(cc_test_run(NULL, 0,
                                 "rm -rf '%s' && cp -r '%s' '%s' && cd '%s/train' && p=$(ls | head -1) && "
                                 "mkdir broken && cp -r $p/* broken && rm broken/mask/1-001.png",
                                 data, runs_data, data, data),
                     0);
    snprintf(line, sizeof line, "--set data.root=%s --set train.epochs=1", data);
    runs_go(&o, out, line);
    assert_failed(&o, 1, "patient broken: ");
    assert_says(o.err, "data.skip_broken: true leaves this patient out");
    strcat(line, " --set data.skip_broken=true");
    runs_go(&o, out, line);
    assert_int_equal(o.status, 0);
    assert_says(o.err, "warning: patient broken is left out: ");
    assert_says(o.err, "1 of 5 patients are left out as broken");
    runs_ok(&o, out, line); /* its identity holds: it is done */
    assert_null(strstr(o.err, "epoch 1/1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_without_truth_cannot_choose_by_its_f1),
        cmocka_unit_test(nothing_to_learn_from_is_refused),
        cmocka_unit_test(a_test_part_without_truth_is_said),
        cmocka_unit_test(predictions_of_one_class_are_said),
        cmocka_unit_test(one_broken_patient_stops_a_run_unless_it_is_left_out),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
