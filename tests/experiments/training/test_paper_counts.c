/* tests/experiments/training/test_paper_counts.c -- what of a run's counts is not as the paper prints it, and
 * why. */
#include <string.h>
#include "experiments/training/paper_counts.h"
#include "support.h"

static const cc_run_counts heart = {.source = "ctheart",
                                    .stage = "roi",
                                    .by = "slice",
                                    .patients = 19,
                                    .slices = 2532,
                                    .train_items = 6076,
                                    .validation = 507,
                                    .test = 506};
static const cc_run_counts calcium = {.source = "orcascore",
                                      .stage = "calcification",
                                      .by = "patient",
                                      .patients = 32,
                                      .slices = 1540,
                                      .train_items = 3848,
                                      .validation = 190,
                                      .test = 388};

static void says(cc_run_counts run, const char *part) {
    char line[CC_PAPER_COUNTS_BYTES] = "";
    assert_true(cc_paper_counts_describe(line, &run));
    if (!strstr(line, part)) fail_msg("\"%s\" lacks \"%s\"", line, part);
}

static void silent(cc_run_counts run) {
    char line[CC_PAPER_COUNTS_BYTES] = "untouched";
    assert_false(cc_paper_counts_describe(line, &run));
    assert_string_equal(line, "untouched");
}

static void what_differs_is_named_with_its_reason(void **state) {
    (void)state;
    says(heart,
         "6076/506/506 pictures to train, validate and test, here 6076/507/506: validation differs (its "
         "1519 + 506 + 506 slices are 2531 of 2532");
    cc_run_counts by_patient = heart;
    by_patient.by = "patient";
    by_patient.train_items = 5800;
    says(by_patient, "here 5800/507/506: training and validation differ (its counts need a split by slice");
    says(calcium,
         "4248/150/301 pictures to train, validate and test, here 3848/190/388: training, validation "
         "and test differ (its 1062 + 150 + 301 slices are 1513 of 1540");
}

static void equal_counts_are_called_the_same(void **state) {
    (void)state;
    cc_run_counts run = calcium;
    run.train_items = 4248;
    run.validation = 150;
    run.test = 301;
    says(run, "here 4248/150/301: the same");
    run.test = 300;
    says(run, ": test differs (");
}

static void another_dataset_or_stage_is_passed_over(void **state) {
    (void)state;
    cc_run_counts run = heart;
    run.slices = 2531;
    silent(run);
    run = heart;
    run.stage = "calcification";
    silent(run);
    run = heart;
    run.source = "coca";
    silent(run);
    run = calcium;
    run.patients = 31;
    silent(run);
    run = calcium;
    run.slices = 1539;
    silent(run);
    run = calcium;
    run.stage = "false_positive";
    silent(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_named_with_its_reason),
        cmocka_unit_test(equal_counts_are_called_the_same),
        cmocka_unit_test(another_dataset_or_stage_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
