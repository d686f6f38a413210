/* datasets/readers/dicom_file.h -- one DICOM file, through GDCM: a thin face for C. No exception leaves it.
 */
#ifndef CC_DATASETS_READERS_DICOM_FILE_H
#define CC_DATASETS_READERS_DICOM_FILE_H

#include <stddef.h>
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cc_dicom_file {
    long long width, height, frames, samples, bits_allocated;
    int is_signed, has_position;
    double slope, intercept;
    double spacing_mm[3];     /* x, y; z: SpacingBetweenSlices, else SliceThickness, else 1 */
    double position_mm[3];    /* of the first pixel, LPS */
    double row[3], column[3]; /* unit vectors along x and y of the picture */
    char series[65];
} cc_dicom_file;

/* Both are work for cc_guard_run, as GDCM may abort; the context is the result. */

/* What stands before the pixels, as a cc_dicom_file. CC_EFORMAT: it is no DICOM; CC_EUNSUPPORTED: it holds no
 * image. */
cc_status cc_dicom_file_header(void *out, size_t bytes, const char *path);

/* Decodes the pixels, in this machine's byte order, into bytes[capacity], which they must fill exactly. */
cc_status cc_dicom_file_pixels(void *bytes, size_t capacity, const char *path);

#ifdef __cplusplus
}
#endif
#endif
