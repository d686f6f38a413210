/* datasets/readers/dicom_image.h -- one DICOM file with pixels: what its header says, whether it can be read,
 * and its frames in HU. */
#ifndef CC_DATASETS_READERS_DICOM_IMAGE_H
#define CC_DATASETS_READERS_DICOM_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/arena.h"
#include "datasets/readers/dicom_check.h"
#include "datasets/readers/dicom_file.h"
#include "datasets/readers/reader.h"
#include "datasets/readers/samples.h"

typedef struct cc_dicom_image {
    const char *path, *name; /* name: the path from the folder on that was asked for; for messages */
    uint64_t file_bytes;
    cc_dicom_pixels pixels;
    const cc_dicom_header *header; /* with all frames, once cc_dicom_image_prepare is through */
} cc_dicom_image;

/* Reads the header; the arena owns it and copies of the texts. */
cc_status cc_dicom_image_open(cc_dicom_image *out, const char *path, const char *name, cc_arena *arena);

/* Whether there is nothing in it to be seen: a directory, a report, a presentation state, a plan. A CT slice
 * that was cut off before its pixels is not blank, but broken. */
bool cc_dicom_image_is_blank(const cc_dicom_image *image);
/* By its modality, or where that is not given by its kind of object. */
bool cc_dicom_image_is_ct(const cc_dicom_image *image);
cc_sample_type cc_dicom_image_sample(const cc_dicom_image *image);

/* Whether it is an image that is read here; checks sizes against the file, then reads all frames' headers.
 *   CC_EUNSUPPORTED  it is sound, but holds colours, bits, or values that need a table
 *   CC_EFORMAT       header and pixels contradict each other, or what must be there is missing */
cc_status cc_dicom_image_prepare(cc_dicom_image *image, cc_arena *arena);

/* The voxels of one frame, in HU: values[height][width]. What stands for no measurement, by PixelPaddingValue
 * or beyond what a CT reaches, and would count as dense, becomes air; *padded counts on. Any thread may
 * call. */
cc_status cc_dicom_image_read(float *values, uint64_t *padded, const cc_dicom_image *image, int frame);

/* The same for all frames, in the order `target`: frame i goes to values + target[i] * area, or nowhere where
 * target[i] is negative. Compressed frames are decoded once. */
cc_status cc_dicom_image_read_all(float *values, uint64_t *padded, const cc_dicom_image *image,
                                  const int64_t *target);

#endif
