/* datasets/readers/dicom_check.h -- walks a DICOM file's elements before GDCM does, which takes memory for
 * whatever length an element claims. */
#ifndef CC_DATASETS_READERS_DICOM_CHECK_H
#define CC_DATASETS_READERS_DICOM_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

/* Where PixelData lies. */
typedef struct cc_dicom_pixels {
    bool found, encapsulated;
    uint64_t bytes;     /* of PixelData, where it is not encapsulated */
    uint64_t fragments; /* of encapsulated pixels, without the offset table */
    /* Whether the samples are little-endian and uncompressed, and lie as they are from `offset` on: of the
     * file, or of what the deflated part of the file from `deflated_at` on holds (0: nothing is deflated). */
    bool plain;
    uint64_t offset, deflated_at;
} cc_dicom_pixels;

/* CC_EFORMAT, naming the element, unless every element up to and with PixelData lies inside what holds it. */
cc_status cc_dicom_check(cc_dicom_pixels *out, const char *path);

#endif
