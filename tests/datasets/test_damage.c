/* tests/datasets/test_damage.c -- damaged copies of real files, and of headers made by hand: cut at many
 * lengths, and with bytes changed. Whatever comes, a reader returns a status. CALCADE_SOAK=N multiplies
 * the number of copies. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "core/rng.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "text_made.h"

enum { FILE_MAX = 1 << 20, HEADER_FOCUS = 2048 };

typedef struct sample_file {
    const char *path, *beside;
    int copies;
} sample_file;

static const sample_file files[] = {
    {"formats/dicom/deflated.dcm", NULL, 4},
    {"formats/dicom/explicit-be.dcm", NULL, 4},
    {"formats/dicom/explicit-le.dcm", NULL, 4},
    {"formats/dicom/implicit-le.dcm", NULL, 4},
    {"formats/dicom/jpeg-lossless-sv1.dcm", NULL, 4},
    {"formats/dicom/jpeg-lossless.dcm", NULL, 4},
    {"formats/dicom/jpeg-ls-lossless.dcm", NULL, 4},
    {"formats/dicom/jpeg2000-lossless.dcm", NULL, 4},
    {"formats/dicom/rle.dcm", NULL, 4},
    {"bad/dicom/badVR.dcm", NULL, 10},
    {"bad/dicom/reportsi.dcm", NULL, 10},
    {"field/d01/a.dcm", NULL, 20}, /* functional groups */
    {"field/d16/cd/DICOMDIR", NULL, 6},
    {"formats/metaimage/3DCT_lung_baseline_small.mha", NULL, 6},
    {"formats/metaimage/example.mha", NULL, 20},
    {"formats/metaimage/fixed.mhd", "formats/metaimage/fixed.raw", 40},
    {"formats/nifti/big.nii.gz", NULL, 6},
    {"formats/nifti/float64.nii", NULL, 60},
    {"formats/nifti/minimal.hdr", "formats/nifti/minimal.img", 40},
    {"formats/nifti/minimal.nii.gz", NULL, 40},
    {"formats/nifti/minimal_extended_hdr.nii", NULL, 40},
};

#define METAIMAGE                                                                                            \
    "ObjectType = Image\nNDims = 3\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"   \
    "Offset = 1 2 3\nElementSpacing = 0.4 0.5 3\nDimSize = 3 2 2\nElementType = MET_SHORT\nElementDataFile " \
    "= "
#define NRRD                                                                                                 \
    "NRRD0004\ntype: short\nendian: little\ndimension: 3\nsizes: 3 2 2\nspace: RAS\nspace directions: "      \
    "(1,0,0) (0,1,0) "                                                                                       \
    "(0,0,2)\nspace origin: (1,2,3)\nencoding: "
#define SEGMENTS                                                                                             \
    "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 3 2 2\nkinds: list domain domain domain\nspace: LPS\n"    \
    "space directions: none (1,0,0) (0,1,0) (0,0,2)\nencoding: "                                             \
    "raw\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"                                                       \
    "Segment1_LabelValue:=2\nSegment1_Layer:=1\n\n"

/* Each in a folder with s0.raw and s1.raw; those with voxels have 24 bytes of them behind the text. */
static const struct {
    const char *name, *text;
    bool voxels;
} made[] = {
    {"a.mha", METAIMAGE "LOCAL\n", true},
    {"list.mhd", METAIMAGE "LIST 2\ns0.raw\ns1.raw\n", false},
    {"pattern.mhd", METAIMAGE "s%d.raw 0 1 1\n", false},
    {"four.mha", "NDims = 4\nDimSize = 3 2 2 1\nElementType = MET_SHORT\nElementDataFile = LOCAL\n", true},
    {"a.nrrd", NRRD "raw\nbyte skip: -1\n\n", true},
    {"z.nrrd", NRRD "gzip\n\n\x1f\x8b\x08", true},
    {"list.nhdr", NRRD "raw\ndata file: LIST\ns0.raw\ns1.raw\n", false},
    {"pattern.nhdr", NRRD "raw\nline skip: 0\ndata file: s%d.raw 0 1 1 2\n", false},
    {"s.seg.nrrd", SEGMENTS, true},
};

static int soak(void) {
    const char *text = getenv("CALCADE_SOAK");
    int times = text ? atoi(text) : 1;
    return times > 0 ? times : 1;
}

static const char *shared_file(const char *name) {
    char relative[256];
    snprintf(relative, sizeof relative, "data/%s", name);
    return cc_test_shared(relative);
}

static void copy_beside(const char *folder, const char *name, cc_arena *arena) {
    char *bytes;
    size_t count;
    assert_ok(cc_file_read(&bytes, &count, shared_file(name), FILE_MAX, arena));
    assert_ok(cc_file_write(cc_test_path(folder, cc_path_name(name)), bytes, count));
}

/* The status is one that says what is wrong with the file, or the volume is whole. */
static void read_once(const char *path) {
    cc_volume volume = {0};
    cc_status status = cc_volume_read(&volume, path);
    if (status == CC_OK) {
        assert_non_null(volume.voxels);
        (void)cc_volume_summarise(&volume);
    } else {
        assert_true(status == CC_EFORMAT || status == CC_EUNSUPPORTED || status == CC_ENOTFOUND ||
                    status == CC_EIO); /* of a name that is no file's, such as "." */
        assert_string_not_equal(cc_error_get()->where, "");
        assert_null(volume.voxels);
    }
    cc_volume_deinit(&volume);
}

static void damage(char *bytes, size_t count, cc_rng *rng) {
    size_t reach = cc_rng_below(rng, 4) && count > HEADER_FOCUS ? HEADER_FOCUS : count;
    for (uint64_t n = 1 + cc_rng_below(rng, 8); n > 0; n--) {
        static const char favourites[] = {0, 1, 127, (char)128, (char)255};
        size_t at = cc_rng_below(rng, reach);
        bytes[at] = cc_rng_below(rng, 2) ? favourites[cc_rng_below(rng, 5)] : (char)cc_rng_u64(rng);
    }
}

static void try_copies(const char *path, const char *bytes, size_t count, int copies, uint64_t number,
                       bool cut) {
    char *copy = malloc(count);
    assert_non_null(copy);
    for (int i = 0; i < copies * soak(); i++) {
        cc_rng rng = cc_rng_init(cut ? 1 : 2, CC_PURPOSE_TEST, number, (uint64_t)i);
        size_t length =
            cut ? cc_rng_below(&rng, i % 2 && count > HEADER_FOCUS ? HEADER_FOCUS : count) : count;
        memcpy(copy, bytes, count);
        if (!cut) damage(copy, count, &rng);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(copy, 1, length, file), length);
        fclose(file);
        if (getenv("CALCADE_SOAK")) fprintf(stderr, "%s cut=%d copy=%d\n", path, cut, i);
        read_once(path);
    }
    free(copy);
}

static void try_file(const sample_file *f, uint64_t number, bool cut) {
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder();
    char path[CC_PATH_MAX], *bytes;
    size_t count;
    snprintf(path, sizeof path, "%s/%s", folder, cc_path_name(f->path));
    assert_ok(cc_file_read(&bytes, &count, shared_file(f->path), FILE_MAX, arena));
    if (f->beside) copy_beside(folder, f->beside, arena);
    try_copies(path, bytes, count, f->copies, number, cut);
    cc_arena_destroy(arena);
}

/* Digits, too, are put in the place of others: sizes, layers and numbers of files that do not fit. */
static void made_headers_give_a_status(void **state) {
    (void)state;
    static const char digits[] = "0123456789-% \n";
    cc_log_set_level(CC_LOG_ERROR);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char folder[CC_PATH_MAX], path[CC_PATH_MAX], bytes[2048];
        size_t text = strlen(made[i].text), count = text + (made[i].voxels ? MADE_BYTES : 0);
        assert_ok(cc_path_join(folder, "", cc_test_folder()));
        assert_ok(cc_path_join(path, folder, made[i].name));
        made_write_parts(folder, "s%d.raw", 0, 1, MADE_BYTES / 2, 0);
        memcpy(bytes, made[i].text, text);
        memcpy(bytes + text, made_voxels(), MADE_BYTES);
        try_copies(path, bytes, count, 40, 100 + i, true);
        try_copies(path, bytes, count, 40, 100 + i, false);
        for (size_t at = 0; at < text; at++) {
            char kept = bytes[at];
            if (!strchr(digits, kept)) continue;
            cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, i, at);
            for (int k = 0; k < soak(); k++) {
                bytes[at] = digits[cc_rng_below(&rng, sizeof digits - 1)];
                FILE *file = fopen(path, "wb");
                assert_non_null(file);
                assert_int_equal(fwrite(bytes, 1, count, file), count);
                fclose(file);
                read_once(path);
            }
            bytes[at] = kept;
        }
    }
    cc_log_set_level(CC_LOG_INFO);
}

static void a_cut_file_gives_a_status(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) try_file(&files[i], i, true);
}

static void a_file_with_changed_bytes_gives_a_status(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) try_file(&files[i], i, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_file_gives_a_status),
        cmocka_unit_test(a_file_with_changed_bytes_gives_a_status),
        cmocka_unit_test(made_headers_give_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
