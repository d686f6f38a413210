/* results/hdf.h -- HDF5 with statuses: files, and attributes, texts, arrays and tables written into them
 * (results/hdf_read.h reads them). Private to results.
 *
 * Not thread-safe: callers hold cc_hdf_lock. Messages name the object; callers add the file. */
#ifndef CC_RESULTS_HDF_H
#define CC_RESULTS_HDF_H

#include <hdf5.h>
#include <stdbool.h>
#include "core/status.h"

/* Takes HDF5 for this thread and keeps its error stack off standard error. */
void cc_hdf_lock(void);
void cc_hdf_unlock(void);

enum { CC_HDF_NAME_BYTES = 64 }; /* of a name in a row, its terminator included */

/* One field of a table of rows. */
typedef enum cc_hdf_kind { CC_HDF_INTEGER, CC_HDF_REAL, CC_HDF_NAME } cc_hdf_kind;

typedef struct cc_hdf_column {
    const char *name;
    cc_hdf_kind kind; /* int64_t, double or char[CC_HDF_NAME_BYTES] in the row */
    size_t offset;    /* in the row */
    bool required;    /* else `absent`, NaN or "" where a file lacks it */
    int64_t absent;   /* of an integer */
} cc_hdf_column;

typedef struct cc_hdf_table {
    const char *name;
    const cc_hdf_column *columns;
    int column_count;
    size_t row_bytes;
} cc_hdf_table;

/* The bytes of a file that HDF5 makes in memory. */
typedef struct cc_hdf_image {
    char *bytes; /* owned: free() */
    size_t count, capacity;
} cc_hdf_image;

/* Makes a file in memory for writing, with a user block of that many bytes before it. HDF5 keeps *image's
 * address until the file is ended. */
cc_status cc_hdf_create(hid_t *file, cc_hdf_image *image, hsize_t user_block);
/* Closes a file that was made, which fills *image in. `status` where that is a failure already, else
 * CC_EIO where closing fails; the image is then good for free() alone. */
cc_status cc_hdf_end(hid_t file, cc_hdf_image *image, cc_status status);
cc_status cc_hdf_open(hid_t *file, const char *path);
/* Makes a group. */
cc_status cc_hdf_group(hid_t *group, hid_t parent, const char *name);
/* Closes a group that was written; a negative one is none. Status as above. */
cc_status cc_hdf_end_group(hid_t group, cc_status status);

/* An attribute of an object; a NULL text is left out. */
cc_status cc_hdf_put_text(hid_t object, const char *name, const char *text);
cc_status cc_hdf_put_integer(hid_t object, const char *name, int64_t value);
cc_status cc_hdf_put_real(hid_t object, const char *name, double value);
/* Datasets. `type` is that of the memory and of the file alike, apart from byte order. */
cc_status cc_hdf_put_document(hid_t group, const char *name, const char *text);
cc_status cc_hdf_put_array(hid_t group, const char *name, hid_t memory, hid_t stored, int rank,
                           const hsize_t *dims, const void *data);
cc_status cc_hdf_put_rows(hid_t group, const cc_hdf_table *table, const void *rows, size_t count);

#endif
