/* A DICOM slice, or a folder with the slices of one series: sorted by position along the slices' normal, HU
 * by RescaleSlope and RescaleIntercept. */
#include "datasets/readers/dicom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/guard.h"
#include "datasets/readers/dicom_check.h"
#include "datasets/readers/dicom_file.h"
#include "datasets/readers/reader.h"
#include "datasets/readers/samples.h"

/* Slices may lie off their place by this part of their distance; axes may differ by so much. */
static const double uneven_max = 0.02, axis_tolerance = 1e-3;

/* Lossless codecs squeeze an empty slice to nearly nothing: below this size, a claim is believed. */
static const uint64_t believed_bytes = UINT64_C(1) << 25, ratio_max = 1032;

/* What GDCM may take, beside what the pixels ask for. */
static const uint64_t decoder_bytes = UINT64_C(1) << 29;

struct cc_dicom_slice {
    const char *path;
    double along; /* position along the normal, mm */
    cc_dicom_file file;
};
typedef cc_dicom_slice slice;

static bool probe(const cc_head *head) {
    if (head->gzipped) return false;
    if (head->count >= 132 && memcmp(head->bytes + 128, "DICM", 4) == 0) return true;
    /* Without preamble: the first element is of group 2 or 8, and short. */
    const uint8_t *b = head->bytes;
    return head->count >= 132 && (b[0] == 2 || b[0] == 8) && b[1] == 0 && b[3] == 0 && b[6] < 128 &&
           b[7] < 128 && (b[7] == 0 || (b[4] >= 'A' && b[4] <= 'Z' && b[5] >= 'A' && b[5] <= 'Z'));
}

static cc_status check_image(const cc_dicom_file *f, const cc_dicom_pixels *pixels, const char *path,
                             uint64_t file_bytes) {
    if (f->width < 1 || f->height < 1)
        return cc_fail(CC_EUNSUPPORTED, path, "name a file with pixels", "Rows, Columns: it holds no image");
    if (f->samples != 1)
        return cc_fail(CC_EUNSUPPORTED, path, "one grey value a pixel is read", "SamplesPerPixel: %lld",
                       f->samples);
    if (f->frames != 1)
        return cc_fail(CC_EUNSUPPORTED, path, "one slice a file is read", "NumberOfFrames: %lld", f->frames);
    if (f->bits_allocated != 8 && f->bits_allocated != 16 && f->bits_allocated != 32)
        return cc_fail(CC_EUNSUPPORTED, path, "8, 16 or 32 are read", "BitsAllocated: %lld",
                       f->bits_allocated);
    if (!isfinite(f->slope) || !isfinite(f->intercept))
        return cc_fail(CC_EFORMAT, path, NULL, "RescaleSlope, RescaleIntercept: %g, %g", f->slope,
                       f->intercept);
    uint64_t need = (uint64_t)f->width * (uint64_t)f->height * (uint64_t)f->bits_allocated / 8;
    if (!pixels->found)
        return cc_fail(CC_EUNSUPPORTED, path, "name a file with pixels", "PixelData: it is missing");
    if (!pixels->encapsulated && (pixels->bytes < need || pixels->bytes > need + 1))
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "PixelData: %llu bytes, where Rows, Columns and BitsAllocated ask for %llu",
                       (unsigned long long)pixels->bytes, (unsigned long long)need);
    if (need > believed_bytes && need / ratio_max > file_bytes)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "Rows, Columns: %lld x %lld pixels cannot come from %llu bytes", f->height, f->width,
                       (unsigned long long)file_bytes);
    return CC_OK;
}

static cc_sample sample_of(const cc_dicom_file *f) {
    static const cc_sample samples[3][2] = {{CC_SAMPLE_UINT8, CC_SAMPLE_INT8},
                                            {CC_SAMPLE_UINT16, CC_SAMPLE_INT16},
                                            {CC_SAMPLE_UINT32, CC_SAMPLE_INT32}};
    return samples[f->bits_allocated / 16][f->is_signed];
}

static void normal_of(double out[3], const cc_dicom_file *f) {
    for (int k = 0; k < 3; k++) {
        int a = (k + 1) % 3, b = (k + 2) % 3;
        out[k] = f->row[a] * f->column[b] - f->row[b] * f->column[a];
    }
}

static cc_grid grid_of(const cc_dicom_file *f) {
    double normal[3];
    cc_grid grid = {.dims = {f->width, f->height, 1}};
    normal_of(normal, f);
    memcpy(grid.spacing_mm, f->spacing_mm, sizeof grid.spacing_mm);
    memcpy(grid.origin_mm, f->position_mm, sizeof grid.origin_mm);
    for (int i = 0; i < 3; i++) {
        grid.direction[i * 3] = f->row[i];
        grid.direction[i * 3 + 1] = f->column[i];
        grid.direction[i * 3 + 2] = normal[i];
    }
    return grid;
}

static cc_status read_pixels(float *out, const cc_dicom_file *f, const char *path) {
    cc_coding coding = {sample_of(f), false, f->slope, f->intercept};
    size_t count = (size_t)f->width * (size_t)f->height, bytes = count * cc_sample_bytes(coding.sample);
    void *pixels = calloc(1, bytes);
    if (!pixels) return cc_fail_memory("a slice", bytes);
    const cc_guard_job job = {cc_dicom_file_pixels, bytes, decoder_bytes + 8 * bytes};
    cc_status status = cc_guard_run(pixels, &job, path);
    if (status == CC_OK) status = cc_samples_decode(out, pixels, count, &coding, path);
    free(pixels);
    return status;
}

static cc_status read_header(cc_dicom_file *out, const char *path, uint64_t file_bytes) {
    cc_dicom_pixels pixels;
    const cc_guard_job job = {cc_dicom_file_header, sizeof *out, decoder_bytes + 2 * file_bytes};
    CC_TRY(cc_dicom_check(&pixels, path));
    CC_TRY(cc_guard_run(out, &job, path));
    return check_image(out, &pixels, path, file_bytes);
}

static cc_status read_slice(cc_volume *out, const char *path, const cc_head *head,
                            const cc_read_options *options) {
    cc_dicom_file file;
    CC_TRY(read_header(&file, path, head->file_bytes));
    out->grid = grid_of(&file);
    CC_TRY(cc_grid_settle_spacing(&out->grid, options, "PixelSpacing", path));
    snprintf(out->type, sizeof out->type, "%s", cc_sample_name(sample_of(&file)));
    CC_TRY(cc_volume_take(out, path));
    return read_pixels(out->voxels, &file, path);
}

/* The headers of all DICOM files of a folder; other files are passed over. */
static cc_status list_slices(slice **out, size_t *count, const char *folder, cc_arena *arena) {
    char **names, path[CC_PATH_MAX];
    size_t files;
    CC_TRY(cc_folder_list(&names, &files, folder, arena));
    *out = cc_arena_get_array(arena, files ? files : 1, sizeof **out);
    *count = 0;
    if (!*out) return CC_ENOMEM;
    for (size_t i = 0; i < files; i++) {
        cc_head head;
        slice *s = &(*out)[*count];
        CC_TRY(cc_path_join(path, folder, names[i]));
        if (!cc_file_exists(path)) continue;
        CC_TRY(cc_head_read(&head, path));
        if (!probe(&head)) continue;
        s->path = cc_arena_copy(arena, path);
        if (!s->path) return CC_ENOMEM;
        CC_TRY(read_header(&s->file, path, head.file_bytes));
        ++*count;
    }
    return *count ? CC_OK
                  : cc_fail(CC_ENOTFOUND, folder, "name an image file or a folder with one DICOM series",
                            "the folder holds no DICOM file");
}

static int by_place(const void *a, const void *b) {
    const slice *x = a, *y = b;
    return x->along != y->along ? (x->along > y->along) - (x->along < y->along) : strcmp(x->path, y->path);
}

static cc_status match(const slice *first, const slice *s) {
    const cc_dicom_file *a = &first->file, *b = &s->file;
    if (strcmp(a->series, b->series) != 0)
        return cc_fail(CC_EUNSUPPORTED, s->path, "leave one series in the folder",
                       "SeriesInstanceUID: another series than %s", cc_path_name(first->path));
    if (a->width != b->width || a->height != b->height || sample_of(a) != sample_of(b) ||
        fabs(a->spacing_mm[0] - b->spacing_mm[0]) > axis_tolerance * a->spacing_mm[0] ||
        fabs(a->spacing_mm[1] - b->spacing_mm[1]) > axis_tolerance * a->spacing_mm[1])
        return cc_fail(CC_EUNSUPPORTED, s->path, "leave one series in the folder",
                       "Rows, Columns, PixelSpacing or sample type: other than in %s",
                       cc_path_name(first->path));
    if (!b->has_position)
        return cc_fail(CC_EFORMAT, s->path, "it is needed to sort a series",
                       "ImagePositionPatient: it is missing");
    for (int k = 0; k < 3; k++)
        if (!(fabs(a->row[k] - b->row[k]) <= axis_tolerance &&
              fabs(a->column[k] - b->column[k]) <= axis_tolerance))
            return cc_fail(CC_EUNSUPPORTED, s->path, "leave one series in the folder",
                           "ImageOrientationPatient: other than in %s", cc_path_name(first->path));
    return CC_OK;
}

/* Sorts, and finds the distance of slices, which must be even. */
static cc_status arrange(double *distance, slice *slices, size_t count) {
    double normal[3];
    normal_of(normal, &slices[0].file);
    for (size_t i = 0; i < count; i++) {
        const double *at = slices[i].file.position_mm;
        if (count > 1) CC_TRY(match(&slices[0], &slices[i]));
        slices[i].along = at[0] * normal[0] + at[1] * normal[1] + at[2] * normal[2];
        if (!isfinite(slices[i].along))
            return cc_fail(CC_EFORMAT, slices[i].path, NULL, "ImagePositionPatient: %g, %g, %g", at[0], at[1],
                           at[2]);
    }
    qsort(slices, count, sizeof *slices, by_place);
    *distance = slices[0].file.spacing_mm[2];
    if (count == 1) return CC_OK;
    *distance = (slices[count - 1].along - slices[0].along) / (double)(count - 1);
    for (size_t i = 1; i < count; i++) {
        double step = slices[i].along - slices[i - 1].along;
        if (!(fabs(step - *distance) <= uneven_max * *distance) || *distance <= 0)
            return cc_fail(CC_EUNSUPPORTED, slices[i].path, "a slice may be missing or there twice",
                           "ImagePositionPatient: %g mm behind the slice before, where %g mm is the mean",
                           step, *distance);
    }
    return CC_OK;
}

cc_status cc_dicom_open_folder(cc_dicom_series *out, const char *folder, cc_arena *arena) {
    slice *slices;
    size_t count;
    double distance = 0;
    CC_TRY(list_slices(&slices, &count, folder, arena));
    CC_TRY(arrange(&distance, slices, count));
    cc_grid grid = grid_of(&slices[0].file);
    grid.dims[2] = (int64_t)count;
    grid.spacing_mm[2] = distance;
    CC_TRY(cc_grid_check(&grid, folder));
    *out = (cc_dicom_series){grid, slices};
    return CC_OK;
}

cc_status cc_dicom_read_slice(float *values, const cc_dicom_series *series, int64_t z) {
    const slice *s = &series->slices[z];
    return read_pixels(values, &s->file, s->path);
}

const char *cc_dicom_slice_path(const cc_dicom_series *series, int64_t z) {
    return series->slices[z].path;
}

cc_status cc_dicom_read_folder(cc_volume *out, const char *path, const cc_read_options *options) {
    cc_dicom_series series;
    cc_status status;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a folder's list", 0);
    CC_CHECK(cc_dicom_open_folder(&series, path, arena));
    out->grid = series.grid;
    CC_CHECK(cc_grid_settle_spacing(&out->grid, options, "PixelSpacing", path));
    snprintf(out->format, sizeof out->format, "dicom");
    snprintf(out->type, sizeof out->type, "%s", cc_sample_name(sample_of(&series.slices[0].file)));
    CC_CHECK(cc_volume_take(out, path));
    size_t area = (size_t)out->grid.dims[0] * (size_t)out->grid.dims[1];
    for (int64_t z = 0; z < out->grid.dims[2]; z++)
        CC_CHECK(cc_dicom_read_slice(out->voxels + (size_t)z * area, &series, z));
done:
    cc_arena_destroy(arena);
    return status;
}

const cc_reader cc_reader_dicom = {"dicom", probe, read_slice};
