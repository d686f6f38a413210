/* datasets/volume_file.c -- the table of readers, and the choice among them by a file's first bytes; writing
 * by the ending of a name. Contents decide what is read, because names lie: DICOM slices often have none, and
 * archives rename files. */
#include "datasets/volume_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "datasets/readers/dicom.h"
#include "datasets/readers/metaimage_write.h"
#include "datasets/readers/nifti_write.h"
#include "datasets/readers/reader.h"

/* A format is one file in datasets/readers/ and one row here. */
static const cc_reader *const readers[] = {
    &cc_reader_dicom, &cc_reader_nifti, &cc_reader_metaimage, &cc_reader_nrrd, &cc_reader_png,
};

static cc_status read_file(cc_volume *out, const char *path, const cc_read_options *options) {
    cc_head head;
    CC_TRY(cc_head_read(&head, path));
    if (head.count == 0) return cc_fail(CC_EFORMAT, path, "get the file again", "the file is empty");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        /* In the order of the table: DICOM first, as its magic is the most certain; MetaImage is recognised
         * by a word of text. */
        if (!readers[i]->probe(&head)) continue;
        snprintf(out->format, sizeof out->format, "%s", readers[i]->format);
        return readers[i]->read(out, path, &head, options);
    }
    return cc_fail(CC_EFORMAT, path, "MetaImage, NIfTI-1/2, NRRD, DICOM and PNG are read",
                   "its first bytes are of no known image format");
}

cc_status cc_volume_read_as(cc_volume *out, const char *path, const cc_read_options *options) {
    assert(!out->voxels);
    memset(out, 0, sizeof *out);
    cc_status status =
        cc_folder_exists(path) ? cc_dicom_read_folder(out, path, options) : read_file(out, path, options);
    if (status != CC_OK) cc_volume_deinit(out);
    return status;
}

cc_status cc_volume_read(cc_volume *out, const char *path) {
    const cc_read_options options = {0};
    return cc_volume_read_as(out, path, &options);
}

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
