/* tests/experiments/cascade/test_scan_volume.c -- channels and classes of a scan's volume, voxel by voxel. */
#include <math.h>
#include "experiments/cascade/scan_volume.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, DEPTH = 10, CHANNELS = 3 };

static cc_slice_set *set;
static cc_config *config;
static cc_label_classes arteries;
static float hu[DEPTH * PIXELS];
static uint8_t labels[DEPTH * PIXELS];
static size_t first; /* slice of the scan: one with labels of two arteries */

static int setup(void **state) {
    char text[1024];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 8 --size 64 --slices 10 --seed 2 --layout "
                                 "orcascore",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(
        text, sizeof text,
        "stage: calcification\ndata: {source: orcascore, root: %s-orca, items: volumes, targets: arteries,\n"
        "  channels: [hu, above_130, hu_0_400]}\npreprocess: {roi: {mode: none}}\n"
        "net: {arch: unet-3d, width: 1, depth: 2}\nloss: {type: cross-entropy}\n",
        runs_data);
    runs_write(runs_config, text);
    assert_ok(cc_config_load(&config, runs_config, NULL, 0, 0));
    snprintf(text, sizeof text, "%s-orca", runs_data);
    cc_slice_options options = {.source = "orcascore", .root = text};
    assert_ok(cc_slice_set_open(&set, &options));
    assert_ok(cc_label_classes_init(&arteries, "arteries", NULL, 0));
    for (first = 0; first < cc_slice_set_count(set); first += DEPTH) {
        int seen[4] = {0};
        for (int z = 0; z < DEPTH; z++)
            assert_ok(cc_slice_set_read(set, first + (size_t)z, hu + z * PIXELS, labels + z * PIXELS));
        for (int i = 0; i < DEPTH * PIXELS; i++) seen[labels[i] & 3]++;
        if ((seen[1] > 0) + (seen[2] > 0) + (seen[3] > 0) >= 2) return 0;
    }
    return 1;
}

static int teardown(void **state) {
    (void)state;
    cc_slice_set_close(set);
    cc_config_destroy(config);
    return 0;
}

static double in_window(double value, double low, double high) {
    return fmin(fmax((value - low) / (high - low), 0), 1);
}

static void make(cc_scan_volume *v, const cc_experiment_config *net) {
    const cc_scan_volume_source source = {.set = set, .net = net, .classes = &arteries};
    assert_ok(cc_scan_volume_make(v, &source, first + 3)); /* any of its slices */
    assert_int_equal(v->channels, CHANNELS);
    assert_int_equal(v->part.first, first);
    assert_int_equal(v->part.end, first + DEPTH);
}

static void on_the_scans_own_grid_each_channel_is_that_of_its_slices(void **state) {
    (void)state;
    enum { COUNT = DEPTH * PIXELS };
    cc_scan_volume v;
    make(&v, cc_config_get(config, 0));
    assert_int_equal(cc_scan_volume_count(&v), COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_true(fabs((double)v.image[i] - in_window((double)hu[i], -200, 800)) < 1e-6);
        assert_true(v.image[COUNT + i] == (hu[i] > 130 ? 1 : 0));
        assert_true(fabs((double)v.image[2 * COUNT + i] - in_window((double)hu[i], 0, 400)) < 1e-6);
        assert_int_equal(v.labels[i], labels[i]);
    }
    cc_scan_volume_deinit(&v);
}

/* Cells of 3 slices (the last of one), 2 rows and 4 columns. One threshold is that of the option, the other
 * the channel's own. */
static void a_cell_is_what_one_of_its_voxels_is(void **state) {
    (void)state;
    enum { Z = 4, Y = SIDE / 2, X = SIDE / 4, COUNT = Z * Y * X };
    cc_experiment_config net = *cc_config_get(config, 0);
    cc_scan_volume v;
    int labelled = 0, kept = 0;
    net.volumes.reduce[0] = 3;
    net.volumes.reduce[1] = 2;
    net.volumes.reduce[2] = 4;
    net.volumes.above_hu = 250;
    make(&v, &net);
    assert_int_equal(cc_scan_volume_count(&v), COUNT);
    for (int i = 0; i < COUNT; i++) {
        const int z0 = i / (Y * X) * 3, y0 = i / X % Y * 2, x0 = i % X * 4;
        double sum = 0, most = -1e9;
        int votes[4] = {0}, count = 0, label = 0;
        for (int z = z0; z < z0 + 3 && z < DEPTH; z++)
            for (int y = y0; y < y0 + 2; y++)
                for (int x = x0; x < x0 + 4; x++, count++) {
                    const int at = z * PIXELS + y * SIDE + x;
                    sum += (double)hu[at];
                    most = fmax(most, (double)hu[at]);
                    votes[labels[at]]++;
                }
        for (int k = 3; k >= 1; k--)
            if (votes[k] > 0 && votes[k] >= votes[label ? label : k]) label = k;
        const double value = most > 250 ? most : sum / count;
        labelled += label > 0;
        kept += most > 250;
        assert_true(fabs((double)v.image[i] - in_window(value, -200, 800)) < 1e-6);
        assert_true(v.image[COUNT + i] == (most > 130 ? 1 : 0));
        assert_true(fabs((double)v.image[2 * COUNT + i] - in_window(value, 0, 400)) < 1e-6);
        assert_int_equal(v.labels[i], label);
    }
    assert_true(labelled > 0 && kept > 0);
    cc_scan_volume_deinit(&v);
}

static void a_label_without_a_class_is_refused(void **state) {
    (void)state;
    cc_label_classes one = arteries;
    cc_scan_volume v;
    for (int k = 1; k <= 3; k++) one.of[k] = CC_LABEL_CLASS_NONE;
    const cc_scan_volume_source source = {.set = set, .net = cc_config_get(config, 0), .classes = &one};
    assert_int_equal(cc_scan_volume_make(&v, &source, first), CC_EFORMAT);
    assert_non_null(strstr(cc_error_get()->what, "which is no class of data.targets"));
    assert_null(v.image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_scans_own_grid_each_channel_is_that_of_its_slices),
        cmocka_unit_test(a_cell_is_what_one_of_its_voxels_is),
        cmocka_unit_test(a_label_without_a_class_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
