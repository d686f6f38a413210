/* results/hdf.c -- HDF5 written: attributes, texts, arrays and tables.
 *
 * HDF5 does not report every write that fails, and a file whose last write failed stays open and half
 * written within it. So the file is made in memory, by HDF5's own core driver (H5Pset_fapl_core), and who
 * wants it on disk writes the bytes there. A call that closes something may write, so each one's status
 * counts, and nothing is kept back in a sieve buffer. Objects carry no times, so that equal runs give
 * equal bytes; the format is that of HDF5 1.8, whose headers have checksums. Only calls that HDF5 1.10 to
 * 1.14 share are used. */
#include "results/hdf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t hdf_mutex = PTHREAD_MUTEX_INITIALIZER;

void cc_hdf_lock(void) {
    static bool started;
    pthread_mutex_lock(&hdf_mutex);
    /* A file that it could not close HDF5 keeps open, tries again when the program exits, and breaks down
     * on it. Every file is closed here, so nothing is left for it to do then. */
    if (!started) H5dont_atexit();
    started = true;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void cc_hdf_unlock(void) {
    pthread_mutex_unlock(&hdf_mutex);
}

/* The one fault of writing: HDF5 makes the file in memory, so that nothing else can fail it. */
static cc_status cannot_write(const char *name) {
    return cc_fail(CC_EIO, name, "is memory out?", "HDF5 could not make it");
}

/* What HDF5 calls for the memory of a file; `image` is whose it is. It keeps what HDF5 would free on
 * closing. */
static void *image_malloc(size_t bytes, H5FD_file_image_op_t why, void *image) {
    (void)why;
    ((cc_hdf_image *)image)->capacity = bytes;
    return malloc(bytes);
}

static void *image_memcpy(void *to, const void *from, size_t bytes, H5FD_file_image_op_t why, void *image) {
    (void)why, (void)image;
    return memcpy(to, from, bytes);
}

static void *image_realloc(void *old, size_t bytes, H5FD_file_image_op_t why, void *image) {
    (void)why;
    ((cc_hdf_image *)image)->capacity = bytes;
    return realloc(old, bytes);
}

static herr_t image_free(void *bytes, H5FD_file_image_op_t why, void *image) {
    if (why == H5FD_FILE_IMAGE_OP_FILE_CLOSE) /* The memory of a closed file is ours from here on. */
        ((cc_hdf_image *)image)->bytes = bytes;
    else
        free(bytes);
    return 0;
}

static void *image_owner_copy(void *image) {
    return image;
}

static herr_t image_owner_free(void *image) {
    (void)image;
    return 0;
}

cc_status cc_hdf_create(hid_t *file, cc_hdf_image *image, hsize_t user_block) {
    enum { STEP = 1 << 20 }; /* the memory grows by */
    H5FD_file_image_callbacks_t calls = {image_malloc,     image_memcpy,     image_realloc, image_free,
                                         image_owner_copy, image_owner_free, image};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    /* HDF5 reports through these calls where the memory of the file is, which is how it is kept after
     * closing. */
    *image = (cc_hdf_image){NULL, 0, 0};
    /* Core driver, no backing store; superblock of 1.8; no times; the block of text before the HDF5. */
    bool ok = H5Pset_fapl_core(access, STEP, false) >= 0 &&
              H5Pset_file_image_callbacks(access, &calls) >= 0 && H5Pset_sieve_buf_size(access, 0) >= 0 &&
              H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST) >= 0 &&
              H5Pset_userblock(creation, user_block) >= 0 &&
              H5Pset_obj_track_times(creation, false) >= 0; /* of the root group */
    /* HDF5 looks whether there is a file of that name: no such name can be. */
    *file = ok ? H5Fcreate("/dev/null/image", H5F_ACC_TRUNC, creation, access) : -1;
    H5Pclose(access);
    H5Pclose(creation);
    return *file < 0 ? cannot_write("the file") : CC_OK;
}

/* Where a file ends, as its superblock states it: a 64-bit little-endian address, 28 bytes from where the
 * HDF5 begins, in the superblocks 2 and 3, which are those of the format 1.8 and later ("HDF5 File Format
 * Specification", II.A). The memory may be longer. 0: it states no such thing. */
static size_t find_end(const char *bytes, size_t user_block) {
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    const unsigned char *block = (const unsigned char *)bytes + user_block;
    uint64_t end = 0;
    if (memcmp(block, signature, 8) != 0 || (block[8] != 2 && block[8] != 3) || block[9] != 8) return 0;
    for (int i = 8; i-- > 0;) end = end << 8 | block[28 + i];
    return end > user_block ? (size_t)end : 0;
}

cc_status cc_hdf_end(hid_t file, cc_hdf_image *image, cc_status status) {
    hsize_t user_block = 0;
    hid_t creation = H5Fget_create_plist(file);
    /* Closing writes all that is left into the memory: only then the end is known. */
    bool ok = creation >= 0 && H5Pget_userblock(creation, &user_block) >= 0;
    if (creation >= 0 && H5Pclose(creation) < 0) ok = false;
    if (H5Fclose(file) < 0) ok = false;
    if (status != CC_OK) return status;
    if (ok && image->bytes) image->count = find_end(image->bytes, (size_t)user_block);
    return image->count > 0 && image->count <= image->capacity ? CC_OK : cannot_write("the file");
}

cc_status cc_hdf_open(hid_t *file, const char *path) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    /* Results may lie on file systems without locks, and readers never change them. */
    H5Pset_file_locking(access, false, true);
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (*file < 0)
        return cc_fail(CC_EFORMAT, "", "it is no HDF5 file, or a damaged one", "HDF5 cannot open it");
    return CC_OK;
}

cc_status cc_hdf_group(hid_t *group, hid_t parent, const char *name) {
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    *group = H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    return *group < 0 ? cannot_write(name) : CC_OK;
}

cc_status cc_hdf_end_group(hid_t group, cc_status status) {
    if (group < 0 || H5Gclose(group) >= 0 || status != CC_OK) return status;
    return cannot_write("a group");
}

/* The type of a UTF-8 text of fixed size, or H5T_VARIABLE; the caller closes it. */
static hid_t text_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* Writes one scalar attribute. */
static cc_status put_attribute(hid_t object, const char *name, hid_t stored, hid_t memory,
                               const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, memory, value) >= 0;
    if (attribute >= 0 && H5Aclose(attribute) < 0) ok = false;
    H5Sclose(space);
    return ok ? CC_OK : cannot_write(name);
}

cc_status cc_hdf_put_text(hid_t object, const char *name, const char *text) {
    if (!text) return CC_OK;
    hid_t type = text_type(H5T_VARIABLE);
    cc_status status = put_attribute(object, name, type, type, &text);
    H5Tclose(type);
    return status;
}

cc_status cc_hdf_put_integer(hid_t object, const char *name, int64_t value) {
    return put_attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

cc_status cc_hdf_put_real(hid_t object, const char *name, double value) {
    return put_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

/* Makes a dataset and writes it, where there is anything to write; in chunks of so many rows that are
 * deflated, or as it is for 0. */
static cc_status put_dataset(hid_t group, const char *name, hid_t memory, hid_t stored, hid_t space,
                             hsize_t chunk, const void *data, bool any) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    if (chunk > 0 && (H5Pset_chunk(creation, 1, &chunk) < 0 || H5Pset_deflate(creation, 6) < 0)) {
        H5Pclose(creation);
        return cannot_write(name);
    }
    hid_t dataset = H5Dcreate2(group, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    bool ok = dataset >= 0 && (!any || H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    if (dataset >= 0 && H5Dclose(dataset) < 0) ok = false;
    return ok ? CC_OK : cannot_write(name);
}

cc_status cc_hdf_put_document(hid_t group, const char *name, const char *text) {
    size_t length = strlen(text);
    hid_t type = text_type(length ? length : 1), space = H5Screate(H5S_SCALAR);
    /* A text that fills its size has no room for a terminator. */
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    cc_status status = put_dataset(group, name, type, type, space, 0, text, true);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

cc_status cc_hdf_put_array(hid_t group, const char *name, hid_t memory, hid_t stored, int rank,
                           const hsize_t *dims, const void *data) {
    hsize_t count = 1;
    for (int i = 0; i < rank; i++) count *= dims[i];
    /* A tensor of rank 0 is one value. */
    hid_t space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    cc_status status = put_dataset(group, name, memory, stored, space, 0, data, count > 0);
    H5Sclose(space);
    return status;
}

/* The type of a column; `stored` for the file, else of memory. The caller closes it. */
static hid_t column_type(const cc_hdf_column *column, bool stored) {
    if (column->kind == CC_HDF_NAME) return text_type(CC_HDF_NAME_BYTES);
    if (column->kind == CC_HDF_REAL) return H5Tcopy(stored ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    return H5Tcopy(stored ? H5T_STD_I64LE : H5T_NATIVE_INT64);
}

cc_status cc_hdf_put_rows(hid_t group, const cc_hdf_table *table, const void *rows, size_t count) {
    hid_t memory = H5Tcreate(H5T_COMPOUND, table->row_bytes),
          stored = H5Tcreate(H5T_COMPOUND, table->row_bytes);
    for (int i = 0; i < table->column_count; i++) {
        const cc_hdf_column *column = &table->columns[i];
        /* In memory the row is the C struct; in the file its columns are packed and little-endian. */
        hid_t inside = column_type(column, false), outside = column_type(column, true);
        H5Tinsert(memory, column->name, column->offset, inside);
        H5Tinsert(stored, column->name, column->offset, outside);
        H5Tclose(inside);
        H5Tclose(outside);
    }
    H5Tpack(stored);
    /* A long table repeats its names row by row: deflated it takes a tenth. */
    enum { LONG_BYTES = 1 << 14, CHUNK_ROWS = 1024 };
    const hsize_t dims = count, whole = count < CHUNK_ROWS ? count : CHUNK_ROWS;
    const hsize_t chunk = count * table->row_bytes > LONG_BYTES ? whole : 0;
    hid_t space = H5Screate_simple(1, &dims, NULL);
    cc_status status = put_dataset(group, table->name, memory, stored, space, chunk, rows, count > 0);
    H5Sclose(space);
    H5Tclose(memory);
    H5Tclose(stored);
    return status;
}
