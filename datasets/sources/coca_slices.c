/* datasets/sources/coca_slices.c -- on which slice an outline lies: ImageIndex against Point_mm.
 *
 * A point lies at index i where point = origin + direction * (spacing * i), solved by Cramer's rule, as a
 * sheared grid's axes are not orthogonal:
 *
 *     i_k = det(axes with column k replaced by point - origin) / det(axes),    axes = direction * spacing
 *
 * Its third component is the slice. The first two are the pixel, up to half a pixel: whether a pixel's
 * middle or its corner is at a whole number depends on the export. */
#include "datasets/sources/coca_slices.h"

#include <math.h>
#include <stdio.h>
#include "core/file.h"
#include "core/log.h"

/* How far an outline may lie off a slice, in slices (half of one is between two), and Point_px off Point_mm,
 * in pixels (half a pixel for the convention, the rest for rounding). */
static const double off_slice_max = 0.499, off_pixels_max = 0.9;

typedef enum evidence { NO_MM, AGREES, ELSEWHERE, BESIDE } evidence;

/* What an outline's Point_mm says. */
typedef struct finding {
    evidence kind;
    double along;     /* mean place, in slices of ascending z */
    int64_t slice;    /* the nearest to it */
    double off_pixel; /* the farthest of Point_px from it, along x or y */
} finding;

int64_t cc_coca_flip_slice(const cc_grid *grid, int64_t number) {
    return grid->direction[8] < 0 ? grid->dims[2] - 1 - number : number;
}

static double determinant(const double a[3], const double b[3], const double c[3]) {
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) +
           c[0] * (a[1] * b[2] - a[2] * b[1]);
}

static void index_of(double out[3], const cc_grid *g, const double point_mm[3]) {
    double axes[3][3], from[3];
    for (int i = 0; i < 3; i++) {
        from[i] = point_mm[i] - g->origin_mm[i];
        for (int k = 0; k < 3; k++) axes[k][i] = g->direction[i * 3 + k] * g->spacing_mm[k];
    }
    const double whole = determinant(axes[0], axes[1], axes[2]);
    out[0] = determinant(from, axes[1], axes[2]) / whole;
    out[1] = determinant(axes[0], from, axes[2]) / whole;
    out[2] = determinant(axes[0], axes[1], from) / whole;
}

/* What one outline's points say, each laid on the grid. */
static finding look(const cc_coca_region *r, const cc_grid *g) {
    finding f = {.kind = NO_MM};
    double sum = 0, low = INFINITY, high = -INFINITY;
    if (!r->points_mm) return f;
    for (size_t i = 0; i < r->point_count; i++) {
        double at[3];
        index_of(at, g, r->points_mm[i]);
        sum += at[2];
        low = fmin(low, at[2]);
        high = fmax(high, at[2]);
        for (int k = 0; k < 2; k++) f.off_pixel = fmax(f.off_pixel, fabs(r->points[i][k] - at[k]));
    }
    const double mean = sum / (double)r->point_count, nearest = round(mean);
    const double last = (double)g->dims[2] - 1;
    f.along = g->direction[8] < 0 ? last - mean : mean;
    if (!(high - nearest <= off_slice_max && nearest - low <= off_slice_max && nearest >= 0 &&
          nearest <= last)) {
        f.kind = BESIDE;
        return f;
    }
    f.slice = cc_coca_flip_slice(g, (int64_t)nearest);
    f.kind = f.slice == r->index ? AGREES : ELSEWHERE;
    return f;
}

/* What all outlines have in common. */
typedef struct outline_tally {
    size_t of[BESIDE + 1];    /* by what they say */
    size_t first[BESIDE + 1]; /* the first of each */
    size_t off, first_off;    /* where Point_px lies elsewhere than Point_mm */
    double farthest;          /* of these, in pixels */
    int64_t shift, sum;       /* ImageIndex less slice, and with it, of the first outline */
    bool same_shift, same_sum;
} outline_tally;

static outline_tally count(const cc_coca_regions *regions, const cc_grid *g) {
    outline_tally t = {.same_shift = true, .same_sum = true};
    bool any = false;
    for (size_t i = 0; i < regions->count; i++) {
        const cc_coca_region *r = &regions->items[i];
        const finding f = look(r, g);
        if (t.of[f.kind]++ == 0) t.first[f.kind] = i;
        if (f.kind == AGREES || f.kind == ELSEWHERE) {
            /* A constant difference: it counts from elsewhere. A constant sum: it counts the other way. */
            const int64_t shift = r->index - f.slice, sum = r->index + f.slice;
            if (!any) t.shift = shift, t.sum = sum;
            t.same_shift = t.same_shift && shift == t.shift;
            t.same_sum = t.same_sum && sum == t.sum;
            any = true;
        }
        if (f.off_pixel > off_pixels_max && t.off++ == 0) t.first_off = i;
        t.farthest = fmax(t.farthest, f.off_pixel);
    }
    return t;
}

/* What ImageIndex seems to count. */
static void describe_count(char *out, size_t capacity, const outline_tally *t, int64_t depth) {
    if (t->same_shift && t->shift == 1)
        snprintf(out, capacity, "it seems to count from 1, or the scan to lack its lowest slice");
    else if (t->same_shift && t->shift > 0)
        snprintf(out, capacity, "the scan seems to lack its %lld lowest slices", (long long)t->shift);
    else if (t->same_shift)
        snprintf(out, capacity, "it seems not to count the %lld lowest slices", (long long)-t->shift);
    else if (t->same_sum && t->sum == depth - 1)
        snprintf(out, capacity, "it seems to count from the head down");
    else if (t->same_sum && t->sum == depth)
        snprintf(out, capacity, "it seems to count from the head down, from 1");
    else
        snprintf(out, capacity, "it follows no one rule");
}

static cc_status refuse(const cc_coca_region *r, const char *xml, const char *what) {
    char where[CC_PATH_MAX + 32];
    snprintf(where, sizeof where, "%s:%ld", xml, r->line);
    return cc_fail(CC_EFORMAT, where, "get the patient's files again", "%s", what);
}

static cc_status believe_index(cc_coca_regions *regions, const cc_grid *grid, const char *xml) {
    for (size_t i = 0; i < regions->count; i++) {
        cc_coca_region *r = &regions->items[i];
        char what[128];
        snprintf(what, sizeof what, "ImageIndex: \"%d\" is not the number of a slice, from 0 to %lld",
                 r->index, (long long)grid->dims[2] - 1);
        if (r->index >= grid->dims[2]) return refuse(r, xml, what);
        r->slice = r->index;
    }
    return CC_OK;
}

/* Point_mm cannot stand in for ImageIndex. */
static cc_status refuse_points(const cc_coca_regions *regions, const outline_tally *t, const cc_grid *grid,
                               const char *xml) {
    char what[256];
    if (t->of[BESIDE]) {
        const cc_coca_region *r = &regions->items[t->first[BESIDE]];
        const double along = look(r, grid).along, last = (double)grid->dims[2] - 1;
        if (along > -0.5 && along < last + 0.5)
            snprintf(what, sizeof what,
                     "Point_mm: the outline lies on no one slice, but about %.2f of 0 to %g", along, last);
        else
            snprintf(what, sizeof what,
                     "Point_mm: the outline of ImageIndex %d lies %.1f slices %s the scan, which has %lld",
                     r->index, along < 0 ? -along : along - last, along < 0 ? "below" : "above",
                     (long long)grid->dims[2]);
        return refuse(r, xml, what);
    }
    const cc_coca_region *r = &regions->items[t->first[ELSEWHERE]];
    snprintf(what, sizeof what, "ImageIndex %d contradicts Point_mm, which lies on slice %lld, %s", r->index,
             (long long)look(r, grid).slice,
             t->of[NO_MM] ? "and other outlines have no Point_mm" : "and Point_px contradicts it too");
    return refuse(r, xml, what);
}

cc_status cc_coca_find_slices(cc_coca_placement *out, cc_coca_regions *regions, const cc_grid *grid,
                              const char *xml) {
    const outline_tally t = count(regions, grid);
    *out = (cc_coca_placement){.by_mm = t.of[ELSEWHERE] > 0, .without_mm = t.of[NO_MM] > 0};
    if (t.of[BESIDE] || (t.of[ELSEWHERE] && (t.of[NO_MM] || t.off)))
        return refuse_points(regions, &t, grid, xml);
    if (t.off)
        cc_log(CC_LOG_WARNING,
               "%s:%ld: Point_px and Point_mm of %zu of %zu outlines lie up to %.1f pixels apart: Point_px "
               "is used",
               xml, regions->items[t.first_off].line, t.off, regions->count, t.farthest);
    if (!out->by_mm) return believe_index(regions, grid, xml);
    char rule[96];
    const cc_coca_region *first = &regions->items[t.first[ELSEWHERE]];
    describe_count(rule, sizeof rule, &t, grid->dims[2]);
    cc_log(CC_LOG_WARNING,
           "%s:%ld: ImageIndex %d contradicts Point_mm, which lies on slice %lld (from 0, towards the head); "
           "%s; "
           "all %zu outlines are placed by Point_mm",
           xml, first->line, first->index, (long long)look(first, grid).slice, rule, regions->count);
    for (size_t i = 0; i < regions->count; i++)
        regions->items[i].slice = (int32_t)look(&regions->items[i], grid).slice;
    return CC_OK;
}
