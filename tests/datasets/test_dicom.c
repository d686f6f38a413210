/* tests/datasets/test_dicom.c -- what one DICOM file says of its pixels: functional groups, spacing,
 * rescale, padding. Right values are arithmetic by hand on the stored numbers (DICOM PS3.3: C.7.6.16 for
 * functional groups, C.11.1 for the rescale, C.7.5.1.1.2 for padding); files of the same kinds, written by
 * pydicom 3.0 in seven transfer syntaxes, gave the same. */
#include "dicom_read.h"
#include "datasets/read_options.h"

#include <math.h>

enum { WIDTH = 3, HEIGHT = 2, AREA = WIDTH * HEIGHT };

/* The stored value of pixel i of frame k. */
static int16_t stored_value(int k, int i) {
    return (int16_t)(1000 + 100 * k + i);
}

static made_set ct(int k) {
    int16_t pixels[AREA];
    for (int i = 0; i < AREA; i++) pixels[i] = stored_value(k, i);
    return made_ct(&(made_slice){HEIGHT, WIDTH, pixels, 0, NULL});
}

/* The path of a file that is the set, until the next one takes its place. */
static const char *saved(made_set *set) {
    static char folder[CC_PATH_MAX];
    if (!folder[0]) snprintf(folder, sizeof folder, "%s", cc_test_folder());
    made_save(set, folder, "a.dcm");
    return cc_test_path(folder, "a.dcm");
}

/* One frame's functional groups: NULL leaves one out. */
typedef struct made_frame {
    double z_mm;
    const char *slope, *intercept, *stack;
    unsigned time; /* 0: none */
} made_frame;

/* An enhanced CT; its frames' pixels are those of frame first, first + 1, ... Rescale 1 and -1024 and spacing
 * 0.5 x 0.25 x 3 mm are shared. */
static made_set enhanced(const made_frame *frames, int count, int first) {
    enum { MOST = 8 };
    int16_t pixels[MOST * AREA];
    made_set items[MOST] = {{.count = 0}}, shared = {.count = 0}, inner = {.count = 0}, set = ct(0);
    char text[64];
    static const unsigned outside[] = {0x00180050, 0x00200032, 0x00200037,
                                       0x00280030, 0x00281052, 0x00281053};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) made_drop(&set, outside[i]);
    made_text(&set, 0x00080016, "UI", MADE_ENHANCED_CT);
    snprintf(text, sizeof text, "%d", count);
    made_text(&set, 0x00280008, "IS", text);
    made_text(&inner, 0x00180050, "DS", "3");
    made_text(&inner, 0x00280030, "DS", "0.25\\0.5");
    made_sequence(&shared, 0x00289110, &inner, 1);
    made_group(&shared, 0x00209116, 0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    made_text(&inner, 0x00281052, "DS", "-1024");
    made_text(&inner, 0x00281053, "DS", "1");
    made_sequence(&shared, 0x00289145, &inner, 1);
    made_sequence(&set, 0x52009229, &shared, 1);
    for (int k = 0; k < count; k++) {
        const made_frame *f = &frames[k];
        for (int i = 0; i < AREA; i++) pixels[k * AREA + i] = stored_value(first + k, i);
        snprintf(text, sizeof text, "-8\\-9\\%g", f->z_mm);
        made_group(&items[k], 0x00209113, 0x00200032, "DS", text);
        if (f->stack) made_text(&inner, 0x00209056, "SH", f->stack);
        if (f->time) made_long(&inner, 0x00209128, f->time);
        if (inner.count) made_sequence(&items[k], 0x00209111, &inner, 1);
        if (f->intercept) made_text(&inner, 0x00281052, "DS", f->intercept);
        if (f->slope) made_text(&inner, 0x00281053, "DS", f->slope);
        if (inner.count) made_sequence(&items[k], 0x00289145, &inner, 1);
    }
    made_sequence(&set, 0x52009230, items, count);
    made_put(&set, 0x7fe00010, "OW", pixels, (size_t)(count * AREA) * sizeof *pixels);
    return set;
}

static void an_enhanced_file_is_sorted_by_position_each_frame_by_its_own_rescale(void **state) {
    (void)state;
    static const made_frame frames[] = {{.z_mm = 6, .slope = "2", .intercept = "-1000"},
                                        {.z_mm = 0},
                                        {.z_mm = 3, .slope = "0.5", .intercept = "-3"}};
    static const int order[] = {1, 2, 0};
    static const double slope[] = {2, 1, 0.5}, intercept[] = {-1000, -1024, -3};
    cc_volume v = {0};
    made_set set = enhanced(frames, 3, 0);
    dicom_reads(&v, saved(&set), NULL);
    assert_true(v.grid.dims[2] == 3 && v.grid.spacing_mm[0] == 0.5 && v.grid.spacing_mm[1] == 0.25 &&
                v.grid.spacing_mm[2] == 3);
    assert_true(v.grid.origin_mm[0] == -8 && v.grid.origin_mm[1] == -9 && v.grid.origin_mm[2] == 0);
    for (int z = 0; z < 3; z++)
        for (int i = 0; i < AREA; i++)
            assert_true(v.voxels[z * AREA + i] ==
                        slope[order[z]] * stored_value(order[z], i) + intercept[order[z]]);
    cc_volume_deinit(&v);
}

static void one_frame_alone_has_its_thickness_from_the_shared_groups(void **state) {
    (void)state;
    cc_volume v = {0};
    made_set set = enhanced(&(made_frame){.z_mm = 6}, 1, 4);
    dicom_reads(&v, saved(&set), NULL);
    assert_true(v.grid.dims[2] == 1 && v.grid.spacing_mm[2] == 3 && v.grid.origin_mm[2] == 6);
    assert_true(v.voxels[1] == stored_value(4, 1) - 1024);
    cc_volume_deinit(&v);
}

static void enhanced_files_of_a_folder_make_one_volume(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    cc_volume v = {0};
    made_set high = enhanced((made_frame[]){{.z_mm = 9}, {.z_mm = 6}}, 2, 0),
             low = enhanced((made_frame[]){{.z_mm = 3}}, 1, 2);
    made_save(&high, folder, "a.dcm");
    made_save(&low, folder, "b.dcm");
    dicom_reads(&v, folder, NULL);
    assert_true(v.grid.dims[2] == 3 && v.grid.origin_mm[2] == 3);
    static const int order[] = {2, 1, 0};
    for (int z = 0; z < 3; z++) assert_true(v.voxels[z * AREA] == stored_value(order[z], 0) - 1024);
    cc_volume_deinit(&v);
}

/* A frame as PS3.5, annex G has it: how many segments and where, then the high bytes and the low bytes of all
 * pixels, each as one run of literals. */
static size_t code_frame(uint8_t *out, int k) {
    enum { HEAD = 8, TABLE = 64, SEGMENT = 1 + AREA + 1 };
    memset(out, 0, HEAD + TABLE + 2 * SEGMENT);
    memcpy(out, (uint8_t[HEAD]){0xfe, 0xff, 0x00, 0xe0, TABLE + 2 * SEGMENT}, HEAD);
    memcpy(out + HEAD, (uint32_t[]){2, TABLE, TABLE + SEGMENT}, 3 * sizeof(uint32_t));
    for (int byte = 0; byte < 2; byte++) {
        uint8_t *segment = out + HEAD + TABLE + byte * SEGMENT;
        segment[0] = AREA - 1;
        for (int i = 0; i < AREA; i++) segment[1 + i] = (uint8_t)(stored_value(k, i) >> (byte ? 0 : 8));
    }
    return HEAD + TABLE + 2 * SEGMENT;
}

static void compressed_frames_are_sorted_too_and_one_that_is_missing_is_seen(void **state) {
    (void)state;
    static const made_frame frames[] = {{.z_mm = 3, .slope = "2", .intercept = "0"}, {.z_mm = 0}};
    for (int there = 2; there >= 1; there--) {
        uint8_t bytes[512] = {0xfe, 0xff, 0x00, 0xe0}; /* an empty offset table */
        size_t count = 8;
        for (int k = 0; k < there; k++) count += code_frame(bytes + count, k);
        memcpy(bytes + count, (uint8_t[]){0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0}, 8);
        made_set set = enhanced(frames, 2, 0);
        set.coded = "1.2.840.10008.1.2.5";
        made_put(&set, 0x7fe00010, "OB", bytes, count + 8);
        if (there == 1) {
            dicom_refuses(saved(&set), "PixelData: 1 fragments", "NumberOfFrames is 2");
            break;
        }
        cc_volume v = {0};
        dicom_reads(&v, saved(&set), NULL);
        for (int i = 0; i < AREA; i++)
            assert_true(v.voxels[i] == stored_value(1, i) - 1024 &&
                        v.voxels[AREA + i] == 2 * stored_value(0, i));
        cc_volume_deinit(&v);
    }
}

static void frames_that_are_no_one_volume_are_refused_with_field_and_frames(void **state) {
    (void)state;
    static const struct {
        made_frame frames[4];
        int count;
        const char *part, *other;
    } cases[] = {
        {{{.z_mm = 0, .time = 1}, {.z_mm = 3, .time = 1}, {.z_mm = 0, .time = 2}, {.z_mm = 3, .time = 2}},
         4,
         "TemporalPositionIndex",
         "frame 1 and a.dcm, frame 3"},
        {{{.z_mm = 0, .stack = "1"}, {.z_mm = 3, .stack = "1"}, {.z_mm = 0, .stack = "2"}},
         3,
         "StackID",
         "frame 1 and a.dcm, frame 3"},
        {{{.z_mm = 0, .stack = "1"},
          {.z_mm = 3, .stack = "1"},
          {.z_mm = 6, .stack = "1"},
          {.z_mm = 60, .stack = "2"}},
         4,
         "StackID",
         "54 mm from a.dcm, frame 3 to a.dcm, frame 4"},
        {{{.z_mm = 0}, {.z_mm = 3}, {.z_mm = 9}, {.z_mm = 12}},
         4,
         "a slice may be missing",
         "6 mm from a.dcm, frame 2 to a.dcm, frame 3"},
        {{{.z_mm = 0}, {.z_mm = 0}}, 2, "ImagePositionPatient", "lie at the same place and differ"},
        {{{.z_mm = 0}, {.z_mm = 3, .slope = "0", .intercept = "0"}}, 2, "RescaleSlope: 0", "frame 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_set set = enhanced(cases[i].frames, cases[i].count, 0);
        dicom_refuses(saved(&set), cases[i].part, cases[i].other);
    }
}

static void frame_counts_that_contradict_each_other_are_refused(void **state) {
    (void)state;
    static const made_frame frames[] = {{.z_mm = 0}, {.z_mm = 3}, {.z_mm = 6}};
    static const char *const counts[] = {"2", "4", "0", "-3", "2.5", "2000000000"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        made_set set = enhanced(frames, 3, 0);
        made_text(&set, 0x00280008, "IS", counts[i]);
        dicom_refuses(saved(&set), "NumberOfFrames", NULL);
    }
    made_set set = enhanced(frames, 3, 0);
    made_drop(&set, 0x52009230);
    dicom_refuses(saved(&set), "PerFrameFunctionalGroupsSequence: 0 items", "NumberOfFrames is 3");
    set = enhanced(frames, 3, 0);
    made_drop(&set, 0x52009229);
    dicom_refuses(saved(&set), "ImageOrientationPatient", "frame 1");
}

static void a_slice_may_say_it_in_functional_groups_but_not_say_two_things(void **state) {
    (void)state;
    cc_volume v = {0};
    made_set shared = {.count = 0}, set = ct(0);
    made_drop(&set, 0x00281052);
    made_group(&shared, 0x00289145, 0x00281052, "DS", "-24");
    made_sequence(&set, 0x52009229, &shared, 1);
    dicom_reads(&v, saved(&set), NULL);
    assert_true(v.voxels[0] == stored_value(0, 0) - 24);
    cc_volume_deinit(&v);
    set = ct(0);
    made_group(&shared, 0x00289110, 0x00280030, "DS", "0.3\\0.5");
    made_sequence(&set, 0x52009229, &shared, 1);
    dicom_refuses(saved(&set), "PixelSpacing", "functional groups say otherwise");
    set = enhanced((made_frame[]){{.z_mm = 0}, {.z_mm = 3}}, 2, 0);
    made_text(&set, 0x00281052, "DS", "0"); /* left over from before its conversion */
    dicom_refuses(saved(&set), "RescaleIntercept", "functional groups say otherwise");
}

static void a_spacing_that_is_not_said_is_refused_or_stated_by_hand(void **state) {
    (void)state;
    static const struct {
        unsigned tag;
        const char *text, *part, *other;
    } cases[] = {
        {0x00280030, NULL, "PixelSpacing", "--spacing"},
        {0x00280030, "0.5", "PixelSpacing \"0.5\"", NULL},
        {0x00280030, "0\\0.5", "PixelSpacing", NULL},
        {0x00280030, "-0.5\\0.5", "PixelSpacing", NULL},
        {0x00280030, "1\\1\\1", "PixelSpacing", NULL},
        {0x00280030, "nan\\1", "PixelSpacing", "is no number"},
        {0x00280030, "0,5\\0,5", "PixelSpacing", "is no number"},
        {0x00180050, NULL, "SliceThickness", "SpacingBetween"},
        {0x00180050, "0", "SliceThickness", NULL},
    };
    const cc_read_options stated = {.spacing_mm = {0.4, 0.6, 2}};
    cc_volume v = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_set set = ct(0);
        made_text(&set, cases[i].tag, "DS", cases[i].text);
        const char *path = saved(&set);
        dicom_refuses(path, cases[i].part, cases[i].other);
        if (cases[i].other && strstr(cases[i].other, "number")) continue;
        assert_ok(dicom_read(&v, path, &stated));
        assert_memory_equal(v.grid.spacing_mm, stated.spacing_mm, sizeof stated.spacing_mm);
        cc_volume_deinit(&v);
    }
    made_set set = ct(0);
    made_drop(&set, 0x00280030);
    made_text(&set, 0x00181164, "DS", "0.7\\0.7"); /* a detector's pixels, seen magnified in the patient */
    dicom_refuses(saved(&set), "PixelSpacing", "ImagerPixelSpacing 0.7\\0.7");
}

static void what_a_ct_should_say_and_does_not_is_warned_of(void **state) {
    (void)state;
    static const struct {
        unsigned tag;
        const char *vr, *text, *part;
    } cases[] = {
        {0x00281053, "DS", NULL, "warning: "},
        {0x00281053, "DS", NULL, "RescaleSlope: missing"},
        {0x00281052, "DS", NULL, "RescaleIntercept: missing"},
        {0x00281052, "DS", "", "RescaleIntercept: missing"},
        {0x00281054, "LO", "Z_EFF", "RescaleType: Z_EFF"},
        {0x00281054, "LO", "HU", NULL},
        {0x00180010, "LO", "IODINE", "ContrastBolusAgent: IODINE"},
        {0x00180010, "LO", "none", NULL},
        {0x00080060, "CS", "MR", "Modality: MR"},
        {0x00080060, "CS", "PT", "Modality: PT"},
        {0x00080060, "CS", NULL, NULL}, /* its kind of object says that it is a CT */
        {0x00280004, "CS", "MONOCHROME1", "PhotometricInterpretation: MONOCHROME1"},
        {0x00200032, "DS", NULL, "ImagePositionPatient: missing"},
        {0x00200037, "DS", NULL, "ImageOrientationPatient: missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v = {0};
        made_set set = ct(0);
        made_text(&set, cases[i].tag, cases[i].vr, cases[i].text);
        dicom_reads(&v, saved(&set), cases[i].part);
        assert_true(v.voxels[0] == stored_value(0, 0) - (cases[i].tag == 0x00281052 ? 0 : 1024));
        cc_volume_deinit(&v);
    }
}

static void pixels_that_are_no_grey_numbers_are_refused(void **state) {
    (void)state;
    static const struct {
        unsigned tag;
        const char *text; /* NULL: `value`; that below 0: taken out */
        int value;
        const char *part;
    } cases[] = {
        {0x00280004, "PALETTE COLOR", 0, "PhotometricInterpretation"},
        {0x00280004, "RGB", 0, "PhotometricInterpretation"},
        {0x00280002, NULL, 3, "SamplesPerPixel"},
        {0x00280100, NULL, 1, "BitsAllocated: 1"},
        {0x00280101, NULL, -1, "BitsStored: it is missing"},
        {0x00280101, NULL, 20, "BitsStored: 20"},
        {0x00280102, NULL, 11, "HighBit: 11"},
        {0x00280103, NULL, -1, "PixelRepresentation: it is missing"},
        {0x00280103, NULL, 2, "PixelRepresentation"},
        {0x00281053, "0", 0, "RescaleSlope: 0"},
        {0x00281053, "1e999", 0, "RescaleSlope"},
        {0x00200037, "0\\0\\0\\0\\0\\0", 0, "ImageOrientationPatient"},
        {0x00200037, "1\\0\\0\\1\\0\\0", 0, "ImageOrientationPatient"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_set set = ct(0);
        if (cases[i].text)
            made_text(&set, cases[i].tag, "DS", cases[i].text);
        else if (cases[i].value < 0)
            made_drop(&set, cases[i].tag);
        else
            made_short(&set, cases[i].tag, cases[i].value);
        dicom_refuses(saved(&set), cases[i].part, NULL);
    }
    made_set set = ct(0);
    made_group(&set, 0x00283000, 0x00283004, "LO", "HU");
    dicom_refuses(saved(&set), "ModalityLUTSequence", NULL);
}

/* Pixel 0 is padding, pixel 1 is 40 HU. */
static void padding_is_never_dense(void **state) {
    (void)state;
    static const struct {
        int stored, padding, limit; /* limit 0: none; padding -1: not given */
        int bits, is_signed;
        const char *intercept;
        double hu; /* of the padding */
    } cases[] = {
        {63536, 63536, 0, 16, 0, "-1024", -3024},  /* -2000, written unsigned */
        {63536, -1, 0, 16, 0, "-1024", -3024},     /* the same, not declared: no CT has 62512 HU */
        {63536, 63536, 0, 12, 0, "-1024", -3024},  /* above the bits that are stored */
        {63536, -1, 0, 12, 0, "-1024", -3024},     /* likewise */
        {63536, 63536, 0, 16, 1, "-1024", -3024},  /* signed, as it should be: as it is */
        {4095, 4095, 0, 12, 0, "-1024", -1024},    /* the highest of 12 bits */
        {32767, 32767, 0, 16, 1, "-1024", -1024},  /* the highest signed one */
        {4050, 4000, 4095, 12, 0, "-1024", -1024}, /* a range */
        {4050, 4095, 4000, 12, 0, "-1024", -1024}, /* the other way round */
        {0, 0, 0, 16, 0, "-1024", -1024},          /* air: as it is */
        {0, 0, 0, 16, 1, "0", 0},                  /* water, too: it may be tissue */
        {2500, 63536, 0, 16, 0, "-1024", 1476},    /* bone is no padding */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v = {0};
        made_set set = ct(0);
        int16_t pixels[AREA];
        for (int k = 0; k < AREA; k++) pixels[k] = (int16_t)(40 - atoi(cases[i].intercept));
        pixels[0] = (int16_t)cases[i].stored;
        made_put(&set, 0x7fe00010, "OW", pixels, sizeof pixels);
        made_short(&set, 0x00280101, cases[i].bits);
        made_short(&set, 0x00280102, cases[i].bits - 1);
        made_short(&set, 0x00280103, cases[i].is_signed);
        made_text(&set, 0x00281052, "DS", cases[i].intercept);
        if (cases[i].padding >= 0) made_short(&set, 0x00280120, cases[i].padding);
        if (cases[i].limit) made_short(&set, 0x00280121, cases[i].limit);
        double plain =
            (cases[i].is_signed ? (int16_t)cases[i].stored : cases[i].stored) + atof(cases[i].intercept);
        dicom_reads(&v, saved(&set), plain == cases[i].hu ? NULL : "PixelPaddingValue: 1 voxels");
        if (v.voxels[0] != (float)cases[i].hu || v.voxels[1] != 40)
            fail_msg("case %zu: %g, %g", i, v.voxels[0], v.voxels[1]);
        cc_volume_deinit(&v);
    }
}

static void bits_above_those_stored_do_not_count(void **state) {
    (void)state;
    static const int16_t pixels[AREA] = {0x0064, 0x4064, 0x0f9c,
                                         0x4f9c, 0x07ff, 0x0800}; /* 12 bits, and one bit 14 */
    static const float want[AREA] = {100, 100, -100, -100, 2047, -2048};
    cc_volume v = {0};
    made_set set = ct(0);
    made_put(&set, 0x7fe00010, "OW", pixels, sizeof pixels);
    made_short(&set, 0x00280101, 12);
    made_short(&set, 0x00280102, 11);
    made_text(&set, 0x00281052, "DS", "0");
    dicom_reads(&v, saved(&set), NULL);
    assert_memory_equal(v.voxels, want, sizeof want);
    cc_volume_deinit(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enhanced_file_is_sorted_by_position_each_frame_by_its_own_rescale),
        cmocka_unit_test(one_frame_alone_has_its_thickness_from_the_shared_groups),
        cmocka_unit_test(enhanced_files_of_a_folder_make_one_volume),
        cmocka_unit_test(compressed_frames_are_sorted_too_and_one_that_is_missing_is_seen),
        cmocka_unit_test(frames_that_are_no_one_volume_are_refused_with_field_and_frames),
        cmocka_unit_test(frame_counts_that_contradict_each_other_are_refused),
        cmocka_unit_test(a_slice_may_say_it_in_functional_groups_but_not_say_two_things),
        cmocka_unit_test(a_spacing_that_is_not_said_is_refused_or_stated_by_hand),
        cmocka_unit_test(what_a_ct_should_say_and_does_not_is_warned_of),
        cmocka_unit_test(pixels_that_are_no_grey_numbers_are_refused),
        cmocka_unit_test(padding_is_never_dense),
        cmocka_unit_test(bits_above_those_stored_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
