/* tests/experiments/training/test_data_changed.c -- a dataset that somebody changes while a run is made of
 * it: nothing that was made of other files is kept under the digest of the old ones. */
#include "runs.h"

static char whole[CC_PATH_MAX], image[CC_PATH_MAX], other[CC_PATH_MAX], kept[CC_PATH_MAX];

static int setup(void **state) {
    outcome o;
    char text[4 * CC_PATH_MAX];
    runs_setup(state);
    const char *out = runs_folder();
    runs_ok(&o, out, "");
    snprintf(whole, sizeof whole, "%s", runs_path(out, 1));
    assert_int_equal(
        cc_test_run(text, sizeof text, "find %s -path '*/image/*.png' | sort | sed -n '1p;$p'", runs_data),
        0);
    char *second = strchr(text, '\n');
    assert_non_null(second);
    *second++ = 0;
    second[strcspn(second, "\n")] = 0;
    snprintf(image, sizeof image, "%s", text);
    snprintf(other, sizeof other, "%s", second);
    snprintf(kept, sizeof kept, "%s", cc_test_path(runs_folder(), "kept.png"));
    assert_int_equal(cc_test_run(NULL, 0, "cp -p %s %s", image, kept), 0);
    return 0;
}

/* The picture is as it was, but for its time of change: the disturbed run then comes to the same end. */
static void restore_and_go_on(const char *out) {
    outcome o;
    assert_int_equal(cc_test_run(NULL, 0, "cp %s %s", kept, image), 0);
    runs_ok(&o, out, "");
    assert_says(o.err, "going on after epoch ");
    assert_same_run(runs_path(out, 1), whole);
}

static void a_picture_that_is_replaced_ends_the_run(void **state) {
    (void)state;
    outcome o;
    char change[3 * CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(change, sizeof change, "cp %s %s", other, image);
    held_through(&o, out, change);
    assert_failed(&o, 1, "the dataset was changed while test/small a, seed 1 was being made");
    assert_says(o.err, runs_data);
    assert_false(cc_file_exists(runs_path(out, 1)));
    restore_and_go_on(out);
}

static void one_that_is_cut_off_or_taken_away_too(void **state) {
    (void)state;
    static const char *const changes[] = {"truncate -s 100 %s", "rm %s"};
    outcome o;
    char change[2 * CC_PATH_MAX];
    for (int i = 0; i < cc_test_cases(2); i++) {
        const char *out = runs_folder();
        snprintf(change, sizeof change, changes[i], image);
        held_through(&o, out, change);
        assert_int_equal(o.status, 1);
        assert_says(o.err, "calcade: error: ");
        assert_says(o.err, runs_data);
        assert_false(cc_file_exists(runs_path(out, 1)));
        restore_and_go_on(out);
    }
}

static void one_that_is_only_touched_does_not(void **state) {
    (void)state;
    outcome o;
    char change[2 * CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(change, sizeof change, "touch %s", image);
    held_through(&o, out, change);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    assert_same_run(runs_path(out, 1), whole);
    /* Digested once for all checkpoints behind it. */
    const char *said = "look different, but have the same digest", *first = strstr(o.err, said);
    assert_non_null(first);
    assert_null(strstr(first + 1, said));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_that_is_replaced_ends_the_run),
        cmocka_unit_test(one_that_is_cut_off_or_taken_away_too),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(one_that_is_only_touched_does_not),
    };
    return cc_test_run_group(tests, optimised, setup, NULL);
}
