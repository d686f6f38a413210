/* tests/datasets/dicom_read.h -- reads a DICOM file or folder, and keeps what is said meanwhile. */
#ifndef CC_TESTS_DATASETS_DICOM_READ_H
#define CC_TESTS_DATASETS_DICOM_READ_H

#include "dicom_made.h"
#include "said.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

/* What the last dicom_read said on standard error. */
static said dicom_said;

static inline cc_status dicom_read(cc_volume *out, const char *path, const cc_read_options *options) {
    const cc_read_options none = {.series = NULL};
    said_start(&dicom_said);
    cc_status status = cc_volume_read_as(out, path, options ? options : &none);
    said_end(&dicom_said);
    return status;
}

/* It is read, and `part` is said of it; or nothing, where that is NULL. */
static inline void dicom_reads(cc_volume *out, const char *path, const char *part) {
    assert_ok(dicom_read(out, path, NULL));
    if (part ? !strstr(dicom_said.text, part) : dicom_said.text[0] != 0)
        fail_msg("%s: said \"%s\", not \"%s\"", path, dicom_said.text, part ? part : "");
}

/* It is refused, with up to two parts of the line. */
static inline void dicom_refuses(const char *path, const char *part, const char *other) {
    cc_volume volume = {0};
    cc_status status = dicom_read(&volume, path, NULL);
    assert_true(status == CC_EFORMAT || status == CC_EUNSUPPORTED || status == CC_ENOTFOUND);
    assert_error(status, status, part);
    if (other) assert_error(status, status, other);
    assert_null(volume.voxels);
}

#endif
