/* experiments/cascade/scan_windows.h -- a net of volumes over whole scans, in overlapping windows.
 *
 * A scan becomes a volume (scan_volume.h), the volume windows (datasets/sliding_window.h), and each window
 * probabilities; those of windows that overlap are averaged, and come back to the scan's own slices one by
 * one. Memory holds one scan at a time: its HU while the volume is made, then the volume and its
 * probabilities. */
#ifndef CC_EXPERIMENTS_CASCADE_SCAN_WINDOWS_H
#define CC_EXPERIMENTS_CASCADE_SCAN_WINDOWS_H

#include "experiments/cascade/scan_volume.h"
#include "nets/engine/plan.h"

typedef struct cc_scan_windows cc_scan_windows;

/* `plan`: inference, of n = net->train.batch, of the size of volumes.patch. It and what the source points to
 * outlive *out, which the caller owns. CC_ENOMEM. */
cc_status cc_scan_windows_create(cc_scan_windows **out, cc_plan *plan, const cc_scan_volume_source *source);
void cc_scan_windows_destroy(cc_scan_windows *windows); /* takes NULL */

/* Predicts the scan that holds `slice`, a number of the set. Adds the losses of its windows to *loss, and how
 * many they are to *count: what a window shows beyond the volume is background there.
 *   CC_EINTERRUPTED  a signal came
 *   CC_EINVAL        the net's output is NaN or infinite: patient and slices
 *   others           as cc_scan_volume_make and cc_plan_forward */
cc_status cc_scan_windows_predict(double *loss, size_t *count, cc_scan_windows *windows, size_t slice);
/* What of that scan the net was shown. Borrowed. */
const cc_scan_part *cc_scan_windows_part(const cc_scan_windows *windows);
/* Probabilities of one of its slices (of the part), p[classes][box of the part]. CC_ENOMEM. */
cc_status cc_scan_windows_get(float *p, const cc_scan_windows *windows, size_t slice);

#endif
