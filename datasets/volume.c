/* Finds the reader of a file by its first bytes, and what every reader checks alike: a grid's numbers, a
 * spacing that nobody states, a path that must stay beside its header. */
#include "datasets/volume.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/readers/reader.h"
#include "datasets/readers/stream.h"

static const cc_reader *const readers[] = {
    &cc_reader_dicom, &cc_reader_nifti, &cc_reader_metaimage, &cc_reader_nrrd, &cc_reader_png,
};

void cc_volume_deinit(cc_volume *volume) {
    free(volume->voxels);
    memset(volume, 0, sizeof *volume);
}

size_t cc_volume_count(const cc_volume *volume) {
    const int64_t *dims = volume->grid.dims;
    return (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
}

cc_volume_summary cc_volume_summarise(const cc_volume *volume) {
    size_t count = cc_volume_count(volume);
    assert(count > 0);
    cc_volume_summary out = {.min = volume->voxels[0], .max = volume->voxels[0]};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double value = volume->voxels[i];
        if (value < out.min) out.min = value;
        if (value > out.max) out.max = value;
        sum += value;
    }
    out.mean = sum / (double)count;
    out.sha256 = cc_digest_of(volume->voxels, count * sizeof *volume->voxels);
    return out;
}

cc_grid cc_grid_unit(void) {
    return (cc_grid){.dims = {1, 1, 1}, .spacing_mm = {1, 1, 1}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
}

/* Along each axis what is left of its unit vector once the parts along the axes before it are taken away.
 * Columns are brought to length 1, so that digits that a file rounds away count in second order only, and
 * what is a right angle but for those (0.08 degrees) is one: unsheared grids keep their spacing to the last
 * bit. */
void cc_grid_distances(double out_mm[3], const cc_grid *grid) {
    const double right = 1e-6;
    double n[9];
    for (int k = 0; k < 3; k++) {
        const double *d = grid->direction + k;
        const double length = sqrt(d[0] * d[0] + d[3] * d[3] + d[6] * d[6]);
        for (int i = 0; i < 3; i++) n[i * 3 + k] = d[i * 3] / length;
    }
    const double cross[3] = {n[3] * n[7] - n[6] * n[4], n[6] * n[1] - n[0] * n[7], n[0] * n[4] - n[3] * n[1]};
    const double rows = sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
    const double slices = fabs(cross[0] * n[2] + cross[1] * n[5] + cross[2] * n[8]) / rows;
    out_mm[0] = grid->spacing_mm[0];
    out_mm[1] = grid->spacing_mm[1] * (fabs(rows - 1) < right ? 1 : rows);
    out_mm[2] = grid->spacing_mm[2] * (fabs(slices - 1) < right ? 1 : slices);
}

double cc_grid_voxel_mm3(const cc_grid *grid) {
    double mm[3];
    cc_grid_distances(mm, grid);
    return mm[0] * mm[1] * mm[2];
}

static double determinant(const double m[9]) {
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

cc_status cc_grid_check(const cc_grid *grid, const char *path) {
    uint64_t count = 1;
    for (int k = 0; k < 3; k++) {
        if (grid->dims[k] < 1)
            return cc_fail(CC_EFORMAT, path, "each must be at least 1", "dims: axis %c has %lld voxels",
                           "xyz"[k], (long long)grid -> dims[k]);
        if (!isfinite(grid->spacing_mm[k]) || grid->spacing_mm[k] <= 0)
            return cc_fail(CC_EFORMAT, path, "each must be a positive number of mm",
                           "spacing: axis %c has %g", "xyz"[k], grid -> spacing_mm[k]);
        if (!isfinite(grid->origin_mm[k]))
            return cc_fail(CC_EFORMAT, path, "each must be a number of mm", "origin: axis %c has %g",
                           "xyz"[k], grid -> origin_mm[k]);
        if ((uint64_t)grid->dims[k] > (uint64_t)PTRDIFF_MAX / sizeof(float) / count)
            return cc_fail(CC_EUNSUPPORTED, path, "the header may be wrong",
                           "dims: %lld x %lld x %lld voxels are more than an address space holds",
                           (long long)grid->dims[0], (long long)grid->dims[1], (long long)grid->dims[2]);
        count *= (uint64_t)grid->dims[k];
    }
    double volume = determinant(grid->direction);
    if (!isfinite(volume) || fabs(volume) < 1e-3)
        return cc_fail(CC_EFORMAT, path, "three independent unit vectors are wanted",
                       "direction: the axes do not span space (determinant %g)", volume);
    return CC_OK;
}

cc_status cc_grid_settle_spacing(cc_grid *grid, const cc_read_options *options, const char *field,
                                 const char *path) {
    for (int k = 0; k < 3; k++) {
        double *said = &grid->spacing_mm[k], stated = options->spacing_mm[k];
        if (stated > 0 && *said != 0 && fabs(*said - stated) > 1e-4 * stated)
            cc_log(CC_LOG_WARNING, "%s: %s: the file has %g mm along %c; %g mm are taken, as stated", path,
                   field, *said, "xyz"[k], stated);
        if (stated > 0) *said = stated;
        if (*said == 0)
            return cc_fail(CC_EFORMAT, path, "state it: --spacing X,Y,Z in mm",
                           "%s: the file does not say how large a voxel is along %c", field, "xyz"[k]);
    }
    return CC_OK;
}

cc_status cc_volume_take(cc_volume *out, const char *path) {
    CC_TRY(cc_grid_check(&out->grid, path));
    size_t bytes = cc_volume_count(out) * sizeof *out->voxels;
    out->voxels = malloc(bytes);
    return out->voxels ? CC_OK : cc_fail_within(cc_fail_memory("the voxels", bytes), path);
}

static cc_status read_head(cc_head *out, const char *path, cc_packing packing) {
    cc_stream *stream;
    CC_TRY(cc_stream_open(&stream, path, 0, 0, packing));
    cc_status status = cc_stream_read_some(&out->count, stream, out->bytes, sizeof out->bytes);
    cc_stream_close(stream);
    return status;
}

cc_status cc_head_read(cc_head *out, const char *path) {
    memset(out, 0, sizeof *out);
    CC_TRY(cc_file_size(&out->file_bytes, path));
    CC_TRY(read_head(out, path, CC_PACKING_NONE));
    out->gzipped = out->count >= 2 && out->bytes[0] == 0x1f && out->bytes[1] == 0x8b;
    return out->gzipped ? read_head(out, path, CC_PACKING_ZLIB) : CC_OK;
}

static bool inside(const char *folder, const char *path) {
    size_t length = strlen(folder);
    return strncmp(folder, path, length) == 0 && (path[length] == '/' || folder[length - 1] == '/');
}

static bool climbs(const char *name) {
    return strncmp(name, "../", 3) == 0 || strstr(name, "/../") || name[0] == '/';
}

cc_status cc_path_beside(char *out, const char *path, const char *name, const char *field) {
    char folder[CC_PATH_MAX], joined[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_path_join(joined, folder, name));
    char *real_folder = realpath(folder, NULL), *real = realpath(joined, NULL);
    cc_status status = CC_OK;
    if (climbs(name) || (real && real_folder && !inside(real_folder, real)))
        status = cc_fail(CC_EFORMAT, path, "the data must lie beside its header",
                         "%s: %s leaves the header's folder", field, name);
    else if (!real || !real_folder)
        status = cc_fail(errno == ENOENT ? CC_ENOTFOUND : CC_EIO, path, "put the file beside its header",
                         "%s: cannot open %s: %s", field, name, strerror(errno));
    else
        status = cc_path_join(out, "", real);
    free(real_folder);
    free(real);
    return status;
}

static cc_status read_file(cc_volume *out, const char *path, const cc_read_options *options) {
    cc_head head;
    CC_TRY(cc_head_read(&head, path));
    if (head.count == 0) return cc_fail(CC_EFORMAT, path, "get the file again", "the file is empty");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!readers[i]->probe(&head)) continue;
        snprintf(out->format, sizeof out->format, "%s", readers[i]->format);
        return readers[i]->read(out, path, &head, options);
    }
    return cc_fail(CC_EFORMAT, path, "MetaImage, NIfTI-1/2, NRRD, DICOM and PNG are read",
                   "its first bytes are of no known image format");
}

cc_status cc_volume_read_as(cc_volume *out, const char *path, const cc_read_options *options) {
    assert(!out->voxels);
    memset(out, 0, sizeof *out);
    cc_status status =
        cc_folder_exists(path) ? cc_dicom_read_folder(out, path, options) : read_file(out, path, options);
    if (status != CC_OK) cc_volume_deinit(out);
    return status;
}

cc_status cc_volume_read(cc_volume *out, const char *path) {
    const cc_read_options options = {0};
    return cc_volume_read_as(out, path, &options);
}
