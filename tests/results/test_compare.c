/* tests/results/test_compare.c -- an earlier run beside a later one: what an older program did not measure is
 * no difference, what it did is; of the history all but the seconds counts. */
#include <math.h>
#include "results/compare.h"
#include "support.h"

static const cc_run_slice slices[] = {{"p", 4, 5, 1, 2, 9, 0, 0, 0}};

/* A run of one slice and one patient; lesions and Agatston scores as given. */
static cc_run make(cc_run_patient *patient, int64_t lesions, double agatston) {
    *patient = (cc_run_patient){.patient = "p",
                                .slices = 1,
                                .tp = 5,
                                .fp = 1,
                                .fn = 2,
                                .tn = 9,
                                .lesions_true = lesions,
                                .lesions_found = lesions,
                                .lesions_predicted = lesions,
                                .lesions_false = lesions,
                                .volume_true_mm3 = agatston,
                                .volume_predicted_mm3 = agatston,
                                .agatston_true = agatston,
                                .agatston_predicted = agatston};
    return (cc_run){.slices = slices, .slice_count = 1, .patients = patient, .patient_count = 1};
}

static void what_was_not_known_is_no_difference(void **state) {
    (void)state;
    cc_run_patient p, q;
    const cc_run unknown = make(&p, -1, NAN), known = make(&q, 2, 30);
    assert_ok(cc_run_compare_measures(&unknown, &known));
    /* The other way round something is lost. */
    assert_error(cc_run_compare_measures(&known, &unknown), CC_EINVAL, "field lesions_true of row 0 differs");
}

static void what_was_measured_is_compared(void **state) {
    (void)state;
    cc_run_patient p, q;
    cc_run_slice other = slices[0];
    const cc_run a = make(&p, 2, 30);
    cc_run b = make(&q, 2, 30);
    assert_ok(cc_run_compare_measures(&a, &b));
    q.agatston_predicted = 31;
    assert_error(cc_run_compare_measures(&a, &b), CC_EINVAL, "field agatston_predicted of row 0 differs");
    other.fp++;
    b.slices = &other;
    assert_error(cc_run_compare_measures(&a, &b), CC_EINVAL, "row 0 differs: slice 4 of p");
}

static void a_history_differs_by_all_but_its_seconds(void **state) {
    (void)state;
    cc_run_epoch first = {.epoch = 1, .train_loss = 0.5, .validation_f1 = NAN, .seconds = 3}, second = first;
    const cc_run a = {.epochs = &first, .epoch_count = 1}, b = {.epochs = &second, .epoch_count = 1};
    second.seconds = 4;
    assert_ok(cc_run_compare_history(&a, &b));
    second.train_loss = nextafter(0.5, 1);
    assert_error(cc_run_compare_history(&a, &b), CC_EINVAL, "field train_loss of row 0 differs");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_known_is_no_difference),
        cmocka_unit_test(what_was_measured_is_compared),
        cmocka_unit_test(a_history_differs_by_all_but_its_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
