/* experiments/parity/fixture.c -- HDF5 files of expected values, read through HDF5's C API.
 *
 * A fixture is made by a script of PyTorch or SciPy and may be damaged: every size is checked before memory
 * is taken, every identifier is closed on every path, and whatever is wrong is one line with the file and the
 * object. */
#include "experiments/parity/fixture.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"

enum { MEMBERS_MAX = 100000, TEXT_MAX = 1 << 20, NUMBERS_MAX = 1 << 26 };

cc_status cc_fixture_fail(const cc_fixture *fixture, const char *object, const char *what) {
    char where[512];
    snprintf(where, sizeof where, "%.300s: %.200s", fixture->path, object);
    return cc_fail(CC_EFORMAT, where, "is the fixture whole?", "%s", what);
}

/* What is wrong with an attribute. */
static cc_status fail_attribute(const cc_fixture *fixture, const char *object, const char *attribute,
                                const char *what) {
    char text[256];
    snprintf(text, sizeof text, "attribute %.100s %s", attribute, what);
    return cc_fixture_fail(fixture, object, text);
}

cc_status cc_fixture_open(cc_fixture *out, const char *path, cc_arena *arena) {
    *out = (cc_fixture){.path = path, .file = H5I_INVALID_HID, .arena = arena};
    if (!cc_file_exists(path)) return cc_fail(CC_ENOTFOUND, path, "check the path", "there is no such file");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its traces would be more than the one line of an error */
    out->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (out->file < 0) return cc_fail(CC_EFORMAT, path, NULL, "not an HDF5 file, or a damaged one");
    return CC_OK;
}

void cc_fixture_close(cc_fixture *fixture) {
    if (fixture->file >= 0) H5Fclose(fixture->file);
    fixture->file = H5I_INVALID_HID;
}

bool cc_fixture_has(const cc_fixture *fixture, const char *object) {
    return H5Lexists(fixture->file, object, H5P_DEFAULT) > 0;
}

bool cc_fixture_has_attribute(const cc_fixture *fixture, const char *object, const char *attribute) {
    return H5Aexists_by_name(fixture->file, object, attribute, H5P_DEFAULT) > 0;
}

cc_status cc_fixture_members(char ***names, size_t *count, const cc_fixture *fixture, const char *group) {
    cc_status status = CC_OK;
    H5G_info_t info;
    hid_t id = H5Gopen2(fixture->file, group, H5P_DEFAULT);
    if (id < 0 || H5Gget_info(id, &info) < 0 || info.nlinks > MEMBERS_MAX)
        CC_CHECK(cc_fixture_fail(fixture, group, "not a group that can be read"));
    *count = info.nlinks;
    *names = cc_arena_get_array(fixture->arena, *count + 1, sizeof **names);
    if (!*names) CC_CHECK(CC_ENOMEM);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[256];
        ssize_t length =
            H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        if (length < 0 || length >= (ssize_t)sizeof name)
            CC_CHECK(cc_fixture_fail(fixture, group, "the name of a member cannot be read"));
        (*names)[i] = cc_arena_copy(fixture->arena, name);
        if (!(*names)[i]) CC_CHECK(CC_ENOMEM);
    }
done:
    if (id >= 0) H5Gclose(id);
    return status;
}

/* The extent of a dataset or attribute, and memory for its numbers; false where it has none that fit. */
static bool prepare(cc_fixture_array *out, hid_t space, hid_t type, cc_arena *arena) {
    hsize_t dims[H5S_MAX_RANK];
    H5T_class_t kind = H5Tget_class(type);
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0 || rank > CC_FIXTURE_RANK_MAX || (kind != H5T_FLOAT && kind != H5T_INTEGER)) return false;
    if (H5Sget_simple_extent_type(space) == H5S_NULL || H5Sget_simple_extent_dims(space, dims, NULL) < 0)
        return false;
    *out = (cc_fixture_array){.rank = rank, .count = 1};
    for (int i = 0; i < rank; i++) {
        /* Bounded before it is multiplied out. */
        if (dims[i] == 0 || dims[i] > NUMBERS_MAX / out->count) return false;
        out->dims[i] = dims[i];
        out->count *= dims[i];
    }
    out->values = cc_arena_get_array(arena, out->count, sizeof *out->values);
    return out->values != NULL;
}

cc_status cc_fixture_dataset(cc_fixture_array *out, const cc_fixture *fixture, const char *object) {
    hid_t id = H5Dopen2(fixture->file, object, H5P_DEFAULT), space = -1, type = -1;
    bool good = id >= 0 && (space = H5Dget_space(id)) >= 0 && (type = H5Dget_type(id)) >= 0 &&
                prepare(out, space, type, fixture->arena) &&
                H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out->values) >= 0;
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (id >= 0) H5Dclose(id);
    return good ? CC_OK : cc_fixture_fail(fixture, object, "not a dataset of numbers that can be read");
}

cc_status cc_fixture_numbers(cc_fixture_array *out, const cc_fixture *fixture, const char *object,
                             const char *attribute) {
    hid_t id = H5Aopen_by_name(fixture->file, object, attribute, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = -1, type = -1;
    bool good = id >= 0 && (space = H5Aget_space(id)) >= 0 && (type = H5Aget_type(id)) >= 0 &&
                prepare(out, space, type, fixture->arena) && H5Aread(id, H5T_NATIVE_DOUBLE, out->values) >= 0;
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (id >= 0) H5Aclose(id);
    return good ? CC_OK : fail_attribute(fixture, object, attribute, "is not there as numbers");
}

/* A text of variable length: HDF5 allocates it. */
static char *read_variable_text(hid_t id, hid_t type, cc_arena *arena) {
    char *text = NULL, *copy = NULL;
    if (H5Aread(id, type, &text) >= 0 && text && strnlen(text, TEXT_MAX) < TEXT_MAX)
        copy = cc_arena_copy(arena, text);
    if (text) H5free_memory(text);
    return copy;
}

/* A text of fixed length; the arena's zeroed memory ends it. */
static char *read_fixed_text(hid_t id, hid_t type, cc_arena *arena) {
    size_t bytes = H5Tget_size(type);
    char *text = bytes > 0 && bytes < TEXT_MAX ? cc_arena_get(arena, bytes + 1) : NULL;
    return text && H5Aread(id, type, text) >= 0 ? text : NULL;
}

cc_status cc_fixture_text(char **out, const cc_fixture *fixture, const char *object, const char *attribute) {
    hid_t id = H5Aopen_by_name(fixture->file, object, attribute, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = -1, type = -1;
    *out = NULL;
    if (id >= 0 && (space = H5Aget_space(id)) >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
        (type = H5Aget_type(id)) >= 0 && H5Tget_class(type) == H5T_STRING)
        *out = H5Tis_variable_str(type) > 0 ? read_variable_text(id, type, fixture->arena)
                                            : read_fixed_text(id, type, fixture->arena);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (id >= 0) H5Aclose(id);
    return *out ? CC_OK : fail_attribute(fixture, object, attribute, "is not there as text");
}
