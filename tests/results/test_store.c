/* tests/results/test_store.c -- run files: what is written is read back, what is wrong is named
 * (damaged files: test_store_damage.c). */
#include "run_made.h"
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/file.h"
#include "results/compare.h"
#include "results/paths.h"
#include "results/store.h"

static void check_tables(const cc_run *got, const cc_run *want) {
    assert_int_equal(got->epoch_count, want->epoch_count);
    assert_memory_equal(got->epochs, epochs, sizeof epochs);
    assert_int_equal(got->slice_count, want->slice_count);
    for (size_t i = 0; i < got->slice_count; i++) {
        assert_string_equal(got->slices[i].patient, slices[i].patient);
        assert_memory_equal(&got->slices[i].slice, &slices[i].slice, sizeof slices[i] - CC_RUN_NAME_MAX);
    }
    assert_int_equal(got->patient_count, 2);
    assert_string_equal(got->patients[0].patient, "p2");
    assert_int_equal(got->patients[0].slices, 2);
    assert_int_equal(got->patients[0].tp, 13);
    assert_int_equal(got->patients[0].fn, 6);
    assert_int_equal(got->baseline_count, 2);
    assert_string_equal(got->baselines[1].name, "roi_threshold");
    assert_string_equal(got->baselines[1].patient, "p1");
    assert_memory_equal(&got->baselines[1].tp, &baselines[1].tp, 4 * sizeof(int64_t));
    assert_int_equal(got->cuts.count, 2);
    assert_int_equal(got->cuts.patient_count, 2);
    assert_memory_equal(got->cuts.thresholds, thresholds, sizeof thresholds);
    assert_memory_equal(got->cuts.tp, cut_tp, sizeof cut_tp);
    assert_memory_equal(got->cuts.fp, cut_fp, sizeof cut_fp);
    assert_int_equal(got->challenge_count + got->calibration_count, 4);
    assert_memory_equal(&got->challenge[1].artery, &challenge[1].artery, sizeof *challenge - CC_RUN_NAME_MAX);
    assert_memory_equal(&got->calibration[1].bin, &calibration[1].bin, sizeof *calibration - CC_RUN_NAME_MAX);
    assert_int_equal(got->masks.count, 3);
    assert_memory_equal(got->masks.slices, masks, sizeof masks);
    assert_memory_equal(got->masks.packed, packed, sizeof packed);
}

static void check_arrays(const cc_run *got) {
    assert_int_equal(got->tensor_count, 2);
    assert_string_equal(got->tensors[0].name, "a.weight");
    assert_int_equal(got->tensors[0].dims[1], 3);
    assert_memory_equal(got->tensors[0].data, weights, sizeof weights);
    assert_int_equal(got->tensors[1].rank, 0);
    assert_true(got->tensors[1].data[0] == weights[2]);
    assert_int_equal(got->example_count, 2);
    assert_memory_equal(got->examples[0].image_hu, image, sizeof image);
    assert_memory_equal(got->examples[0].truth, mask, sizeof mask);
    assert_null(got->examples[0].probability);
    assert_memory_equal(got->examples[1].probability, weights, sizeof weights);
    assert_int_equal(got->examples[1].width, 3);
    assert_true(got->examples[0].spacing.x_mm == 0.5 && got->examples[0].spacing.y_mm == 0.625);
    assert_true(got->examples[1].spacing.x_mm == 0 && got->examples[1].spacing.y_mm == 0);
}

static void what_is_written_is_read_back_to_the_byte(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run got, want = sample_run();
    assert_ok(cc_run_read(&got, write_sample(), CC_RUN_ALL, arena));
    assert_string_equal(got.experiment, want.experiment);
    assert_string_equal(got.variant, want.variant);
    assert_string_equal(got.config, want.config);
    assert_string_equal(got.plan, want.plan);
    assert_int_equal(got.seed, 7);
    assert_true(got.leaking_split);
    assert_true(got.in_sample_upstream);
    assert_string_equal(got.provenance.upstream_out_of_fold, "c0 c1");
    assert_string_equal(got.provenance.upstream_members, "d0 d1 d2");
    assert_int_equal(got.parameter_count, want.parameter_count);
    assert_int_equal(got.multiply_adds, want.multiply_adds);
    assert_string_equal(got.provenance.device, want.provenance.device);
    assert_null(got.provenance.commit);
    assert_null(got.provenance.upstream[0]);
    assert_string_equal(got.provenance.upstream[1], "a0");
    assert_string_equal(got.provenance.upstream[3], "b1");
    assert_true(got.provenance.seconds == 4.75);
    assert_true(got.provenance.peak_memory_bytes == 5000000000);
    assert_int_equal(got.provenance.library_count, 2);
    assert_string_equal(got.provenance.libraries[1].version, "2.6");
    check_tables(&got, &want);
    check_arrays(&got);
    cc_arena_destroy(arena);
}

static void a_long_table_takes_little_room(void **state) {
    (void)state;
    enum { ROWS = 6000 };
    static cc_run_slice many[ROWS];
    uint64_t bytes;
    cc_run got, run = sample_run();
    const char *path = cc_test_path(cc_test_folder(), "run.h5");
    for (int i = 0; i < ROWS; i++) {
        many[i] = slices[i % 3];
        many[i].slice = i;
    }
    run.slices = many;
    run.slice_count = ROWS;
    run.masks = (cc_run_masks){0};
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_run_write(path, &run));
    assert_ok(cc_file_size(&bytes, path));
    assert_true(bytes < sizeof many / 4);
    assert_ok(cc_run_read(&got, path, CC_RUN_ALL, arena));
    assert_int_equal(got.slice_count, ROWS);
    assert_memory_equal(got.slices, many, sizeof many);
    cc_arena_destroy(arena);
}

static void the_parts_of_a_cascade_are_read_back(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "run.h5");
    cc_run got, run = sample_run();
    run.patients = patients;
    run.patient_count = 2;
    run.stages = stages;
    run.stage_count = 2;
    run.reference = &reference;
    run.panels = panels;
    run.panel_count = 3;
    assert_ok(cc_run_write(path, &run));
    assert_ok(cc_run_read(&got, path, CC_RUN_EXAMPLES | CC_RUN_REFERENCE, arena));
    assert_memory_equal(&got.patients[0].lesions_true, &patients[0].lesions_true, 8 * sizeof(double));
    assert_int_equal(got.patients[1].lesions_found, -1);
    assert_int_equal(got.stage_count, 2);
    assert_string_equal(got.stages[1].stage, "calcification");
    assert_string_equal(got.stages[1].patient, "p2");
    assert_memory_equal(&got.stages[0].tp, &stages[0].tp, 7 * sizeof(int64_t));
    assert_int_equal(got.stages[1].lesions_true, -1);
    assert_string_equal(got.reference->part, "train");
    assert_true(got.reference->f1 == 0.75 && got.reference->slice == 9 && got.reference->width == 3);
    assert_memory_equal(got.reference->image_hu, image, sizeof image);
    assert_true(got.reference->spacing.x_mm == 0.4 && got.panels[1].spacing.y_mm == 0.625);
    assert_true(got.panels[2].spacing.x_mm == 0);
    assert_int_equal(got.panel_count, 3);
    assert_null(got.panels[0].mask);
    assert_memory_equal(got.panels[1].box, panels[1].box, sizeof panels[1].box);
    assert_true(got.panels[1].has_box && !got.panels[2].has_box);
    assert_null(got.panels[2].image_hu);
    assert_memory_equal(got.panels[2].mask, mask, sizeof mask);
    assert_ok(cc_run_read(&got, path, CC_RUN_BASIC, arena));
    assert_true(!got.reference && got.panel_count == 0 && got.stage_count == 2);
    cc_arena_destroy(arena);
}

static void what_a_file_does_not_tell_is_not_known(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run got;
    assert_ok(cc_run_read(&got, write_sample(), CC_RUN_EXAMPLES | CC_RUN_REFERENCE, arena));
    assert_int_equal(got.patients[0].lesions_true, -1);
    assert_int_equal(got.patients[1].lesions_false, -1);
    assert_true(isnan(got.patients[0].volume_true_mm3) && isnan(got.patients[0].agatston_predicted));
    assert_true(!got.stages && !got.reference && !got.panels);
    assert_int_equal(got.stage_count + got.panel_count, 0);
    cc_arena_destroy(arena);
}

static void cuts_must_agree_with_the_patients(void **state) {
    (void)state;
    static const int64_t rising[] = {13, 15, 0, 0}, many[] = {20, 13, 0, 0}, negative[] = {15, -1, 0, 0};
    static const double falling[] = {0.5, 0.25}, zero[] = {0, 0.5};
    const struct {
        cc_run_cuts cuts;
        const char *where;
    } cases[] = {{{thresholds, 2, rising, cut_fp, 2}, "counts of p2 rise"},
                 {{thresholds, 2, many, cut_fp, 2}, "exceed its pixels"},
                 {{thresholds, 2, negative, cut_fp, 2}, "counts of p2"},
                 {{thresholds, 2, cut_tp, cut_fp, 1}, "are of 1 patients, not of the 2"},
                 {{falling, 2, cut_tp, cut_fp, 2}, "cuts/thresholds"},
                 {{zero, 2, cut_tp, cut_fp, 2}, "cuts/thresholds"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_run run = sample_run();
        run.cuts = cases[i].cuts;
        assert_error(cc_run_write(cc_test_path(cc_test_folder(), "run.h5"), &run), CC_EINVAL, cases[i].where);
    }
}

/* In another second too, as HDF5 would note the time. */
static void equal_runs_make_equal_files(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    size_t a, b;
    char *one = read_bytes(&a, write_sample(), arena);
    for (const time_t now = time(NULL); time(NULL) == now;) usleep(10000);
    char *two = read_bytes(&b, write_sample(), arena);
    assert_int_equal(a, b);
    assert_memory_equal(one, two, a);
    cc_arena_destroy(arena);
}

/* A run file's bytes without its block of text, in which no digest vouches for them, two of six weights
 * put wrong. */
static void weights_that_are_no_numbers_are_refused_by_writer_and_reader(void **state) {
    (void)state;
    static const unsigned parts[] = {CC_RUN_BASIC, CC_RUN_MODEL, CC_RUN_EXAMPLES};
    const float bad[] = {NAN, weights[1], weights[2], weights[3], -INFINITY, weights[5]};
    static const char says[] =
        "model: a.weight: 2 of its 6 weights are NaN or infinite (its training diverged";
    const cc_run_tensor tensor = {"a.weight", 2, {2, 3}, bad};
    cc_arena *arena = cc_arena_create();
    const char *path = write_sample(), *fresh = cc_test_path(cc_test_folder(), "fresh.h5");
    cc_run run = sample_run(), found;
    size_t count;
    run.tensors = &tensor;
    run.tensor_count = 1;
    assert_error(cc_run_write(fresh, &run), CC_EINVAL, "a.weight: 2 of its 6 weights are NaN or infinite");
    assert_false(cc_file_exists(fresh));
    char *bytes = read_bytes(&count, path, arena) + 512, *end = bytes + count - 512;
    /* The same numbers are an example's probabilities: both are put wrong. */
    for (char *at; (at = memmem(bytes, (size_t)(end - bytes), weights, sizeof weights));)
        memcpy(at, bad, sizeof bad);
    put_bytes(path, bytes, count - 512);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_error(cc_run_read(&found, path, parts[i], arena), CC_EFORMAT, says);
    cc_arena_destroy(arena);
}

/* One change in each thing that a file holds. */
static void runs_that_differ_anywhere_are_told_apart(void **state) {
    (void)state;
    static double other_thresholds[] = {0.25, 0.75};
    static const uint8_t other_mask[] = {0, 1, 1, 0, 1, 255};
    static float other_values[] = {1.5f, 0.0f, 3.1415927f, 1e-42f, 7, 8}; /* 0 for -0 */
    static const cc_run_library newer[] = {{"onednn", "2.7"}, {"hdf5", "1.10.8"}},
                                turned[] = {{"onednn", "2.6"}, {"hdf5", "1.10.8"}};
    static const cc_run_tensor swapped[] = {{"b", 0, {0}, weights + 2}, {"a.weight", 2, {2, 3}, weights}},
                               zeroed[] = {{"a.weight", 2, {2, 3}, other_values}, {"b", 0, {0}, weights + 2}},
                               reshaped[] = {{"a.weight", 2, {3, 2}, weights}, {"b", 0, {0}, weights + 2}};
    cc_run_epoch other_epochs[2];
    cc_run_slice other_slices[3];
    cc_run_example other_examples[2];
    cc_run_panel other_panels[3];
    cc_run_reference other_reference = reference;
    cc_run one = sample_run(), two;
    one.patients = patients;
    one.patient_count = 2;
    one.stages = stages;
    one.stage_count = 2;
    one.panels = panels;
    one.panel_count = 3;
    one.reference = &reference;
    memcpy(other_epochs, epochs, sizeof epochs);
    memcpy(other_slices, slices, sizeof slices);
    memcpy(other_examples, examples, sizeof examples);
    memcpy(other_panels, panels, sizeof panels);
    assert_ok(cc_run_compare(&one, &one));
#define DIFFERS(what, says)                                                                                  \
    do {                                                                                                     \
        two = one;                                                                                           \
        what;                                                                                                \
        assert_error(cc_run_compare(&one, &two), CC_EINVAL, says);                                           \
    } while (0)
    DIFFERS(two.config = "seed: 8\n", "config");
    DIFFERS(two.plan = NULL, "plan");
    DIFFERS(two.best_epoch = 1, "best_epoch");
    DIFFERS(two.provenance.identity = "01ff", "identity");
    DIFFERS(two.provenance.upstream[2] = "c2", "upstream_calcification");
    DIFFERS(two.in_sample_upstream = false, "in_sample_upstream");
    DIFFERS(two.provenance.upstream_out_of_fold = "c1 c0", "upstream_out_of_fold");
    DIFFERS(two.provenance.upstream_members = "d0 d1", "upstream_members");
    DIFFERS(two.provenance.seconds = 5, "seconds");
    DIFFERS(two.provenance.peak_memory_bytes = 1, "peak_memory_bytes");
    DIFFERS(two.provenance.libraries = newer, "libraries");
    DIFFERS((other_epochs[1].validation_loss = 0, two.epochs = other_epochs), "validation_loss of row 1");
    DIFFERS((other_slices[2].fn = 5, two.slices = other_slices), "fn of row 2");
    DIFFERS((strcpy(other_slices[0].patient, "p3"), two.slices = other_slices), "patient of row 0");
    DIFFERS(two.patient_count = 1, "patients");
    DIFFERS(two.stages = stages + 1, "stages");
    DIFFERS(two.baseline_count = 1, "baselines");
    DIFFERS(two.cuts.thresholds = other_thresholds, "cuts");
    DIFFERS(two.cuts.tp = cut_fp, "cuts");
    DIFFERS(two.tensors = zeroed, "a.weight");
    DIFFERS(two.tensors = reshaped, "a.weight");
    DIFFERS(two.tensor_count = 1, "tensors");
    DIFFERS((other_examples[1].truth = other_mask, two.examples = other_examples), "examples: number 1");
    DIFFERS((other_panels[1].box[2] = 9, two.panels = other_panels), "panels: number 1");
    DIFFERS((other_reference.f1 = 0.5, two.reference = &other_reference), "reference");
    DIFFERS(two.reference = NULL, "reference");
#undef DIFFERS
    two = one;
    two.tensors = swapped;
    two.provenance.libraries = turned;
    assert_ok(cc_run_compare(&one, &two));
}

static void a_missing_file_is_named(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run run;
    assert_error(cc_run_read(&run, "/nowhere/run.h5", CC_RUN_BASIC, arena), CC_ENOTFOUND, "/nowhere/run.h5");
    cc_arena_destroy(arena);
}

static void a_run_that_lacks_something_is_not_written(void **state) {
    (void)state;
    const char *folder = cc_test_folder(), *path = cc_test_path(folder, "run.h5");
    cc_run_slice bad = slices[0];
    cc_run run = sample_run();
    run.variant = NULL;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "variant");
    run = sample_run();
    run.experiment = "../out";
    assert_error(cc_run_write(path, &run), CC_EINVAL, "../out");
    run = sample_run();
    bad.fp = -1;
    run.slices = &bad;
    run.slice_count = 1;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "slices");
    run = sample_run();
    cc_run_stage unnamed = stages[0];
    unnamed.patient[0] = 0;
    run.stages = &unnamed;
    run.stage_count = 1;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "stages");
    run = sample_run();
    cc_run_panel empty = panels[0];
    empty.image_hu = NULL;
    run.panels = &empty;
    run.panel_count = 1;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "panels");
    run = sample_run();
    cc_run_baseline nameless = {"roi_threshold", "", 1, 1, 1, 1};
    run.baselines = &nameless;
    run.baseline_count = 1;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "baselines");
    run = sample_run();
    cc_run_tensor twice[] = {tensors[0], tensors[0]};
    run.tensors = twice;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "a.weight");
    cc_arena *arena = cc_arena_create();
    char **names;
    size_t count;
    assert_ok(cc_folder_list(&names, &count, folder, arena));
    assert_int_equal(count, 0);
    cc_arena_destroy(arena);
}

/* A limit on file size stands in for a full disk; the signal it sends, unhandled, for a kill. */
static int write_limited(const char *path, bool killed) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {4096, 4096};
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, killed ? SIG_DFL : SIG_IGN);
        cc_run run = sample_run();
        _exit(cc_run_write(path, &run) == CC_EIO ? 5 : 6);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void a_full_disk_or_a_kill_leaves_the_old_file(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = write_sample(), *fresh = cc_test_path(cc_test_folder(), "fresh.h5");
    size_t before, after;
    char *old = read_bytes(&before, path, arena);
    assert_int_equal(write_limited(path, false), 5);
    assert_int_equal(write_limited(path, true), 128);
    char *now = read_bytes(&after, path, arena);
    assert_int_equal(before, after);
    assert_memory_equal(old, now, before);
    assert_int_equal(write_limited(fresh, false), 5);
    assert_false(cc_file_exists(fresh));
    assert_int_equal(write_limited(fresh, true), 128);
    assert_false(cc_file_exists(fresh));
    cc_arena_destroy(arena);
}

/* Reads in a process that may not write the file, whoever runs the test. */
static int read_as_nobody(const char *path) {
    pid_t child = fork();
    if (child == 0) {
        char identity[65];
        if (geteuid() == 0 && seteuid(65534) != 0) _exit(2);
        if (access(path, W_OK) == 0 && geteuid() == getuid()) _exit(3);
        _exit(cc_run_read_identity(identity, path) == CC_OK && strcmp(identity, "00ff") == 0 ? 0 : 1);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void reading_needs_no_right_to_write(void **state) {
    (void)state;
    const char *path = write_sample();
    char folder[CC_PATH_MAX], top[CC_PATH_MAX];
    struct stat before, after;
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_path_folder(top, folder));
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(read_as_nobody(path), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(chmod(folder, 0755), 0);
}

static void a_run_lies_where_its_names_say(void **state) {
    (void)state;
    char path[CC_PATH_MAX], kind[64];
    assert_ok(cc_run_path(path, "out", "twin/table1-roi", "net.arch=unet", 2, 7));
    assert_string_equal(path, "out/twin/table1-roi/net.arch=unet/fold-2/seed-7.h5");
    assert_error(cc_run_path(path, "out", "twin/../x", "v", 0, 0), CC_EINVAL, "twin/../x");
    assert_error(cc_run_path(path, "out", "twin//x", "v", 0, 0), CC_EINVAL, "twin//x");
    assert_error(cc_run_path(path, "out", "/twin", "v", 0, 0), CC_EINVAL, "/twin");
    assert_error(cc_run_path(path, "out", "twin", "a/b", 0, 0), CC_EINVAL, "a/b");
    assert_error(cc_run_path(path, "out", "twin", "v", -1, 0), CC_EINVAL, "fold");
    cc_run_kind(kind, sizeof kind, "real/heart-ct");
    assert_string_equal(kind, "real");
    cc_run_kind(kind, sizeof kind, "heart-ct");
    assert_string_equal(kind, "other");
}

static void run_files_are_found_in_order_and_others_passed_over(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder();
    char **paths;
    size_t count;
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s && mkdir -p b/c a .d && touch b/c/2.h5 b/c/10.h5 a/1.h5 .d/x.h5 "
                                 "b/.y.h5 a/1.h5.77.tmp a/1.checkpoint && ln -s . b/loop",
                                 folder),
                     0);
    assert_ok(cc_runs_find(&paths, &count, folder, arena));
    assert_int_equal(count, 3);
    assert_string_equal(paths[0] + strlen(folder), "/a/1.h5");
    assert_string_equal(paths[1] + strlen(folder), "/b/c/10.h5");
    assert_string_equal(paths[2] + strlen(folder), "/b/c/2.h5");
    assert_ok(cc_runs_find(&paths, &count, "/nowhere", arena));
    assert_int_equal(count, 0);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_to_the_byte),
        cmocka_unit_test(a_long_table_takes_little_room),
        cmocka_unit_test(the_parts_of_a_cascade_are_read_back),
        cmocka_unit_test(what_a_file_does_not_tell_is_not_known),
        cmocka_unit_test(cuts_must_agree_with_the_patients),
        cmocka_unit_test(equal_runs_make_equal_files),
        cmocka_unit_test(weights_that_are_no_numbers_are_refused_by_writer_and_reader),
        cmocka_unit_test(runs_that_differ_anywhere_are_told_apart),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_run_that_lacks_something_is_not_written),
        cmocka_unit_test(a_full_disk_or_a_kill_leaves_the_old_file),
        cmocka_unit_test(reading_needs_no_right_to_write),
        cmocka_unit_test(a_run_lies_where_its_names_say),
        cmocka_unit_test(run_files_are_found_in_order_and_others_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
