/* datasets/slice.h -- one slice of a dataset, and what a person says of the dataset that it is read from: the
 * words that the table of slices (datasets/slices.h) and its sources (datasets/sources/source.h) share. */
#ifndef CC_DATASETS_SLICE_H
#define CC_DATASETS_SLICE_H

#include <stdbool.h>
#include <stdint.h>

/* The sources, in the order in which the reference of options lists them: X(NAME) for each. sources/NAME.c
 * defines cc_slice_source_NAME; `data.source: NAME` chooses it. */
#define CC_SLICE_SOURCE_LIST(X) X(ctheart) X(volume) X(orcascore) X(coca) X(list) X(nnunet) X(decathlon)

enum {
    /* What the ends of a window may be: all that int16 and uint16 hold. */
    CC_WINDOW_HU_MIN = INT16_MIN,
    CC_WINDOW_HU_MAX = UINT16_MAX,
    /* cc_slice_options.mask_threshold, from 0: some grey of 16 bits must lie above it. */
    CC_MASK_THRESHOLD_MAX = UINT16_MAX - 1,
};

typedef struct cc_slice {
    uint32_t patient; /* index into the set's patient names */
    uint32_t scan;    /* number of its scan in the set: a patient may have several */
    int32_t number;   /* the slice's number in its scan, as its file name has it; else 0-based, ascending z */
    int32_t height, width; /* pixels */
} cc_slice;

typedef struct cc_slice_set cc_slice_set;

/* Bytes of a patient's name that results hold; of a longer one the first. */
enum { CC_PATIENT_NAME_BYTES = 63 };

/* What is pointed to need not outlive cc_slice_set_open. */
typedef struct cc_slice_options {
    const char *source;  /* a name of CC_SLICE_SOURCE_LIST */
    const char *root;    /* the dataset's folder; list: NULL for that of the list */
    const char *image;   /* volume: the CT, relative to root */
    const char *mask;    /* volume: the mask, on any grid, relative to root */
    const char *list;    /* list: the table of scans (datasets/sources/list.c) */
    const int *labels;   /* list, nnunet, decathlon: labels that stay, 1 to 255; others become 0 */
    int label_count;     /* 0: all stay */
    double window_hu[2]; /* ctheart: a picture's grey range spans this window, as pictures carry no HU */
    bool regions;        /* orcascore, list: each scan has regions beside its mask, which are read too */
    /* ctheart: a mask's grey above this, in the file's own values, is foreground; NULL: not stated */
    const int *mask_threshold;
    /* All but volume: a patient whose files are broken is left out with a warning. Every slice is then
     * decoded once when the set is opened, as that is the only way to know (list, nnunet, decathlon: once for
     * good, as an index beside the data remembers it). */
    bool skip_broken;
    /* To find all that is wrong: as skip_broken, without the warnings (cc_slice_set_broken has them); nothing
     * that an index beside the data remembers is believed; and the set may be empty, which is good for
     * nothing else. */
    bool checking;
    int cache_mb; /* MiB of decoded slices kept in memory; 0: every read decodes. Changes no value */
} cc_slice_options;

/* A patient that was left out, and why: "WHERE: WHAT (HINT)". */
typedef struct cc_slice_broken {
    const char *patient, *why;
} cc_slice_broken;

#endif
