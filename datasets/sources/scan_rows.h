/* datasets/sources/scan_rows.h -- the engine of sources that name one image and one mask a scan, in any
 * format that is read: a list, nnU-Net's folders, the Decathlon's.
 *
 * Opening asks the index beside the data (datasets/sources/scan_index.h) what each scan holds, and reads only
 * scans that it does not know. Decoding reads a scan when its first slice is asked for and keeps its slices
 * in a temporary file (datasets/sources/scan_store.h): memory stays that of the scans being read, one a
 * thread, however many there are. Scans are upright, labels are laid on them by both affines
 * (datasets/sources/labelled_scan.h). */
#ifndef CC_DATASETS_SOURCES_SCAN_ROWS_H
#define CC_DATASETS_SOURCES_SCAN_ROWS_H

#include "datasets/scan_facts.h"
#include "datasets/sources/source.h"

enum { CC_SCAN_ROW_WHERE = 256 };
typedef struct cc_scan_row {
    const char *patient;
    const char *image, *mask;      /* relative to the set's root, or absolute below it */
    const char *regions;           /* the same, of sets that are opened with regions; else not looked at */
    const char *group;             /* of its patient; NULL or "": none stated */
    char where[CC_SCAN_ROW_WHERE]; /* what names the row: "list.csv:7" */
} cc_scan_row;

/* Lists the scans of all rows: patients by name, as bytes; of one patient's scans the order of the rows.
 * Groups are numbered by their sorted names. The rows' strings need not live on.
 *   CC_EFORMAT  a row without patient, image or mask, or, of a set with regions, without these; two rows of
 *               one image; two groups of one patient; none of the labels that options->labels chooses is in
 *               any mask
 *   CC_EINVAL   a path leads out of the root
 *   CC_EIO, CC_ENOTFOUND, CC_EUNSUPPORTED  a scan cannot be read */
cc_status cc_scan_rows_open(cc_slice_set *set, const cc_slice_options *options, cc_scan_row *rows,
                            size_t count, const char *index_path);
/* The other functions of such a source. */
void cc_scan_rows_close(void *state);
cc_status cc_scan_rows_digest(cc_digest *digest, const cc_slice_set *set);
cc_status cc_scan_rows_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask);
cc_status cc_scan_rows_decode_regions(const cc_slice_set *set, size_t index, uint8_t *regions);
const cc_scan_facts *cc_scan_rows_facts(const cc_slice_set *set, uint32_t scan);

#endif
