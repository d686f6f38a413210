/* Damaged copies of real files: cut at many lengths, and with bytes changed. Whatever comes, a reader returns
 * a status. CALCADE_SOAK=N multiplies the number of copies. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/rng.h"
#include "datasets/volume.h"

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
        assert_true(status == CC_EFORMAT || status == CC_EUNSUPPORTED || status == CC_ENOTFOUND);
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

static void try_file(const sample_file *f, uint64_t number, bool cut) {
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder();
    char path[CC_PATH_MAX], *bytes, *copy;
    size_t count;
    snprintf(path, sizeof path, "%s/%s", folder, cc_path_name(f->path));
    assert_ok(cc_file_read(&bytes, &count, shared_file(f->path), FILE_MAX, arena));
    copy = cc_arena_get(arena, count);
    if (f->beside) copy_beside(folder, f->beside, arena);
    int copies = f->copies * soak();
    for (int i = 0; i < copies; i++) {
        cc_rng rng = cc_rng_init(cut ? 1 : 2, CC_PURPOSE_TEST, number, (uint64_t)i);
        size_t length =
            cut ? cc_rng_below(&rng, i % 2 && count > HEADER_FOCUS ? HEADER_FOCUS : count) : count;
        memcpy(copy, bytes, count);
        if (!cut) damage(copy, count, &rng);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(copy, 1, length, file), length);
        fclose(file);
        if (getenv("CALCADE_SOAK")) fprintf(stderr, "%s cut=%d copy=%d\n", f->path, cut, i);
        read_once(path);
    }
    cc_arena_destroy(arena);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
