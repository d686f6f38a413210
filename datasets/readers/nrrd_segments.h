/* datasets/readers/nrrd_segments.h -- the segments that 3D Slicer keeps in a .seg.nrrd: an NRRD file whose
 * key/value pairs "SegmentN_LabelValue:=V", "SegmentN_Layer:=L" and "SegmentN_Name:=..." say which voxels are
 * which.
 *
 * Segments that overlap lie in several layers, the components of a four-dimensional image; in one layer
 * alone the voxels are labels as they stand. Source: Slicer's developer guide, "Segmentation labelmap file
 * format". */
#ifndef CC_DATASETS_READERS_NRRD_SEGMENTS_H
#define CC_DATASETS_READERS_NRRD_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "datasets/readers/parts.h"
#include "datasets/volume.h"

enum { CC_SEGMENTS_MAX = 4096 };

typedef struct cc_segment {
    int64_t number, label, layer; /* N, V and L; V and L -1 where they are not given */
    char name[64];
} cc_segment;

typedef struct cc_segments {
    cc_segment *items; /* owned */
    size_t count;
} cc_segments;

void cc_segments_deinit(cc_segments *segments);
/* Takes what a key/value pair says about a segment; other pairs are passed over. CC_EFORMAT, CC_EUNSUPPORTED
 * (fractions in place of labels, too many segments), CC_ENOMEM. */
cc_status cc_segments_add_pair(cc_segments *segments, const char *key, const char *value, const char *path);

/* Reads the layers of an image into one volume of labels: each voxel is its segment's label, or 0. Of the
 * file's values, `inner` stand before the next layer's, and so on; out->grid is set, memory is allocated
 * here.
 *   CC_EUNSUPPORTED segments overlap, or their labels and layers are not all given CC_EFORMAT a layer holds a
 *   value that is no segment's */
cc_status cc_segments_read(cc_volume *out, const cc_segments *segments, int64_t layers, uint64_t inner,
                           const cc_parts *parts, const cc_coding *coding);

#endif
