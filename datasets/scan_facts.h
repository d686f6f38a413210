/* datasets/scan_facts.h -- what is known of one scan of a dataset once all of its voxels were looked at: what
 * a plan, an index beside the data (datasets/sources/scan_index.h) and `calcade check` need, without the
 * voxels. */
#ifndef CC_DATASETS_SCAN_FACTS_H
#define CC_DATASETS_SCAN_FACTS_H

#include "core/digest.h"
#include "datasets/hu.h"
#include "datasets/slices.h"

enum { CC_LABELS = UINT8_MAX + 1 };

typedef struct cc_scan_facts {
    int64_t dims[3];      /* upright: columns, rows, slices */
    double spacing_mm[3]; /* as cc_slice_set_spacing gives them; zeros where the dataset does not tell */
    cc_hu_tally hu;       /* of values as they are stored, whole numbers within int16 */
    uint64_t labels[CC_LABELS]; /* voxels of each label; [0] is background */
    cc_digest_text image,
        mask; /* SHA-256 of dims and voxels (int16 HU; labels), whatever file they came from */
} cc_scan_facts;

uint64_t cc_scan_facts_labelled(const cc_scan_facts *facts);

/* The facts of a scan whose voxels are at hand: hu and labels of dims[2] slices of dims[1] rows of dims[0].
 * CC_ENOMEM */
cc_status cc_scan_facts_of(cc_scan_facts *out, const int64_t dims[3], const double spacing_mm[3],
                           const int16_t *hu, const uint8_t *labels);

/* Those of the scan of a set whose slices are [first, first + count), each read once, unless opening the set
 * has read them already (labels are then as in the masks, whichever are chosen). Slices of other sizes than
 * the first one's (sources of pictures) leave dims[0] and dims[1] as the first's. What cc_slice_set_read
 * gives. */
cc_status cc_scan_facts_read(cc_scan_facts *out, const cc_slice_set *set, size_t first, size_t count);
/* Whether opening the set has read its scans: the facts then come at once. */
bool cc_scan_facts_are_known(const cc_slice_set *set);

#endif
