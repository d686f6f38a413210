/* datasets/sources/scan_index.h -- what was found in each scan of a dataset, remembered in a file beside the
 * data.
 *
 * A plan needs of a scan its size, its labels and its digests, which only reading all of its voxels tells:
 * minutes for hundreds of scans. So they are kept, by image and mask, with a stamp of the files that they
 * were found in: SHA-256 of the name, size, time of change in nanoseconds and inode of each. A scan whose
 * stamp is what it was is not opened again; the next plan only calls stat.
 *
 * The file is text: a first line with the format's version and CC_NUMERICS_VERSION, a line a scan, fields
 * separated by tabs, names below the dataset's root with %XX for what would break the line, and a last line
 * with the digest of all before it. A damaged one, or one of another version, is made anew. */
#ifndef CC_DATASETS_SOURCES_SCAN_INDEX_H
#define CC_DATASETS_SOURCES_SCAN_INDEX_H

#include "core/arena.h"
#include "datasets/scan_facts.h"
#include "datasets/sources/labelled_scan.h"

/* One scan. An image, or a mask, is a file, or a folder with all files in it; `parts` are the other files
 * that its reader opened (the .raw of a .mhd). */
typedef struct cc_scan_entry {
    const char *image, *mask; /* real paths */
    const char *const *parts; /* NULL-terminated */
    cc_digest_text stamp;     /* of all of them */
    cc_scan_facts facts;
} cc_scan_entry;

typedef struct cc_scan_index cc_scan_index;

/* Reads the file at `path`, where there is one, for `scans` scans below the folder `root`. What the index
 * gives out lives in the arena. `anew`: nothing is believed, every scan is read again. */
cc_status cc_scan_index_open(cc_scan_index **out, const char *path, const char *root, size_t scans, bool anew,
                             cc_arena *arena);
/* The entry of a scan, remembered or made by reading it, which a bar then shows; `image` and `mask` are real
 * paths below the root.
 *   CC_EIO  a file changed while it was read; others as cc_labelled_scan_read */
cc_status cc_scan_index_get(const cc_scan_entry **out, cc_scan_index *index, const char *image,
                            const char *mask);

/* Ends the bar, and writes the file where something was found since it was read. Where its folder cannot be
 * written, one line on the info log says that nothing is remembered. This thread's error stays as it is. */
void cc_scan_index_finish(cc_scan_index *index);

/* Reads the voxels of a scan again, for who has its entry.
 *   CC_EIO  its files are not those of the entry, or changed while they were read */
cc_status cc_scan_entry_read(cc_labelled_scan *out, const cc_scan_entry *entry);

#endif
