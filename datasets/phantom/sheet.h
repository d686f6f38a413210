/* datasets/phantom/sheet.h -- all patients of a phantom in one picture, to see at a glance what a seed
 * makes. */
#ifndef CC_DATASETS_PHANTOM_SHEET_H
#define CC_DATASETS_PHANTOM_SHEET_H

#include "datasets/phantom/phantom.h"

/* A contact sheet: the slice through the middle of the heart of every patient, in a window of -160..240 HU,
 * the heart outlined in a colour that names the scanner, the patient's number in the corner. An RGB PNG. */
cc_status cc_phantom_write_sheet(const char *path, const cc_phantom_options *options);

#endif
