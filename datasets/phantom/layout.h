/* datasets/phantom/layout.h -- how a dataset's folder looks: one file a layout, and one name of
 * CC_PHANTOM_LAYOUT_LIST.
 * Private to the phantom. */
#ifndef CC_DATASETS_PHANTOM_LAYOUT_H
#define CC_DATASETS_PHANTOM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include "datasets/phantom/phantom.h"
#include "datasets/volume.h"

typedef struct cc_phantom_patient {
    const cc_phantom_options *options;
    int number;                    /* from 0 */
    cc_volume hu, labels, regions; /* regions: where the options ask for them */
} cc_phantom_patient;

typedef struct cc_phantom_layout {
    const char *name;
    bool has_regions; /* `write` has a place for them */
    void (*name_patient)(char *out, size_t capacity, int patient);
    /* The folders that hold the patients. */
    cc_status (*make_folders)(const char *dir);
    /* Whether a patient is there, whole. */
    cc_status (*is_there)(bool *out, const char *dir, const char *name);
    /* Writes a patient in the folder `writing` and moves it to its place; the last move makes it be there. */
    cc_status (*write)(const cc_phantom_patient *patient, const char *writing, const char *dir);
} cc_phantom_layout;

#define X(name) extern const cc_phantom_layout cc_phantom_layout_##name;
CC_PHANTOM_LAYOUT_LIST(X)
#undef X

#endif
