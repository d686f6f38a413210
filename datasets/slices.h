/* datasets/slices.h -- a dataset as training sees it: 2-D axial slices of patients, each with its mask.
 *
 * A slice set lists what is there; pixels are decoded when asked for, by any thread. A source (ctheart,
 * volume, ...) is one file and one line of the table in slices.c. */
#ifndef CC_DATASETS_SLICES_H
#define CC_DATASETS_SLICES_H

#include <stddef.h>
#include <stdint.h>
#include "core/digest.h"
#include "core/status.h"

typedef struct cc_slice {
    uint32_t patient; /* index into the set's patient names */
    int32_t number;   /* the slice's number in its scan, as its file name has it; else 0-based, ascending z */
    int32_t height, width; /* pixels */
} cc_slice;

typedef struct cc_slice_set cc_slice_set;

typedef struct cc_slice_options {
    const char *source;  /* "ctheart", "volume" */
    const char *root;    /* the dataset's folder */
    const char *image;   /* volume: the CT, relative to root */
    const char *mask;    /* volume: the mask, on any grid, relative to root */
    double window_hu[2]; /* ctheart: a picture's grey range spans this window, as pictures carry no HU */
} cc_slice_options;

/* Lists the dataset. The caller owns *out. CC_ENOTFOUND names the missing folder or file. Paths that leave
 * `root` through links or ".." are refused. */
cc_status cc_slice_set_open(cc_slice_set **out, const cc_slice_options *options);
void cc_slice_set_close(cc_slice_set *set);

size_t cc_slice_set_count(const cc_slice_set *set);
const cc_slice *cc_slice_set_get(const cc_slice_set *set, size_t index); /* ordered by patient, then number */
size_t cc_slice_set_patient_count(const cc_slice_set *set);
const char *cc_slice_set_patient(const cc_slice_set *set, size_t patient);

/* SHA-256 of names and contents: part of a run's identity. Reads every file once. */
cc_status cc_slice_set_digest(cc_digest_text *out, const cc_slice_set *set);

/* Decodes one slice: image[height*width] in HU, mask[height*width] with 0 for background and the dataset's
 * labels (1 where it has only one). Either may be NULL. Any thread may call. */
cc_status cc_slice_set_read(const cc_slice_set *set, size_t index, float *image_hu, uint8_t *mask);

#endif
