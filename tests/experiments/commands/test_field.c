/* tests/experiments/commands/test_field.c -- files as people have them: every case of data/field of the
 * shared folder, whose check.py says what is right of each (values by SimpleITK, nibabel, pydicom or the
 * standards' text). Read in place; skips where the folder or python3 is absent. */
#include "support.h"
#include <stdio.h>
#include <string.h>

/* The cases of one kind, which are those whose names hold the text. */
static void check(const char *only) {
    static char output[1 << 16];
    const char *folder = cc_test_shared("data/field");
    if (cc_test_run(NULL, 0, "command -v python3") != 0) {
        print_message("skipped: no python3 here\n");
        skip();
    }
    int status =
        cc_test_run(output, sizeof output, "python3 %s/check.py " CC_PROGRAM " --only %s", folder, only);
    if (status != 0) fail_msg("%s", output);
    const char *right = strstr(output, " field cases right");
    int good = 0, all = 0;
    while (right && right > output && right[-1] != '\n') right--;
    assert_true(right && sscanf(right, "%d of %d", &good, &all) == 2 && all > 0 && good == all);
}

#define KIND(name, only)                                                                                     \
    static void name(void **state) {                                                                         \
        (void)state;                                                                                         \
        check(only);                                                                                         \
    }
KIND(dicom_as_scanners_write_it, "d0")
KIND(dicom_folders, "d1")
KIND(dicom_padding_and_directions, "d2")
KIND(dicom_without_hu, "d3")
KIND(nifti_geometry_and_masks, "n0")
KIND(nifti_headers, "n1")
KIND(metaimage, "m0")
KIND(scores, "a01")
KIND(published_tables, "a02")
KIND(names_of_patients, "r01")
KIND(masks_of_pictures, "c01")
KIND(validation_without_truth, "t02")
KIND(labels_of_orcascore, "o01")
KIND(outlines_of_coca, "k01")
KIND(scans_that_are_no_hu, "p02")
KIND(scans_in_other_orders, "v01")

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dicom_as_scanners_write_it),
        cmocka_unit_test(dicom_folders),
        cmocka_unit_test(dicom_padding_and_directions),
        cmocka_unit_test(dicom_without_hu),
        cmocka_unit_test(nifti_geometry_and_masks),
        cmocka_unit_test(nifti_headers),
        cmocka_unit_test(metaimage),
        cmocka_unit_test(scores),
        cmocka_unit_test(published_tables),
        cmocka_unit_test(names_of_patients),
        cmocka_unit_test(masks_of_pictures),
        cmocka_unit_test(validation_without_truth),
        cmocka_unit_test(labels_of_orcascore),
        cmocka_unit_test(outlines_of_coca),
        cmocka_unit_test(scans_that_are_no_hu),
        cmocka_unit_test(scans_in_other_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
