/* tests/datasets/test_nrrd.c -- NRRD headers as tools write them, made by hand. Right values: the
 * definition of the format (teem.sourceforge.net/nrrd/format.html), and what SimpleITK 2.5.7 reads from
 * the same bytes (size, spacing, origin, direction, voxels), unless a test says otherwise. */
#include "text_made.h"
#include "datasets/volume_file.h"

#include <math.h>
#include <zlib.h>

#define MAGIC "NRRD0004\n"
#define SHORT "type: short\nendian: little\n"
#define THREE "dimension: 3\nsizes: 3 2 2\n"
#define RAW   "encoding: raw\n"
#define LPS   "space: left-posterior-superior\n"
#define PLACE "space directions: (0.4,0,0) (0,0.5,0) (0,0,3)\nspace origin: (-10,-20,-30)\n"
#define HEAD  MAGIC SHORT THREE RAW LPS PLACE

static const double spacing[3] = {0.4, 0.5, 3}, origin[3] = {-10, -20, -30}, zero[3] = {0, 0, 0},
                    upright[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static char folder[CC_PATH_MAX];

static int make_folder(void **state) {
    (void)state;
    return cc_path_join(folder, "", cc_test_folder()) != CC_OK;
}

static const char *attached(const char *text) {
    return made_write(folder, "a.nrrd", text, made_voxels(), MADE_BYTES);
}

static const char *detached(const char *text) {
    return made_write(folder, "a.nhdr", text, "", 0);
}

static void reads(const char *path) {
    made_reads(path, spacing, origin, upright, NULL);
}

static void a_plain_file_is_read(void **state) {
    (void)state;
    static const char *const versions[] = {"NRRD00.01", "NRRD0001", "NRRD0002",
                                           "NRRD0003",  "NRRD0005", "\xef\xbb\xbfNRRD0004"};
    char text[1024];
    cc_volume v = {0};
    const char *path = attached(HEAD "\n");
    reads(path);
    assert_ok(cc_volume_read(&v, path));
    assert_string_equal(v.format, "nrrd");
    assert_string_equal(v.type, "int16");
    /* Of the voxels as float32: numpy.array(SimpleITK's).astype("<f4"), hashlib.sha256 */
    assert_string_equal(cc_volume_summarise(&v).sha256.hex,
                        "5838f5ac25e623aaf9277358b7838fe575d6b1613877db6c541efeee911cb037");
    cc_volume_deinit(&v);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        snprintf(text, sizeof text, "%s\n" SHORT THREE RAW LPS PLACE "\n", versions[i]);
        reads(attached(text));
    }
    reads(attached("NRRD0005\r\n# a comment\r\ncontent: a: b\r\ntype: short\r\nendian: little\r\ndimension: "
                   "3\r\nsizes: 3 2 2\r\n"
                   "kinds: domain domain domain\r\nencoding: raw\r\nspace: LPS\r\nspace directions: "
                   "(0.4,0,0) (0,0.5,0) (0,0,3)\r\n"
                   "space origin: (-10,-20,-30)\r\nmeasurement frame: (1,0,0) (0,1,0) (0,0,1)\r\na key:=its: "
                   "value\r\nb:=\r\n\r\n"));
    reads(attached(
        MAGIC
        "TYPE: Signed Short Int\nEndian: LITTLE\nDIMENSION: 3\nsizes:  3 2  2\nEncoding: RAW\nspace: lps\n"
        "spacedirections: (0.4, 0, 0)  (0,5e-1,0) ( 0,0,3)\nspaceorigin: (-10,-20,-30)\nspace units: \"mm\" "
        "\"mm\" \"mm\"\n"
        "old min: nan\naxis mins: NaN NaN NaN\nspacings: nan nan nan\nthicknesses: 1 1 1\n\n"));
}

/* Four samples of each type, little and big end first: 1, 2, 100, and the type's -3 or 253. */
static void every_type_and_byte_order_is_read(void **state) {
    (void)state;
    static const struct {
        const char *name, *type;
        size_t width;
        bool negative, real;
    } types[] = {
        {"uchar", "uint8", 1, false, false},           {"signed char", "int8", 1, true, false},
        {"unsigned short", "uint16", 2, false, false}, {"int16_t", "int16", 2, true, false},
        {"uint", "uint32", 4, false, false},           {"int", "int32", 4, true, false},
        {"uint64", "uint64", 8, false, false},         {"long long int", "int64", 8, true, false},
        {"float", "float32", 4, true, true},           {"double", "float64", 8, true, true},
    };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int big = 0; big < 2; big++) {
            char text[512];
            unsigned char bytes[32];
            double values[4] = {1, 2, 100, types[t].negative ? -3 : 253};
            size_t width = types[t].width;
            for (int i = 0; i < 4; i++) {
                unsigned char *at = bytes + (size_t)i * width;
                int64_t whole = (int64_t)values[i];
                float single = (float)values[i];
                memcpy(at,
                       types[t].real ? (width == 4 ? (void *)&single : (void *)&values[i]) : (void *)&whole,
                       width);
                for (size_t k = 0; big && k < width / 2; k++) {
                    unsigned char kept = at[k];
                    at[k] = at[width - 1 - k];
                    at[width - 1 - k] = kept;
                }
            }
            snprintf(text, sizeof text, MAGIC "type: %s\n%s%sdimension: 3\nsizes: 2 1 2\n" RAW LPS PLACE "\n",
                     types[t].name, width > 1 ? "endian: " : "",
                     width == 1 ? ""
                     : big      ? "big\n"
                                : "little\n");
            cc_volume v = {0};
            assert_ok(cc_volume_read(&v, made_write(folder, "t.nrrd", text, bytes, 4 * width)));
            assert_string_equal(v.type, types[t].type);
            for (int i = 0; i < 4; i++) assert_true(v.voxels[i] == values[i]);
            cc_volume_deinit(&v);
        }
    made_refused(attached(MAGIC "type: block\nblock size: 2\n" THREE RAW "\n"), CC_EUNSUPPORTED,
                 "type: no scalar type: \"block\"");
    made_refused(attached(MAGIC "type: short\n" THREE RAW LPS PLACE "\n"), CC_EFORMAT,
                 "endian: it is missing");
}

static void every_space_of_a_patient_is_turned_to_lps(void **state) {
    (void)state;
    static const double ras_origin[3] = {10, 20, -30}, ras[9] = {-1, 0, 0, 0, -1, 0, 0, 0, 1},
                        las_origin[3] = {-10, 20, -30}, las[9] = {1, 0, 0, 0, -1, 0, 0, 0, 1};
    static const struct {
        const char *name;
        const double *origin, *direction;
    } spaces[] = {
        {"left-posterior-superior", origin, upright},
        {"left posterior superior", origin, upright},
        {"LPS", origin, upright},
        {"right-anterior-superior", ras_origin, ras},
        {"RAS", ras_origin, ras},
        {"Left-Anterior-Superior", las_origin, las},
        {"LAS", las_origin, las},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        snprintf(text, sizeof text, MAGIC SHORT THREE RAW "space: %s\n" PLACE "\n", spaces[i].name);
        made_reads(attached(text), spacing, spaces[i].origin, spaces[i].direction, NULL);
    }
    static const char *const others[] = {"scanner-xyz", "3D-right-handed", "3D-left-handed", "left-posterior",
                                         "LPSX",        "right-up"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(text, sizeof text, MAGIC SHORT THREE RAW "space: %s\n" PLACE "\n", others[i]);
        made_refused(attached(text), CC_EUNSUPPORTED,
                     "space: a space that does not say how the patient lies");
    }
    /* With time, along which one volume lies. */
    made_reads(attached(MAGIC SHORT RAW "dimension: 4\nsizes: 3 2 2 1\nspace: RAST\n"
                                        "space directions: (0.4,0,0,0) (0,0.5,0,0) (0,0,3,0) "
                                        "(0,0,0,2)\nspace origin: (-10,-20,-30,5)\n\n"),
               spacing, ras_origin, ras, NULL);
}

static void oblique_and_sheared_axes_are_kept(void **state) {
    (void)state;
    static const double oblique_spacing[3] = {0.5, 1, 2.5}, oblique[9] = {0.6, 0, 0, 0.8, 0, 0.6, 0, -1, 0.8};
    made_reads(attached(MAGIC SHORT THREE RAW LPS
                        "space directions: (0.3,0.4,0) (0,0,-1) (0,1.5,2)\nspace origin: (-10,-20,-30)\n\n"),
               oblique_spacing, origin, oblique, NULL);
}

static void what_is_not_said_is_warned_of_or_refused(void **state) {
    (void)state;
    static const double y_turned[9] = {1, 0, 0, 0, -1, 0, 0, 0, 1};
    char log[4096];
    made_reads(attached(MAGIC SHORT THREE RAW "spacings: 0.4 0.5 3\n\n"), spacing, zero, upright,
               "space directions: the header does not say how the axes lie");
    made_reads(attached(MAGIC SHORT THREE RAW "spacings: 0.4 -0.5 3\n\n"), spacing, zero, y_turned,
               "spacings: -0.5 along y: the axis is turned");
    made_reads(attached(MAGIC SHORT THREE RAW LPS "space directions: (0.4,0,0) (0,0.5,0) (0,0,3)\n\n"),
               spacing, zero, upright, "space origin: the header does not say where");
    made_reads(attached(MAGIC SHORT THREE RAW "space dimension: 3\n" PLACE "\n"), spacing, origin, upright,
               "space: the header does not say how the axes lie");
    /* SimpleITK takes 1 mm in silence. */
    made_refused(attached(MAGIC SHORT THREE RAW "\n"), CC_EFORMAT,
                 "spacings: the file does not say how large a voxel is along x");
    made_refused(attached(MAGIC SHORT THREE RAW "spacings: 0.4 0.5 nan\n\n"), CC_EFORMAT,
                 "how large a voxel is along z (state it: --spacing");
    cc_volume v = {0};
    assert_ok(made_read(&v, log, attached(MAGIC SHORT THREE RAW "spacings: 0.4 0.5 nan\n\n"), spacing));
    assert_true(v.grid.spacing_mm[2] == 3);
    cc_volume_deinit(&v);
    assert_ok(made_read(&v, log, attached(MAGIC SHORT RAW "dimension: 2\nsizes: 4 3\nspacings: 0.4 0.5\n\n"),
                        spacing));
    assert_true(v.grid.dims[0] == 4 && v.grid.dims[1] == 3 && v.grid.dims[2] == 1 && v.voxels[11] == 1100);
    cc_volume_deinit(&v);
}

static void what_would_give_other_numbers_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        cc_status status;
        const char *part;
    } bad[] = {
        {HEAD "space units: \"cm\" \"cm\" \"cm\"\n\n", CC_EUNSUPPORTED, "space units: other units than mm"},
        {MAGIC SHORT THREE RAW "spacings: 1 1 1\nunits: \"mm\" \"mm\" \"um\"\n\n", CC_EUNSUPPORTED,
         "units: other units than mm"},
        {HEAD "old min: -1024\nold max: 3071\n\n", CC_EUNSUPPORTED, "old min: the values were quantised"},
        {HEAD "old max: 255\n\n", CC_EUNSUPPORTED, "old max: the values were quantised"},
        {MAGIC SHORT THREE RAW "spacings: 1 1 1\naxis mins: 1 2 3\n\n", CC_EUNSUPPORTED,
         "axis mins: a position"},
        {HEAD "spacings: 1 1 1\n\n", CC_EFORMAT,
         "spacings: axis 1 has 1, but its space direction is 0.4 long"},
        {HEAD "sizes: 3 2 2\n\n", CC_EFORMAT, "sizes: it stands there twice"},
        {HEAD "space dimension: 3\n\n", CC_EFORMAT, "space dimension: the space is named twice"},
        {HEAD "spacing: 1 1 1\n\n", CC_EFORMAT, "header: \"spacing: 1 1 1\" is no \"field: value\""},
        {HEAD "nonsense\n\n", CC_EFORMAT, "header: \"nonsense\""},
        {MAGIC SHORT "sizes: 3 2 2\ndimension: 3\n" RAW "\n", CC_EFORMAT,
         "sizes: \"dimension\" must stand before it"},
        {MAGIC SHORT THREE RAW PLACE LPS "\n", CC_EFORMAT,
         "space directions: \"space\" must stand before it"},
        {MAGIC SHORT RAW "sizes: 3 2 2\n\n", CC_EFORMAT, "sizes: \"dimension\" must stand before it"},
        {MAGIC SHORT RAW "dimension: 3\n\n", CC_EFORMAT, "sizes: it is missing"},
        {MAGIC SHORT THREE "\n", CC_EFORMAT, "encoding: it is missing"},
        {MAGIC "endian: little\n" THREE RAW "\n", CC_EFORMAT, "type: it is missing"},
        {MAGIC SHORT RAW "\n", CC_EFORMAT, "dimension: it is missing"},
        {MAGIC SHORT RAW "dimension: 17\n\n", CC_EFORMAT, "dimension: dimensions: \"17\""},
        {MAGIC SHORT RAW "dimension: 3\nsizes: 3 2\n\n", CC_EFORMAT, "sizes: 3 whole numbers wanted"},
        {MAGIC SHORT RAW "dimension: 3\nsizes: 3 2 0\nspacings: 1 1 1\n\n", CC_EFORMAT,
         "sizes: axis 3 has 0"},
        {MAGIC SHORT RAW "dimension: 3\nsizes: 3 2 -2\nspacings: 1 1 1\n\n", CC_EFORMAT,
         "sizes: axis 3 has -2"},
        {MAGIC SHORT RAW "dimension: 3\nsizes: 4294967295 4294967295 4294967295\nspacings: 1 1 1\n\n",
         CC_EUNSUPPORTED, "dims: 4294967295 x"},
        {MAGIC SHORT RAW "dimension: 3\nsizes: 3 2 3\nspacings: 1 1 1\n\n", CC_EFORMAT,
         "sizes asks for more than is there: the voxels need 36 bytes, but at most 24"},
        {MAGIC SHORT THREE RAW LPS "space directions: (0.4,0,0) (0,0.5,0)\n\n", CC_EFORMAT,
         "space directions: vectors of 3 numbers"},
        {MAGIC SHORT THREE RAW LPS "space directions: (0.4,0) (0,0.5,0) (0,0,3)\n\n", CC_EFORMAT,
         "space directions: vectors of 3 numbers"},
        {MAGIC SHORT THREE RAW LPS "space directions: (0.4,0,0) (0,0,0) (0,0,3)\n\n", CC_EFORMAT,
         "space directions: axis 2 has length 0"},
        {MAGIC SHORT THREE RAW LPS "space directions: (0.4,0,0) (0.4,0,0) (0,0,3)\n\n", CC_EFORMAT,
         "direction: the axes do not span space"},
        {MAGIC SHORT THREE RAW LPS "space directions: (0.4,0,0) none (0,0,3)\n\n", CC_EUNSUPPORTED,
         "space directions: 2 axes of the image"},
        {MAGIC SHORT THREE "encoding: bzip2\n\n", CC_EUNSUPPORTED, "encoding: it is not read: \"bzip2\""},
        {MAGIC SHORT THREE "encoding: ascii\n\n", CC_EUNSUPPORTED, "encoding: it is not read: \"ascii\""},
        {MAGIC SHORT THREE "encoding: hex\n\n", CC_EUNSUPPORTED, "encoding: it is not read: \"hex\""},
        {"NRRD0006\n" SHORT THREE RAW LPS PLACE "\n", CC_EUNSUPPORTED, "magic: \"NRRD0006\""},
        {HEAD "line skip: -1\n\n", CC_EUNSUPPORTED, "line skip: -1"},
        {HEAD "byte skip: 999\n\n", CC_EFORMAT, "sizes asks for more than is there"},
        {HEAD "byte skip: -9\n\n", CC_EFORMAT, "the voxels should end the file"},
        {MAGIC SHORT "dimension: 4\nsizes: 3 2 1 2\n" RAW LPS
                     "space directions: (1,0,0) (0,1,0) (0,0,1) none\nkinds: domain domain domain list\n\n",
         CC_EUNSUPPORTED, "sizes: axis 4 (list) has 2 components, where one is wanted"},
        {MAGIC SHORT "dimension: 3\nsizes: 3 2 2\n" RAW "spacings: 1 1 1\nkinds: RGB-color domain domain\n\n",
         CC_EUNSUPPORTED, "sizes: axis 1 (RGB-color) has 3 components"},
        {MAGIC SHORT "dimension: 4\nsizes: 3 2 1 2\n" RAW "spacings: 1 1 1 1\n\n", CC_EUNSUPPORTED,
         "sizes: 4 axes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        made_refused(attached(bad[i].text), bad[i].status, bad[i].part);
    made_refused(made_write(folder, "a.nrrd", HEAD, "", 0), CC_EFORMAT, "data file: it is missing");
}

static void an_axis_of_one_component_is_no_axis_of_the_image(void **state) {
    (void)state;
    reads(attached(MAGIC SHORT
                   "dimension: 4\nsizes: 1 3 2 2\n" RAW LPS "kinds: list domain domain domain\n"
                   "space directions: none (0.4,0,0) (0,0.5,0) (0,0,3)\nspace origin: (-10,-20,-30)\n\n"));
    reads(attached(MAGIC SHORT "dimension: 4\nsizes: 3 2 2 1\n" RAW LPS
                               "space directions: (0.4,0,0) (0,0.5,0) (0,0,3) none\n"
                               "space origin: (-10,-20,-30)\n\n"));
    made_reads(attached(MAGIC SHORT "dimension: 4\nsizes: 1 3 2 2\n" RAW
                                    "kinds: vector space space space\nspacings: nan 0.4 0.5 3\n\n"),
               spacing, zero, upright, "space directions");
    made_reads(attached(MAGIC SHORT "dimension: 4\nsizes: 3 2 2 1\n" RAW "spacings: 0.4 0.5 3 1\n\n"),
               spacing, zero, upright, "space directions");
}

static const char *gzipped(const char *text, const char *before, bool twice) {
    unsigned char plain[64], packed[256];
    size_t gap = strlen(before), count = gap + MADE_BYTES;
    memcpy(plain, before, gap);
    memcpy(plain + gap, made_voxels(), MADE_BYTES);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = plain, z.avail_in = (unsigned)count, z.next_out = packed, z.avail_out = sizeof packed / 2;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t used = z.total_out;
    deflateEnd(&z);
    if (twice) memcpy(packed + used, packed, used);
    return made_write(folder, "z.nrrd", text, packed, twice ? 2 * used : used);
}

static void gzip_is_read_and_what_is_skipped_lies_within_it(void **state) {
    (void)state;
    reads(gzipped(MAGIC SHORT THREE LPS PLACE "encoding: gzip\n\n", "", false));
    reads(gzipped(MAGIC SHORT THREE LPS PLACE "encoding: gz\nbyte skip: 5\n\n", "12345", false));
    reads(gzipped(MAGIC SHORT THREE LPS PLACE "encoding: gzip\nline skip: 1\nbyte skip: 2\n\nfirst line\n",
                  "12", false));
    made_refused(gzipped(MAGIC SHORT THREE LPS PLACE "encoding: gzip\nbyte skip: -1\n\n", "", false),
                 CC_EUNSUPPORTED, "byte skip: -1 with encoding gzip");
    made_refused(gzipped(MAGIC SHORT THREE LPS PLACE "encoding: gzip\n\n", "", true), CC_EFORMAT,
                 "holds more than sizes claims");
    made_refused(
        gzipped(MAGIC SHORT LPS PLACE "dimension: 3\nsizes: 3 2 3000000\nencoding: gzip\n\n", "", false),
        CC_EFORMAT, "dimension");
    made_refused(
        gzipped(MAGIC SHORT "dimension: 3\nsizes: 3 2 3000000\n" LPS PLACE "encoding: gzip\n\n", "", false),
        CC_EFORMAT, "sizes asks for more than is there");
    made_refused(attached(MAGIC SHORT THREE LPS PLACE "encoding: gzip\n\n"), CC_EFORMAT,
                 "the compressed data is broken");
}

static void lines_and_bytes_before_the_voxels_are_skipped(void **state) {
    (void)state;
    reads(attached(HEAD "line skip: 2\n\none\r\ntwo\n"));
    reads(attached(HEAD "line skip: 1\nbyte skip: 3\n\none\ntwo"));
    reads(attached(HEAD "byte skip: -1\n\nwhatever lies before"));
    reads(made_write(folder, "a.nrrd", HEAD "byte skip: -4\n\n",
                     "xx\x00\x00\x64\x00\xc8\x00\x2c\x01\x90\x01\xf4\x01\x58\x02\xbc\x02\x20\x03\x84\x03\xe8"
                     "\x03\x4c\x04yyy",
                     29));
}

static void voxels_lie_in_the_files_that_are_named(void **state) {
    (void)state;
    made_write_parts(folder, "all%d.raw", 0, 1, 24, 0);
    made_write_parts(folder, "s%d.raw", 0, 1, 12, 0);
    made_write_parts(folder, "t%02d.raw", 9, -4, 12, 0);
    made_write_parts(folder, "h%d.raw", 0, 1, 12, 17);
    made_write_parts(folder, "r%d.raw", 0, 1, 6, 0);
    static const char *const heads[] = {
        HEAD "data file: all0.raw\n",
        HEAD "datafile: ./all0.raw\n\n",
        HEAD "data file: LIST\ns0.raw\ns1.raw\n",
        HEAD "data file: LIST 2\ns0.raw\ns1.raw",
        HEAD "data file: LIST 3\ns0.raw\ns1.raw\n",
        HEAD "data file: LIST 1\nr0.raw\nr1.raw\nr2.raw\nr3.raw\n",
        HEAD "data file: s%d.raw 0 1 1\n",
        HEAD "data file: s%d.raw 0 1 1 3\n",
        HEAD "data file: r%d.raw 0 3 1 1\n",
        HEAD "data file: t%02d.raw 9 5 -4 2\n",
        HEAD "byte skip: 17\ndata file: h%d.raw 0 1 1\n",
        HEAD "data file: h%d.raw 0 1 1\nbyte skip: -1\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) reads(detached(heads[i]));
    made_refused(detached(HEAD "data file: LIST\ns0.raw\n"), CC_EFORMAT,
                 "data file: 1 files are named, but sizes asks for 2");
    made_refused(detached(HEAD "data file: s%d.raw 0 5 5 3\n"), CC_ENOTFOUND,
                 "data file: cannot open s5.raw");
    made_refused(detached(HEAD "data file: LIST 3\ns0.raw\ns1.raw\nr0.raw\n"), CC_EFORMAT,
                 "data file: 3 files are named, but sizes asks for 2");
    made_refused(detached(HEAD "data file: s%d.raw 0 1 1 9\n"), CC_EFORMAT, "files of 9 dimensions");
    made_refused(detached(HEAD "data file: s%s.raw 0 1 1\n"), CC_EUNSUPPORTED,
                 "data file: a pattern of names that is not read");
    made_refused(detached(HEAD "data file: ../all0.raw\n"), CC_EFORMAT, "data file: ../all0.raw leaves");
    made_refused(detached(HEAD "data file: a.nhdr\n"), CC_EFORMAT,
                 "data file: the header names itself as its data");
    made_refused(detached(HEAD "data file: nowhere.raw\n"), CC_ENOTFOUND,
                 "data file: cannot open nowhere.raw");
    made_refused(detached(MAGIC "data file: s%d.raw 0 1 1\n" SHORT "sizes: 3 2 2\n"), CC_EFORMAT,
                 "sizes: \"dimension\" must stand before it");
}

/* ---- .seg.nrrd: as 3D Slicer 5 writes it; labels by its developer guide, by hand ---- */

#define LAYERS                                                                                               \
    MAGIC "type: uchar\ndimension: 4\nsizes: 2 3 2 1\n" RAW LPS "kinds: list domain domain domain\n"         \
          "space directions: none (0.4,0,0) (0,0.5,0) (0,0,3)\nspace origin: (-10,-20,-30)\n"
#define SEGMENT(n, label, layer, name)                                                                       \
    "Segment" n "_ID:=Segment_" n "\nSegment" n "_LabelValue:=" label "\nSegment" n "_Layer:=" layer         \
    "\nSegment" n "_Name:=" name "\nSegment" n "_Tags:=Segmentation.Status:inprogress|\n"

/* Voxel after voxel: layer 0 and layer 1. */
static const uint8_t apart[12] = {1, 0, 2, 0, 0, 5, 0, 0, 0, 5, 1, 0},
                     overlapping[12] = {1, 0, 2, 5, 0, 5, 0, 0, 0, 5, 1, 0};
static const float merged[6] = {1, 2, 5, 0, 5, 1};

static const char *segments(const char *text, const uint8_t *voxels) {
    return made_write(folder, "s.seg.nrrd", text, voxels, 12);
}

static void reads_merged(const char *path, const char *warning) {
    char log[4096];
    cc_volume v = {0};
    assert_ok(made_read(&v, log, path, NULL));
    assert_true(v.grid.dims[0] == 3 && v.grid.dims[1] == 2 && v.grid.dims[2] == 1 &&
                v.grid.spacing_mm[2] == 3);
    for (int i = 0; i < 6; i++) assert_true(v.voxels[i] == merged[i]);
    if (warning ? !strstr(log, warning) : *log) fail_msg("%s", log);
    cc_volume_deinit(&v);
}

static void layers_that_do_not_overlap_become_labels(void **state) {
    (void)state;
    static const uint8_t planes[12] = {1, 2, 0, 0, 0, 1, 0, 0, 5, 0, 5, 0},
                         restarted[12] = {1, 0, 2, 0, 0, 1, 0, 0, 0, 1, 1, 0};
    reads_merged(segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("1", "2", "0", "LCX")
                              SEGMENT("2", "5", "1", "RCA") "\n",
                          apart),
                 NULL);
    reads_merged(
        segments(MAGIC
                 "type: uchar\ndimension: 4\nsizes: 3 2 1 2\n" RAW LPS "kinds: domain domain domain list\n"
                 "space directions: (0.4,0,0) (0,0.5,0) (0,0,3) none\nspace origin: (-10,-20,-30)\n" SEGMENT(
                     "0", "1", "0", "LAD") SEGMENT("1", "2", "0", "LCX") SEGMENT("2", "5", "1", "RCA") "\n",
                 planes),
        NULL);
    /* Values start again in each layer: what Slicer writes. Two segments of one value are not told apart. */
    cc_volume v = {0};
    char log[4096];
    assert_ok(made_read(&v, log,
                        segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("1", "2", "0", "LCX")
                                     SEGMENT("7", "1", "1", "RCA") "\n",
                                 restarted),
                        NULL));
    assert_true(v.voxels[0] == 1 && v.voxels[1] == 2 && v.voxels[2] == 1 && v.voxels[4] == 1 &&
                v.voxels[5] == 1);
    assert_non_null(strstr(log, "Segment7_LabelValue: \"LAD\" and \"RCA\" both have the value 1"));
    cc_volume_deinit(&v);
}

static void layers_that_labels_cannot_say_are_refused(void **state) {
    (void)state;
    made_refused(segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("1", "2", "0", "LCX")
                              SEGMENT("2", "5", "1", "RCA") "\n",
                          overlapping),
                 CC_EUNSUPPORTED, "Segment1 (\"LCX\") and Segment2 (\"RCA\") overlap");
    made_refused(segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("2", "5", "1", "RCA") "\n", apart),
                 CC_EFORMAT, "layer 0 holds 2, which is no segment's");
    made_refused(segments(LAYERS "Segment0_Name:=LAD\nSegment1_Name:=LCX\n\n", apart), CC_EUNSUPPORTED,
                 "LabelValue: it is missing");
    made_refused(segments(LAYERS "Segment0_LabelValue:=1\n\n", apart), CC_EUNSUPPORTED,
                 "Segment0_Layer: it is missing");
    made_refused(segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("1", "2", "2", "LCX") "\n", apart),
                 CC_EUNSUPPORTED, "Segment1_Layer: it is missing or out of range");
    made_refused(segments(LAYERS SEGMENT("0", "1", "0", "LAD") SEGMENT("1", "1", "0", "LCX") "\n", apart),
                 CC_EFORMAT, "the value 1 of layer 0");
    made_refused(segments(LAYERS "\n", apart), CC_EUNSUPPORTED, "sizes: axis 1 (list) has 2 components");
    made_refused(segments(LAYERS SEGMENT("0", "x", "0", "LAD") "\n", apart), CC_EFORMAT,
                 "Segment0_LabelValue: 1 whole numbers wanted");
    made_refused(attached(HEAD "Segmentation_SourceRepresentation:=Fractional labelmap\n\n"), CC_EUNSUPPORTED,
                 "Segmentation_SourceRepresentation: its voxels are fractions");
}

/* One layer is a volume of labels; its origin counts from its own first voxel, whatever the reference's
 * extent. A line of key and value may be of any length. */
static void one_layer_is_a_volume_of_labels(void **state) {
    (void)state;
    static char text[20000];
    memset(text, 0, sizeof text);
    strcpy(
        text,
        HEAD SEGMENT(
            "0", "100", "0",
            "LAD") "Segmentation_MasterRepresentation:=Binary labelmap\n"
                   "Segmentation_ReferenceImageExtentOffset:=35 86 -1\nSegmentation_ConversionParameters:=");
    memset(text + strlen(text), 'x', 9000);
    strcat(text, "\n\n");
    reads(attached(text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_plain_file_is_read, make_folder),
        cmocka_unit_test_setup(every_type_and_byte_order_is_read, make_folder),
        cmocka_unit_test_setup(every_space_of_a_patient_is_turned_to_lps, make_folder),
        cmocka_unit_test_setup(oblique_and_sheared_axes_are_kept, make_folder),
        cmocka_unit_test_setup(what_is_not_said_is_warned_of_or_refused, make_folder),
        cmocka_unit_test_setup(what_would_give_other_numbers_is_refused, make_folder),
        cmocka_unit_test_setup(an_axis_of_one_component_is_no_axis_of_the_image, make_folder),
        cmocka_unit_test_setup(gzip_is_read_and_what_is_skipped_lies_within_it, make_folder),
        cmocka_unit_test_setup(lines_and_bytes_before_the_voxels_are_skipped, make_folder),
        cmocka_unit_test_setup(voxels_lie_in_the_files_that_are_named, make_folder),
        cmocka_unit_test_setup(layers_that_do_not_overlap_become_labels, make_folder),
        cmocka_unit_test_setup(layers_that_labels_cannot_say_are_refused, make_folder),
        cmocka_unit_test_setup(one_layer_is_a_volume_of_labels, make_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
