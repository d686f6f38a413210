/* metrics/distance_transform.c -- squared distances axis by axis: along rows by two sweeps, then along
 * columns and through slices by the lower envelope of parabolas (Felzenszwalb & Huttenlocher 2012).
 *
 * The squared distance to the nearest marked voxel is a minimum over x, y and z of a sum of three squares, so
 * that it can be taken one axis after another. After the rows a voxel holds the least (dx sx)^2 of its row.
 * Along an axis with spacing s each voxel q then offers the parabola f(q) + ((p - q) s)^2 to all voxels p of
 * its line, and the least of what is offered to p is what p holds next.
 *
 * A row or a slice without a marked voxel offers nothing, to any line that crosses it: envelopes are built
 * from the others alone. Masks of calcium leave most rows and many slices empty. */
#include "metrics/distance_transform.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "core/components.h"

enum { BLOCK = 8 }; /* neighbouring lines that are taken together: as many float64 as a cache line holds */

/* A parabola of an envelope: f(at) + ((p - at) s)^2, the lowest from the index `start` on. */
typedef struct parabola {
    double start, height; /* height: f(at) */
    int at;
} parabola;

/* One axis: lines of `length` voxels that lie `stride` values apart. sites[0..site_count) are the places
 * along a line that offer a parabola, the same ones for all lines of a call. */
typedef struct pass {
    int length;
    size_t stride;
    double spacing;
    int *sites; /* [length] */
    int site_count;
    parabola *envelope; /* [length] */
    double *lines;      /* [BLOCK][length] */
    bool root;          /* the last axis: from squared distances to distances */
} pass;

static cc_status pass_init(pass *p, int length, size_t stride, double spacing, bool root) {
    const size_t n = (size_t)length;
    *p = (pass){.length = length, .stride = stride, .spacing = spacing, .root = root};
    p->sites = malloc(n * sizeof *p->sites);
    p->envelope = malloc(n * sizeof *p->envelope);
    p->lines = malloc(BLOCK * n * sizeof *p->lines);
    if (!p->sites || !p->envelope || !p->lines)
        return cc_fail_memory("distances along an axis", n * (BLOCK + 4) * sizeof *p->lines);
    return CC_OK;
}

static void pass_deinit(pass *p) {
    free(p->sites);
    free(p->envelope);
    free(p->lines);
}

/* The squared distance to the nearest marked voxel of the same row; false, and `out` untouched, where there
 * is none. Steps are counted in whole numbers and scaled last, so that rounding does not add up. */
static bool transform_row(double *out, const uint8_t *mask, int width, double spacing) {
    int first = 0;
    while (first < width && !mask[first]) first++;
    if (first == width) return false;
    for (int x = 0; x < first; x++) out[x] = first - x;
    double steps = 0;
    for (int x = first; x < width; x++) out[x] = steps = mask[x] ? 0 : steps + 1;
    /* The sweep back lowers what lies nearer to a marked voxel on its right than to one on its left. */
    for (int x = width - 2; x > first; x--)
        if (out[x] > out[x + 1] + 1) out[x] = out[x + 1] + 1;
    for (int x = 0; x < width; x++) out[x] = (out[x] * spacing) * (out[x] * spacing);
    return true;
}

/* One line in place: f at the sites becomes the least of all parabolas at every voxel. In units of the
 * spacing, with g = f / s^2, the parabolas of u < q meet at
 *     p = (g(q) - g(u) + q^2 - u^2) / (2 (q - u)),
 * on whose left that of u is the lower one. A parabola that q's undercuts where it would start is lowest
 * nowhere, and is dropped from the envelope. */
static void transform_line(double *line, const pass *p) {
    const double s = p->spacing, scale = 1 / (s * s);
    parabola *envelope = p->envelope;
    int last = -1;
    for (int i = 0; i < p->site_count; i++) {
        const int q = p->sites[i];
        double start = -INFINITY;
        for (; last >= 0; last--) {
            const int u = envelope[last].at;
            const double rise = (line[q] - envelope[last].height) * scale + (double)(q - u) * ((double)q + u);
            const double run = 2.0 * (q - u);
            if (rise > envelope[last].start * run) { /* p > start, without waiting for a division */
                start = rise / run;
                break;
            }
        }
        envelope[++last] = (parabola){.start = start, .height = line[q], .at = q};
    }
    /* Each parabola fills the voxels up to where the next one starts. */
    for (int k = 0, from = 0; k <= last && from < p->length; k++) {
        const double end = k < last ? ceil(envelope[k + 1].start) : p->length, height = envelope[k].height;
        const int to = end >= p->length ? p->length : end > from ? (int)end : from, at = envelope[k].at;
        for (; from < to; from++) {
            const double mm = (from - at) * s;
            line[from] = height + mm * mm;
        }
    }
}

/* `width` neighbouring lines, from their first voxels on; `wanted[x]`: whether a value of line x is. Lines
 * are copied a block at a time, so that each cache line is read once, and lines a power of two apart do not
 * drive each other out of the cache. */
static void transform_lines(double *values, int width, const bool *wanted, const pass *p) {
    for (int x = 0; x < width; x += BLOCK) {
        const int lanes = width - x < BLOCK ? width - x : BLOCK;
        if (wanted) {
            int none = 0;
            while (none < lanes && !wanted[x + none]) none++;
            if (none == lanes) continue;
        }
        double *block = values + x;
        const size_t length = (size_t)p->length, n = (size_t)lanes;
        for (int i = 0; i < p->site_count; i++) {
            const size_t at = (size_t)p->sites[i];
            for (size_t lane = 0; lane < n; lane++)
                p->lines[lane * length + at] = block[at * p->stride + lane];
        }
        for (size_t lane = 0; lane < n; lane++) transform_line(p->lines + lane * length, p);
        for (size_t i = 0; i < length; i++)
            for (size_t lane = 0; lane < n; lane++) {
                const double value = p->lines[lane * length + i];
                block[i * p->stride + lane] = p->root ? sqrt(value) : value;
            }
    }
}

/* Whether any value of a line through the slices is wanted, through[height*width]; and of all lines with the
 * same x, across[width]. */
static void find_wanted(bool *through, bool *across, const uint8_t *wanted, int depth, size_t height,
                        size_t width) {
    for (size_t z = 0; z < (size_t)depth; z++)
        for (size_t i = 0; i < height * width; i++) through[i] |= wanted[z * height * width + i] != 0;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) across[x] |= through[y * width + x];
}

static cc_status check_spacing(const double spacing_mm[3]) {
    for (int k = 0; k < 3; k++)
        if (!(spacing_mm[k] >= 1e-6 && spacing_mm[k] <= 1e6)) /* whose squares are far from any overflow */
            return cc_fail(CC_EINVAL, "distances", NULL, "a spacing of %g mm makes no sense", spacing_mm[k]);
    return CC_OK;
}

cc_status cc_distance_transform(double *out, const uint8_t *mask, const uint8_t *wanted, int depth,
                                int height, int width, const double spacing_mm[3]) {
    size_t voxels, w = (size_t)(width > 0 ? width : 0), slice = w * (size_t)(height > 0 ? height : 0);
    CC_TRY(cc_components_voxels(&voxels, depth, height, width));
    CC_TRY(check_spacing(spacing_mm));
    pass columns = {0}, through = {0};
    bool *wanted_through = NULL, *wanted_across = NULL;
    cc_status status;
    CC_CHECK(pass_init(&columns, height, w, spacing_mm[1], false));
    CC_CHECK(pass_init(&through, depth, slice, spacing_mm[2], true));
    if (wanted) {
        wanted_through = calloc(slice + w, sizeof *wanted_through);
        if (!wanted_through) CC_CHECK(cc_fail_memory("wanted distances", slice + w));
        wanted_across = wanted_through + slice;
        find_wanted(wanted_through, wanted_across, wanted, depth, (size_t)height, w);
    }
    /* Along x and then y, slice by slice. */
    for (int z = 0; z < depth; z++) {
        double *values = out + (size_t)z * slice;
        columns.site_count = 0;
        for (int y = 0; y < height; y++)
            if (transform_row(values + (size_t)y * w, mask + (size_t)z * slice + (size_t)y * w, width,
                              spacing_mm[0]))
                columns.sites[columns.site_count++] = y;
        if (!columns.site_count) continue;
        transform_lines(values, width, wanted_across, &columns);
        through.sites[through.site_count++] = z;
    }
    /* Along z, and from squares to distances. */
    for (int y = 0; y < height && through.site_count; y++)
        transform_lines(out + (size_t)y * w, width, wanted_through ? wanted_through + (size_t)y * w : NULL,
                        &through);
    for (size_t i = 0; i < voxels && !through.site_count; i++) out[i] = INFINITY;
done:
    pass_deinit(&columns);
    pass_deinit(&through);
    free(wanted_through);
    return status;
}
