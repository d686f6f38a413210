/* tests/experiments/commands/test_info.c -- `calcade info` on a file whose values are known, and on a bad
 * one. */
#include "support.h"

#include <jansson.h>
#include <string.h>

static void json_has_the_fields_of_the_expected_values(void **state) {
    (void)state;
    static const char *const fields[] = {"dims_xyz", "spacing_mm_xyz", "min", "max", "sha256_float32_zyx"};
    char output[8192];
    json_t *all = json_load_file(cc_test_shared("data/expected.json"), 0, NULL);
    assert_non_null(all);
    json_t *want = json_object_get(all, "chest-slices/A046441_19010101-23.dcm");
    const char *path = cc_test_shared("data/chest-slices/A046441_19010101-23.dcm");
    assert_int_equal(cc_test_run(output, sizeof output, "%s info --json %s", CC_PROGRAM, path), 0);
    json_t *got = json_loads(output, 0, NULL);
    assert_non_null(got);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_true(json_equal(json_object_get(got, fields[i]), json_object_get(want, fields[i])));
    assert_string_equal(json_string_value(json_object_get(got, "path")), path);
    assert_string_equal(json_string_value(json_object_get(got, "format")), "dicom");
    assert_string_equal(json_string_value(json_object_get(got, "type")), "int16");
    assert_float_equal(json_real_value(json_object_get(got, "mean")), -656.9699897766113, 1e-9);
    json_decref(got);
    json_decref(all);
}

static void text_names_what_is_there(void **state) {
    (void)state;
    char output[8192];
    const char *path = cc_test_shared("data/formats/metaimage/fixed.mhd");
    assert_int_equal(cc_test_run(output, sizeof output, "%s info %s", CC_PROGRAM, path), 0);
    assert_non_null(strstr(output, "256 x 256 x 1"));
    assert_non_null(strstr(output, "metaimage, int16"));
    assert_non_null(strstr(output, "08a1d88fb66cc64c892fdce8f19225a7b9dfa179f2dd5fdb9899621133992e14"));
}

static void a_bad_file_gives_one_line_and_exit_status_1(void **state) {
    (void)state;
    char output[8192];
    const char *path = cc_test_shared("data/bad/dicom/MR_truncated.dcm");
    assert_int_equal(cc_test_run(output, sizeof output, "%s info %s", CC_PROGRAM, path), 1);
    assert_memory_equal(output, "calcade: error: ", 16);
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    assert_int_equal(cc_test_run(output, sizeof output, "%s info /nowhere/at.all", CC_PROGRAM), 1);
    assert_non_null(strstr(output, "/nowhere/at.all"));
    assert_int_equal(cc_test_run(output, sizeof output, "%s info", CC_PROGRAM), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_fields_of_the_expected_values),
        cmocka_unit_test(text_names_what_is_there),
        cmocka_unit_test(a_bad_file_gives_one_line_and_exit_status_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
