/* tests/datasets/test_metaimage.c -- MetaImage headers as tools write them. Right values: what SimpleITK
 * 2.5.7 reads from the same bytes (size, spacing, origin, direction, voxels), unless a test says
 * otherwise. */
#include "text_made.h"

#include <zlib.h>
#include "datasets/readers/metaimage.h"
#include "datasets/readers/metaimage_write.h"

#define OBJECT  "ObjectType = Image\n"
#define VALUES  "BinaryData = True\nBinaryDataByteOrderMSB = False\nElementType = MET_SHORT\n"
#define PLACE   "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -10 -20 -30\n"
#define SPACING "ElementSpacing = 0.4 0.5 3\n"
#define SIZE    "DimSize = 3 2 2\n"
#define HEAD    OBJECT "NDims = 3\n" VALUES PLACE SPACING SIZE
#define LOCAL   "ElementDataFile = LOCAL\n"
#define FOUR                                                                                                 \
    OBJECT "NDims = 4\n" VALUES "Offset = -10 -20 -30 7\nElementSpacing = 0.4 0.5 3 2\nDimSize = 3 2 2 1\n"

static const double spacing[3] = {0.4, 0.5, 3}, origin[3] = {-10, -20, -30}, zero[3] = {0, 0, 0},
                    upright[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, turned[9] = {0, 1, 0, 1, 0, 0, 0, 0, 1},
                    y_turned[9] = {1, 0, 0, 0, -1, 0, 0, 0, 1};
static char folder[CC_PATH_MAX];

static int make_folder(void **state) {
    (void)state;
    return cc_path_join(folder, "", cc_test_folder()) != CC_OK;
}

static const char *local(const char *text) {
    return made_write(folder, "a.mha", text, made_voxels(), MADE_BYTES);
}

static const char *detached(const char *text) {
    return made_write(folder, "a.mhd", text, "", 0);
}

/* Whole, and slice by slice, as datasets of many scans read it. */
static void reads(const char *path) {
    cc_metaimage image;
    float values[6];
    made_reads(path, spacing, origin, upright, NULL);
    assert_ok(cc_metaimage_open(&image, path));
    for (int z = 1; z >= 0; z--) {
        assert_ok(cc_metaimage_read_slice(values, &image, z));
        for (int i = 0; i < 6; i++) assert_true(values[i] == made_voxels()[6 * z + i]);
    }
}

static void one_frame_of_more_dimensions_is_an_image(void **state) {
    (void)state;
    reads(local(FOUR "TransformMatrix = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n" LOCAL));
    reads(local(
        OBJECT
        "NDims = 5\n" VALUES "Offset = -10 -20 -30 7 8\nElementSpacing = 0.4 0.5 3 2 2\n"
        "DimSize = 3 2 2 1 1\nTransformMatrix = 1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1\n" LOCAL));
    made_reads(local(FOUR "TransformMatrix = 0 1 0 0 1 0 0 0 0 0 1 0 0 0 0 1\n" LOCAL), spacing, origin,
               turned, NULL);
    made_refused(local(FOUR "TransformMatrix = 1 0 0 0 0 1 0 0 0 0 0 1 0 0 1 0\n" LOCAL), CC_EUNSUPPORTED,
                 "TransformMatrix: dimension 3 mixes with dimension 4");
    made_refused(local(OBJECT "NDims = 4\n" VALUES "DimSize = 3 2 1 2\n" LOCAL), CC_EUNSUPPORTED,
                 "DimSize: 2 frames along dimension 4");
    made_refused(local(OBJECT "NDims = 11\n" VALUES LOCAL), CC_EUNSUPPORTED, "NDims: dimensions: \"11\"");
}

static void voxels_lie_in_one_file_a_slice(void **state) {
    (void)state;
    made_write_parts(folder, "s%d.raw", 0, 1, 12, 0);
    made_write_parts(folder, "p%03d.raw", 8, 2, 12, 0);
    made_write_parts(folder, "n%d.raw", 1, 1, 12, 0);
    made_write_parts(folder, "row %d.raw", 0, 1, 6, 0);
    made_write_parts(folder, "h%d.raw", 0, 1, 12, 17);
    made_write_parts(folder, "all%d.raw", 0, 1, 24, 0);
    made_write_parts(folder, "50%%_%d.raw", 1, 1, 12, 0);
    static const char *const heads[] = {
        HEAD "ElementDataFile = LIST\ns0.raw\ns1.raw\n",
        HEAD "ElementDataFile = LIST\r\ns0.raw\r\ns1.raw\r\n\r\n",
        HEAD "ElementDataFile = LIST 2\ns0.raw\ns1.raw\n",
        HEAD "ElementDataFile = LIST 2D\ns0.raw\ns1.raw\n",
        HEAD "ElementDataFile = LIST 1\nrow 0.raw\nrow 1.raw\nrow 2.raw\nrow 3.raw\n",
        HEAD "ElementDataFile = s%d.raw 0 1 1\n",
        HEAD "ElementDataFile = s%d.raw 0\n",
        HEAD "ElementDataFile = n%d.raw\n",
        HEAD "ElementDataFile = p%03d.raw 8 10 2\n",
        HEAD "HeaderSize = 17\nElementDataFile = h%d.raw 0 1 1\n",
        HEAD "HeaderSize = -1\nElementDataFile = LIST\nh0.raw\nh1.raw\n",
        FOUR "TransformMatrix = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nElementDataFile = LIST\nall0.raw\n",
        FOUR "TransformMatrix = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nElementDataFile = LIST 2\ns0.raw\ns1.raw\n",
        /* SimpleITK loses the last name where no line's end follows; here it counts, as the text says. */
        HEAD "ElementDataFile = LIST\ns0.raw\ns1.raw",
        /* What C's printf makes of these. */
        HEAD "ElementDataFile = 50%%_%i.raw 1 2 1\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) reads(detached(heads[i]));
}

static void compressed_slices_are_read(void **state) {
    (void)state;
    for (int z = 0; z < 2; z++) {
        unsigned char packed[64];
        char name[16];
        uLongf count = sizeof packed;
        assert_int_equal(compress(packed, &count, (const Bytef *)(made_voxels() + 6 * z), 12), Z_OK);
        snprintf(name, sizeof name, "z%d.zraw", z);
        assert_ok(cc_file_write(cc_test_path(folder, name), packed, count));
    }
    reads(detached(HEAD "CompressedData = True\nElementDataFile = z%d.zraw 0 1 1\n"));
    reads(detached(
        HEAD "CompressedData = True\nCompressedDataSize = 999\nElementDataFile = LIST\nz0.zraw\nz1.zraw\n"));
    made_refused(detached(HEAD "CompressedData = True\nElementDataFile = LIST 1\nz0.zraw\nz1.zraw\na\nb\n"),
                 CC_ENOTFOUND, "cannot open a");
}

static void files_that_do_not_fit_are_refused_by_name(void **state) {
    (void)state;
    made_write_parts(folder, "s%d.raw", 0, 1, 12, 0);
    assert_ok(cc_file_write(cc_test_path(folder, "short.raw"), "12345", 5));
    assert_int_equal(link(cc_test_path(folder, "s0.raw"), cc_test_path(folder, "double.raw")), 0);
    static const struct {
        const char *data;
        cc_status status;
        const char *part;
    } bad[] = {
        {"LIST\ns0.raw\n", CC_EFORMAT, "ElementDataFile: 1 files are named, but DimSize asks for 2"},
        {"LIST\ns0.raw\ns1.raw\ns0.raw\n", CC_EFORMAT,
         "ElementDataFile: 3 files are named, but DimSize asks for 2"},
        {"LIST\n", CC_EFORMAT, "LIST: 0 files are named"},
        {"LIST\ns0.raw\ns0.raw\n", CC_EFORMAT, "files 1 and 2 are both s0.raw"},
        {"LIST\ns0.raw\ndouble.raw\n", CC_EFORMAT, "files 1 and 2 are both"},
        {"LIST\ns0.raw\nshort.raw\n", CC_EFORMAT, "short.raw: DimSize asks for more"},
        {"LIST\ns0.raw\n../s1.raw\n", CC_EFORMAT, "ElementDataFile: ../s1.raw leaves"},
        {"LIST\ns0.raw\na.mhd\n", CC_EFORMAT, "ElementDataFile: the header names itself as its data"},
        {"LIST 4\ns0.raw\ns1.raw\n", CC_EFORMAT, "files of 4 dimensions, but the image has 3"},
        {"LIST x\ns0.raw\ns1.raw\n", CC_EFORMAT, "no number of dimensions: \"LIST x\""},
        {"s%d.raw 0 2 1\n", CC_EFORMAT, "3 files are named, but DimSize asks for 2"},
        {"s%d.raw 0 1 0\n", CC_EFORMAT, "no steps of 0 lead from 0 to 1"},
        {"s%d.raw 0 1 -1\n", CC_EFORMAT, "no steps of -1 lead from 0 to 1"},
        {"s%d.raw 0 1 1 2\n", CC_EFORMAT, "four numbers behind"},
        {"s%d.raw 1 2 1\n", CC_ENOTFOUND, "cannot open s2.raw"},
        {"../s%d.raw 0 1 1\n", CC_EFORMAT, "ElementDataFile: ../s0.raw leaves"},
        {"s%s.raw 0 1 1\n", CC_EUNSUPPORTED, "a pattern of names that is not read: \"s%s.raw\""},
        {"s%n.raw 0 1 1\n", CC_EUNSUPPORTED, "a pattern of names that is not read"},
        {"s%99999999d.raw 0 1 1\n", CC_EUNSUPPORTED, "a pattern of names that is not read"},
        {"s%*d.raw 0 1 1\n", CC_EUNSUPPORTED, "a pattern of names that is not read"},
        {"s%d%d.raw 0 1 1\n", CC_EUNSUPPORTED, "two conversions"},
        {"100%% 0 1 1\n", CC_EFORMAT, "a pattern without a number"},
        {"100%", CC_EUNSUPPORTED, "a pattern of names that is not read"},
        {"a.mhd\n", CC_EFORMAT, "ElementDataFile: the header names itself as its data"},
        {"./a.mhd\n", CC_EFORMAT, "ElementDataFile: the header names itself as its data"},
        {"itself.raw\n", CC_EFORMAT, "ElementDataFile: the header names itself as its data"},
        {"\n", CC_EFORMAT, "ElementDataFile: no name"},
    };
    assert_int_equal(symlink("a.mhd", cc_test_path(folder, "itself.raw")), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[1024];
        snprintf(text, sizeof text, HEAD "ElementDataFile = %s", bad[i].data);
        made_refused(detached(text), bad[i].status, bad[i].part);
    }
}

static void text_may_begin_with_a_byte_order_mark(void **state) {
    (void)state;
    reads(local("\xef\xbb\xbf" HEAD LOCAL));
    reads(local("\xef\xbb\xbfNDims = 3\n" VALUES PLACE SPACING SIZE LOCAL)); /* its first line counts */
}

/* MetaIO seeks from the start of the file in which the header lies, too. */
static void header_size_counts_from_the_files_start(void **state) {
    (void)state;
    char text[512];
    memset(text, ' ', sizeof text);
    const char head[] = HEAD "HeaderSize = 511\n" LOCAL;
    memcpy(text, head, sizeof head - 1);
    text[511] = 0;
    reads(local(text));
    made_refused(local(HEAD "HeaderSize = 9\n" LOCAL), CC_EFORMAT,
                 "HeaderSize: 9 bytes, but the header itself has");
    made_refused(local(HEAD "HeaderSize = -2\n" LOCAL), CC_EFORMAT, "HeaderSize: a negative size: -2");
}

static void a_negative_spacing_turns_its_axis(void **state) {
    (void)state;
    made_reads(local(OBJECT "NDims = 3\n" VALUES PLACE "ElementSpacing = 0.4 -0.5 3\n" SIZE LOCAL), spacing,
               origin, y_turned, "ElementSpacing: -0.5 along y: the axis is turned");
}

/* Of two byte orders BinaryDataByteOrderMSB is taken wherever it stands; one alone, either. */
static void byte_orders_that_disagree_are_settled_with_a_warning(void **state) {
    (void)state;
    static const char rest[] = "NDims = 3\nElementType = MET_SHORT\n" PLACE SPACING SIZE,
                      *what = "ByteOrderMSB contradict";
    char text[1024];
    for (int first = 0; first < 2; first++) {
        const char *binary = "BinaryDataByteOrderMSB = False\n", *element = "ElementByteOrderMSB = True\n";
        snprintf(text, sizeof text, OBJECT "%s%s%s" LOCAL, first ? binary : element, first ? element : binary,
                 rest);
        made_reads(local(text), spacing, origin, upright, what);
    }
    snprintf(text, sizeof text, OBJECT "ElementByteOrderMSB = False\n%s" LOCAL, rest);
    reads(local(text));
    snprintf(text, sizeof text, OBJECT "%s" LOCAL, rest);
    made_reads(local(text), spacing, origin, upright,
               "BinaryDataByteOrderMSB: the header does not say the byte order");
}

/* SimpleITK takes the last, or one of them by another order: neither is sure to be meant. */
static void what_is_said_twice_must_be_the_same(void **state) {
    (void)state;
    static const char *const twice[][2] = {
        {"ElementSpacing = 1 1 1", "ElementSpacing: \"1 1 1\" contradicts ElementSpacing"},
        {"DimSize = 2 3 2", "DimSize: \"2 3 2\" contradicts DimSize"},
        {"ElementType = MET_USHORT", "ElementType: \"MET_USHORT\" contradicts"},
        {"NDims = 2", "NDims: \"2\" contradicts NDims"},
        {"Offset = 1 1 1", "Offset: \"1 1 1\" contradicts Offset"},
        {"Position = 1 1 1", "Position: \"1 1 1\" contradicts Offset"},
        {"Origin = 1 1 1", "Origin: \"1 1 1\" contradicts Offset"},
        {"ImagePosition = 1 1 1", "ImagePosition: \"1 1 1\" contradicts Offset"},
        {"ElementOrigin = 1 1 1", "ElementOrigin: \"1 1 1\" contradicts Offset"},
        {"Rotation = 0 1 0 1 0 0 0 0 1", "Rotation: \"0 1 0 1 0 0 0 0 1\" contradicts TransformMatrix"},
        {"Orientation = 0 1 0 1 0 0 0 0 1", "Orientation: \"0 1 0 1 0 0 0 0 1\" contradicts TransformMatrix"},
        {"BinaryDataByteOrderMSB = True", "BinaryDataByteOrderMSB: \"True\" contradicts"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        snprintf(text, sizeof text, HEAD "%s\n" LOCAL, twice[i][0]);
        made_refused(local(text), CC_EFORMAT, twice[i][1]);
    }
    reads(local(HEAD "ElementSpacing = 0.40 0.5 3.0\nOrigin = -10 -20 -30\n" LOCAL));
    made_reads(local(OBJECT "NDims = 3\n" VALUES SPACING SIZE
                            "Rotation = 0 1 0 1 0 0 0 0 1\nImagePosition = -10 -20 -30\n" LOCAL),
               spacing, origin, turned, NULL);
}

static void what_is_not_said_is_warned_of(void **state) {
    (void)state;
    static const double ones[3] = {1, 1, 1};
    char log[4096];
    made_reads(local(OBJECT "NDims = 3\n" VALUES PLACE SIZE LOCAL), ones, origin, upright,
               "ElementSpacing: the header does not say how large a voxel is along xyz; 1 mm is taken (state "
               "it: --spacing");
    made_reads(local(OBJECT "NDims = 3\n" VALUES PLACE SIZE "ElementSize = 0.4 0.5 3\n" LOCAL), spacing,
               origin, upright, NULL);
    made_reads(local(OBJECT "NDims = 3\n" VALUES SPACING SIZE
                            "Offset = -10 -20 -30\nAnatomicalOrientation = LPS\n" LOCAL),
               spacing, origin, upright,
               "TransformMatrix: the header does not say how the axes lie, but AnatomicalOrientation LPS;");
    made_reads(local(OBJECT "NDims = 3\n" VALUES SPACING SIZE "TransformMatrix = 1 0 0 0 1 0 0 0 1\n" LOCAL),
               spacing, zero, upright, "Offset: the header does not say where the first voxel lies");
    made_reads(local(HEAD "Modality = MET_MOD_MR\n" LOCAL), spacing, origin, upright, "Modality: MET_MOD_MR");
    reads(local(HEAD "Modality = MET_MOD_CT\nAnatomicalOrientation = LPS\nCenterOfRotation = 5 5 "
                     "5\nDistanceUnits = mm\n" LOCAL));
    cc_volume v = {0};
    assert_ok(made_read(&v, log, local(OBJECT "NDims = 3\n" VALUES PLACE SIZE LOCAL), spacing)); /* stated */
    assert_string_equal(log, "");
    assert_true(v.grid.spacing_mm[0] == 0.4 && v.grid.spacing_mm[1] == 0.5 && v.grid.spacing_mm[2] == 3);
    cc_volume_deinit(&v);
    assert_ok(made_read(
        &v, log, made_write(folder, "a.mha", HEAD LOCAL, "twelve voxels and more of another slice", 40),
        NULL));
    assert_non_null(strstr(log, "16 bytes behind the voxels are passed over; is DimSize right?"));
    cc_volume_deinit(&v);
}

static void what_would_give_other_numbers_is_refused(void **state) {
    (void)state;
    made_refused(local(HEAD "DistanceUnits = cm\n" LOCAL), CC_EUNSUPPORTED, "DistanceUnits: \"cm\"");
    made_refused(local(HEAD "DistanceUnits = um\n" LOCAL), CC_EUNSUPPORTED, "DistanceUnits: \"um\"");
    made_refused(local(HEAD "ElementToIntensityFunctionSlope = 2\n" LOCAL), CC_EUNSUPPORTED,
                 "ElementToIntensityFunctionSlope");
    made_refused(local(HEAD "ElementToIntensityFunctionOffset = -1024\n" LOCAL), CC_EUNSUPPORTED,
                 "ElementToIntensityFunctionOffset: 1 and -1024");
    reads(local(HEAD "ElementToIntensityFunctionSlope = 1\nElementToIntensityFunctionOffset = 0\n" LOCAL));
    made_refused(local(HEAD "ElementNumberOfChannels = 3\n" LOCAL), CC_EUNSUPPORTED,
                 "ElementNumberOfChannels: channels: 3");
    made_refused(
        local(
            OBJECT
            "NDims = 3\nTransformMatrix = 0.4 0 0 0 0.5 0 0 0 3\nOffset = 0 0 0\n" VALUES SPACING SIZE LOCAL),
        CC_EFORMAT, "TransformMatrix: the direction of axis x has length 0.4");
    made_refused(local(OBJECT "NDims = 3\n" VALUES PLACE "ElementSpacing = 0.4 0 3\n" SIZE LOCAL), CC_EFORMAT,
                 "ElementSpacing: the file does not say how large a voxel is along y");
}

/* A shear is kept; a vector that its writer rounded is made a unit vector, as cc_grid promises. */
static void directions_are_unit_vectors_and_need_not_be_orthogonal(void **state) {
    (void)state;
    static const double shear[9] = {1, 0, 0, 0, 1, 0.6, 0, 0, 0.8};
    double h = 0.70710678118654757, rounded[9] = {h, -h, 0, h, h, 0, 0, 0, 1};
    made_reads(
        local(OBJECT
              "NDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0.6 0.8\nOffset = -10 -20 -30\n" VALUES SPACING SIZE
                  LOCAL),
        spacing, origin, shear, NULL);
    made_reads(
        local(OBJECT
              "NDims = 3\nTransformMatrix = 0.707 0.707 0 -0.707 0.707 0 0 0 1\nOffset = -10 -20 -30\n" VALUES
                  SPACING SIZE LOCAL),
        spacing, origin, rounded, NULL);
}

static void a_wrong_compressed_size_is_named(void **state) {
    (void)state;
    unsigned char packed[64];
    uLongf count = sizeof packed;
    assert_int_equal(compress(packed, &count, (const Bytef *)made_voxels(), MADE_BYTES), Z_OK);
    reads(made_write(folder, "a.mha", HEAD "CompressedData = True\n" LOCAL, packed, count));
    made_refused(made_write(folder, "a.mha", HEAD "CompressedData = True\nCompressedDataSize = 5\n" LOCAL,
                            packed, count),
                 CC_EFORMAT, "CompressedDataSize is wrong");
    made_refused(made_write(folder, "a.mha", HEAD "CompressedData = True\nCompressedDataSize = 500\n" LOCAL,
                            packed, count),
                 CC_EFORMAT, "CompressedDataSize: 500 bytes, but");
    made_refused(
        made_write(folder, "a.mha", HEAD "CompressedData = True\nHeaderSize = -1\n" LOCAL, packed, count),
        CC_EUNSUPPORTED, "HeaderSize: -1");
}

/* What SimpleITK writes for the same directions. */
static void the_writer_names_axes_as_itk_does(void **state) {
    (void)state;
    static const struct {
        double direction[9];
        const char *axes;
    } cases[] = {
        {{1, 0, 0, 0, 1, 0, 0, 0, 1}, "AnatomicalOrientation = RAI\n"},
        {{1, 0, 0, 0, -1, 0, 0, 0, -1}, "AnatomicalOrientation = RPS\n"},
        {{0, 0, 1, 1, 0, 0, 0, 1, 0}, "AnatomicalOrientation = AIR\n"},
        {{0, -1, 0, 0, 0, 1, -1, 0, 0}, "AnatomicalOrientation = SLA\n"},
    };
    float voxel = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v = {.grid = {.dims = {1, 1, 1}, .spacing_mm = {1, 1, 1}}, .voxels = &voxel};
        memcpy(v.grid.direction, cases[i].direction, sizeof v.grid.direction);
        const char *path = cc_test_path(folder, "w.mha");
        assert_ok(cc_metaimage_write(path, &v, "uint8", false));
        char text[1024];
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
        assert_non_null(strstr(text, cases[i].axes));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_frame_of_more_dimensions_is_an_image, make_folder),
        cmocka_unit_test_setup(voxels_lie_in_one_file_a_slice, make_folder),
        cmocka_unit_test_setup(compressed_slices_are_read, make_folder),
        cmocka_unit_test_setup(files_that_do_not_fit_are_refused_by_name, make_folder),
        cmocka_unit_test_setup(text_may_begin_with_a_byte_order_mark, make_folder),
        cmocka_unit_test_setup(header_size_counts_from_the_files_start, make_folder),
        cmocka_unit_test_setup(a_negative_spacing_turns_its_axis, make_folder),
        cmocka_unit_test_setup(byte_orders_that_disagree_are_settled_with_a_warning, make_folder),
        cmocka_unit_test_setup(what_is_said_twice_must_be_the_same, make_folder),
        cmocka_unit_test_setup(what_is_not_said_is_warned_of, make_folder),
        cmocka_unit_test_setup(what_would_give_other_numbers_is_refused, make_folder),
        cmocka_unit_test_setup(directions_are_unit_vectors_and_need_not_be_orthogonal, make_folder),
        cmocka_unit_test_setup(a_wrong_compressed_size_is_named, make_folder),
        cmocka_unit_test_setup(the_writer_names_axes_as_itk_does, make_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
