/* datasets/readers/nifti_geometry.c -- which affine a NIfTI file has.
 *
 * A header gives up to three (nifti1.h, "3D image orientation and location in space"):
 *
 * method 3   the sform: three rows of an affine matrix, where sform_code > 0
 * method 2   the qform: a quaternion (b, c, d; a follows), an offset, the pixel sizes and a handedness,
 *            where qform_code > 0
 * method 1   the pixel sizes alone
 *
 * Taken is the sform where its code marks it valid, else the qform, else the pixel sizes with the volume's
 * middle at the origin and x running to the left, as nibabel has it (ITK takes the qform of two that
 * contradict each other). An sform that spans no space, all zero as some converters leave it, counts as
 * none. A sheared sform is kept: nothing is straightened. NIfTI's axes are RAS (+x right, +y front, +z
 * head); LPS, which all else here uses, has the signs of x and y changed. */
#include "datasets/readers/nifti_geometry.h"

#include <math.h>
#include "core/log.h"

/* Beyond what float32 rounds away, also in a quaternion near a rotation by 180 degrees, where a = sqrt(1 - b2
 * - c2 - d2) has lost its digits. Relative, of unit vectors, and in voxels. */
static const double SPACING_DIFFERS = 1e-3, ROTATION_DIFFERS = 5e-3, ORIGIN_DIFFERS = 0.1;

/* Of axis 0, 1 or 2; 0 where pixdim does not say it. An axis that dim[0] does not count has none: 1. */
static double pixel_size(const nifti_2_header *h, int axis) {
    return axis < h->dim[0] ? fabs(h->pixdim[axis + 1]) : 1;
}

static double column_length(const nifti_dmat44 *m, int k) {
    return sqrt(m->m[0][k] * m->m[0][k] + m->m[1][k] * m->m[1][k] + m->m[2][k] * m->m[2][k]);
}

/* Three columns that span space, of numbers. */
static bool is_affine(const nifti_dmat44 *affine) {
    const double(*m)[4] = affine->m;
    double lengths = 1;
    for (int k = 0; k < 3; k++) {
        lengths *= column_length(affine, k);
        if (!isfinite(m[k][3])) return false;
    }
    /* The volume that the columns span, against that of a box with their lengths. */
    const double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                       m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                       m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    return isfinite(det) && isfinite(lengths) && fabs(det) > 1e-3 * lengths;
}

static nifti_dmat44 sform_of(const nifti_2_header *h) {
    nifti_dmat44 m = {{{0}}};
    for (int k = 0; k < 4; k++) {
        m.m[0][k] = h->srow_x[k];
        m.m[1][k] = h->srow_y[k];
        m.m[2][k] = h->srow_z[k];
    }
    return m;
}

/* A size that is not said counts as 1 here: the directions do not depend on it. */
static nifti_dmat44 qform_of(const nifti_2_header *h) {
    double size[3];
    for (int k = 0; k < 3; k++) size[k] = pixel_size(h, k) > 0 ? pixel_size(h, k) : 1;
    return nifti_quatern_to_dmat44(h->quatern_b, h->quatern_c, h->quatern_d, h->qoffset_x, h->qoffset_y,
                                   h->qoffset_z, size[0], size[1], size[2], h->pixdim[0] < 0 ? -1 : 1);
}

/* b, c and d are three parts of a unit quaternion. */
static bool is_qform(const nifti_2_header *h, const nifti_dmat44 *m) {
    const double b = h->quatern_b, c = h->quatern_c, d = h->quatern_d;
    return b * b + c * c + d * d <= 1.01 && is_affine(m);
}

static void warn_of_difference(const nifti_dmat44 *s, const nifti_dmat44 *q, const char *path) {
    double lengths[2][3], distance2 = 0;
    bool spacing = false, rotation = false;
    for (int k = 0; k < 3; k++) {
        lengths[0][k] = column_length(s, k);
        lengths[1][k] = column_length(q, k);
        spacing = spacing || fabs(lengths[1][k] - lengths[0][k]) > SPACING_DIFFERS * lengths[0][k];
        for (int i = 0; i < 3; i++) {
            const double difference = s->m[i][k] / lengths[0][k] - q->m[i][k] / lengths[1][k];
            rotation = rotation || fabs(difference) > ROTATION_DIFFERS;
        }
        distance2 += (s->m[k][3] - q->m[k][3]) * (s->m[k][3] - q->m[k][3]);
    }
    const bool origin =
        sqrt(distance2) > ORIGIN_DIFFERS * fmin(fmin(lengths[0][0], lengths[0][1]), lengths[0][2]);
    if (spacing || rotation || origin)
        cc_log(
            CC_LOG_WARNING,
            "%s: sform and qform are both marked valid but differ in%s%s%s and the sform is taken: %g x %g x "
            "%g mm, "
            "origin %g, %g, %g (the qform has %g x %g x %g mm, origin %g, %g, %g)",
            path, spacing ? " spacing," : "", rotation ? " direction," : "", origin ? " origin," : "",
            lengths[0][0], lengths[0][1], lengths[0][2], s->m[0][3], s->m[1][3], s->m[2][3], lengths[1][0],
            lengths[1][1], lengths[1][2], q->m[0][3], q->m[1][3], q->m[2][3]);
}

static void warn_of_pixdim(const nifti_dmat44 *s, const nifti_2_header *h, const char *path) {
    for (int k = 0; k < 3 && k < h->dim[0]; k++) {
        const double size = pixel_size(h, k), length = column_length(s, k);
        if (size > 0 && fabs(size - length) > SPACING_DIFFERS * length) {
            cc_log(CC_LOG_WARNING, "%s: pixdim[%d] is %g, but the sform has %g along %c; the sform is taken",
                   path, k + 1, size, length, "xyz"[k]);
            return;
        }
    }
}

/* Method 1: sizes alone. */
static nifti_dmat44 affine_of_sizes(const nifti_2_header *h, const cc_grid *grid) {
    nifti_dmat44 m = {{{0}}};
    for (int k = 0; k < 3; k++) {
        const double size = pixel_size(h, k) > 0 ? pixel_size(h, k) : 1, step = k == 0 ? -size : size;
        m.m[k][k] = step;
        m.m[k][3] = -step * (double)(grid->dims[k] - 1) / 2;
    }
    return m;
}

static cc_status choose_affine(nifti_dmat44 *out, bool *by_pixdim, const nifti_2_header *h,
                               const cc_grid *grid, const char *path) {
    const nifti_dmat44 s = sform_of(h), q = qform_of(h);
    const bool has_s = h->sform_code > 0, has_q = h->qform_code > 0, sound_q = has_q && is_qform(h, &q);
    *by_pixdim = true;
    if (has_s && is_affine(&s)) {
        *by_pixdim = false;
        *out = s;
        if (sound_q)
            warn_of_difference(&s, &q, path);
        else if (has_q)
            cc_log(CC_LOG_WARNING,
                   "%s: the qform is marked valid (qform_code %d) but is no rotation; the sform is taken",
                   path, h->qform_code);
        if (!sound_q) warn_of_pixdim(&s, h, path);
        return CC_OK;
    }
    if (has_s && !sound_q)
        return cc_fail(
            CC_EFORMAT, path, "write the file again with its affine",
            "srow_x, srow_y, srow_z: the sform is marked valid (sform_code %d), but its axes do not span "
            "space, and there is no valid qform",
            h->sform_code);
    if (has_s)
        cc_log(CC_LOG_WARNING,
               "%s: the sform is marked valid (sform_code %d), but its axes do not span space; the qform is "
               "taken",
               path, h->sform_code);
    if (has_q && !sound_q)
        return cc_fail(
            CC_EFORMAT, path, "write the file again with its affine",
            "quatern_b, quatern_c, quatern_d: the qform is marked valid (qform_code %d), but is no rotation",
            h->qform_code);
    if (!has_q)
        cc_log(CC_LOG_WARNING,
               "%s: sform_code and qform_code are 0: orientation and origin are not known; x is taken to run "
               "to the "
               "left, y to the front, z to the head",
               path);
    *out = has_q ? q : affine_of_sizes(h, grid);
    return CC_OK;
}

/* mm a unit of length; mm where it is not said, as all tools take it. */
static double unit_mm(const nifti_2_header *h, const char *path) {
    const int unit = XYZT_TO_SPACE(h->xyzt_units);
    if (unit > NIFTI_UNITS_MICRON)
        cc_log(CC_LOG_WARNING, "%s: xyzt_units: %d is no unit of length; mm are taken", path, unit);
    return unit == NIFTI_UNITS_METER ? 1000 : unit == NIFTI_UNITS_MICRON ? 0.001 : 1;
}

/* The spacing is the length of the affine's columns; the pixel size itself where the two agree but for the
 * rounding of float32. */
cc_status cc_nifti_geometry(cc_grid *grid, const nifti_2_header *h, const cc_read_options *options,
                            const char *path) {
    nifti_dmat44 m;
    bool by_pixdim, odd = false;
    CC_TRY(choose_affine(&m, &by_pixdim, h, grid, path));
    const double unit = unit_mm(h, path);
    for (int k = 0; k < 3; k++) {
        double length = column_length(&m, k);
        const double size = pixel_size(h, k);
        /* pixdim is rounded once, the column's length three times: prefer it where they agree. */
        if (fabs(size - length) <= 1e-4 * length) length = size;
        grid->spacing_mm[k] = by_pixdim && size == 0 ? 0 : length * unit;
        odd = odd || grid->spacing_mm[k] > 100 || (grid->spacing_mm[k] > 0 && grid->spacing_mm[k] < 0.01);
        for (int i = 0; i < 3; i++) {
            const double to_lps = i < 2 ? -1 : 1; /* rows x and y of RAS change their sign */
            grid->direction[i * 3 + k] = to_lps * m.m[i][k] / length;
        }
        grid->origin_mm[k] = (k < 2 ? -1 : 1) * m.m[k][3] * unit;
    }
    if (unit != 1 && odd)
        cc_log(CC_LOG_WARNING, "%s: xyzt_units: the file says %s, which makes voxels of %g x %g x %g mm",
               path, unit > 1 ? "metres" : "micrometres", grid->spacing_mm[0], grid->spacing_mm[1],
               grid->spacing_mm[2]);
    for (int k = (int)h->dim[0]; by_pixdim && k < 3; k++)
        if (!(options->spacing_mm[k] > 0))
            cc_log(CC_LOG_WARNING,
                   "%s: pixdim: of %d dimensions, the file does not say how large a voxel is along %c; "
                   "1 mm is taken",
                   path, (int)h->dim[0], "xyz"[k]);
    return cc_reader_complete_spacing(grid, options, "pixdim", path);
}
