/* datasets/readers/dicom_file.h -- one DICOM file, through GDCM: a thin face for C. No exception leaves it.
 *
 * What a file says of its frames stands in the file itself (a classic slice), or in functional groups
 * (enhanced, multi-frame images: DICOM PS3.3, C.7.6.16), those of one frame before those that all share.
 * Nothing is assumed here: a value that the file does not give is marked so. */
#ifndef CC_DATASETS_READERS_DICOM_FILE_H
#define CC_DATASETS_READERS_DICOM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CC_DICOM_CODE = 17,
    CC_DICOM_UID = 65
}; /* longest code string and unique identifier, with their end */

typedef struct cc_dicom_frame {
    bool has_position, has_orientation, has_slope, has_intercept;
    double position_mm[3];     /* of the first pixel, LPS */
    double row[3], column[3];  /* along x and y of the picture: the file's numbers, or unit vectors x and y */
    double spacing_mm[3];      /* x, y; z: SpacingBetweenSlices, else SliceThickness; 0 where not given */
    double slope, intercept;   /* 1 and 0 where not given */
    char stack[CC_DICOM_CODE]; /* StackID */
    /* -1 where not given: TemporalPositionIndex or -Identifier, NominalPercentageOfCardiacPhase,
     * AcquisitionNumber */
    double time, phase, acquisition;
} cc_dicom_frame;

/* Texts are "" and numbers -1 where they are not given. */
typedef struct cc_dicom_file {
    long long width, height, samples; /* 0, 0 and 1 where not given */
    long long bits_allocated, bits_stored, high_bit, pixel_representation;
    double frames;                    /* NumberOfFrames; 1 where not given */
    long long frame_groups;           /* items of PerFrameFunctionalGroupsSequence; 0: none */
    long long padding, padding_limit; /* 16 bits each: PixelPaddingValue, PixelPaddingRangeLimit */
    bool has_lut, is_localizer;       /* ModalityLUTSequence; ImageType names a localizer */
    double tilt_degrees;              /* GantryDetectorTilt; NaN where not given */
    double series_number;
    char modality[CC_DICOM_CODE], photometric[CC_DICOM_CODE], rescale_type[CC_DICOM_CODE];
    char contrast[CC_DICOM_CODE]; /* ContrastBolusAgent; cut where it is longer */
    char sop_class[CC_DICOM_UID], series[CC_DICOM_UID], description[CC_DICOM_UID];
    char pixel_spacing[40], other_spacing[64]; /* as written; what else gives a pixel's size, with its name */
    char contradiction[48];                    /* a field that functional groups give otherwise */
} cc_dicom_file;

/* What stands before the pixels: of the file, and behind it of as many frames as there is room for. */
typedef struct cc_dicom_header {
    cc_dicom_file file;
    cc_dicom_frame frames[1];
} cc_dicom_header;

/* Bytes of a header with room for `frames`, at least 1. */
static inline size_t cc_dicom_header_bytes(size_t frames) {
    return sizeof(cc_dicom_header) + (frames - 1) * sizeof(cc_dicom_frame);
}

/* Loads GDCM, once; before a child is forked to do what stands below. Any number of threads at a time.
 *   CC_EIO  naming the library that cannot be loaded */
cc_status cc_dicom_file_prepare(void);

/* Both are work for cc_guard_run, as GDCM may abort; the context is the result. */

/* Reads a cc_dicom_header of that many bytes. CC_EFORMAT: it is no DICOM, or a number is none. */
cc_status cc_dicom_file_header(void *out, size_t bytes, const char *path);

/* Decodes the pixels of all frames, in this machine's byte order, into bytes[capacity], which they must fill
 * exactly. */
cc_status cc_dicom_file_pixels(void *bytes, size_t capacity, const char *path);

#ifdef __cplusplus
}
#endif
#endif
