/* datasets/readers/reader.h -- a reader of one image format, and what all readers share.
 *
 * A format is one file here that defines a cc_reader, and one line in the table of datasets/volume_file.c. A
 * reader says by a file's first bytes whether it is its own, then reads it whole. Every size is checked
 * against the file before memory is allocated; what the file does not say is refused or warned of, never
 * assumed in silence. */
#ifndef CC_DATASETS_READERS_READER_H
#define CC_DATASETS_READERS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "datasets/read_options.h"
#include "datasets/volume.h"

/* The first bytes of a file; of a gzip file, the first bytes of what it holds. */
enum { CC_HEAD_MAX = 1024 };
typedef struct cc_head {
    uint8_t bytes[CC_HEAD_MAX];
    size_t count;
    bool gzipped;
    uint64_t file_bytes;
} cc_head;

typedef struct cc_reader {
    const char *format;
    bool (*probe)(const cc_head *head);
    /* Reads a file that `probe` accepted; `out` is zeroed, and deinitialised by the caller on failure. */
    cc_status (*read)(cc_volume *out, const char *path, const cc_head *head, const cc_read_options *options);
} cc_reader;

extern const cc_reader cc_reader_dicom, cc_reader_metaimage, cc_reader_nifti, cc_reader_nrrd, cc_reader_png;

/* CC_ENOTFOUND, CC_EIO, or CC_EFORMAT for damaged gzip data. */
cc_status cc_head_read(cc_head *out, const char *path);

/* Completes a grid's spacing by what a person states: that is taken, with a warning where the file says
 * otherwise. spacing_mm[k] is 0 where the file does not say; `field` names what would say it.
 *   CC_EFORMAT  neither the file nor `options` says it */
cc_status cc_reader_complete_spacing(cc_grid *grid, const cc_read_options *options, const char *field,
                                     const char *path);

/* The real path of `name`, a file beside the file `path`. CC_EFORMAT where it lies outside that folder: by an
 * absolute name, by "..", or through a link. `field` says where the name comes from. */
cc_status cc_reader_path_beside(char *out, const char *path, const char *name, const char *field);

#endif
