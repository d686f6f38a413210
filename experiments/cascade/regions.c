/* experiments/cascade/regions.c -- from what the roi net marked to one box a slice (the paper, section
 * 3.2.1):
 *
 *     union over the scan's slices -> opening by a square -> bounding box -> margin, or a fixed window
 *
 * The opening removes what the net marked in a few pixels outside the heart, which would widen the box. */
#include "experiments/cascade/regions.h"

#include <stdlib.h>
#include <string.h>

void cc_scan_of(size_t *first, size_t *end, const cc_slice_set *set, size_t slice) {
    uint32_t scan = cc_slice_set_get(set, slice)->scan;
    for (*first = slice; *first > 0 && cc_slice_set_get(set, *first - 1)->scan == scan;) --*first;
    for (*end = slice + 1; *end < cc_slice_set_count(set) && cc_slice_set_get(set, *end)->scan == scan;)
        ++*end;
}

cc_status cc_region_trace(cc_region_steps *out, const cc_masks *marked, const cc_slice_set *set, size_t slice,
                          const cc_experiment_config *config) {
    const cc_slice *s = cc_slice_set_get(set, slice);
    const int opening = config->preprocess.roi.opening;
    size_t pixels = (size_t)s->height * (size_t)s->width, first = slice, end = slice + 1;
    if (config->preprocess.roi.unite) cc_scan_of(&first, &end, set, slice);
    const cc_slice *a = cc_slice_set_get(set, first);
    for (size_t i = first + 1; i < end; i++) {
        const cc_slice *b = cc_slice_set_get(set, i);
        if (a->height == b->height && a->width == b->width) continue;
        return cc_fail(CC_EFORMAT, cc_slice_set_patient(set, a->patient), "set preprocess.roi.union: false",
                       "the slices %d and %d of one scan differ in size: their regions cannot be united",
                       a->number, b->number);
    }
    uint8_t *mask = malloc(pixels); /* of one slice */
    if (!mask) return cc_fail_memory("a region", pixels);
    memset(out->united, 0, pixels);
    for (size_t i = first; i < end; i++) {
        cc_masks_get(mask, marked, i);
        for (size_t k = 0; k < pixels; k++) out->united[k] |= mask[k];
    }
    free(mask);
    if (opening > 0)
        cc_mask_open(out->opened, out->united, s->height, s->width, opening, opening);
    else
        memcpy(out->opened, out->united, pixels);
    return CC_OK;
}

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

/* The region: the box around the opened mask with its margin, or (mode "crop") a window of crop x crop
 * about the middle of that, moved into the slice. Where nothing was marked, the whole slice. */
static cc_box box_of(const uint8_t *opened, const cc_slice *slice, const cc_experiment_config *config) {
    const int height = slice->height, width = slice->width;
    const int margin = config->preprocess.roi.margin, crop = config->preprocess.roi.crop;
    cc_box box = cc_mask_box(opened, height, width);
    if (box.y1 == 0) box = (cc_box){0, 0, height, width};
    box = (cc_box){clamp(box.y0 - margin, 0, height), clamp(box.x0 - margin, 0, width),
                   clamp(box.y1 + margin, 0, height), clamp(box.x1 + margin, 0, width)};
    if (strcmp(config->preprocess.roi.mode, "crop") != 0) return box;
    const int tall = crop < height ? crop : height, wide = crop < width ? crop : width;
    const int y0 = clamp((box.y0 + box.y1) / 2 - tall / 2, 0, height - tall);
    const int x0 = clamp((box.x0 + box.x1) / 2 - wide / 2, 0, width - wide);
    return (cc_box){y0, x0, y0 + tall, x0 + wide};
}

/* The smallest box that holds both; one without a pixel holds nothing. */
static cc_box around(cc_box a, cc_box b) {
    if (a.y1 == 0) return b;
    return (cc_box){a.y0 < b.y0 ? a.y0 : b.y0, a.x0 < b.x0 ? a.x0 : b.x0, a.y1 > b.y1 ? a.y1 : b.y1,
                    a.x1 > b.x1 ? a.x1 : b.x1};
}

cc_status cc_scan_part_find(cc_scan_part *out, const cc_slice_set *set, size_t slice, const cc_box *regions,
                            const cc_masks *marked) {
    const cc_slice *s = cc_slice_set_get(set, slice);
    const size_t pixels = (size_t)s->height * (size_t)s->width;
    size_t first, end;
    cc_box of_marked = {0}, of_all = {0};
    cc_scan_of(&first, &end, set, slice);
    *out = (cc_scan_part){first, end, {0, 0, s->height, s->width}};
    if (!regions) return CC_OK;
    uint8_t *mask = malloc(pixels);
    if (!mask) return cc_fail_memory("a region", pixels);
    for (size_t i = first; i < end; i++) {
        cc_masks_get(mask, marked, i);
        of_all = around(of_all, regions[i]);
        if (!memchr(mask, 1, pixels)) continue;
        if (of_marked.y1 == 0) out->first = i;
        out->end = i + 1;
        of_marked = around(of_marked, regions[i]);
    }
    free(mask);
    out->box = of_marked.y1 > 0 ? of_marked : of_all;
    if (of_marked.y1 == 0) out->end = end;
    return CC_OK;
}

cc_status cc_regions_find(cc_box *boxes, size_t *without, const cc_masks *marked, const cc_slice_set *set,
                          const cc_experiment_config *config) {
    cc_status status = CC_OK;
    int height, width;
    size_t first = 0, end = 0; /* the scan whose united region is in `steps` */
    cc_slice_set_largest(&height, &width, set);
    size_t pixels = (size_t)height * (size_t)width;
    cc_region_steps steps = {malloc(pixels), malloc(pixels)};
    if (!steps.united || !steps.opened) CC_CHECK(cc_fail_memory("regions", 2 * pixels));
    *without = 0;
    for (size_t i = 0; i < cc_slice_set_count(set); i++) {
        const cc_slice *slice = cc_slice_set_get(set, i);
        if (config->preprocess.roi.unite && i < end) {
            boxes[i] = boxes[first];
        } else {
            CC_CHECK(cc_region_trace(&steps, marked, set, i, config));
            boxes[i] = box_of(steps.opened, slice, config);
            cc_scan_of(&first, &end, set, i);
        }
        *without += !memchr(steps.opened, 1, (size_t)slice->height * (size_t)slice->width);
    }
done:
    free(steps.united);
    free(steps.opened);
    return status;
}
