/* datasets/readers/dicom_order.c -- the slices of one series in space: their order, their spacing, their
 * third axis.
 *
 * Positions are compared along all three axes (rows, columns, normal): those of a series step by one and
 * the same vector. Scanners round them, mostly to 0.1 mm, so that a step may be off by as much; a slice
 * that is missing doubles a step, a copy makes it zero, and a stack whose parts were shifted jumps
 * sideways. The usual step is the median, which no such fault moves. With a tilted gantry the table moves
 * along a line that is not the normal of the slices: voxels then lie on a sheared grid, which is kept as
 * it is, since straightening it would resample every slice.
 *
 * Source: DICOM PS3.3, C.7.6.2.1.1 (position, orientation), C.7.6.16 (frames, stacks, temporal positions),
 * C.8.2.1 (GantryDetectorTilt). */
#include "datasets/readers/dicom_order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/sorted.h"

typedef struct cc_dicom_slice slice;

enum { LABEL = 320 };

/* A step may be off by the rounding of each coordinate, or by this part of the distance of slices. */
static const double rounding_mm = 0.1, uneven_max = 0.02, axis_tolerance = 1e-3;

/* Nearer to each other than this, slices are at the same place. */
static const double same_mm = 1e-3;

/* No gantry tilts as far: beyond, slices were shifted. And nothing below it is called a tilt. */
static const double tilt_max_degrees = 45, tilt_min = 1e-3;

static const double degree = 0.017453292519943295;

static const cc_dicom_frame *frame_of(const slice *s) {
    return &s->image->header->frames[s->frame];
}

/* "IM0003.dcm", or "a.dcm, frame 3" where a file has several. */
static const char *label(char out[LABEL], const slice *s) {
    if (s->image->header->file.frames > 1)
        snprintf(out, LABEL, "%.280s, frame %d", s->image->name, s->frame + 1);
    else
        snprintf(out, LABEL, "%.310s", s->image->name);
    return out;
}

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void normal_of(double out[3], const cc_dicom_frame *f) {
    for (int k = 0; k < 3; k++) {
        /* The cross product row x column. */
        int a = (k + 1) % 3, b = (k + 2) % 3;
        out[k] = f->row[a] * f->column[b] - f->row[b] * f->column[a];
    }
}

/* A slice is to be as the first one is, but for its place. */
static cc_status match(const slice *first, const slice *s) {
    const cc_dicom_file *a = &first->image->header->file, *b = &s->image->header->file;
    const cc_dicom_frame *p = frame_of(first), *q = frame_of(s);
    const char *hint = "leave one series in the folder", *path = s->image->path;
    char x[LABEL], y[LABEL];
    label(x, first);
    label(y, s);
    if (a->width != b->width || a->height != b->height ||
        cc_dicom_image_sample(first->image) != cc_dicom_image_sample(s->image) ||
        !(fabs(p->spacing_mm[0] - q->spacing_mm[0]) <= axis_tolerance * p->spacing_mm[0] &&
          fabs(p->spacing_mm[1] - q->spacing_mm[1]) <= axis_tolerance * p->spacing_mm[1]))
        return cc_fail(CC_EUNSUPPORTED, path, hint,
                       "Rows, Columns, PixelSpacing or sample type: other in %s than in %s", y, x);
    if (!q->has_position)
        return cc_fail(CC_EFORMAT, path, "it is needed to sort a series", "ImagePositionPatient: %s lacks it",
                       y);
    if (!q->has_orientation)
        return cc_fail(CC_EFORMAT, path, "it is needed to sort a series",
                       "ImageOrientationPatient: %s lacks it", y);
    for (int k = 0; k < 3; k++)
        if (fabs(p->row[k] - q->row[k]) > axis_tolerance ||
            fabs(p->column[k] - q->column[k]) > axis_tolerance)
            return cc_fail(CC_EUNSUPPORTED, path, hint, "ImageOrientationPatient%s: other in %s than in %s",
                           strcmp(p->stack, q->stack) != 0 ? ", StackID" : "", y, x);
    if (p->has_slope != q->has_slope || p->has_intercept != q->has_intercept)
        return cc_fail(CC_EFORMAT, path, "a series has it in every slice, or in none",
                       "RescaleSlope, RescaleIntercept: only one of %s and %s has them", y, x);
    return CC_OK;
}

static int by_coordinate(const void *a, const void *b) {
    const slice *x = a, *y = b;
    if (x->coordinate[2] != y->coordinate[2])
        return (x->coordinate[2] > y->coordinate[2]) - (x->coordinate[2] < y->coordinate[2]);
    size_t p = strlen(x->image->path), q = strlen(y->image->path); /* "IM3 (1)" is the copy of "IM3" */
    if (p != q) return p < q ? -1 : 1;
    int names = strcmp(x->image->path, y->image->path);
    return names ? names : (x->frame > y->frame) - (x->frame < y->frame);
}

/* The field by which two slices differ that should not be in one volume; NULL where there is none. */
static const char *difference(const slice *a, const slice *b) {
    const cc_dicom_frame *p = frame_of(a), *q = frame_of(b);
    if (strcmp(p->stack, q->stack) != 0) return "StackID";
    if (p->time != q->time)
        return a->image->header->file.frame_groups ? "TemporalPositionIndex" : "TemporalPositionIdentifier";
    if (p->phase != q->phase) return "NominalPercentageOfCardiacPhase";
    return p->acquisition != q->acquisition ? "AcquisitionNumber" : NULL;
}

static cc_status has_same_pixels(bool *out, const slice *a, const slice *b) {
    const cc_dicom_file *f = &a->image->header->file;
    size_t count = (size_t)f->width * (size_t)f->height;
    uint64_t padded = 0;
    float *values = malloc(2 * count * sizeof *values);
    if (!values) return cc_fail_memory("two slices", 2 * count * sizeof *values);
    cc_status status = cc_dicom_image_read(values, &padded, a->image, a->frame);
    if (status == CC_OK) status = cc_dicom_image_read(values + count, &padded, b->image, b->frame);
    *out = status == CC_OK && memcmp(values, values + count, count * sizeof *values) == 0;
    free(values);
    return status;
}

/* Takes copies out of the sorted slices. */
static cc_status drop_copies(slice *slices, size_t *count, const char *path) {
    size_t kept = 1, copies = 0;
    char first[LABEL] = "", copy[LABEL] = "", a[LABEL], b[LABEL];
    for (size_t i = 1; i < *count; i++) {
        const slice *last = &slices[kept - 1], *s = &slices[i];
        bool same = true;
        for (int k = 0; k < 3; k++) same = same && fabs(s->coordinate[k] - last->coordinate[k]) <= same_mm;
        if (!same) {
            slices[kept++] = *s;
            continue;
        }
        const char *field = difference(last, s);
        label(a, last);
        label(b, s);
        if (!field || strcmp(field, "AcquisitionNumber") == 0)
            CC_TRY(has_same_pixels(&same, last, s));
        else
            same = false;
        if (!same)
            return cc_fail(CC_EUNSUPPORTED, s->image->path, "leave one scan of each place",
                           "ImagePositionPatient%s%s: %s and %s lie at the same place and differ",
                           field ? ", " : "", field ? field : "", a, b);
        /* Only the first pair is named; the rest is counted. */
        if (copies++ == 0) memcpy(first, a, sizeof first), memcpy(copy, b, sizeof copy);
    }
    if (copies)
        cc_log(CC_LOG_WARNING,
               "%s: ImagePositionPatient: %s is a copy of %s and is left out (copies in all: %zu)", path,
               copy, first, copies);
    *count = kept;
    return CC_OK;
}

/* The usual step between neighbours along axis k. Of an even number, the lower one of the two in the middle:
 * where slices are missing, steps are too long. */
static double usual_step(double *steps, const slice *slices, size_t count, int k) {
    for (size_t i = 1; i < count; i++) steps[i - 1] = slices[i].coordinate[k] - slices[i - 1].coordinate[k];
    cc_sorted_numbers(steps, count - 1);
    return steps[(count - 2) / 2];
}

/* That the slices step evenly. `usual` is the step along each axis, `most` how far one may be off. */
static cc_status check_distances(const slice *slices, size_t count, const double usual[3],
                                 const double most[3]) {
    char a[LABEL], b[LABEL], hint[96];
    for (size_t i = 1; i < count; i++) {
        double step = slices[i].coordinate[2] - slices[i - 1].coordinate[2];
        if (step > same_mm && fabs(step - usual[2]) <= most[2]) continue;
        const char *field = difference(&slices[i - 1], &slices[i]);
        snprintf(hint, sizeof hint, "a slice may be missing%s%s", field ? "; the two differ in " : "",
                 field ? field : "");
        return cc_fail(CC_EUNSUPPORTED, slices[i].image->path, hint,
                       "ImagePositionPatient: %g mm from %s to %s, where %g mm is usual", step,
                       label(a, &slices[i - 1]), label(b, &slices[i]), usual[2]);
    }
    return CC_OK;
}

/* That they step straight on: no step goes aside of the usual one, and no slice lies beside the line from the
 * first to the last. Of all that do, the worst is named. */
static cc_status check_line(const slice *slices, size_t count, const double usual[3], const double most[3]) {
    char a[LABEL], b[LABEL];
    const double *start = slices[0].coordinate, *end = slices[count - 1].coordinate;
    size_t worst = 0;
    double worst_part = 1, worst_mm = 0;
    bool is_step = true;
    for (size_t i = 1; i < count; i++) {
        const double *p = slices[i - 1].coordinate, *q = slices[i].coordinate,
                     part = (double)i / (double)(count - 1);
        double step[2], line[2];
        for (int k = 0; k < 2; k++) {
            step[k] = q[k] - p[k] - usual[k];
            line[k] = q[k] - start[k] - part * (end[k] - start[k]);
        }
        /* In units of what is allowed: above 1 is too much. The worst of all is kept. */
        double jump = fmax(fabs(step[0]) / most[0], fabs(step[1]) / most[1]);
        double off = fmax(fabs(line[0]) / most[0], fabs(line[1]) / most[1]);
        if (fmax(jump, off) <= worst_part) continue;
        worst = i;
        worst_part = fmax(jump, off);
        is_step = jump >= off;
        worst_mm = is_step ? hypot(step[0], step[1]) : hypot(line[0], line[1]);
    }
    if (!worst) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, slices[worst].image->path,
                   "the slices of a grid lie on a straight line; leave those of one part",
                   "ImagePositionPatient: %s lies %.3g mm to the side of the %s %s", label(b, &slices[worst]),
                   worst_mm, is_step ? "usual step from" : "line that starts at",
                   label(a, &slices[is_step ? worst - 1 : 0]));
}

/* The third axis: the normal, or the line along which the slices lie. */
static cc_status lay_along(cc_grid *grid, const slice *slices, size_t count, const char *path) {
    const cc_dicom_frame *first = frame_of(&slices[0]), *last = frame_of(&slices[count - 1]);
    const cc_dicom_file *file = &slices[0].image->header->file;
    double line[3], shift[3], normal[3], said = fabs(file->tilt_degrees);
    for (int k = 0; k < 3; k++) {
        line[k] = last->position_mm[k] - first->position_mm[k];
        shift[k] = slices[count - 1].coordinate[k] - slices[0].coordinate[k];
    }
    normal_of(normal, first);
    /* The line from the first slice to the last in the axes of the slices: how far it leads sideways, and
     * its angle to the normal. */
    double aside = hypot(shift[0], shift[1]), tilt = atan2(aside, shift[2]) / degree,
           length = sqrt(dot(line, line));
    bool tilted = aside > fmax(rounding_mm, tilt_min * shift[2]);
    if (tilted && tilt > tilt_max_degrees)
        return cc_fail(CC_EUNSUPPORTED, path, "no gantry tilts that far: leave the slices of one part",
                       "ImagePositionPatient: the slices lie shifted sideways, %.1f degrees off their normal",
                       tilt);
    if (tilted)
        cc_log(CC_LOG_WARNING,
               "%s: ImagePositionPatient: the slices are tilted by %.1f degrees against the line on which "
               "they lie, as "
               "with a tilted gantry: the sheared grid is kept",
               path, tilt);
    if (fabs(said - (tilted ? tilt : 0)) > 1)
        cc_log(CC_LOG_WARNING,
               "%s: GantryDetectorTilt: %g degrees, where the positions say %.1f, which are taken", path,
               file->tilt_degrees, tilted ? tilt : 0);
    /* The mean step, so that the rounding of single positions cancels. */
    grid->spacing_mm[2] = (tilted ? length : shift[2]) / (double)(count - 1);
    for (int k = 0; k < 3; k++) grid->direction[k * 3 + 2] = tilted ? line[k] / length : normal[k];
    return CC_OK;
}

/* The grid of one slice. */
static cc_grid grid_of(const slice *s) {
    const cc_dicom_file *f = &s->image->header->file;
    const cc_dicom_frame *frame = frame_of(s);
    double normal[3];
    cc_grid grid = {.dims = {f->width, f->height, 1}};
    normal_of(normal, frame);
    memcpy(grid.spacing_mm, frame->spacing_mm, sizeof grid.spacing_mm);
    memcpy(grid.origin_mm, frame->position_mm, sizeof grid.origin_mm);
    for (int i = 0; i < 3; i++) {
        grid.direction[i * 3] = frame->row[i];
        grid.direction[i * 3 + 1] = frame->column[i];
        grid.direction[i * 3 + 2] = normal[i];
    }
    return grid;
}

cc_status cc_dicom_order(cc_grid *grid, slice *slices, size_t *count, const char *path, cc_arena *arena) {
    const cc_dicom_frame *first = frame_of(&slices[0]);
    double axes[3][3], usual[3], most[3];
    memcpy(axes[0], first->row, sizeof axes[0]);
    memcpy(axes[1], first->column, sizeof axes[1]);
    normal_of(axes[2], first);
    for (size_t i = 0; i < *count; i++) {
        if (*count > 1) CC_TRY(match(&slices[0], &slices[i]));
        for (int k = 0; k < 3; k++) slices[i].coordinate[k] = dot(frame_of(&slices[i])->position_mm, axes[k]);
    }
    qsort(slices, *count, sizeof *slices, by_coordinate);
    if (*count > 1) CC_TRY(drop_copies(slices, count, path));
    *grid = grid_of(&slices[0]);
    grid->dims[2] = (int64_t)*count;
    if (*count == 1) return CC_OK;
    double *steps = cc_arena_get_array(arena, *count, sizeof *steps);
    if (!steps) return CC_ENOMEM;
    for (int k = 0; k < 3; k++) usual[k] = usual_step(steps, slices, *count, k);
    for (int k = 0; k < 3; k++) {
        /* Each coordinate was rounded: what that makes along an axis that lies oblique to them. */
        double rounded = rounding_mm * (fabs(axes[k][0]) + fabs(axes[k][1]) + fabs(axes[k][2]));
        most[k] = fmax(uneven_max * usual[2], fmin(rounded, usual[2] / 2)) + same_mm;
    }
    CC_TRY(check_distances(slices, *count, usual, most));
    CC_TRY(check_line(slices, *count, usual, most));
    return lay_along(grid, slices, *count, path);
}
