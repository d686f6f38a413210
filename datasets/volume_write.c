#include "core/file.h"
#include "datasets/readers/metaimage.h"
#include "datasets/readers/nifti.h"
#include "datasets/volume.h"

static bool is_nifti(const char *path) {
    return cc_path_ends_with(path, ".nii") || cc_path_ends_with(path, ".nii.gz");
}

static bool is_pair(const char *path) {
    return cc_path_ends_with(path, ".mhd");
}

bool cc_volume_is_written(const char *path) {
    return is_nifti(path) || is_pair(path) || cc_path_ends_with(path, ".mha");
}

cc_status cc_volume_data_path(char out[CC_PATH_MAX], const char *path) {
    return is_pair(path) ? cc_metaimage_data_path(out, path, false) : cc_path_join(out, "", path);
}

cc_status cc_volume_write(const char *path, const cc_volume *volume, const char *type) {
    return is_nifti(path) ? cc_nifti_write(path, volume, type)
                          : cc_metaimage_write(path, volume, type, !is_pair(path));
}
