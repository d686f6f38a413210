/* datasets/readers/dicom.c -- a DICOM slice, a file with many frames, or a folder with the slices of one
 * series, as one volume in HU.
 *
 * The steps are units of their own: which files are the series (dicom_folder.c), what each says
 * (dicom_file.cpp through GDCM, after dicom_check.c has walked it), how the slices lie in space
 * (dicom_order.c), and their pixels in HU (dicom_image.c). Here they follow one another. What CT files
 * must say and these do not is warned of, once a series. Source: DICOM PS3.3, A.3 (CT image), C.8.2.1 (CT
 * image module), C.11.1 (modality LUT: HU by rescale). */
#include "datasets/readers/dicom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"
#include "datasets/readers/dicom_folder.h"
#include "datasets/readers/dicom_order.h"
#include "datasets/readers/reader.h"

/* What makes the numbers of a series something else than HU, or its position unknown. US (unspecified) as
 * RescaleType is what many scanners write for HU. */
static void warn_of_meaning(const cc_dicom_slice *slice, const char *path) {
    const cc_dicom_file *f = &slice->image->header->file;
    const cc_dicom_frame *frame = &slice->image->header->frames[slice->frame];
    bool is_ct = cc_dicom_image_is_ct(slice->image);
    if (!is_ct)
        cc_log(CC_LOG_WARNING, "%s: Modality: %s: its values are no HU", path,
               f->modality[0] ? f->modality : "missing, and it is no CT image by its SOPClassUID");
    if (is_ct && (!frame->has_slope || !frame->has_intercept))
        cc_log(CC_LOG_WARNING, "%s: %s%s%s: missing, which a CT must have: %s taken, which may give no HU",
               path, frame->has_slope ? "" : "RescaleSlope",
               frame->has_slope || frame->has_intercept ? "" : ", ",
               frame->has_intercept ? "" : "RescaleIntercept",
               frame->has_slope       ? "0 is"
               : frame->has_intercept ? "1 is"
                                      : "the stored values are");
    if (is_ct && f->rescale_type[0] && strcmp(f->rescale_type, "HU") != 0 &&
        strcmp(f->rescale_type, "US") != 0)
        cc_log(CC_LOG_WARNING, "%s: RescaleType: %s, not HU: its values are taken for HU", path,
               f->rescale_type);
    if (is_ct && f->contrast[0] && strcasecmp(f->contrast, "NONE") != 0 && strcasecmp(f->contrast, "NO") != 0)
        cc_log(CC_LOG_WARNING,
               "%s: ContrastBolusAgent: %s: a scan with contrast, which reads above 130 HU as calcium does",
               path, f->contrast);
    if (strcmp(f->photometric, "MONOCHROME1") == 0)
        cc_log(CC_LOG_WARNING,
               "%s: PhotometricInterpretation: MONOCHROME1: values are taken as they are, not turned over",
               path);
    if (!frame->has_position || !frame->has_orientation)
        cc_log(CC_LOG_WARNING, "%s: %s%s%s: missing: where it lies in the patient is not known", path,
               frame->has_position ? "" : "ImagePositionPatient",
               frame->has_position || frame->has_orientation ? "" : ", ",
               frame->has_orientation ? "" : "ImageOrientationPatient");
}

/* Completes the spacing by what is stated. What else the file has that looks like a pixel's size (a
 * detector's pixels, say) is named, as it must not stand in for it. */
static cc_status settle_spacing(cc_grid *grid, const cc_dicom_slice *slice, const cc_read_options *options,
                                const char *path) {
    const cc_dicom_file *f = &slice->image->header->file;
    const double z = grid->spacing_mm[2];
    cc_read_options in_plane = *options, across = *options;
    char field[256];
    snprintf(field, sizeof field, "PixelSpacing%s%s%s%s%s%s", f->pixel_spacing[0] ? " \"" : "",
             f->pixel_spacing, f->pixel_spacing[0] ? "\"" : "", f->other_spacing[0] ? " (" : "",
             f->other_spacing,
             f->other_spacing[0] ? " is given, which need not be the pixels' distance in the patient)" : "");
    /* Two calls, as two fields say it: PixelSpacing within a slice, positions or thickness across. Each
     * call sees the other's part as stated. */
    in_plane.spacing_mm[2] = across.spacing_mm[0] = across.spacing_mm[1] = 0;
    grid->spacing_mm[2] = 1;
    CC_TRY(cc_reader_complete_spacing(grid, &in_plane, grid->spacing_mm[0] ? "PixelSpacing" : field, path));
    grid->spacing_mm[2] = z;
    return cc_reader_complete_spacing(
        grid, &across, grid->dims[2] > 1 ? "ImagePositionPatient" : "SliceThickness, SpacingBetweenSlices",
        path);
}

/* The grid and the slices of a series; `path` is its file or folder. */
static cc_status open_series(cc_dicom_series *out, const cc_dicom_image *images, size_t count,
                             const char *path, const cc_read_options *options, cc_arena *arena) {
    size_t slices_count = 0, at = 0;
    /* Every frame of every file is a slice. */
    for (size_t i = 0; i < count; i++) slices_count += (size_t)images[i].header->file.frames;
    cc_dicom_slice *slices = cc_arena_get_array(arena, slices_count, sizeof *slices);
    if (!slices) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (int frame = 0; frame < (int)images[i].header->file.frames; frame++)
            slices[at++] = (cc_dicom_slice){.image = &images[i], .frame = frame};
    CC_TRY(cc_dicom_order(&out->grid, slices, &slices_count, path, arena));
    warn_of_meaning(&slices[0], path);
    CC_TRY(settle_spacing(&out->grid, &slices[0], options, path));
    CC_TRY(cc_grid_check(&out->grid, path));
    out->slices = slices;
    return CC_OK;
}

cc_status cc_dicom_open_folder(cc_dicom_series *out, const char *folder, cc_arena *arena) {
    const cc_read_options options = {0};
    cc_dicom_image *images;
    size_t count;
    CC_TRY(cc_dicom_folder_images(&images, &count, folder, NULL, arena));
    return open_series(out, images, count, folder, &options, arena);
}

cc_status cc_dicom_read_slice(float *values, const cc_dicom_series *series, int64_t z) {
    uint64_t padded = 0;
    return cc_dicom_image_read(values, &padded, series->slices[z].image, series->slices[z].frame);
}

const char *cc_dicom_slice_path(const cc_dicom_series *series, int64_t z) {
    return series->slices[z].image->path;
}

/* The voxels of a volume whose grid is the series'. */
static cc_status read_voxels(cc_volume *out, const cc_dicom_series *series, const cc_dicom_image *images,
                             size_t count, const char *path, cc_arena *arena) {
    uint64_t padded = 0;
    size_t frames = 0;
    size_t *first = cc_arena_get_array(arena, count, sizeof *first);
    if (!first) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        first[i] = frames;
        frames += (size_t)images[i].header->file.frames;
    }
    /* Where each frame of each image goes; -1: it is left out. */
    int64_t *target = cc_arena_get_array(arena, frames, sizeof *target);
    if (!target) return CC_ENOMEM;
    for (size_t i = 0; i < frames; i++) target[i] = -1;
    for (int64_t z = 0; z < series->grid.dims[2]; z++)
        target[first[series->slices[z].image - images] + (size_t)series->slices[z].frame] = z;
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_dicom_image_read_all(out->voxels, &padded, &images[i], target + first[i]));
    if (padded)
        cc_log(CC_LOG_WARNING,
               "%s: PixelPaddingValue: %llu voxels of padding, or beyond any HU, are taken for air", path,
               (unsigned long long)padded);
    return CC_OK;
}

static cc_status read_any(cc_volume *out, const char *path, const cc_read_options *options, bool is_folder) {
    cc_dicom_series series;
    cc_dicom_image *images;
    size_t count;
    cc_status status;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a folder's list", 0);
    CC_CHECK(is_folder ? cc_dicom_folder_images(&images, &count, path, options->series, arena)
                       : cc_dicom_file_images(&images, &count, path, options->series, arena));
    CC_CHECK(open_series(&series, images, count, path, options, arena));
    out->grid = series.grid;
    snprintf(out->format, sizeof out->format, "dicom");
    snprintf(out->type, sizeof out->type, "%s",
             cc_sample_name(cc_dicom_image_sample(series.slices[0].image)));
    CC_CHECK(cc_volume_allocate(out, path));
    status = read_voxels(out, &series, images, count, path, arena);
done:
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_dicom_read_folder(cc_volume *out, const char *path, const cc_read_options *options) {
    return read_any(out, path, options, true);
}

static cc_status read_file(cc_volume *out, const char *path, const cc_head *head,
                           const cc_read_options *options) {
    (void)head;
    return read_any(out, path, options, false);
}

const cc_reader cc_reader_dicom = {"dicom", cc_dicom_probe, read_file};
