/* tests/soak/fuzz/volumes.c -- files of images: MetaImage, NIfTI, NRRD, DICOM, PNG.
 *
 * One reader recognises all of them by their bytes; the targets differ in seeds and dictionaries. A header
 * that names a file of voxels finds data.raw beside it (fuzz.c). */
#include "dicom_made.h"
#include "fuzz.h"
#include "datasets/png.h"
#include "datasets/volume_file.h"

static cc_status read_volume(const char *path) {
    cc_volume volume = {.voxels = NULL};
    CC_TRY(cc_volume_read(&volume, path));
    cc_volume_deinit(&volume);
    return CC_OK;
}

static cc_status read_picture(const char *path) {
    cc_png_picture picture;
    CC_TRY(cc_png_read(&picture, path));
    cc_png_deinit(&picture);
    return read_volume(path);
}

/* A volume of 4 x 3 x 2 voxels under each name. */
static void write_volumes(const char *folder, const char *const *names) {
    float voxels[24];
    cc_volume volume = {.grid = {.dims = {4, 3, 2},
                                 .spacing_mm = {0.5, 0.5, 3},
                                 .origin_mm = {-10, 5, 100},
                                 .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                        .voxels = voxels};
    for (int i = 0; i < 24; i++) voxels[i] = (float)(100 * i - 1000);
    for (; *names; names++) assert_ok(cc_volume_write(cc_test_path(folder, *names), &volume, "int16"));
}

static void seed_metaimage(const char *folder) {
    static const char *const names[] = {"packed.mha", "plain.mhd", NULL};
    write_volumes(folder, names);
}

static void seed_nifti(const char *folder) {
    static const char *const names[] = {"plain.nii", "packed.nii.gz", NULL};
    write_volumes(folder, names);
}

static void seed_dicom(const char *folder) {
    const int16_t pixels[] = {0, 1024, 1154, 2000, 3000, 4000};
    const made_slice slice = {2, 3, pixels, 12.5, NULL};
    made_dicom(folder, "slice.dcm", &slice);
    made_set multi = made_ct(&slice);
    made_text(&multi, 0x00280008, "IS", "1");
    made_group(&multi, 0x52009229, 0x00180050, "DS", "3");
    made_save(&multi, folder, "groups.dcm");
}

static void seed_png(const char *folder) {
    const uint16_t grey[] = {0, 1, 256, 65535, 40000, 7};
    const uint8_t rgb[] = {1, 1, 1, 200, 200, 200};
    assert_ok(cc_png_write_gray(cc_test_path(folder, "grey.png"), grey, 2, 3, 16));
    assert_ok(cc_png_write_rgb(cc_test_path(folder, "rgb.png"), rgb, 1, 2));
}

enum { MOST = 15000 };
const cc_fuzz_target cc_fuzz_metaimage = {"metaimage", "scan.mhd", MOST, NULL, read_volume, seed_metaimage};
const cc_fuzz_target cc_fuzz_nifti = {"nifti", "scan.nii", MOST, NULL, read_volume, seed_nifti};
const cc_fuzz_target cc_fuzz_nrrd = {"nrrd", "scan.nrrd", MOST, NULL, read_volume, NULL};
const cc_fuzz_target cc_fuzz_dicom = {"dicom", "scan.dcm", MOST, NULL, read_volume, seed_dicom};
const cc_fuzz_target cc_fuzz_png = {"png", "scan.png", MOST, NULL, read_picture, seed_png};
