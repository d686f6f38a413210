/* experiments/evaluation/scan_check.h -- whether a scan is like what a run's net was trained on. A file's
 * format does not say whether its values are HU: its values and its pixels' size do, and what is unlikely
 * is a warning. */
#ifndef CC_EXPERIMENTS_EVALUATION_SCAN_CHECK_H
#define CC_EXPERIMENTS_EVALUATION_SCAN_CHECK_H

#include "datasets/slices.h"
#include "datasets/volume.h"
#include "experiments/planning/run_plan.h"

/* Warns of voxels that are no HU of a CT: scaled (0 to 1), without their intercept (nothing below 0), or with
 * hardly any soft tissue. Never of a picture, nor where the run's own window (preprocess.window_hu) is so
 * narrow that it was trained on scaled values too. */
void cc_scan_check_values(const cc_volume *scan, const char *name, const cc_planned_run *run);

/* Warns of pixels that are far larger or smaller than those of the test slices stored with the run. Nothing
 * where it stores none, or their size is not known.
 *   CC_EFORMAT, CC_EIO, CC_ENOMEM  the run's file cannot be read */
cc_status cc_scan_check_spacing(const cc_slice_set *scan, const char *name, const cc_planned_run *run);

#endif
