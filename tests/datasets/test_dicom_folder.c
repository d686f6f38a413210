/* tests/datasets/test_dicom_folder.c -- folders of DICOM files as scanners, CDs and archives leave them:
 * where slices lie in space, and which files are slices of one series. Right values are arithmetic by hand
 * on the positions; SimpleITK 2.5 gives the same spacing and origin for rounded positions, for a series in
 * another orientation, and (but for the shear) for a tilted one. */
#include "dicom_read.h"
#include "datasets/read_options.h"

#include <math.h>

enum { SIDE = 2, AREA = SIDE * SIDE };

static int16_t stored_value(int k, int i) {
    return (int16_t)(1000 + 100 * k + i);
}

/* Slice k at a place in the patient, in mm, written as given. */
static made_set slice_at(int k, const char *x, const char *y, const char *z) {
    int16_t pixels[AREA];
    char position[128];
    for (int i = 0; i < AREA; i++) pixels[i] = stored_value(k, i);
    made_set set = made_ct(&(made_slice){SIDE, SIDE, pixels, 0, NULL});
    snprintf(position, sizeof position, "%s\\%s\\%s", x, y, z);
    made_text(&set, 0x00200032, "DS", position);
    return set;
}

/* A fresh folder, whose name outlives the buffers of tests/support.h. */
static void make_folder(char out[CC_PATH_MAX]) {
    snprintf(out, CC_PATH_MAX, "%s", cc_test_folder());
}

static void add(const char *folder, made_set *set, int k) {
    char name[32];
    snprintf(name, sizeof name, "IM%04d.dcm", k);
    made_save(set, folder, name);
}

/* An upright slice k at height z. */
static made_set slice_of(int k, double z) {
    char text[32];
    snprintf(text, sizeof text, "%g", z);
    return slice_at(k, "-8", "-8", text);
}

/* Slices 0, 1, ... in ROOT/RELATIVE, 3 mm apart. */
static void add_series(const char *root, const char *relative, int count, const char *series) {
    char folder[CC_PATH_MAX];
    assert_ok(cc_path_join(folder, root, relative));
    for (int k = 0; k < count; k++) {
        made_set set = slice_of(k, 3 * k);
        made_text(&set, 0x0020000e, "UI", series);
        add(folder, &set, k);
    }
}

/* That the folder is those slices, at a distance, with a line of `part` or none. */
static void is_series(const char *path, const cc_read_options *options, int count, double distance,
                      const char *part) {
    cc_volume v = {0};
    assert_ok(dicom_read(&v, path, options));
    if (part ? !strstr(dicom_said.text, part) : strstr(dicom_said.text, "warning") != NULL)
        fail_msg("said \"%s\"", dicom_said.text);
    assert_int_equal(v.grid.dims[2], count);
    assert_true(fabs(v.grid.spacing_mm[2] - distance) < 1e-9);
    for (int k = 0; k < count; k++)
        for (int i = 0; i < AREA; i++) assert_true(v.voxels[k * AREA + i] == stored_value(k, i) - 1024);
    cc_volume_deinit(&v);
}

/* Rows run along x; columns lean by 20 degrees from y towards the feet, but the table moves along z. */
static void a_tilted_series_lies_on_a_sheared_grid_and_says_so(void **state) {
    (void)state;
    const double cosine = cos(20 * M_PI / 180), sine = sin(20 * M_PI / 180);
    char folder[CC_PATH_MAX];
    make_folder(folder);
    cc_volume v = {0};
    for (int k = 0; k < 4; k++) {
        made_set set = slice_of(k, 3 * k);
        made_text(&set, 0x00200037, "DS", "1\\0\\0\\0\\0.9396926208\\-0.3420201433");
        made_text(&set, 0x00181120, "DS", k ? "20" : "12"); /* the first slice's is compared */
        add(folder, &set, k);
    }
    dicom_reads(&v, folder, "tilted by 20.0 degrees");
    assert_non_null(strstr(dicom_said.text, "GantryDetectorTilt: 12 degrees"));
    assert_non_null(strstr(dicom_said.text, folder));
    const double want[9] = {1, 0, 0, 0, cosine, 0, 0, -sine, 1};
    for (int i = 0; i < 9; i++) assert_true(fabs(v.grid.direction[i] - want[i]) < 1e-6);
    assert_true(fabs(v.grid.spacing_mm[2] - 3) < 1e-9);
    cc_volume_deinit(&v);
}

static void a_tilt_that_the_positions_do_not_show_is_said(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    for (int k = 0; k < 3; k++) {
        made_set set = slice_of(k, 3 * k);
        made_text(&set, 0x00181120, "DS", "-15");
        add(folder, &set, k);
    }
    is_series(folder, NULL, 3, 3, "GantryDetectorTilt: -15 degrees");
}

static void positions_rounded_to_a_tenth_are_even(void **state) {
    (void)state;
    static const struct {
        double step;
        int count;
    } cases[] = {{0.625, 20}, {1.25, 15}, {0.7, 9}, {0.33, 30}, {0.25, 12}, {2.44, 11}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[CC_PATH_MAX];
        make_folder(folder);
        char text[32] = "";
        for (int k = 0; k < cases[i].count; k++) {
            snprintf(text, sizeof text, "%.1f", k * cases[i].step);
            made_set set = slice_at(k, "-8", "-8", text);
            add(folder, &set, k);
        }
        is_series(folder, NULL, cases[i].count, atof(text) / (cases[i].count - 1), NULL);
    }
}

/* Of nine slices 3 mm apart, one or all from one on are moved; or one is away. */
static void slices_on_no_common_grid_are_refused_with_their_names(void **state) {
    (void)state;
    static const struct {
        int from, to; /* of the slices that are moved or missing, from 0, the last one included */
        double x, z;  /* both 0: missing */
        double step;
        const char *part, *other;
    } cases[] = {
        {4, 8, 20, 0, 3, "ImagePositionPatient",
         "IM0004.dcm lies 20 mm to the side of the usual step from IM0003.dcm"},
        {2, 8, 3.5, 0, 3, "ImagePositionPatient", "IM0002.dcm lies 3.5 mm to the side"},
        {6, 8, 0.5, 0, 3, "ImagePositionPatient", "IM0006.dcm lies 0.5 mm to the side"},
        {8, 8, 5, 0, 3, "ImagePositionPatient", "IM0008.dcm lies 5 mm to the side"},
        {3, 3, 0, 0, 3, "a slice may be missing", "6 mm from IM0002.dcm to IM0004.dcm, where 3 mm is usual"},
        {1, 1, 0, 0, 3, "a slice may be missing", "from IM0000.dcm to IM0002.dcm"},
        {4, 5, 0, 0, 3, "a slice may be missing", "9 mm from IM0003.dcm to IM0006.dcm"},
        {7, 7, 0, 0, 0.6, "a slice may be missing", "1.2 mm from IM0006.dcm to IM0008.dcm"},
        {5, 5, 0, 0.5, 3, "ImagePositionPatient", "3.5 mm from IM0004.dcm to IM0005.dcm"},
        {5, 8, 0, -1, 3, "ImagePositionPatient", "2 mm from IM0004.dcm to IM0005.dcm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[CC_PATH_MAX];
        make_folder(folder);
        for (int k = 0; k < 9; k++) {
            bool chosen = k >= cases[i].from && k <= cases[i].to;
            char x[32], z[32];
            if (chosen && cases[i].x == 0 && cases[i].z == 0) continue;
            snprintf(x, sizeof x, "%g", -8 + (chosen ? cases[i].x : 0));
            snprintf(z, sizeof z, "%g", k * cases[i].step + (chosen ? cases[i].z : 0));
            made_set set = slice_at(k, x, "-8", z);
            add(folder, &set, k);
        }
        dicom_refuses(folder, cases[i].part, cases[i].other);
    }
}

static void slices_beside_each_other_are_no_stack(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    made_set a = slice_at(0, "0", "0", "0"), b = slice_at(1, "20", "0", "3");
    add(folder, &a, 0);
    add(folder, &b, 1);
    dicom_refuses(folder, "ImagePositionPatient", "81.5 degrees");
}

static void a_copy_of_a_slice_is_left_out_and_another_slice_at_its_place_refused(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    add_series(folder, "", 5, "1.2.3");
    made_set copy = slice_of(3, 9);
    made_save(&copy, folder, "IM0003 (1).dcm");
    is_series(folder, NULL, 5, 3, "IM0003 (1).dcm is a copy of IM0003.dcm");
    made_set other = slice_of(7, 12);
    made_text(&other, 0x00200012, "IS", "2");
    made_save(&other, folder, "second.dcm");
    dicom_refuses(folder, "AcquisitionNumber", "IM0004.dcm and second.dcm");
}

static void a_slice_without_rescale_among_others_is_refused(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    add_series(folder, "", 3, "1.2.3");
    made_set set = slice_of(3, 9);
    made_drop(&set, 0x00281052);
    add(folder, &set, 3);
    dicom_refuses(folder, "RescaleIntercept", "IM0003.dcm");
}

/* A file of a kind that has no pixels: dose report, presentation state, structure set, directory. */
static void add_blank(const char *folder, const char *name, const char *class) {
    made_set set = {.count = 0};
    made_text(&set, 0x00080016, "UI", class);
    made_text(&set, 0x00080060, "CS", "SR");
    made_text(&set, 0x0020000e, "UI", "1.2.9");
    made_save(&set, folder, name);
}

static void what_has_no_pixels_is_passed_over(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    add_blank(folder, "DICOMDIR", "1.2.840.10008.1.3.10");
    add_blank(folder, "a.dcm", "1.2.840.10008.5.1.4.1.1.88.67");
    add_blank(folder, "b.dcm", "1.2.840.10008.5.1.4.1.1.11.1");
    add_blank(folder, "z.dcm", "1.2.840.10008.5.1.4.1.1.481.3");
    dicom_refuses(folder, "no DICOM file with an image", NULL);
    add_series(folder, "", 4, "1.2.3");
    is_series(folder, NULL, 4, 3, NULL);
    add_blank(folder, "cut.dcm", MADE_CT); /* but a slice that was cut off before its pixels is not */
    dicom_refuses(folder, "cut.dcm", NULL);
}

static void a_localizer_and_a_screenshot_beside_a_series_are_passed_over_with_a_line(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    add_series(folder, "", 4, "1.2.3");
    made_set scout = slice_of(6, 0), same = slice_of(7, 1), shot = slice_of(8, 0);
    made_text(&scout, 0x0020000e, "UI", "1.2.4");
    made_text(&scout, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER");
    made_save(&scout, folder, "0.dcm");
    is_series(folder, NULL, 4, 3, "LOCALIZER");
    made_text(&shot, 0x0020000e, "UI", "1.2.5");
    made_text(&shot, 0x00280004, "CS", "RGB");
    made_save(&shot, folder, "shot.dcm");
    is_series(folder, NULL, 4, 3, "...1.2.5");
    made_text(&same, 0x0020000e, "UI", "1.2.3"); /* even where it bears the slices' own number */
    made_text(&same, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER");
    made_save(&same, folder, "same.dcm");
    is_series(folder, NULL, 4, 3, "same.dcm is passed over");
}

static void of_several_series_one_is_chosen_by_number_or_uid(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    const cc_read_options second = {.series = "2"}, third = {.series = "3"}, uid = {.series = "1.2.4"};
    add_series(folder, "", 4, "1.2.3");
    for (int k = 0; k < 2; k++) {
        made_set set = slice_of(k, 5 * k);
        made_text(&set, 0x0020000e, "UI", "1.2.4");
        made_text(&set, 0x0008103e, "LO", "CaScore \033[1m");
        made_text(&set, 0x00200011, "IS", "7");
        made_save(&set, folder, k ? "z1" : "z0");
    }
    dicom_refuses(folder, "SeriesInstanceUID: 2 series",
                  "2: number 7, \"CaScore ?[1m\", CT, 2 images, ...1.2.4");
    assert_string_equal(cc_error_get()->hint, "choose one: --series N");
    is_series(folder, &second, 2, 5, NULL);
    is_series(folder, &uid, 2, 5, NULL);
    cc_volume v = {0};
    assert_error(dicom_read(&v, folder, &third), CC_ENOTFOUND, "--series 3");
    assert_error(dicom_read(&v, cc_test_path(folder, "z0"), &third), CC_ENOTFOUND, "--series 3");
    is_series(cc_test_path(folder, "z0"), &uid, 1, 3, NULL);
}

/* A broken gzip file, and bytes that begin as an element of group 8 does. */
static void what_is_no_dicom_is_passed_over(void **state) {
    (void)state;
    char folder[CC_PATH_MAX], bytes[256] = {8, 0, 5, 0, 'C', 'S', 4};
    make_folder(folder);
    add_series(folder, "", 3, "1.2.3");
    assert_ok(cc_file_write(cc_test_path(folder, "a.gz"), "\x1f\x8b no gzip", 10));
    is_series(folder, NULL, 3, 3, NULL);
    memset(bytes + 12, 'x', sizeof bytes - 12);
    assert_ok(cc_file_write(cc_test_path(folder, "b.bin"), bytes, sizeof bytes));
    is_series(folder, NULL, 3, 3, "b.bin is passed over");
}

static void slices_in_folders_below_are_found_and_no_link_is_followed_there(void **state) {
    (void)state;
    char folder[CC_PATH_MAX], outside[CC_PATH_MAX], deep[CC_PATH_MAX];
    make_folder(folder);
    make_folder(outside);
    make_folder(deep);
    add_blank(folder, "DICOMDIR", "1.2.840.10008.1.3.10");
    add_series(outside, "", 3, "1.2.5");
    assert_ok(cc_folder_make(cc_test_path(folder, "a")));
    assert_int_equal(symlink(outside, cc_test_path(folder, "a/out")), 0);
    assert_int_equal(symlink(cc_test_path(outside, "IM0000.dcm"), cc_test_path(folder, "a/file")), 0);
    assert_int_equal(symlink("..", cc_test_path(folder, "a/round")), 0);
    dicom_refuses(folder, "no DICOM file with an image", NULL);
    add_series(folder, "a/ST0/SE0", 4, "1.2.3");
    is_series(folder, NULL, 4, 3, NULL);
    is_series(cc_test_path(folder, "DICOMDIR"), NULL, 4, 3, NULL);
    add_series(folder, "a/ST0/SE1", 3, "1.2.4");
    dicom_refuses(folder, "SeriesInstanceUID: 2 series", NULL);
    assert_string_equal(cc_error_get()->where, folder);
    add_series(deep, "1/2/3/4/5/6/7/8/9/10/11/12/13/14", 1, "1.2.3");
    dicom_refuses(deep, "deep", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tilted_series_lies_on_a_sheared_grid_and_says_so),
        cmocka_unit_test(a_tilt_that_the_positions_do_not_show_is_said),
        cmocka_unit_test(positions_rounded_to_a_tenth_are_even),
        cmocka_unit_test(slices_on_no_common_grid_are_refused_with_their_names),
        cmocka_unit_test(slices_beside_each_other_are_no_stack),
        cmocka_unit_test(a_copy_of_a_slice_is_left_out_and_another_slice_at_its_place_refused),
        cmocka_unit_test(a_slice_without_rescale_among_others_is_refused),
        cmocka_unit_test(what_has_no_pixels_is_passed_over),
        cmocka_unit_test(a_localizer_and_a_screenshot_beside_a_series_are_passed_over_with_a_line),
        cmocka_unit_test(of_several_series_one_is_chosen_by_number_or_uid),
        cmocka_unit_test(what_is_no_dicom_is_passed_over),
        cmocka_unit_test(slices_in_folders_below_are_found_and_no_link_is_followed_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
