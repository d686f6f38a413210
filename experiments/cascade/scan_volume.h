/* experiments/cascade/scan_volume.h -- a scan's slices as the volume that a net of volumes is shown, and
 * what the net says of it, back on the scan's own slices.
 *
 * Slices are stacked (matched or blanked as their set has them, cropped where the run crops), brought to
 * the net's grid (volumes.spacing_mm by datasets/resample.h: edges aligned, the scan covered; or
 * volumes.reduce by datasets/reduce.h), and only then windowed to the channels of data.channels. A channel
 * above_N is thresholded on the scan's own voxels, as the dataset has them, and moved as labels are. Where
 * HU are changed at random before the window, volumes are made without it: one plane of HU, and the masks. */
#ifndef CC_EXPERIMENTS_CASCADE_SCAN_VOLUME_H
#define CC_EXPERIMENTS_CASCADE_SCAN_VOLUME_H

#include "datasets/grid.h"
#include "datasets/label_classes.h"
#include "experiments/cascade/regions.h"

/* Where scans come from, and how the net sees them; all borrowed. */
typedef struct cc_scan_volume_source {
    const cc_slice_set *set;         /* whole slices, all those of each scan */
    const cc_experiment_config *net; /* whose channels, window and volumes */
    const cc_label_classes *classes; /* of the labels; NULL: any label is of class 1 */
    const cc_box *regions;           /* what scans are cropped to, as cc_scan_part_find has it ... */
    const cc_masks *marked;          /* ... of the set's slices; both NULL: they are not */
    bool planes; /* volumes hold what channels are made of later (datasets/patches.h, cc_patch_random) */
} cc_scan_volume_source;

typedef struct cc_scan_volume {
    cc_scan_part part;  /* of the set */
    cc_grid scan, grid; /* of that part's own voxels (1 mm where the dataset tells none); of the net's */
    bool reduced;       /* the net's voxels are cells of the scan's */
    size_t channels;    /* or planes */
    float *image;       /* [channels][grid's dims], z, y, x; owned */
    uint8_t *labels;    /* [grid's dims] classes, 0 background; owned */
} cc_scan_volume;

/* Part and grids of the scan that holds `slice`, without its voxels: image and labels are NULL.
 *   CC_EUNSUPPORTED  more voxels than can be addressed · CC_ENOMEM */
cc_status cc_scan_volume_plan(cc_scan_volume *out, const cc_scan_volume_source *source, size_t slice);
/* The same with its voxels, to be given back by cc_scan_volume_deinit; on failure there is nothing to.
 *   CC_EFORMAT  a label is no class · others as cc_slice_set_read_near and cc_interpolate */
cc_status cc_scan_volume_make(cc_scan_volume *out, const cc_scan_volume_source *source, size_t slice);
void cc_scan_volume_deinit(cc_scan_volume *volume); /* takes a zeroed one */

size_t cc_scan_volume_count(const cc_scan_volume *volume); /* voxels of the net's grid */

/* Values of the net's grid, on slice number `slice` (of the set, within the part): out[box of the part]. Of
 * resampled scans linearly, the outermost voxels for what lies beyond them; of cells each voxel has its
 * own's. CC_ENOMEM. */
cc_status cc_scan_volume_restore(float *out, const cc_scan_volume *volume, const float *values, size_t slice);

#endif
