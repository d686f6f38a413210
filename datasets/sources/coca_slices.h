/* datasets/sources/coca_slices.h -- on which slice of its scan each outline of a COCA patient lies.
 *
 * The set states it twice: by ImageIndex, which counts slices from 0 towards the head, and by Point_mm, where
 * the outline lies in the patient (LPS, mm). ImageIndex alone moves with every slice that was not downloaded,
 * and with who counts; Point_mm and the scan's own geometry tell. */
#ifndef CC_DATASETS_SOURCES_COCA_SLICES_H
#define CC_DATASETS_SOURCES_COCA_SLICES_H

#include <stdbool.h>
#include "datasets/sources/coca_xml.h"
#include "datasets/volume.h"

/* From a slice's number in ascending z to its index along the grid's third axis, which runs to the feet in a
 * feet-first scan; and back. */
int64_t cc_coca_flip_slice(const cc_grid *grid, int64_t number);

typedef struct cc_coca_placement {
    bool by_mm;      /* ImageIndex contradicted Point_mm, which was followed */
    bool without_mm; /* some outline has no Point_mm */
} cc_coca_placement;

/* Sets `slice` of every region. Where ImageIndex and Point_mm agree, or there is no Point_mm, ImageIndex is
 * followed; where they contradict each other, Point_mm, with a warning that says what ImageIndex seems to
 * count, if every outline has it and lies on one slice. Point_px that lies elsewhere in the slice than
 * Point_mm is warned of, and Point_px followed.
 *   CC_EFORMAT  ("FILE:LINE") ImageIndex is no slice's number, and there is no Point_mm; or the two
 *               contradict each other, and Point_mm lies beside the scan or between its slices, is missing of
 *               other outlines, or contradicts Point_px too */
cc_status cc_coca_find_slices(cc_coca_placement *out, cc_coca_regions *regions, const cc_grid *grid,
                              const char *xml);

#endif
