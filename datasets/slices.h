/* datasets/slices.h -- a dataset as training sees it: 2-D axial slices of patients, each with its mask.
 *
 * Volumes are reoriented upright (datasets/upright.h) and their labels laid on them by the affines of both.
 *
 * A slice set lists what is there; pixels are decoded when asked for, by any thread. A source (ctheart,
 * volume, ...) is one file of sources/ and one line of CC_SLICE_SOURCE_LIST (datasets/slice.h). */
#ifndef CC_DATASETS_SLICES_H
#define CC_DATASETS_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/digest.h"
#include "core/status.h"
#include "datasets/slice.h"

enum { CC_SLICES_CACHE_MB = 1024 }; /* the usual cache_mb: about 1300 slices of 512x512 */

/* Lists the dataset: names and sizes; pixels are not decoded (the one volume of `volume` is). The caller owns
 * *out.
 *   CC_ENOTFOUND  root, a folder or a file is missing: named in the message
 *   CC_EFORMAT    a name, a picture or a volume is not what the source's layout asks for; a picture and its
 *                 mask differ in size; the mask of a volume is empty on the CT's grid; a patient has no
 *                 slice, or a name that results cannot hold: control characters, no UTF-8, or, cut to what
 *                 they hold, that of another patient
 *   CC_EINVAL     a file leaves `root` through a link or ".."; a value of `options` makes no sense
 *   CC_ECONFIG    no such source; an option that the source needs is not given
 *   CC_EUNSUPPORTED  regions of a source that has none */
cc_status cc_slice_set_open(cc_slice_set **out, const cc_slice_options *options);
/* Takes NULL. */
void cc_slice_set_close(cc_slice_set *set);

/* Patients that were left out. Borrowed. */
const cc_slice_broken *cc_slice_set_broken(size_t *count, const cc_slice_set *set);

/* At least 1, but of a set that was opened to be checked. */
size_t cc_slice_set_count(const cc_slice_set *set);
/* Borrowed; ordered by patient, scan, number. */
const cc_slice *cc_slice_set_get(const cc_slice_set *set, size_t index);
size_t cc_slice_set_patient_count(const cc_slice_set *set);
/* Borrowed. Patients are ordered by name, as bytes. */
const char *cc_slice_set_patient(const cc_slice_set *set, size_t patient);
/* The patient's group, from 0: its scanner's vendor (orcascore), or what the column group says (list); 0 for
 * all where the dataset tells nothing. */
int cc_slice_set_group(const cc_slice_set *set, size_t patient);
/* Distances in mm of a slice's scan, of pixels along x, of rows and of slices, as cc_grid_distances has them:
 * the spacing, and less where its axes are sheared. False, and zeros, where the dataset does not tell
 * (ctheart). */
bool cc_slice_set_spacing(double spacing_mm[3], const cc_slice_set *set, size_t index);
/* Whether its values are HU; else pictures' grey, spread over a window (ctheart). */
bool cc_slice_set_is_hu(const cc_slice_set *set);
/* The largest height and the largest width of any slice (not always of one and the same). */
void cc_slice_set_largest(int *height, int *width, const cc_slice_set *set);

/* SHA-256 of names and contents: part of a run's identity; not for a view. Patients that were left out as
 * broken are no part of it: the digest is that of a dataset without them. ctheart: every file's name below
 * `train`, size and bytes. orcascore: each scan's name, size and bytes of its headers and voxels, and whether
 * it is reoriented or its labels laid on it. coca: each patient's name, and name, size and bytes of its
 * DICOM files and of its XML, and whether Point_mm stood in for ImageIndex. volume: the two names, the
 * upright grid, and the voxels of the CT and of the mask as resampled on it. list, nnunet, decathlon: the
 * chosen labels, and of each scan its patient, spacing, upright voxels and labels, whatever files they came
 * from, and its patient's group. Where regions are read, theirs are digested as labels are. */
cc_status cc_slice_set_digest(cc_digest_text *out, const cc_slice_set *set);

/* Decodes one slice: image_hu[height*width], and mask[height*width] with 0 for background and the dataset's
 * labels (1 where it has only one). Either may be NULL. HU of volumes, and of DICOM, are rounded to whole
 * numbers within int16, as scanners write them. Any thread may call. On failure the arrays hold anything. */
cc_status cc_slice_set_read(const cc_slice_set *set, size_t index, float *image_hu, uint8_t *mask);

/* Whether the set was opened with its regions (cc_slice_options.regions), or is a view of such a set. */
bool cc_slice_set_has_regions(const cc_slice_set *set);

/* Decodes the regions of a slice, regions[height*width]: 0 none, else their label; CC_REGION_UNKNOWN
 * (datasets/label_classes.h) where nobody has said. Not cached. Any thread may call. On failure the array
 * holds anything.
 *   CC_EUNSUPPORTED  the set has none
 *   others           as cc_slice_set_read */
cc_status cc_slice_set_read_regions(const cc_slice_set *set, size_t index, uint8_t *regions);

/* The slice of the same scan whose number is higher by `offset`, or lower where that is negative; where it is
 * not there, as the scan ends or a number is missing on the way, the last one before that. Of a set with an
 * item a slice. */
size_t cc_slice_set_near(const cc_slice_set *set, size_t index, int offset);

/* Decodes the image of such a neighbour, image_hu[height*width] of the item itself. Of a view it is the
 * neighbour's own picture, matched as it would be alone, in the box of the item. `original`: the values that
 * the dataset has, matched to nothing; what the item blanks then reads CC_WINDOW_HU_MIN. Any thread may call.
 *   CC_EFORMAT  the two slices differ in size
 *   others      as cc_slice_set_read */
cc_status cc_slice_set_read_near(const cc_slice_set *set, size_t index, int offset, bool original,
                                 float *image_hu);

#endif
