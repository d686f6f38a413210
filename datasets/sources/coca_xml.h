/* datasets/sources/coca_xml.h -- the calcifications of one scan of the COCA set: outlines by artery, from its
 * XML.
 *
 * The file is an Apple property list as OsiriX exports regions of interest: a dict whose "Images" is an array
 * of dicts with "ImageIndex" (0-based, ascending z) and "ROIs", an array of dicts with "Name" (the artery),
 * "NumberOfPoints", "Point_px", strings "(x, y)" in pixels, and "Point_mm", as many strings "(x, y, z)" in
 * mm, LPS, which a file may lack. Regions of fewer than three points occur in the set and are passed over; so
 * are, with a line in the log, those of another name than the four arteries. */
#ifndef CC_DATASETS_SOURCES_COCA_XML_H
#define CC_DATASETS_SOURCES_COCA_XML_H

#include "core/arena.h"
#include "core/status.h"
#include "datasets/slice.h"

typedef struct cc_coca_region {
    int32_t index;                /* ImageIndex as the file has it, 0 or more */
    int32_t slice;                /* where the region lies, ascending z: cc_coca_find_slices finds it */
    long line;                    /* of the file, where it begins */
    uint8_t label;                /* 1 LAD and left main, 2 LCX, 3 RCA */
    size_t point_count;           /* at least 3 */
    const double (*points)[2];    /* x, y in pixels; at most CC_SLICE_SIDE_MAX away from 0 */
    const double (*points_mm)[3]; /* as many, LPS, finite; NULL: the file does not say */
} cc_coca_region;

typedef struct cc_coca_regions {
    cc_coca_region *items; /* in the file's order */
    size_t count;
} cc_coca_regions;

/* Reads a scan's XML; what is in `out` lives as long as the arena. No entity that the
 * file declares is expanded, nothing else is opened.
 *   CC_EFORMAT  the file is no such list: "FILE:LINE" and the reason; it is larger than 8 MiB, has more than
 *               4096 regions, or declares an entity
 *   CC_ENOTFOUND, CC_EIO  it cannot be read */
cc_status cc_coca_xml_read(cc_coca_regions *out, const char *path, cc_arena *arena);

#endif
