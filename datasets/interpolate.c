/* datasets/interpolate.c -- sampling a volume through an affine map, an output row at a time.
 *
 * A place on an axis becomes `taps` voxels and their weights (find_place). Where the map turns nothing (each
 * output axis runs along an input axis, as between two grids of one scan) the places of each axis are found
 * once for all: the 4 or 16 input rows about an output row become one line, in loops over neighbouring
 * voxels, and the row picks its values from the line. Any other map takes the three axes voxel by voxel.
 * Linear interpolation is a + t (b - a) at each step: between equal values it is that value to the last bit,
 * so that no voxel of 130 HU becomes 130.00001 and is calcium. */
#include "datasets/interpolate.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "core/hot.h"
#include "datasets/spline_filter.h"

enum {
    TAPS_MAX = 4,            /* voxels that a place depends on, on an axis */
    PAD = 2,                 /* how far beyond a row's ends they may lie */
    WORTH_THREADS = 1 << 15, /* voxels */
};

/* Where a place is on one axis: voxels first ... first + taps - 1 with these weights. Linear's second is t,
 * its first is not used. */
typedef struct place {
    int32_t first;
    bool inside;
    float weight[TAPS_MAX];
} place;

typedef struct sampler {
    cc_sampling how;
    int taps;
    bool upright; /* no output axis depends on another input axis than its own */
    int64_t in_dims[3], out_dims[3];
    double map[12];
    const float *values;   /* of the input, or its spline's coefficients; NULL: labels are sampled, */
    const uint8_t *labels; /* these */
    const float *beyond;   /* [in_dims[0]] a row of `outside` */
    place *places[3];      /* [out_dims[axis]], of an upright map */
} sampler;

/* To whole multiples of 2^-30: adding 1.5 * 2^22 leaves so many bits behind the point. */
static inline double rounded(double at) {
    return (at + 0x1.8p22) - 0x1.8p22;
}

static place find_place(double at, int64_t n, const cc_sampling *how) {
    place out = {.inside = true};
    const double last = (double)(n - 1);
    switch (how->border) {
    case CC_BORDER_VOXELS:
        out.inside = at >= -0.5 && at < last + 0.5;
        break;
    case CC_BORDER_CENTRES:
        out.inside = at >= 0 && at <= last;
        break;
    case CC_BORDER_BLENDED:
        out.inside = at > -1 && at < last + 1;
        break;
    case CC_BORDER_CLAMPED:
        break;
    }
    if (!out.inside) return out;
    /* Voxels of `outside` and the mirrored spline go on beyond the last centre; all else sees the last
     * voxel. */
    const bool goes_on = how->border == CC_BORDER_BLENDED ||
                         (how->border == CC_BORDER_VOXELS && how->interpolation == CC_INTERPOLATION_bspline3);
    if (!goes_on) at = at < 0 ? 0 : at > last ? last : at;
    if (how->interpolation == CC_INTERPOLATION_nearest) {
        out.first = (int32_t)floor(at + 0.5);
        return out;
    }
    const double whole = floor(at), t = at - whole, u = 1 - t;
    out.first = (int32_t)whole;
    out.weight[1] = (float)t;
    if (how->interpolation == CC_INTERPOLATION_bspline3) {
        /* The uniform cubic B-spline at distances 1 + t, t, 1 - t and 2 - t. */
        out.first--;
        out.weight[0] = (float)(u * u * u / 6);
        out.weight[1] = (float)(2.0 / 3 - t * t * (1 - t / 2));
        out.weight[2] = (float)(2.0 / 3 - u * u * (1 - u / 2));
        out.weight[3] = (float)(t * t * t / 6);
    }
    return out;
}

/* The voxel that is seen at index i of an axis of n; -1: none, but `outside`. */
static inline int64_t voxel_at(int64_t i, int64_t n, const cc_sampling *how) {
    if (i >= 0 && i < n) return i;
    if (how->interpolation == CC_INTERPOLATION_bspline3) {
        if (n == 1) return 0;
        i = llabs(i) % (2 * n - 2);
        return i < n ? i : 2 * n - 2 - i;
    }
    /* Linear's second voxel beyond the last centre has the weight 0, unless voxels of `outside` lie there. */
    return how->border == CC_BORDER_BLENDED ? -1 : i < 0 ? 0 : n - 1;
}

/* --- upright maps: from rows to a line, from the line to the output's row --- */

/* Between two rows each in y (at ty), and between the two results in z (at tz). */
CC_HOT static void join_linear(float *line, const float *const *rows, float ty, float tz, size_t count) {
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    for (size_t i = 0; i < count; i++) {
        const float near = a[i] + ty * (b[i] - a[i]), far = c[i] + ty * (d[i] - c[i]);
        line[i] = near + tz * (far - near);
    }
}

CC_HOT static void join_spline(float *line, const float *const *rows, const float *wy, const float *wz,
                               size_t count) {
    memset(line, 0, count * sizeof *line);
    for (int k = 0; k < TAPS_MAX; k++) {
        const float *a = rows[4 * k], *b = rows[4 * k + 1], *c = rows[4 * k + 2], *d = rows[4 * k + 3];
        for (size_t i = 0; i < count; i++)
            line[i] += wz[k] * (wy[0] * a[i] + wy[1] * b[i] + wy[2] * c[i] + wy[3] * d[i]);
    }
}

static void sample_upright_row(float *out, const sampler *s, const place *y, const place *z, float *buffer) {
    const int64_t n = s->in_dims[0];
    const int taps = s->taps;
    const float *rows[TAPS_MAX * TAPS_MAX];
    float *line = buffer + PAD;
    for (int k = 0; k < taps; k++)
        for (int j = 0; j < taps; j++) {
            const int64_t at_z = voxel_at(z->first + k, s->in_dims[2], &s->how);
            const int64_t at_y = voxel_at(y->first + j, s->in_dims[1], &s->how);
            rows[k * taps + j] =
                at_z < 0 || at_y < 0 ? s->beyond : s->values + (at_z * s->in_dims[1] + at_y) * n;
        }
    if (taps == 2)
        join_linear(line, rows, y->weight[1], z->weight[1], (size_t)n);
    else
        join_spline(line, rows, y->weight, z->weight, (size_t)n);
    /* What taps beyond the row's ends see, so that the loop below need not ask. */
    for (int i = 1; i <= PAD; i++) {
        const int64_t before = voxel_at(-i, n, &s->how), after = voxel_at(n - 1 + i, n, &s->how);
        line[-i] = before < 0 ? s->how.outside : line[before];
        line[n - 1 + i] = after < 0 ? s->how.outside : line[after];
    }
    for (int64_t x = 0; x < s->out_dims[0]; x++) {
        const place *p = &s->places[0][x];
        const float *v = line + p->first, *w = p->weight;
        if (!p->inside)
            out[x] = s->how.outside;
        else if (taps == 2)
            out[x] = v[0] + w[1] * (v[1] - v[0]);
        else
            out[x] = w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3];
    }
}

/* --- any map --- */

static inline double place_on(const sampler *s, int axis, int64_t x, int64_t y, int64_t z) {
    const double *m = s->map + 4 * axis;
    return rounded(m[0] * (double)x + (m[1] * (double)y + m[2] * (double)z + m[3]));
}

static inline float join(const float *v, const place *p, int taps) {
    const float *w = p->weight;
    return taps == 2 ? v[0] + w[1] * (v[1] - v[0]) : w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3];
}

/* The value at a place that is inside on all three axes. */
static float sample_one(const sampler *s, const place p[3]) {
    const int taps = s->taps;
    int64_t at[3][TAPS_MAX];
    float planes[TAPS_MAX], rows[TAPS_MAX], v[TAPS_MAX];
    for (int axis = 0; axis < 3; axis++)
        for (int i = 0; i < taps; i++) at[axis][i] = voxel_at(p[axis].first + i, s->in_dims[axis], &s->how);
    for (int k = 0; k < taps; k++) {
        for (int j = 0; j < taps; j++) {
            const bool none = at[2][k] < 0 || at[1][j] < 0;
            const float *row =
                none ? s->beyond : s->values + (at[2][k] * s->in_dims[1] + at[1][j]) * s->in_dims[0];
            for (int i = 0; i < taps; i++) v[i] = at[0][i] < 0 ? s->how.outside : row[at[0][i]];
            rows[j] = join(v, &p[0], taps);
        }
        planes[k] = join(rows, &p[1], taps);
    }
    return join(planes, &p[2], taps);
}

static void sample_row(float *out, const sampler *s, int64_t y, int64_t z) {
    for (int64_t x = 0; x < s->out_dims[0]; x++) {
        place p[3];
        bool inside = true;
        for (int axis = 0; axis < 3; axis++) {
            p[axis] = find_place(place_on(s, axis, x, y, z), s->in_dims[axis], &s->how);
            inside = inside && p[axis].inside;
        }
        out[x] = inside ? sample_one(s, p) : s->how.outside;
    }
}

/* --- nearest, of values and of labels --- */

/* Of an upright map, the number of the input row that an output row takes its voxels from; -1: none. */
static inline int64_t nearest_row(const sampler *s, int64_t y, int64_t z) {
    if (!s->upright || !s->places[1][y].inside || !s->places[2][z].inside) return -1;
    return s->places[2][z].first * s->in_dims[1] + s->places[1][y].first;
}

/* The nearest voxel's number in the input; -1 outside. */
static inline int64_t nearest(const sampler *s, int64_t row, int64_t x, int64_t y, int64_t z) {
    if (s->upright) {
        const place *p = &s->places[0][x];
        return row >= 0 && p->inside ? row * s->in_dims[0] + p->first : -1;
    }
    int64_t at = 0;
    for (int axis = 2; axis >= 0; axis--) {
        const place p = find_place(place_on(s, axis, x, y, z), s->in_dims[axis], &s->how);
        if (!p.inside) return -1;
        at = at * s->in_dims[axis] + p.first;
    }
    return at;
}

static void sample_nearest_row(float *out, const sampler *s, int64_t y, int64_t z) {
    const int64_t row = nearest_row(s, y, z);
    for (int64_t x = 0; x < s->out_dims[0]; x++) {
        const int64_t at = nearest(s, row, x, y, z);
        out[x] = at < 0 ? s->how.outside : s->values[at];
    }
}

static void sample_label_row(uint8_t *out, const sampler *s, int64_t y, int64_t z) {
    const int64_t row = nearest_row(s, y, z);
    for (int64_t x = 0; x < s->out_dims[0]; x++) {
        const int64_t at = nearest(s, row, x, y, z);
        out[x] = at < 0 ? 0 : s->labels[at];
    }
}

/* --- all of it --- */

static cc_status check(const sampler *s) {
    static const char where[] = "interpolation";
    for (int axis = 0; axis < 3; axis++) {
        if (s->in_dims[axis] < 1 || s->out_dims[axis] < 1)
            return cc_fail(CC_EINVAL, where, "each side is at least 1", "axis %c has %lld voxels from %lld",
                           "xyz"[axis], (long long)s -> out_dims[axis], (long long)s -> in_dims[axis]);
        /* Indices are 32 bits, with taps beyond the end. */
        if (s->in_dims[axis] > INT32_MAX - TAPS_MAX || s->out_dims[axis] > INT32_MAX)
            return cc_fail(CC_EUNSUPPORTED, where, NULL, "axis %c has 2^31 voxels or more", "xyz"[axis]);
    }
    for (int i = 0; i < 12; i++)
        if (!isfinite(s->map[i]))
            return cc_fail(CC_EINVAL, where, "are the spacings positive?",
                           "the map between two grids holds %g", s->map[i]);
    if (!isfinite(s->how.outside))
        return cc_fail(CC_EINVAL, where, "give a number of HU", "%g for what is outside",
                       (double)s->how.outside);
    if (s->how.interpolation == CC_INTERPOLATION_bspline3 && s->how.border == CC_BORDER_BLENDED)
        return cc_fail(CC_EINVAL, where, "use linear", "a spline is not blended with what is outside");
    return CC_OK;
}

/* Whether each output axis runs along its own input axis: what another adds, from one end of it to the other,
 * is less than places are rounded to. */
static bool is_upright(const sampler *s) {
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            if (i != k && fabs(s->map[4 * i + k]) * (double)(s->out_dims[k] - 1) > 0x1p-31) return false;
    return true;
}

/* Tables and rows that all threads read. */
static cc_status prepare(sampler *s, float **beyond) {
    CC_TRY(check(s));
    /* Nearest has no blend: it is `outside` where the voxel is none. */
    if (s->how.interpolation == CC_INTERPOLATION_nearest && s->how.border == CC_BORDER_BLENDED)
        s->how.border = CC_BORDER_VOXELS;
    s->taps = s->how.interpolation == CC_INTERPOLATION_bspline3 ? 4 : 2;
    s->upright = is_upright(s);
    const size_t bytes = (size_t)s->in_dims[0] * sizeof **beyond;
    if (!(*beyond = malloc(bytes))) return cc_fail_memory("interpolation", bytes);
    for (int64_t i = 0; i < s->in_dims[0]; i++) (*beyond)[i] = s->how.outside;
    s->beyond = *beyond;
    for (int axis = 0; axis < 3 && s->upright; axis++) {
        const size_t places = (size_t)s->out_dims[axis] * sizeof(place);
        if (!(s->places[axis] = malloc(places))) return cc_fail_memory("interpolation", places);
        for (int64_t i = 0; i < s->out_dims[axis]; i++)
            s->places[axis][i] = find_place(rounded(s->map[5 * axis] * (double)i + s->map[4 * axis + 3]),
                                            s->in_dims[axis], &s->how);
    }
    return CC_OK;
}

/* One row of the output; `line`: in_dims[0] + 2 PAD floats. */
static void make_row(float *values, uint8_t *labels, const sampler *s, int64_t row, float *line) {
    const int64_t y = row % s->out_dims[1], z = row / s->out_dims[1], first = row * s->out_dims[0];
    if (s->labels) {
        sample_label_row(labels + first, s, y, z);
    } else if (s->how.interpolation == CC_INTERPOLATION_nearest) {
        sample_nearest_row(values + first, s, y, z);
    } else if (!s->upright) {
        sample_row(values + first, s, y, z);
    } else if (s->places[1][y].inside && s->places[2][z].inside) {
        sample_upright_row(values + first, s, &s->places[1][y], &s->places[2][z], line);
    } else {
        for (int64_t x = 0; x < s->out_dims[0]; x++) values[first + x] = s->how.outside;
    }
}

/* All rows, by threads: each is made by itself, so that no byte depends on their number. */
static cc_status run(float *values, uint8_t *labels, sampler *s) {
    float *beyond = NULL;
    const size_t line_bytes = ((size_t)s->in_dims[0] + 2 * PAD) * sizeof(float);
    bool failed = false;
    cc_status status;
    CC_CHECK(prepare(s, &beyond));
    const int64_t rows = s->out_dims[1] * s->out_dims[2];
#pragma omp parallel if (rows * s->out_dims[0] > WORTH_THREADS)
    {
        float *line = malloc(line_bytes);
        if (!line) {
#pragma omp atomic write
            failed = true;
        }
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++)
            if (line) make_row(values, labels, s, row, line);
        free(line);
    }
    if (failed) status = cc_fail_memory("interpolation", line_bytes);
done:
    for (int axis = 0; axis < 3; axis++) free(s->places[axis]);
    free(beyond);
    return status;
}

cc_status cc_interpolate(float *out, const int64_t out_dims[3], const double map[12], const float *in,
                         const int64_t in_dims[3], const cc_sampling *sampling) {
    sampler s = {.how = *sampling, .values = in};
    memcpy(s.in_dims, in_dims, sizeof s.in_dims);
    memcpy(s.out_dims, out_dims, sizeof s.out_dims);
    memcpy(s.map, map, sizeof s.map);
    if (sampling->interpolation != CC_INTERPOLATION_bspline3) return run(out, NULL, &s);
    CC_TRY(check(&s)); /* before the sizes are trusted */
    const size_t bytes = (size_t)in_dims[0] * (size_t)in_dims[1] * (size_t)in_dims[2] * sizeof *in;
    float *coefficients = malloc(bytes);
    if (!coefficients) return cc_fail_memory("a spline's coefficients", bytes);
    memcpy(coefficients, in, bytes);
    cc_spline_filter(coefficients, in_dims);
    s.values = coefficients;
    const cc_status status = run(out, NULL, &s);
    free(coefficients);
    return status;
}

cc_status cc_interpolate_labels(uint8_t *out, const int64_t out_dims[3], const double map[12],
                                const uint8_t *in, const int64_t in_dims[3], cc_border border) {
    sampler s = {.how = {.interpolation = CC_INTERPOLATION_nearest, .border = border}, .labels = in};
    memcpy(s.in_dims, in_dims, sizeof s.in_dims);
    memcpy(s.out_dims, out_dims, sizeof s.out_dims);
    memcpy(s.map, map, sizeof s.map);
    return run(NULL, out, &s);
}

void cc_interpolate_about_middle(double map[12], const double matrix[9], const double shift[3],
                                 const int64_t dims[3]) {
    for (int i = 0; i < 3; i++) {
        /* matrix (index - m) + m + shift = matrix index + (m + shift - matrix m) */
        map[4 * i + 3] = (double)(dims[i] - 1) / 2 + shift[i];
        for (int k = 0; k < 3; k++) {
            map[4 * i + k] = matrix[3 * i + k];
            map[4 * i + 3] -= matrix[3 * i + k] * (double)(dims[k] - 1) / 2;
        }
    }
}
