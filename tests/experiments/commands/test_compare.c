/* tests/experiments/commands/test_compare.c -- what `calcade compare` says of two run files: options,
 * provenance, weights, counts, and scores paired by patient (right values by SciPy 1.17.1:
 * stats.permutation_test(permutation_type="samples") and ttest_1samp of the differences). */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "results/store.h"
#include "support.h"

static const float weights[] = {1, 2, 3}, others[] = {1, 2, 3.5f};
static const cc_run_library old_library[] = {{"onednn", "2.6"}, {"hdf5", "1.10"}};
static const cc_run_library new_library[] = {{"hdf5", "1.10"}, {"onednn", "3.7"}, {"openblas", "0.3"}};

/* Six patients of both runs; p7 has no truth, p8 and p9 are of one run each. */
static const cc_run_slice slices_a[] = {
    {"p1", 0, 10, 5, 5, 80, NAN, NAN, NAN}, {"p2", 0, 20, 0, 10, 70, NAN, NAN, NAN},
    {"p3", 0, 6, 6, 0, 88, NAN, NAN, NAN},  {"p4", 0, 30, 10, 10, 50, NAN, NAN, NAN},
    {"p5", 0, 0, 0, 8, 92, NAN, NAN, NAN},  {"p6", 0, 12, 4, 6, 78, NAN, NAN, NAN},
    {"p7", 0, 0, 9, 0, 91, NAN, NAN, NAN},  {"p8", 0, 50, 50, 0, 0, NAN, NAN, NAN}};
static const cc_run_slice slices_b[] = {
    {"p9", 0, 1, 1, 1, 97, NAN, NAN, NAN},  {"p6", 0, 11, 5, 7, 77, NAN, NAN, NAN},
    {"p5", 0, 2, 0, 6, 92, NAN, NAN, NAN},  {"p4", 0, 32, 8, 8, 52, NAN, NAN, NAN},
    {"p3", 0, 7, 2, 0, 91, NAN, NAN, NAN},  {"p2", 0, 25, 5, 5, 65, NAN, NAN, NAN},
    {"p1", 0, 12, 3, 3, 82, NAN, NAN, NAN}, {"p7", 0, 0, 0, 0, 100, NAN, NAN, NAN}};

/* A run, and another one that differs in all that is looked at. */
static const cc_run_tensor tensor_a[] = {{"conv.weight", 1, {3}, weights}},
                           tensor_b[] = {{"conv.weight", 1, {3}, others}};

static cc_run make_run(bool other) {
    return (cc_run){
        .experiment = "a/b",
        .variant = other ? "v" : "u",
        .stage = "calcification",
        .config = other ? "name: a/b\nnet: {arch: unet, width: 8}\nloss: {type: sum, terms: [{type: bce}]}\n"
                        : "name: a/b\nnet:\n  arch: unet\n  depth: 4\n  width: 16\nloss: {type: dice}\n",
        .provenance = {.identity = other ? "bb" : "aa",
                       .machine = "cpu",
                       .data_digest = "00",
                       .commit = other ? NULL : "abc",
                       .started = other ? "2024-01-01T00:00:00Z" : "2025-01-01T00:00:00Z",
                       .numerics_version = 4,
                       .threads = other ? 2 : 1,
                       .libraries = other ? new_library : old_library,
                       .library_count = other ? 3 : 2},
        .slices = other ? slices_b : slices_a,
        .slice_count = 8,
        .tensors = other ? tensor_b : tensor_a,
        .tensor_count = 1};
}

/* Writes both and returns what is said of them. */
static json_t *compare(const cc_run *a, const cc_run *b) {
    char said[1 << 14];
    const char *folder = cc_test_folder(),
               *paths[] = {cc_test_path(folder, "a.h5"), cc_test_path(folder, "b.h5")};
    assert_ok(cc_run_write(paths[0], a));
    assert_ok(cc_run_write(paths[1], b));
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " compare --json %s %s 2>%s/log", paths[0],
                                 paths[1], folder),
                     0);
    json_t *object = json_loads(said, 0, NULL);
    assert_non_null(object);
    return object;
}

static void assert_text(const json_t *object, const char *key, const char *want) {
    const char *text = json_string_value(json_object_get(object, key));
    if (want)
        assert_string_equal(text ? text : "null", want);
    else
        assert_true(json_is_null(json_object_get(object, key)));
}

/* A list of {NAME, a, b} is these and no others, in this order. */
static void assert_differences(const json_t *list, const char *name, const char *const (*want)[3],
                               size_t count) {
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        assert_text(one, name, want[i][0]);
        assert_text(one, "a", want[i][1]);
        assert_text(one, "b", want[i][2]);
    }
}

static void options_and_provenance_that_differ_are_listed(void **state) {
    (void)state;
    static const char *const options[][3] = {{"net.depth", "4", NULL},
                                             {"net.width", "16", "8"},
                                             {"loss.type", "dice", "sum"},
                                             {"loss.terms", NULL, "[{type: bce}]"}};
    static const char *const provenance[][3] = {{"identity", "aa", "bb"},
                                                {"commit", "abc", NULL},
                                                {"threads", "1", "2"},
                                                {"library onednn", "2.6", "3.7"},
                                                {"library openblas", NULL, "0.3"}};
    const cc_run a = make_run(false), b = make_run(true);
    json_t *object = compare(&a, &b);
    assert_differences(json_object_get(object, "options"), "key", options, 4);
    assert_differences(json_object_get(object, "provenance"), "field", provenance, 5);
    json_decref(object);
}

static void assert_near(const json_t *object, const char *key, double want) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_real(value));
    if (!(fabs(json_real_value(value) - want) < 1e-12))
        fail_msg("%s is %.17g, not %.17g", key, json_real_value(value), want);
}

static void scores_are_paired_by_patient(void **state) {
    (void)state;
    const cc_run a = make_run(false), b = make_run(true);
    json_t *object = compare(&a, &b), *scores = json_object_get(object, "scores");
    const json_t *patients = json_object_get(object, "patients"), *f1 = json_array_get(scores, 0),
                 *recall = json_array_get(scores, 2);
    assert_int_equal(json_integer_value(json_object_get(patients, "both")), 7);
    assert_int_equal(json_integer_value(json_object_get(patients, "a_alone")), 1);
    assert_int_equal(json_integer_value(json_object_get(patients, "b_alone")), 1);
    assert_text(f1, "score", "f1");
    assert_int_equal(json_integer_value(json_object_get(f1, "patients")), 6); /* p7 has no truth */
    assert_near(f1, "a", 0.598202614379085);
    assert_near(f1, "b", 0.7258986928104575);
    assert_near(f1, "difference", 0.12769607843137257);
    assert_near(f1, "low", -0.041789657677259756);
    assert_near(f1, "high", 0.2971818145400049);
    assert_near(f1, "p", 0.125);
    assert_text(recall, "score", "recall");
    assert_near(recall, "difference", 0.09074074074074079);
    assert_near(recall, "p", 0.1875);
    /* Nothing is marked in p5 of A: a precision 0/0 is left out. */
    assert_int_equal(json_integer_value(json_object_get(json_array_get(scores, 1), "patients")), 5);
    json_decref(object);
}

/* "same", "differ" or "not stored" of the weights and of the counts. */
static void assert_verdicts(const cc_run *a, const cc_run *b, const char *weights_are,
                            const char *counts_are) {
    json_t *object = compare(a, b);
    assert_text(json_object_get(object, "weights"), "verdict", weights_are);
    assert_text(json_object_get(object, "counts"), "verdict", counts_are);
    json_decref(object);
}

static void weights_and_counts_are_compared_to_the_bit(void **state) {
    (void)state;
    cc_run a = make_run(false), b = make_run(false);
    cc_run_slice slices[8];
    assert_verdicts(&a, &b, "same", "same");
    b.tensors = tensor_b;
    assert_verdicts(&a, &b, "differ", "same");
    memcpy(slices, slices_a, sizeof slices);
    slices[7].fp--;
    slices[7].tn++;
    b.slices = slices;
    b.tensor_count = 0;
    assert_verdicts(&a, &b, "not stored", "differ");
}

static void lines_for_people_say_the_same(void **state) {
    (void)state;
    char said[1 << 14];
    const cc_run a = make_run(false), b = make_run(true);
    const char *folder = cc_test_folder(),
               *paths[] = {cc_test_path(folder, "a.h5"), cc_test_path(folder, "b.h5")};
    assert_ok(cc_run_write(paths[0], &a));
    assert_ok(cc_run_write(paths[1], &b));
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " compare %s %s", paths[0], paths[1]), 0);
    static const char *const lines[] = {
        "weights     differ (model: conv.weight differs)\n",
        "counts      differ (slices: row 0",
        "  net.width   16 -> 8\n",
        "  threads           1 -> 2\n",
        "7 patients in both runs, 1 in A alone, 1 in B alone\n",
        "  f1            59.82    72.59   +12.77  [-4.18, +29.72]      0.1250  6\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(said, lines[i])) fail_msg("no \"%s\" in:\n%s", lines[i], said);
}

static void other_data_are_warned_of(void **state) {
    (void)state;
    char said[1 << 14];
    const cc_run a = make_run(false);
    cc_run b = make_run(false);
    const char *folder = cc_test_folder(),
               *paths[] = {cc_test_path(folder, "a.h5"), cc_test_path(folder, "b.h5")};
    b.provenance.data_digest = "11";
    assert_ok(cc_run_write(paths[0], &a));
    assert_ok(cc_run_write(paths[1], &b));
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " compare %s %s", paths[0], paths[1]), 0);
    assert_non_null(strstr(said, "the runs are of different data"));
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " compare %s", paths[0]), 2);
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " compare %s %s/c.h5", paths[0], folder), 1);
}

/* The exit status of --exact on two runs; *said is its error line. */
static int compare_exactly(char said[1024], const cc_run *a, const cc_run *b) {
    const char *folder = cc_test_folder(),
               *paths[] = {cc_test_path(folder, "a.h5"), cc_test_path(folder, "b.h5")};
    assert_ok(cc_run_write(paths[0], a));
    assert_ok(cc_run_write(paths[1], b));
    return cc_test_run(said, 1024, CC_PROGRAM " compare --exact %s %s 2>&1", paths[0], paths[1]);
}

static void exactly_the_same_is_all_but_times(void **state) {
    (void)state;
    char said[1024];
    cc_run_epoch first = {1, 0.5, 0.5, 0.5, 0.5, 0.5, 1e-3, 3}, second = first;
    cc_run a = make_run(false), b = a;
    a.epochs = &first;
    b.epochs = &second;
    a.epoch_count = b.epoch_count = 1;
    b.provenance.started = "2026-01-01T00:00:00Z";
    b.provenance.seconds = 7;
    b.provenance.peak_memory_bytes = 7;
    second.seconds = 7;
    assert_int_equal(compare_exactly(said, &a, &b), 0);
    assert_string_equal(said, "");
    second.train_loss = 0.25;
    assert_int_equal(compare_exactly(said, &a, &b), 3);
    assert_non_null(strstr(said, "b.h5 holds: history: field train_loss of row 0 differs"));
    second.train_loss = first.train_loss;
    b.provenance.threads = 2;
    assert_int_equal(compare_exactly(said, &a, &b), 3);
    assert_non_null(strstr(said, "provenance: threads differs"));
    b.provenance.threads = a.provenance.threads;
    b.tensors = tensor_b;
    assert_int_equal(compare_exactly(said, &a, &b), 3);
    assert_non_null(strstr(said, "model: conv.weight differs"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_provenance_that_differ_are_listed),
        cmocka_unit_test(scores_are_paired_by_patient),
        cmocka_unit_test(weights_and_counts_are_compared_to_the_bit),
        cmocka_unit_test(lines_for_people_say_the_same),
        cmocka_unit_test(other_data_are_warned_of),
        cmocka_unit_test(exactly_the_same_is_all_but_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
