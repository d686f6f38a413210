/* datasets/readers/parts.h -- voxels that lie in the file of their header, in one file beside it, or in
 * several of the same size one behind the other: "LIST" with a name a line, or a numbered pattern.
 *
 * Both MetaImage (ElementDataFile) and NRRD (data file) name files so. Source: MetaIO's metaImage.cxx, and
 * NrrdIO's parseNrrd.c and formatNRRD.c. */
#ifndef CC_DATASETS_READERS_PARTS_H
#define CC_DATASETS_READERS_PARTS_H

#include "core/file.h"
#include "datasets/readers/samples.h"
#include "datasets/readers/stream.h"
#include "datasets/readers/text_header.h"

enum { CC_DIMS_MAX = 16 };

typedef enum cc_parts_kind { CC_PARTS_LOCAL, CC_PARTS_FILE, CC_PARTS_PATTERN, CC_PARTS_LIST } cc_parts_kind;

typedef struct cc_parts {
    char header[CC_PATH_MAX]; /* the file that names them */
    char name[CC_LINE_MAX];   /* as named there: a file's name, or a pattern */
    const char *field;        /* what names them, and what gives the image's dimensions; static */
    const char *sizes_field;
    cc_parts_kind kind;
    int64_t count;       /* of files */
    int64_t first, step; /* PATTERN: the numbers are first, first + step, ... */
    int dims_of_file;    /* how many of the image's dimensions one file holds; 0: all but the last */
    uint64_t list_at;    /* LIST: where in the header the first name begins */
    uint64_t start;      /* where voxels, or what is skipped before them, begin in each file */
    int64_t skip_lines,
        skip_bytes;         /* from `start`; bytes -1 - n: the voxels end n bytes before the file does */
    cc_packing packing;     /* compressed: bytes are skipped behind it, in what is inflated */
    uint64_t packed_bytes;  /* compressed: how many to read, 0 for all */
    uint64_t bytes_of_file; /* of voxels, in each file */
} cc_parts;

/* Fills header, name, field, kind and the pattern's numbers from a field's value; the numbers behind a
 * pattern are MIN MAX STEP, and DIMS where `with_dims`. A pattern holds one %d, which may have a width
 * (%03d).
 *   CC_EFORMAT, CC_EUNSUPPORTED, naming the field */
cc_status cc_parts_name(cc_parts *out, const char *value, bool with_dims, const cc_field *field);
/* Sets count and bytes_of_file for an image of `dims` sizes. CC_EFORMAT where another number of files is
 * named. */
cc_status cc_parts_divide(cc_parts *parts, int dims, const int64_t *sizes, size_t sample_bytes);
/* Checks every file before memory is allocated: it lies beside the header and is not the header, is no
 * other's double, and is long enough (compressed: could be). Warns of bytes behind voxels that are not
 * compressed. */
cc_status cc_parts_check(const cc_parts *parts);

/* How far the names of a LIST were read; zeroed at the start. */
typedef struct cc_parts_cursor {
    int64_t index;
    uint64_t at;
} cc_parts_cursor;
/* The real path of file `index`. `cursor` may be NULL; with one, names in ascending order are read once. */
cc_status cc_parts_path(char out[CC_PATH_MAX], const cc_parts *parts, int64_t index, cc_parts_cursor *cursor);

/* Voxels one behind the other, from file to file. */
typedef struct cc_parts_reader {
    const cc_parts *parts; /* borrowed */
    const cc_coding *coding;
    cc_stream *stream; /* of the file being read; NULL between files */
    int64_t next;      /* file */
    uint64_t skip;     /* bytes of voxels to pass over in it */
    uint64_t left;     /* bytes of voxels still to come from `stream` */
    cc_parts_cursor cursor;
} cc_parts_reader;
/* From voxel `first` on; of compressed voxels those before it in its file are inflated and passed over. */
cc_parts_reader cc_parts_start(const cc_parts *parts, const cc_coding *coding, uint64_t first);
/* CC_EFORMAT, too, where compressed voxels are more than the header claims. */
cc_status cc_parts_read(float *values, uint64_t count, cc_parts_reader *reader);
void cc_parts_stop(cc_parts_reader *reader);

/* Takes memory for the voxels of out->grid and reads them, once the files were checked; sets out->type. */
cc_status cc_parts_fill(cc_volume *out, const cc_parts *parts, const cc_coding *coding);

#endif
