#include "experiments/cascade/regions.h"

#include <stdlib.h>
#include <string.h>

void cc_scan_of(size_t *first, size_t *end, const cc_slice_set *set, size_t slice) {
    uint32_t scan = cc_slice_set_get(set, slice)->scan;
    for (*first = slice; *first > 0 && cc_slice_set_get(set, *first - 1)->scan == scan;) --*first;
    for (*end = slice + 1; *end < cc_slice_set_count(set) && cc_slice_set_get(set, *end)->scan == scan;)
        ++*end;
}

static cc_status check_sizes(const cc_slice_set *set, size_t first, size_t end) {
    const cc_slice *a = cc_slice_set_get(set, first);
    for (size_t i = first + 1; i < end; i++) {
        const cc_slice *b = cc_slice_set_get(set, i);
        if (a->height == b->height && a->width == b->width) continue;
        return cc_fail(CC_EFORMAT, cc_slice_set_patient(set, a->patient), "set preprocess.roi.union: false",
                       "the slices %d and %d of one scan differ in size: their regions cannot be united",
                       a->number, b->number);
    }
    return CC_OK;
}

/* `scratch` holds one slice. */
static void trace(cc_region_steps *out, uint8_t *scratch, const cc_masks *marked, const cc_slice *slice,
                  size_t first, size_t end, int opening) {
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    memset(out->united, 0, pixels);
    for (size_t i = first; i < end; i++) {
        cc_masks_get(scratch, marked, i);
        for (size_t k = 0; k < pixels; k++) out->united[k] |= scratch[k];
    }
    if (opening > 0)
        cc_mask_open(out->opened, out->united, slice->height, slice->width, opening, opening);
    else
        memcpy(out->opened, out->united, pixels);
}

cc_status cc_region_trace(cc_region_steps *out, const cc_masks *marked, const cc_slice_set *set, size_t slice,
                          const cc_experiment_config *config) {
    const cc_slice *s = cc_slice_set_get(set, slice);
    size_t pixels = (size_t)s->height * (size_t)s->width, first = slice, end = slice + 1;
    if (config->preprocess.roi.unite) cc_scan_of(&first, &end, set, slice);
    CC_TRY(check_sizes(set, first, end));
    uint8_t *scratch = malloc(pixels);
    if (!scratch) return cc_fail_memory("a region", pixels);
    trace(out, scratch, marked, s, first, end, config->preprocess.roi.opening);
    free(scratch);
    return CC_OK;
}

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static cc_box grown(cc_box box, int margin, const cc_slice *slice) {
    return (cc_box){clamp(box.y0 - margin, 0, slice->height), clamp(box.x0 - margin, 0, slice->width),
                    clamp(box.y1 + margin, 0, slice->height), clamp(box.x1 + margin, 0, slice->width)};
}

static cc_box cropped(cc_box box, int crop, const cc_slice *slice) {
    int tall = crop < slice->height ? crop : slice->height, wide = crop < slice->width ? crop : slice->width;
    int y0 = clamp((box.y0 + box.y1) / 2 - tall / 2, 0, slice->height - tall);
    int x0 = clamp((box.x0 + box.x1) / 2 - wide / 2, 0, slice->width - wide);
    return (cc_box){y0, x0, y0 + tall, x0 + wide};
}

static cc_box whole(const cc_slice *slice) {
    return (cc_box){0, 0, slice->height, slice->width};
}

static cc_box box_of(const uint8_t *opened, const cc_slice *slice, const cc_experiment_config *config) {
    cc_box box = cc_mask_box(opened, slice->height, slice->width);
    if (box.y1 == 0) box = whole(slice);
    box = grown(box, config->preprocess.roi.margin, slice);
    return strcmp(config->preprocess.roi.mode, "crop") == 0 ? cropped(box, config->preprocess.roi.crop, slice)
                                                            : box;
}

static cc_status find_all(cc_box *boxes, size_t *without, cc_region_steps *steps, const cc_masks *marked,
                          const cc_slice_set *set, const cc_experiment_config *config) {
    size_t first = 0, end = 0;
    *without = 0;
    for (size_t i = 0; i < cc_slice_set_count(set); i++) {
        const cc_slice *slice = cc_slice_set_get(set, i);
        if (config->preprocess.roi.unite && i < end) {
            boxes[i] = boxes[first];
        } else {
            CC_TRY(cc_region_trace(steps, marked, set, i, config));
            boxes[i] = box_of(steps->opened, slice, config);
            cc_scan_of(&first, &end, set, i);
        }
        const uint8_t *opened = steps->opened;
        *without += !memchr(opened, 1, (size_t)slice->height * (size_t)slice->width);
    }
    return CC_OK;
}

cc_status cc_regions_find(cc_box *boxes, size_t *without, const cc_masks *marked, const cc_slice_set *set,
                          const cc_experiment_config *config) {
    int height, width;
    cc_slice_set_largest(&height, &width, set);
    size_t pixels = (size_t)height * (size_t)width;
    cc_region_steps steps = {malloc(pixels), malloc(pixels)};
    cc_status status = steps.united && steps.opened ? find_all(boxes, without, &steps, marked, set, config)
                                                    : cc_fail_memory("regions", 2 * pixels);
    free(steps.united);
    free(steps.opened);
    return status;
}
