/* results/hdf_read.c -- what a run file may hold in HDF5, read. Shapes are checked against limits before
 * memory is taken; links, external and virtual storage, which would lead out of the file, are refused. */
#include "results/hdf_read.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* What is wrong with an object, by its name. */
static cc_status malformed(const char *name, const char *what) {
    return cc_fail(CC_EFORMAT, name, "results/README.md describes it", "%s", what);
}

/* A negative answer is an error of HDF5's, and as good as none. */
bool cc_hdf_has(hid_t group, const char *name) {
    return H5Lexists(group, name, H5P_DEFAULT) > 0;
}

/* A soft or external link could name anything; files written here have hard ones only. */
static cc_status check_link(hid_t group, const char *name) {
    H5L_info_t info;
    if (H5Lget_info(group, name, &info, H5P_DEFAULT) < 0) return malformed(name, "is missing");
    return info.type == H5L_TYPE_HARD ? CC_OK : malformed(name, "is a link; it must lie in this file");
}

cc_status cc_hdf_open_group(hid_t *out, hid_t parent, const char *name) {
    CC_TRY(check_link(parent, name));
    *out = H5Gopen2(parent, name, H5P_DEFAULT);
    return *out < 0 ? malformed(name, "is no group") : CC_OK;
}

/* Opens a dataset whose bytes lie in this file. */
static cc_status open_dataset(hid_t *out, hid_t group, const char *name) {
    CC_TRY(check_link(group, name));
    *out = H5Dopen2(group, name, H5P_DEFAULT);
    if (*out < 0) return malformed(name, "is no dataset, or a damaged one");
    hid_t creation = H5Dget_create_plist(*out);
    /* Virtual datasets have a layout of their own; external files are a property of contiguous ones. */
    H5D_layout_t layout = H5Pget_layout(creation);
    bool elsewhere = H5Pget_external_count(creation) > 0;
    H5Pclose(creation);
    if (!elsewhere && (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT || layout == H5D_CHUNKED))
        return CC_OK;
    H5Dclose(*out);
    return malformed(name, "keeps its data outside this file");
}

/* A control character would break the lines and tables that the text goes into; a document may have lines. */
static cc_status check_text(const char *name, const char *text, bool document) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c < 32 && !(document && (*c == '\n' || *c == '\t' || *c == '\r'))) || *c == 127)
            return malformed(name, "holds a control character");
    return CC_OK;
}

/* Attributes and datasets are read by different calls of one shape. */
typedef herr_t (*reader)(hid_t object, hid_t type, void *out);

static herr_t read_attribute(hid_t object, hid_t type, void *out) {
    return H5Aread(object, type, out);
}

static herr_t read_dataset(hid_t object, hid_t type, void *out) {
    return H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

/* Reads a text of variable length, which HDF5 allocates and takes back. */
static cc_status copy_variable(char **out, hid_t object, hid_t space, hid_t type, const char *name,
                               reader read, cc_arena *arena) {
    char *text = NULL;
    if (read(object, type, &text) < 0) return malformed(name, "cannot be read");
    size_t length = text ? strnlen(text, TEXT_MAX) : 0;
    *out = length < TEXT_MAX ? cc_arena_copy_n(arena, text ? text : "", length) : NULL;
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &text);
    if (length >= TEXT_MAX) return malformed(name, "is a text of over 1 MiB");
    return *out ? CC_OK : CC_ENOMEM;
}

/* Reads a text of fixed length; padding with spaces is Fortran's, and cut off. */
static cc_status copy_fixed(char **out, hid_t object, hid_t type, const char *name, reader read,
                            cc_arena *arena) {
    size_t size = H5Tget_size(type);
    if (size > TEXT_MAX) return malformed(name, "is a text of over 1 MiB");
    *out = cc_arena_get(arena, size + 1);
    if (!*out) return CC_ENOMEM;
    if (read(object, type, *out) < 0) return malformed(name, "cannot be read");
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        for (size_t i = strlen(*out); i > 0 && (*out)[i - 1] == ' '; i--) (*out)[i - 1] = 0;
    return CC_OK;
}

/* A scalar text, of fixed or variable length. */
static cc_status read_text(const char **out, hid_t object, hid_t type, hid_t space, const char *name,
                           bool document, cc_arena *arena) {
    char *text = NULL;
    reader read = document ? read_dataset : read_attribute;
    if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
        return malformed(name, "must be one text");
    if (H5Tis_variable_str(type) > 0)
        CC_TRY(copy_variable(&text, object, space, type, name, read, arena));
    else
        CC_TRY(copy_fixed(&text, object, type, name, read, arena));
    CC_TRY(check_text(name, text, document));
    *out = text;
    return CC_OK;
}

/* Opens an attribute; *out is negative where it is absent and may be. */
static cc_status open_attribute(hid_t *out, hid_t object, const char *name, bool required) {
    *out = -1;
    htri_t there = H5Aexists(object, name);
    if (there <= 0) return required ? malformed(name, "this attribute is missing") : CC_OK;
    *out = H5Aopen(object, name, H5P_DEFAULT);
    return *out < 0 ? malformed(name, "this attribute cannot be read") : CC_OK;
}

cc_status cc_hdf_get_text(const char **out, hid_t object, const char *name, bool required, cc_arena *arena) {
    hid_t attribute;
    CC_TRY(open_attribute(&attribute, object, name, required));
    if (attribute < 0) return CC_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    cc_status status = read_text(out, attribute, type, space, name, false, arena);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return status;
}

/* Whether a type of the file may be read as an integer, or as a real. */
static bool is_number(H5T_class_t class, bool real) {
    return class == H5T_INTEGER || class == H5T_ENUM || (real && class == H5T_FLOAT);
}

/* Reads a scalar attribute that is a number, converted by HDF5. */
static cc_status get_number(void *out, hid_t object, const char *name, bool required, bool real) {
    hid_t attribute;
    CC_TRY(open_attribute(&attribute, object, name, required));
    if (attribute < 0) return CC_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool ok = is_number(H5Tget_class(type), real) && H5Sget_simple_extent_npoints(space) == 1 &&
              H5Aread(attribute, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, out) >= 0;
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return ok ? CC_OK : malformed(name, real ? "must be one number" : "must be one whole number");
}

cc_status cc_hdf_get_integer(int64_t *out, hid_t object, const char *name, bool required) {
    return get_number(out, object, name, required, false);
}

cc_status cc_hdf_get_real(double *out, hid_t object, const char *name, bool required) {
    return get_number(out, object, name, required, true);
}

cc_status cc_hdf_get_document(const char **out, hid_t group, const char *name, cc_arena *arena) {
    hid_t dataset;
    CC_TRY(open_dataset(&dataset, group, name));
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    cc_status status = read_text(out, dataset, type, space, name, true, arena);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
    return status;
}

/* The shape of a dataset, within limits. */
static cc_status get_shape(int *rank, hsize_t *dims, hsize_t *count, hid_t dataset, const char *name,
                           int max_rank, hsize_t max_count) {
    hid_t space = H5Dget_space(dataset);
    *rank = H5Sget_simple_extent_ndims(space);
    bool fits = *rank >= 0 && *rank <= max_rank && H5Sget_simple_extent_type(space) != H5S_NULL;
    if (fits) H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    *count = 1;
    for (int i = 0; i < *rank && fits; i++) {
        /* Without overflow: the product is bounded before it is taken. */
        fits = dims[i] <= max_count && (dims[i] == 0 || *count <= max_count / dims[i]);
        *count *= dims[i];
    }
    return fits ? CC_OK : malformed(name, "has a shape that makes no sense here");
}

cc_status cc_hdf_get_array(void **out, int *rank, hsize_t *dims, hid_t group, const char *name, hid_t type,
                           size_t bytes, int max_rank, hsize_t max_count, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t dataset, stored = -1;
    hsize_t count;
    CC_TRY(open_dataset(&dataset, group, name));
    CC_CHECK(get_shape(rank, dims, &count, dataset, name, max_rank, max_count));
    stored = H5Dget_type(dataset);
    if (!is_number(H5Tget_class(stored), true)) CC_CHECK(malformed(name, "must hold numbers"));
    *out = cc_arena_get_array(arena, count ? count : 1, bytes);
    if (!*out) CC_CHECK(CC_ENOMEM);
    if (count && read_dataset(dataset, type, *out) < 0) CC_CHECK(malformed(name, "cannot be read"));
done:
    if (stored >= 0) H5Tclose(stored);
    H5Dclose(dataset);
    return status;
}

/* The type that column `at` of the file has once read; negative where that is no type for it. */
static hid_t member_type(const cc_hdf_column *column, hid_t stored, unsigned at) {
    H5T_class_t class = H5Tget_member_class(stored, at);
    if (column->kind == CC_HDF_INTEGER) return is_number(class, false) ? H5Tcopy(H5T_NATIVE_INT64) : -1;
    if (column->kind == CC_HDF_REAL) return is_number(class, true) ? H5Tcopy(H5T_NATIVE_DOUBLE) : -1;
    /* Names of fixed length only, which fit into the row; shorter ones are filled up with zeros. */
    hid_t type = H5Tget_member_type(stored, at);
    if (class == H5T_STRING && H5Tis_variable_str(type) == 0 && H5Tget_size(type) <= CC_HDF_NAME_BYTES) {
        H5Tset_size(type, CC_HDF_NAME_BYTES);
        H5Tset_strpad(type, H5T_STR_NULLPAD);
        return type;
    }
    H5Tclose(type);
    return -1;
}

enum { COLUMNS_MAX = 32 };

/* A packed memory type of the columns that the file has; offsets[i] is -1 for one that it lacks. */
static cc_status packed_type(hid_t *out, long offsets[COLUMNS_MAX], size_t *row_bytes, hid_t stored,
                             const cc_hdf_table *table) {
    *row_bytes = 0;
    *out = H5Tcreate(H5T_COMPOUND, COLUMNS_MAX * CC_HDF_NAME_BYTES);
    for (int i = 0; i < table->column_count; i++) {
        const cc_hdf_column *column = &table->columns[i];
        /* The file's own order and further columns do not matter: members are found by name. */
        int at = H5Tget_member_index(stored, column->name);
        offsets[i] = -1;
        if (at < 0 && !column->required) continue;
        if (at < 0) return cc_fail(CC_EFORMAT, table->name, NULL, "field %s is missing", column->name);
        hid_t type = member_type(column, stored, (unsigned)at);
        if (type < 0)
            return cc_fail(CC_EFORMAT, table->name, NULL, "field %s must be %s", column->name,
                           column->kind == CC_HDF_NAME      ? "a text of fixed length, at most 64 bytes"
                           : column->kind == CC_HDF_INTEGER ? "a whole number"
                                                            : "a number");
        /* The columns that are there follow each other without gaps. */
        offsets[i] = (long)*row_bytes;
        H5Tinsert(*out, column->name, *row_bytes, type);
        *row_bytes += H5Tget_size(type);
        H5Tclose(type);
    }
    H5Tset_size(*out, *row_bytes);
    return CC_OK;
}

/* Puts one packed row into its C struct; a column that the file lacks reads as absent. */
static cc_status unpack_row(char *row, const char *packed, const long *offsets, const cc_hdf_table *table) {
    for (int i = 0; i < table->column_count; i++) {
        const cc_hdf_column *column = &table->columns[i];
        char *field = row + column->offset;
        double missing = NAN;
        if (column->kind == CC_HDF_NAME) {
            if (offsets[i] >= 0) memcpy(field, packed + offsets[i], CC_HDF_NAME_BYTES);
            if (field[CC_HDF_NAME_BYTES - 1]) return malformed(table->name, "a name is longer than 63 bytes");
            CC_TRY(check_text(table->name, field, false));
        } else if (offsets[i] >= 0) {
            memcpy(field, packed + offsets[i], 8);
        } else {
            memcpy(field, column->kind == CC_HDF_REAL ? (const void *)&missing : &column->absent, 8);
        }
    }
    return CC_OK;
}

/* Reads all rows packed, in one call of HDF5, then unpacks them. */
static cc_status read_rows(const void **rows, size_t count, hid_t dataset, hid_t stored,
                           const cc_hdf_table *table, cc_arena *arena) {
    cc_status status = CC_OK;
    long offsets[COLUMNS_MAX];
    size_t packed_bytes;
    hid_t type = -1;
    char *packed = NULL, *out = cc_arena_get_array(arena, count ? count : 1, table->row_bytes);
    if (!out) return CC_ENOMEM;
    CC_CHECK(packed_type(&type, offsets, &packed_bytes, stored, table));
    packed = calloc(count ? count : 1, packed_bytes ? packed_bytes : 1);
    if (!packed) CC_CHECK(cc_fail_memory(table->name, count * packed_bytes));
    if (count && read_dataset(dataset, type, packed) < 0) CC_CHECK(malformed(table->name, "cannot be read"));
    for (size_t i = 0; i < count; i++)
        CC_CHECK(unpack_row(out + i * table->row_bytes, packed + i * packed_bytes, offsets, table));
    *rows = out;
done:
    if (type >= 0) H5Tclose(type);
    free(packed);
    return status;
}

cc_status cc_hdf_get_rows(const void **rows, size_t *count, hid_t group, const cc_hdf_table *table,
                          size_t max_rows, cc_arena *arena) {
    *rows = NULL;
    *count = 0;
    if (!cc_hdf_has(group, table->name)) return CC_OK;
    cc_status status = CC_OK;
    hid_t dataset, stored = -1;
    hsize_t dims, total;
    int rank;
    CC_TRY(open_dataset(&dataset, group, table->name));
    CC_CHECK(get_shape(&rank, &dims, &total, dataset, table->name, 1, max_rows));
    stored = H5Dget_type(dataset);
    if (rank != 1 || H5Tget_class(stored) != H5T_COMPOUND)
        CC_CHECK(malformed(table->name, "must be a list of rows with named fields"));
    CC_CHECK(read_rows(rows, (size_t)dims, dataset, stored, table, arena));
    *count = (size_t)dims;
done:
    if (stored >= 0) H5Tclose(stored);
    H5Dclose(dataset);
    return status;
}

/* Members and attributes are named by different calls of one shape. */
typedef ssize_t (*namer)(hid_t object, hsize_t at, char *name, size_t capacity);

static ssize_t link_name(hid_t group, hsize_t at, char *name, size_t capacity) {
    return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, at, name, capacity, H5P_DEFAULT);
}

static ssize_t attribute_name(hid_t object, hsize_t at, char *name, size_t capacity) {
    return H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, at, name, capacity, H5P_DEFAULT);
}

/* The names of `count` things of an object, in the order of their bytes. */
static cc_status collect_names(const char ***names, hid_t object, hsize_t count, namer get, cc_arena *arena) {
    char name[512];
    *names = cc_arena_get_array(arena, count ? count : 1, sizeof **names);
    if (!*names) return CC_ENOMEM;
    for (hsize_t i = 0; i < count; i++) {
        ssize_t length = get(object, i, name, sizeof name);
        if (length < 0 || length >= (ssize_t)sizeof name) return malformed("", "a name cannot be read");
        CC_TRY(check_text("a name", name, false));
        if (!((*names)[i] = cc_arena_copy(arena, name))) return CC_ENOMEM;
    }
    return CC_OK;
}

cc_status cc_hdf_names(const char ***names, size_t *count, hid_t group, size_t limit, cc_arena *arena) {
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0 || info.nlinks > limit)
        return malformed("", "a group with too many members");
    *count = (size_t)info.nlinks;
    return collect_names(names, group, info.nlinks, link_name, arena);
}

cc_status cc_hdf_attributes(const char ***names, size_t *count, hid_t object, size_t limit, cc_arena *arena) {
    H5O_info_t info;
/* The call took a third argument in 1.12. */
#if H5_VERSION_GE(1, 12, 0)
    herr_t bad = H5Oget_info(object, &info, H5O_INFO_NUM_ATTRS);
#else
    herr_t bad = H5Oget_info(object, &info);
#endif
    if (bad < 0 || info.num_attrs > limit) return malformed("", "an object with too many attributes");
    *count = (size_t)info.num_attrs;
    return collect_names(names, object, info.num_attrs, attribute_name, arena);
}
