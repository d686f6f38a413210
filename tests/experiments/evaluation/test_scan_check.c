/* What a scan to predict looks like beside what the run was trained on. Values are those of the kinds of
 * files that people give: scaled, without their intercept, shifted; and of CTs as they should be. */
#include <math.h>
#include <stdlib.h>
#include "datasets/scan.h"
#include "experiments/evaluation/scan_check.h"
#include "results/store.h"
#include "said.h"

enum { SIDE = 10, DEPTH = 5, COUNT = SIDE * SIDE * DEPTH };

/* A chest: `air`, `soft` and `dense` of every ten voxels, at -1000, -60 to 60 and 300 HU. */
static void fill(cc_volume *v, int air, int soft) {
    *v = (cc_volume){.grid = {{SIDE, SIDE, DEPTH}, {0.4, 0.4, 3}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                     .type = "float32",
                     .format = "metaimage"};
    v->voxels = malloc(COUNT * sizeof *v->voxels);
    assert_non_null(v->voxels);
    for (int i = 0; i < COUNT; i++)
        v->voxels[i] = i % 10 < air ? -1000 : i % 10 < air + soft ? (float)(i % 121 - 60) : 300;
}

static const char *check(cc_volume *v, const double window[2]) {
    static said s;
    cc_experiment_config config = {.stage = "roi"};
    const cc_planned_run run = {.config = &config};
    memcpy(config.preprocess.window_hu, window, sizeof config.preprocess.window_hu);
    said_start(&s);
    cc_scan_check_values(v, "a.mha", &run);
    said_end(&s);
    return s.text;
}

static const double usual[2] = {-200, 800};

static void hu_are_taken_in_silence(void **state) {
    (void)state;
    static const int shares[][2] = {{4, 5}, {0, 9}, {7, 1}, {9, 1}, {0, 10}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        cc_volume v;
        fill(&v, shares[i][0], shares[i][1]);
        assert_string_equal(check(&v, usual), "");
        for (int k = 0; k < COUNT; k++) v.voxels[k] = fmaxf(v.voxels[k], -200); /* clipped to the window */
        assert_string_equal(check(&v, usual), "");
        cc_volume_deinit(&v);
    }
}

static float to_unit(float hu) {
    return (hu + 1000) / 4000;
}
static float to_score(float hu) {
    return (hu + 300) / 500;
}
static float to_stored(float hu) {
    return hu + 1024;
}
static float to_byte(float hu) {
    return fminf(fmaxf((hu + 200) / 1000, 0), 1) * 255;
}
static float to_percent(float hu) {
    return to_unit(hu) * 100;
}
static float shifted_twice(float hu) {
    return hu - 1024;
}
/* Without its intercept, but for the padding. */
static float to_padded(float hu) {
    return hu == -1000 ? -2000 : hu + 1024;
}

static void values_that_are_no_hu_are_said_with_both_ranges(void **state) {
    (void)state;
    static const struct {
        float (*change)(float);
        const char *values, *why;
    } cases[] = {
        {to_unit, "from 0 to 0.325", "scaled"},
        {to_score, "from -1.4 to 1.2", "scaled"},
        {to_stored, "from 24 to 1324", "none is below 0"},
        {to_byte, "from 0 to 127.5", "none is below 0"},
        {to_percent, "from 0 to 32.5", "scaled"},
        {shifted_twice, "from -2024 to -724", "only 0.0 % of them lie from -200 to 200"},
        {to_padded, "from -2000 to 1324", "only 0.0 % of them lie from -200 to 200"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v;
        fill(&v, 4, 5);
        for (int k = 0; k < COUNT; k++) v.voxels[k] = cases[i].change(v.voxels[k]);
        const char *text = check(&v, usual);
        if (!strstr(text, "warning: a.mha: ") || !strstr(text, cases[i].values) ||
            !strstr(text, cases[i].why) || !strstr(text, "HU of a CT") || !strstr(text, "window -200 to 800"))
            fail_msg("case %zu: %s", i, text);
        cc_volume_deinit(&v);
    }
}

static void air_that_reads_0_beside_padding_is_said(void **state) {
    (void)state;
    cc_volume v;
    fill(&v, 4, 5);
    for (int k = 0; k < COUNT; k++) v.voxels[k] = k % 50 ? v.voxels[k] + 1024 : -2000;
    const char *text = check(&v, usual);
    if (!strstr(text, "lie above 600")) fail_msg("%s", text);
    cc_volume_deinit(&v);
}

static void scaled_values_are_right_where_the_run_was_trained_on_such(void **state) {
    (void)state;
    static const double unit[2] = {0, 1};
    cc_volume v;
    fill(&v, 4, 5);
    for (int k = 0; k < COUNT; k++) v.voxels[k] = to_unit(v.voxels[k]);
    assert_string_equal(check(&v, unit), "");
    snprintf(v.format, sizeof v.format, "png");
    assert_string_equal(check(&v, usual), ""); /* a picture's grey spans the window */
    cc_volume_deinit(&v);
}

/* A run file with one stored example whose pixels have this size. */
static void write_run(cc_planned_run *run, double x_mm, double y_mm) {
    static const float image[4] = {0};
    static const uint8_t mask[4] = {0};
    static const cc_run_slice slice = {"a", 1, 1, 1, 1, 1, 0, 0, 0};
    const cc_run_example example = {"roi", "a", 1, 2, 2, image, mask, mask, NULL, {x_mm, y_mm}};
    const cc_run file = {.experiment = "x",
                         .variant = "y",
                         .stage = "roi",
                         .seed = 1,
                         .config = "",
                         .slices = &slice,
                         .slice_count = 1,
                         .examples = &example,
                         .example_count = 1};
    *run = (cc_planned_run){0};
    snprintf(run->path, sizeof run->path, "%s", cc_test_path(cc_test_folder(), "run.h5"));
    assert_ok(cc_run_write(run->path, &file));
}

static void pixels_of_another_size_are_said(void **state) {
    (void)state;
    static const struct {
        double trained[2], scan[2];
        bool said;
    } cases[] = {{{0.4, 0.4}, {0.4, 0.4}, false}, {{0.4, 0.4}, {0.55, 0.3}, false},
                 {{0.4, 0.4}, {0.7, 0.7}, true},  {{0.4, 0.4}, {0.2, 0.2}, true},
                 {{0.4, 0.5}, {0.7, 0.7}, false}, {{0.4, 0.4}, {0.4, 0.9}, true},
                 {{0, 0}, {5, 5}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v;
        cc_slice_set *set;
        cc_planned_run run;
        said s;
        fill(&v, 4, 5);
        memcpy(v.grid.spacing_mm, cases[i].scan, sizeof cases[i].scan);
        write_run(&run, cases[i].trained[0], cases[i].trained[1]);
        const cc_scan_options options = {.name = "a.mha", .window_hu = {-200, 800}};
        assert_ok(cc_scan_open(&set, &v, &options));
        said_start(&s);
        cc_status status = cc_scan_check_spacing(set, "a.mha", &run);
        said_end(&s);
        assert_ok(status);
        if (said_count(&s, "warning: a.mha: its pixels are") != cases[i].said)
            fail_msg("case %zu: %s", i, s.text);
        if (i == 2) said_has(&s, "0.7 x 0.7 mm, those that the run was tested on 0.4 to 0.4 mm");
        cc_slice_set_close(set);
        cc_volume_deinit(&v);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hu_are_taken_in_silence),
        cmocka_unit_test(values_that_are_no_hu_are_said_with_both_ranges),
        cmocka_unit_test(air_that_reads_0_beside_padding_is_said),
        cmocka_unit_test(scaled_values_are_right_where_the_run_was_trained_on_such),
        cmocka_unit_test(pixels_of_another_size_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
