/* Objects carry no times, so that equal runs give equal bytes; the format is that of HDF5 1.8, whose headers
 * have checksums. Only calls that HDF5 1.10 to 1.14 share are used. */
#include "results/hdf.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void cc_hdf_lock(void) {
    static bool started;
    pthread_mutex_lock(&turn);
    /* After a write that failed (a full disk) HDF5 keeps the file open, tries again when the program exits,
     * and breaks down on it. Every file is closed here, so nothing is left for it to do then. */
    if (!started) H5dont_atexit();
    started = true;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void cc_hdf_unlock(void) {
    pthread_mutex_unlock(&turn);
}

static cc_status cannot_write(const char *name) {
    return cc_fail(CC_EIO, name, "is the disk full?", "HDF5 could not write it");
}

cc_status cc_hdf_create(hid_t *file, const char *path, hsize_t user_block) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    H5Pset_userblock(creation, user_block);
    H5Pset_obj_track_times(creation, false); /* of the root group */
    *file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    H5Pclose(access);
    H5Pclose(creation);
    if (*file < 0) return cc_fail(CC_EIO, path, "may this folder be written?", "cannot be made");
    return CC_OK;
}

cc_status cc_hdf_open(hid_t *file, const char *path) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
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

static hid_t text_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static cc_status put_attribute(hid_t object, const char *name, hid_t stored, hid_t memory,
                               const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, memory, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
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

static cc_status put_dataset(hid_t group, const char *name, hid_t memory, hid_t stored, hid_t space,
                             const void *data, bool any) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    hid_t dataset = H5Dcreate2(group, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    bool ok = dataset >= 0 && (!any || H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    if (dataset >= 0) H5Dclose(dataset);
    return ok ? CC_OK : cannot_write(name);
}

cc_status cc_hdf_put_document(hid_t group, const char *name, const char *text) {
    size_t length = strlen(text);
    hid_t type = text_type(length ? length : 1), space = H5Screate(H5S_SCALAR);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    cc_status status = put_dataset(group, name, type, type, space, text, true);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

cc_status cc_hdf_put_array(hid_t group, const char *name, hid_t memory, hid_t stored, int rank,
                           const hsize_t *dims, const void *data) {
    hsize_t count = 1;
    for (int i = 0; i < rank; i++) count *= dims[i];
    hid_t space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    cc_status status = put_dataset(group, name, memory, stored, space, data, count > 0);
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
        hid_t inside = column_type(column, false), outside = column_type(column, true);
        H5Tinsert(memory, column->name, column->offset, inside);
        H5Tinsert(stored, column->name, column->offset, outside);
        H5Tclose(inside);
        H5Tclose(outside);
    }
    H5Tpack(stored);
    hsize_t dims = count;
    cc_status status = cc_hdf_put_array(group, table->name, memory, stored, 1, &dims, rows);
    H5Tclose(memory);
    H5Tclose(stored);
    return status;
}
