/* datasets/readers/gdcm.h -- what calcade_gdcm.so holds: GDCM's part of datasets/readers/dicom_file.h.
 *
 * A file of its own, since GDCM's libraries fill their dictionaries while they are loaded, which takes longer
 * than all else of a start, and most commands read no DICOM. It is loaded with the first DICOM file, and
 * refers to nothing of the program: what it refuses it says in words, of which the caller makes the error. */
#ifndef CC_DATASETS_READERS_GDCM_H
#define CC_DATASETS_READERS_GDCM_H

#include "datasets/readers/dicom_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is wrong with a file, and what to do about it; both are set where a function does not return CC_OK. */
typedef struct cc_gdcm_fault {
    char what[224];
    const char *hint;
} cc_gdcm_fault;

/* The functions of dicom_file.h; no exception leaves them. */
typedef struct cc_gdcm {
    size_t header_bytes, frame_bytes; /* sizes of cc_dicom_header and cc_dicom_frame as it knows them */
    cc_status (*header)(cc_gdcm_fault *fault, void *out, size_t bytes, const char *path);
    cc_status (*pixels)(cc_gdcm_fault *fault, void *bytes, size_t capacity, const char *path);
} cc_gdcm;

extern const cc_gdcm cc_gdcm_functions;

#ifdef __cplusplus
}
#endif
#endif
