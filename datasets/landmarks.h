/* datasets/landmarks.h -- histogram matching by landmarks: each scan's percentiles are brought to those of a
 * standard, which is learnt from many scans.
 *
 * Source: Nyul & Udupa, On standardizing the MR image intensity scale, Magn. Reson. Med. 42 (1999), 1072;
 * Nyul, Udupa & Zhang, IEEE Trans. Med. Imaging 19 (2000), 143, whose landmarks are the deciles (L4) between
 * the percentiles 0 and 99.8, all of the voxels above the scan's mean, which is what it has for foreground.
 * Their standard scale runs from 1 to 4095; here its ends are the mean ends of the scans that it is learnt
 * from, so that values stay near HU and a window in HU keeps its meaning.
 *
 * Values count as whole HU within int16, as scanners write them. */
#ifndef CC_DATASETS_LANDMARKS_H
#define CC_DATASETS_LANDMARKS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"
#include "datasets/slices.h"

enum { CC_LANDMARKS = 11 };

/* The percentiles 0, 10, 20 to 90 and 99.8, ascending: of a scan, or the standard. */
typedef struct cc_landmarks {
    double hu[CC_LANDMARKS];
} cc_landmarks;

/* Of the scan that slice `index` of a set is of, over all its slices in the set; percentiles linear between
 * ranks, as numpy.percentile. Decodes each of them once.
 *   CC_EINVAL  all its voxels have one value: there is nothing above the mean
 *   others     as cc_slice_set_read */
cc_status cc_landmarks_find(cc_landmarks *out, const cc_slice_set *set, size_t index);

/* The standard: each scan's landmarks, its ends linearly brought to the scans' mean ends, averaged. count >
 * 0; no scan has equal ends. */
void cc_landmarks_learn(cc_landmarks *standard, const cc_landmarks *scans, size_t count);

/* Brings values of a scan to the standard in place: linear between landmarks; beyond the ends the line of
 * the nearest pair goes on. Landmarks that coincide, as those of flat scans do, are one. */
void cc_landmarks_apply(float *hu, const cc_landmarks *scan, const cc_landmarks *standard, size_t count);

/* "HU HU ...", which reads back exactly; and back: false where it is no such text. */
enum { CC_LANDMARKS_BYTES = CC_LANDMARKS * 26 };
void cc_landmarks_format(char out[CC_LANDMARKS_BYTES], const cc_landmarks *landmarks);
bool cc_landmarks_parse(cc_landmarks *out, const char *text);

#endif
