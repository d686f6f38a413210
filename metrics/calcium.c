/* metrics/calcium.c -- Agatston score, volume and lesions of a scan, by the rules in metrics/calcium.h.
 *
 * One pass over the voxels in their order adds up every lesion. An area of the Agatston score is a section:
 * what one lesion has in one slice. Voxels come slice by slice, so that a lesion has one open section at a
 * time, which is closed, weighed and added to its score when the lesion's first voxel of a later slice
 * comes. */
#include "metrics/calcium.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "metrics/lesions.h"

cc_calcium_options cc_calcium_defaults(void) {
    return (cc_calcium_options){
        .threshold_hu = 130, .minimum_area_mm2 = 1, .reference_mm = 3, .neighbours = 6};
}

/* The part of a lesion that lies in one slice. */
typedef struct section {
    int slice;
    int64_t voxels;
    double max_hu;
} section;

/* What is measured, as cc_calcium_measure was given it. */
typedef struct scan {
    const float *hu;
    const uint8_t *mask; /* or NULL */
    int depth, height, width;
    const double *spacing_mm;
    const cc_calcium_options *options;
} scan;

/* Refuses distances and options that make no sense. A minimum area of 0 and any threshold do. */
static cc_status check(const scan *s) {
    const cc_calcium_options *o = s->options;
    for (int k = 0; k < 3; k++)
        if (!(s->spacing_mm[k] > 0) || !isfinite(s->spacing_mm[k]))
            return cc_fail(CC_EINVAL, "calcium", NULL, "a spacing of %g mm makes no sense", s->spacing_mm[k]);
    if (!isfinite(o->threshold_hu) || !(o->minimum_area_mm2 >= 0) || !(o->reference_mm > 0) ||
        !isfinite(o->reference_mm))
        return cc_fail(CC_EINVAL, "calcium", NULL,
                       "a threshold of %g HU, an area of %g mm2 or a reference of %g mm makes no sense",
                       o->threshold_hu, o->minimum_area_mm2, o->reference_mm);
    return CC_OK;
}

/* Agatston's weight of an area by its highest HU. What is below 130 HU has the weight of the first class: a
 * threshold below 130 is an option of ours, not of the paper. */
static double weight_of(double max_hu) {
    return max_hu < 200 ? 1 : max_hu < 300 ? 2 : max_hu < 400 ? 3 : 4;
}

/* Adds a finished section's area, in mm2, times its weight to its lesion's score, scaled from this slice
 * distance to the reference one. */
static void close_section(cc_calcium_lesion *lesion, const section *part, const scan *s) {
    const double *mm = s->spacing_mm, area = (double)part->voxels * mm[0] * mm[1];
    if (area < s->options->minimum_area_mm2 * (1 - 1e-9)) return; /* a sum of rounded areas may fall short */
    lesion->agatston += area * weight_of(part->max_hu) * mm[2] / s->options->reference_mm;
}

/* Adds one voxel of slice z to its lesion and to the lesion's open section. */
static void add_voxel(cc_calcium_lesion *lesion, section *part, const scan *s, size_t voxel, int z) {
    const double hu = s->hu[voxel];
    const size_t width = (size_t)s->width, height = (size_t)s->height;
    /* The lesion's first voxel of this slice. */
    if (part->voxels == 0 || part->slice != z) {
        close_section(lesion, part, s);
        *part = (section){.slice = z, .max_hu = hu};
    }
    part->voxels++;
    part->max_hu = fmax(part->max_hu, hu);
    lesion->max_hu = lesion->voxels++ ? fmax(lesion->max_hu, hu) : hu;
    lesion->centroid_xyz[0] += (double)(voxel % width);
    lesion->centroid_xyz[1] += (double)(voxel / width % height);
    lesion->centroid_xyz[2] += z;
}

/* Adds up all voxels of all lesions. The centroid sums become means at the end. */
static void measure_lesions(cc_calcium *c, section *sections, const cc_components *found, const scan *s) {
    const size_t slice = (size_t)s->height * (size_t)s->width, count = slice * (size_t)s->depth;
    for (size_t i = 0; i < count; i++) {
        const uint32_t label = found->labels[i];
        if (label) add_voxel(&c->lesions[label - 1], &sections[label - 1], s, i, (int)(i / slice));
    }
    for (size_t l = 0; l < c->lesion_count; l++) {
        cc_calcium_lesion *lesion = &c->lesions[l];
        close_section(lesion, &sections[l], s);
        lesion->volume_mm3 = (double)lesion->voxels * s->spacing_mm[0] * s->spacing_mm[1] * s->spacing_mm[2];
        for (int k = 0; k < 3; k++) lesion->centroid_xyz[k] /= (double)lesion->voxels;
        c->agatston += lesion->agatston;
        c->volume_mm3 += lesion->volume_mm3;
    }
}

/* Label by label, so that memory does not grow with labels times lesions. */
static cc_status name_arteries(cc_calcium *c, const cc_components *found, const scan *s) {
    const size_t count = (size_t)s->depth * (size_t)s->height * (size_t)s->width;
    bool present[256] = {false};
    size_t *votes = calloc(2 * (c->lesion_count + 1), sizeof *votes), *most = votes + c->lesion_count + 1;
    if (!votes) return cc_fail_memory("lesions", 2 * (c->lesion_count + 1) * sizeof *votes);
    for (size_t i = 0; i < count; i++)
        if (found->labels[i]) present[s->mask[i]] = true;
    for (int artery = 1; artery < 256; artery++) {
        if (!present[artery]) continue;
        for (size_t i = 0; i < count; i++) votes[found->labels[i]] += s->mask[i] == artery;
        for (size_t l = 0; l <= c->lesion_count; l++) {
            if (l && votes[l] > most[l]) {
                most[l] = votes[l];
                c->lesions[l - 1].artery = artery;
            }
            votes[l] = 0;
        }
    }
    free(votes);
    return CC_OK;
}

/* The first category whose upper bound holds the score, so that 10.5 counts as 11-100 and 0.5 as 1-10. */
int cc_calcium_category(double agatston) {
    static const double upper[CC_CALCIUM_CATEGORIES - 1] = {0, 10, 100, 400};
    int category = 0;
    while (category < CC_CALCIUM_CATEGORIES - 1 && agatston > upper[category]) category++;
    return category;
}

const char *cc_calcium_category_name(int category) {
    static const char *const names[CC_CALCIUM_CATEGORIES] = {"0", "1-10", "11-100", "101-400", ">400"};
    return names[category];
}

cc_status cc_calcium_measure(cc_calcium *out, const float *hu, const uint8_t *mask, int depth, int height,
                             int width, const double spacing_mm[3], const cc_calcium_options *options) {
    const scan s = {hu, mask, depth, height, width, spacing_mm, options};
    cc_components found = {0};
    cc_calcium c = {0};
    section *sections = NULL;
    CC_TRY(check(&s));
    cc_status status;
    CC_CHECK(
        cc_lesions_find(&found, hu, mask, depth, height, width, options->threshold_hu, options->neighbours));
    c.lesion_count = found.count;
    c.lesions = calloc(found.count + 1, sizeof *c.lesions);
    sections = calloc(found.count + 1, sizeof *sections);
    if (!c.lesions || !sections)
        CC_CHECK(cc_fail_memory("lesions", (found.count + 1) * (sizeof *c.lesions + sizeof *sections)));
    measure_lesions(&c, sections, &found, &s);
    if (mask) CC_CHECK(name_arteries(&c, &found, &s));
    c.category = cc_calcium_category_name(cc_calcium_category(c.agatston));
    *out = c;
done:
    if (status != CC_OK) cc_calcium_deinit(&c);
    free(sections);
    cc_components_deinit(&found);
    return status;
}

void cc_calcium_deinit(cc_calcium *calcium) {
    free(calcium->lesions);
    *calcium = (cc_calcium){0};
}
