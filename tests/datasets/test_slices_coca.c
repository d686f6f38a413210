/* tests/datasets/test_slices_coca.c -- the COCA layout: DICOM series with outlines; labels are counted by
 * hand from polygons on a few pixels. */
#include <pthread.h>
#include <unistd.h>
#include "coca_made.h"
#include "said.h"
#include "datasets/polygon.h"
#include "datasets/sources/source.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

static cc_slice_set *open_set(const char *root) {
    cc_slice_set *set;
    assert_ok(coca_try(&set, root, 1));
    return set;
}

static void refused(const char *root, cc_status status, const char *part) {
    cc_slice_set *set;
    assert_error(coca_try(&set, root, 0), status, part);
    assert_null(set);
}

static void shell(const char *root, const char *command) {
    assert_int_equal(cc_test_run(NULL, 0, "cd '%s' && %s", root, command), 0);
}

/* A slice's values, and its labels as text: a digit a pixel, rows one behind the other. */
static void reads(const cc_slice_set *set, size_t index, int z, const char *want) {
    float hu[COCA_PIXELS];
    uint8_t mask[COCA_PIXELS];
    char got[COCA_PIXELS + 1] = "";
    assert_ok(cc_slice_set_read(set, index, hu, mask));
    for (int i = 0; i < COCA_PIXELS; i++) {
        assert_true(hu[i] == coca_hu(z, i));
        got[i] = (char)('0' + mask[i]);
    }
    assert_string_equal(got, want);
}

static const char nothing[] = "00000000"
                              "00000000"
                              "00000000"
                              "00000000"
                              "00000000"
                              "00000000";
static const char box_1[] = "00000000"
                            "01010000"
                            "01010000"
                            "00000000"
                            "00000000"
                            "00000000";

static void outlines_label_what_reads_more_than_130_hu(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    coca_add_scan(root, "patient/7/Pro Gated 70%", 3, NULL);
    coca_add_scan(root, "patient/10", 2, NULL);
    coca_write(
        root, "calcium_xml/7.xml",
        COCA_LIST(COCA_IMAGE("2", COCA_ROI("Left Anterior Descending Artery", "4", COCA_BOX)) COCA_IMAGE(
            "0", COCA_ROI("Left Coronary Artery", "4", COCA_BOX)
                     COCA_ROI("Left Circumflex Artery", "3",
                              COCA_POINT("3", "1") COCA_POINT("8", "1") COCA_POINT("3", "6"))
                         COCA_ROI("Right Coronary Artery", "4",
                                  COCA_POINT("-5", "5") COCA_POINT("20", "5") COCA_POINT("20", "9")
                                      COCA_POINT("-5", "9")))));
    cc_slice_set *set = open_set(root);
    assert_int_equal(cc_slice_set_patient_count(set), 2);
    assert_int_equal(cc_slice_set_count(set), 5);
    assert_string_equal(cc_slice_set_patient(set, 0), "10");
    assert_string_equal(cc_slice_set_patient(set, 1), "7");
    assert_int_equal(cc_slice_set_group(set, 1), 0);
    double spacing[3];
    assert_true(cc_slice_set_spacing(spacing, set, 2));
    assert_true(spacing[0] == 0.5 && spacing[1] == 0.25 && spacing[2] == 3);
    for (size_t i = 0; i < 2; i++) reads(set, i, (int)i, nothing); /* no XML */
    reads(set, 2, 0,
          "00000000"
          "01020200"
          "01020200"
          "00020000"
          "00020000"
          "03030303");
    reads(set, 3, 1, nothing);
    reads(set, 4, 2, box_1);
    reads(set, 4, 2, box_1); /* from the cache */
    cc_slice_set_close(set);
}

static void index_0_is_the_slice_nearest_the_feet(void **state) {
    (void)state;
    static const char *const orientations[] = {NULL, "-1\\0\\0\\0\\1\\0", "-1\\0\\0\\0\\-1\\0"};
    for (size_t i = 0; i < 3; i++) {
        const char *root = cc_test_folder();
        coca_add_scan(root, "Gated_release_final/patient/0/s", 3, orientations[i]);
        coca_write(root, "Gated_release_final/calcium_xml/0.xml",
                   COCA_LIST(COCA_IMAGE("0", COCA_ROI("Left Coronary Artery", "4", COCA_BOX))));
        cc_slice_set *set = open_set(root);
        reads(set, 0, 0, box_1);
        for (int z = 1; z < 3; z++) reads(set, (size_t)z, z, nothing);
        assert_int_equal(cc_slice_set_get(set, 2)->number, 2);
        cc_slice_set_close(set);
    }
}

static void what_belongs_to_nothing_is_left_out_with_a_line(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    coca_add_scan(root, "patient/1/s", 2, NULL);
    coca_write(root, "patient/notes.txt", "x");
    coca_write(root, "patient/1/s/notes.txt", "x");
    coca_write(root, "calcium_xml/1.xml",
               COCA_LIST(COCA_IMAGE(
                   "0", COCA_ROI("Aorta", "4", COCA_BOX) COCA_ROI("Left Coronary Artery", "0", "") COCA_ROI(
                            "Left Coronary Artery", "2", COCA_POINT("1", "1") COCA_POINT("9", "9")))));
    coca_write(root, "calcium_xml/2.xml", "this is never read");
    said s;
    said_start(&s);
    cc_slice_set *set;
    cc_status status = coca_try(&set, root, 0);
    said_end(&s);
    assert_ok(status);
    said_has(&s, "calcium_xml/1.xml:5: \"Aorta\" is none of the four arteries");
    said_has(&s, "2.xml has no patient");
    reads(set, 0, 0, nothing);
    cc_slice_set_close(set);
}

static void the_digest_follows_names_slices_and_outlines(void **state) {
    (void)state;
    static const char *const changes[] = {
        "true",
        "mkdir G && mv patient calcium_xml G && mv G Gated_release_final", /* the place does not count */
        "truncate -s -2 patient/5/s/IM-0001-0001.dcm && printf '\\1\\2' >>patient/5/s/IM-0001-0001.dcm",
        "sed -i 's/Circumflex/Anterior Descending/' calcium_xml/5.xml",
        "rm calcium_xml/5.xml",
        "mv patient/5 patient/6 && mv calcium_xml/5.xml calcium_xml/6.xml",
        "mv patient/5/s/IM-0001-0001.dcm patient/5/s/a.dcm"};
    enum { COUNT = sizeof changes / sizeof *changes };
    cc_digest_text digests[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const char *root = cc_test_folder();
        coca_add_scan(root, "patient/5/s", 2, NULL);
        coca_write(root, "calcium_xml/5.xml",
                   COCA_LIST(COCA_IMAGE("1", COCA_ROI("Left Circumflex Artery", "4", COCA_BOX))));
        shell(root, changes[i]);
        cc_slice_set *set = open_set(root);
        assert_ok(cc_slice_set_digest(&digests[i], set));
        cc_slice_set_close(set);
    }
    assert_string_equal(digests[0].hex, digests[1].hex);
    for (int i = 2; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            if (j != 1) assert_string_not_equal(digests[i].hex, digests[j].hex);
}

/* COCA_BOX on slice z in mm: pixels are 0.5 mm wide and 0.25 mm high, slice 0 lies at -50, the next 3 mm
 * above. */
#define BOX_MM(z)                                                                                            \
    "<key>Point_mm</key><array><string>(0.5, 0.25, " z ")</string><string>(2, 0.25, " z ")</string>"         \
    "<string>(2, 0.75, " z ")</string><string>(0.5, 0.75, " z ")</string></array>"
#define ROI_AT(z)                                                                                            \
    "<dict><key>Name</key><string>Left Coronary Artery</string>" BOX_MM(                                     \
        z) "<key>Point_px</key><array>" COCA_BOX "</array></dict>"

/* The digest of patient 3 with three slices: truth that is placed by other rules is other data. */
static void digest_says(const cc_slice_set *set, const char *root, const char *how) {
    cc_digest_text got, want;
    cc_digest *digest = cc_digest_create();
    cc_digest_add_string(digest, "coca");
    cc_digest_add_string(digest, "3");
    for (int number = 3; number > 0; number--) { /* the first file is the one next to the head */
        char name[64];
        snprintf(name, sizeof name, "IM-0001-%04d.dcm", number);
        cc_digest_add_string(digest, name);
        char *path = (char *)cc_test_path(root, "patient/3");
        strcat(strcat(path, "/"), name);
        assert_ok(cc_slice_set_digest_file(digest, path));
    }
    cc_digest_add_string(digest, how);
    assert_ok(cc_slice_set_digest_file(digest, cc_test_path(root, "calcium_xml/3.xml")));
    want = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    assert_ok(cc_slice_set_digest(&got, set));
    assert_string_equal(got.hex, want.hex);
}

/* The outline lies at z = -47, slice 1 of three. */
static void an_outline_lies_where_its_points_do(void **state) {
    (void)state;
    static const struct {
        const char *xml;
        int warnings;
    } cases[] = {{COCA_LIST(COCA_IMAGE("1", ROI_AT("-47"))), 0},
                 {COCA_LIST(COCA_IMAGE("2", ROI_AT("-47"))), 1},
                 {COCA_LIST(COCA_IMAGE("9", ROI_AT("-47"))), 1},
                 {COCA_LIST(COCA_IMAGE("1", COCA_ROI("Left Coronary Artery", "4", COCA_BOX))), 1}};
    for (size_t i = 0; i < 4; i++) {
        const char *root = cc_test_folder();
        said s;
        cc_slice_set *set;
        coca_add_scan(root, "patient/3", 3, NULL);
        coca_write(root, "calcium_xml/3.xml", cases[i].xml);
        said_start(&s);
        cc_status status = coca_try(&set, root, 0);
        said_end(&s);
        assert_ok(status);
        assert_int_equal(said_count(&s, "warning"), cases[i].warnings);
        if (i == 1) said_has(&s, "ImageIndex 2 contradicts Point_mm, which lies on slice 1");
        if (i == 3)
            said_has(&s, "outlines of 1 of 1 patients have no Point_mm: ImageIndex is taken to count");
        reads(set, 0, 0, nothing);
        reads(set, 1, 1, box_1);
        reads(set, 2, 2, nothing);
        digest_says(set, root, i == 1 || i == 2 ? "outlines by Point_mm" : "outlines");
        cc_slice_set_close(set);
    }
}

static void a_broken_layout_is_named(void **state) {
    (void)state;
    static const struct {
        const char *change;
        cc_status status;
        const char *part;
    } cases[] = {
        {"rm -r calcium_xml", CC_ENOTFOUND, "patient and calcium_xml"},
        {"rm -r patient", CC_ENOTFOUND, "patient and calcium_xml"},
        {"rm -r patient/3", CC_ENOTFOUND, "no patient's folder"},
        {"rm patient/3/s/*", CC_ENOTFOUND, "no .dcm file of this patient"},
        {"cp -r patient/3/s patient/3/t", CC_EFORMAT, "there is another series of this patient"},
        {"cp patient/3/s/IM-0001-0001.dcm patient/3/s/b.dcm", CC_EFORMAT, "4 files end in .dcm, 3 are DICOM"},
        {"echo x > patient/3/s/IM-0001-0001.dcm", CC_EFORMAT, "3 files end in .dcm, 2 are DICOM"},
        {"truncate -s 300 patient/3/s/IM-0001-0002.dcm", CC_EFORMAT, "IM-0001-0002.dcm"},
        {"mv patient/3/s/IM-0001-0001.dcm .. ; ln -s \"$PWD\"/../IM-0001-0001.dcm patient/3/s/", CC_EINVAL,
         "leads out of the dataset"},
        {"ln -s /etc/hostname calcium_xml/3.xml", CC_EINVAL, "leads out of the dataset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *parent = cc_test_folder(), *root = cc_test_path(parent, "coca");
        coca_add_scan(root, "patient/3/s", 3, NULL);
        assert_ok(cc_folder_make(cc_test_path(root, "calcium_xml")));
        shell(root, cases[i].change);
        refused(root, cases[i].status, cases[i].part);
    }
}

static void a_slice_that_vanishes_fails_when_it_is_read(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    coca_add_scan(root, "patient/3/s", 3, NULL);
    assert_ok(cc_folder_make(cc_test_path(root, "calcium_xml")));
    cc_slice_set *set = open_set(root);
    shell(root, "rm patient/3/s/IM-0001-0002.dcm");
    float hu[COCA_PIXELS];
    assert_ok(cc_slice_set_read(set, 0, hu, NULL));
    cc_status status = cc_slice_set_read(set, 1, hu, NULL);
    assert_error(status, status == CC_OK ? CC_EIO : status, "IM-0001-0002.dcm");
    cc_slice_set_close(set);
}

enum { THREADS = 4, SLICES = 12 };

static void *read_all(void *argument) {
    const cc_slice_set *set = argument;
    for (size_t i = 0; i < SLICES; i++) {
        float hu[COCA_PIXELS];
        uint8_t mask[COCA_PIXELS];
        if (cc_slice_set_read(set, i, hu, mask) != CC_OK || hu[0] != coca_hu((int)i, 0) ||
            mask[9] != (i == 3))
            return argument;
    }
    return NULL;
}

static void threads_read_the_same_slices(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    coca_add_scan(root, "patient/3/s", SLICES, NULL);
    coca_write(root, "calcium_xml/3.xml",
               COCA_LIST(COCA_IMAGE("3", COCA_ROI("Left Coronary Artery", "4", COCA_BOX))));
    cc_slice_set *set;
    assert_ok(coca_try(&set, root, 0));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_all, set), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = set;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    cc_slice_set_close(set);
}

/* Scanners' files, compressed ones too, one a patient: inside an outline, the mask is the threshold. */
static void real_files_come_through_the_reader(void **state) {
    (void)state;
    static const char *const names[] = {"explicit-le", "implicit-le", "jpeg-lossless-sv1", "rle"};
    char root[64];
    snprintf(root, sizeof root, "%s", cc_test_folder());
    for (int i = 0; i < 4; i++) {
        char xml[64], relative[64];
        snprintf(relative, sizeof relative, "data/formats/dicom/%s.dcm", names[i]);
        assert_int_equal(cc_test_run(NULL, 0, "mkdir -p '%s/patient/%d/s' && cp '%s' '%s/patient/%d/s/'",
                                     root, i, cc_test_shared(relative), root, i),
                         0);
        snprintf(xml, sizeof xml, "calcium_xml/%d.xml", i);
        coca_write(root, xml,
                   COCA_LIST(COCA_IMAGE("0", COCA_ROI("Right Coronary Artery", "3",
                                                      COCA_POINT("0", "0") COCA_POINT("400.5", "30")
                                                          COCA_POINT("100", "380.25")))));
    }
    cc_slice_set *set = open_set(root);
    cc_volume volume = {0};
    assert_int_equal(cc_slice_set_count(set), 4);
    assert_ok(cc_volume_read(&volume, cc_test_shared("data/formats/dicom/explicit-le.dcm")));
    size_t pixels = cc_volume_count(&volume), marked = 0;
    const double points[][2] = {{0, 0}, {400.5, 30}, {100, 380.25}};
    uint8_t *inside = calloc(pixels, 1), *mask = malloc(pixels);
    float *hu = malloc(pixels * sizeof *hu);
    assert_true(inside && mask && hu);
    cc_polygon_fill(inside, (int32_t)volume.grid.dims[1], (int32_t)volume.grid.dims[0], points, 3);
    for (size_t s = 0; s < 4; s++) {
        assert_ok(cc_slice_set_read(set, s, hu, mask));
        for (size_t i = 0; i < pixels; i++) {
            assert_true(hu[i] == volume.voxels[i]);
            assert_int_equal(mask[i], inside[i] && hu[i] > 130 ? 3 : 0);
            marked += mask[i] > 0;
        }
    }
    assert_true(marked > 0);
    free(inside);
    free(mask);
    free(hu);
    cc_volume_deinit(&volume);
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlines_label_what_reads_more_than_130_hu),
        cmocka_unit_test(index_0_is_the_slice_nearest_the_feet),
        cmocka_unit_test(what_belongs_to_nothing_is_left_out_with_a_line),
        cmocka_unit_test(the_digest_follows_names_slices_and_outlines),
        cmocka_unit_test(an_outline_lies_where_its_points_do),
        cmocka_unit_test(a_broken_layout_is_named),
        cmocka_unit_test(a_slice_that_vanishes_fails_when_it_is_read),
        cmocka_unit_test(threads_read_the_same_slices),
        cmocka_unit_test(real_files_come_through_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
