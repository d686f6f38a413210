/* tests/core/test_status.c -- an error in its three parts: cut to their room, printable, and read as one
 * line. */
#include <errno.h>
#include <string.h>
#include "support.h"

static void an_error_line_says_where_what_and_hint(void **state) {
    (void)state;
    char line[256];
    assert_int_equal(cc_fail(CC_EFORMAT, "a.mhd", "export it again", "%d of %d bytes", 3, 4), CC_EFORMAT);
    cc_error_line(line, sizeof line);
    assert_string_equal(line, "a.mhd: 3 of 4 bytes (export it again)");
    cc_fail(CC_EIO, NULL, NULL, "no disk");
    cc_error_line(line, sizeof line);
    assert_string_equal(line, "no disk");
    cc_error_line(line, 4);
    assert_string_equal(line, "no ");
}

static void a_message_is_one_line_whatever_a_file_put_into_it(void **state) {
    (void)state;
    char line[256];
    cc_fail(CC_EFORMAT, "a\nb", "c\rd", "e\x1b[2Kf");
    cc_error_line(line, sizeof line);
    assert_string_equal(line, "a b: e [2Kf (c d)");
}

static void each_kind_of_end_has_its_exit_status(void **state) {
    (void)state;
    assert_int_equal(cc_status_exit(CC_OK), 0);
    assert_int_equal(cc_status_exit(CC_EUSAGE), 2);
    assert_int_equal(cc_status_exit(CC_ECONFIG), 2);
    assert_int_equal(cc_status_exit(CC_EIO), 1);
    assert_int_equal(cc_status_exit(CC_EFORMAT), 1);
    assert_int_equal(cc_status_exit(CC_EGATE), 3);
    assert_int_equal(cc_status_exit(CC_EINTERRUPTED), 75);
    assert_string_equal(cc_status_name(CC_ECONFIG), "CC_ECONFIG");
}

static void a_caller_adds_where_it_happened(void **state) {
    (void)state;
    cc_fail(CC_EFORMAT, "DimSize", NULL, "is missing");
    assert_error(cc_fail_within(CC_EFORMAT, "scan.mhd"), CC_EFORMAT, "scan.mhd: DimSize: is missing");
    cc_fail(CC_EFORMAT, NULL, NULL, "is empty");
    assert_error(cc_fail_within(CC_EFORMAT, "scan.mhd"), CC_EFORMAT, "scan.mhd: is empty");
}

static void a_lost_file_is_told_from_a_failing_disk(void **state) {
    (void)state;
    errno = ENOENT;
    assert_int_equal(cc_fail_errno("x", "open"), CC_ENOTFOUND);
    errno = EACCES;
    assert_int_equal(cc_fail_errno("x", "open"), CC_EIO);
    errno = ENOENT;
    assert_error(cc_fail_errno("", "open"), CC_ENOTFOUND, "\"\": cannot open");
}

static cc_status two_steps(cc_status first) {
    CC_TRY(first);
    return CC_EDEVICE;
}

static void try_leaves_at_the_first_failure(void **state) {
    (void)state;
    assert_int_equal(two_steps(CC_EIO), CC_EIO);
    assert_int_equal(two_steps(CC_OK), CC_EDEVICE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_line_says_where_what_and_hint),
        cmocka_unit_test(a_message_is_one_line_whatever_a_file_put_into_it),
        cmocka_unit_test(each_kind_of_end_has_its_exit_status),
        cmocka_unit_test(a_caller_adds_where_it_happened),
        cmocka_unit_test(a_lost_file_is_told_from_a_failing_disk),
        cmocka_unit_test(try_leaves_at_the_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
