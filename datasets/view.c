/* datasets/view.c -- a slice set made of another: whole slices matched, then cut and blanked.
 *
 * The order matters: matching needs the histogram of the whole slice, so it comes before the cut. Where
 * nothing is matched a view keeps its base's own stored values, so that cutting changes no bit; matched
 * values, which are no whole HU, are kept to 1/8 HU (int16 then reaches from -4096 to 4095 HU). */
#include "datasets/view.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/sources/source.h"

typedef struct view_state {
    const cc_slice_set *base;
    const cc_matching *matching;
    const cc_landmarks *standard; /* NULL: not to one */
    cc_landmarks *scans;     /* [slices of the base]: at a scan's first slice those of the scan, once known */
    bool *known;             /* [slices of the base] */
    pthread_mutex_t finding; /* guards scans and known */
    cc_view_item *items;
    float fill_hu;
} view_state;

static cc_status view_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask);
static cc_status view_read_near(const cc_slice_set *set, size_t index, int offset, bool original,
                                float *image_hu);

static cc_status view_decode_regions(const cc_slice_set *set, size_t index, uint8_t *regions);
static const cc_slice_source source = {.name = "view",
                                       .decode = view_decode,
                                       .decode_regions = view_decode_regions,
                                       .read_near = view_read_near};

/* Whether a pixel of the base slice lies in a box. */
static bool inside(const cc_box *box, int y, int x) {
    return y >= box->y0 && y < box->y1 && x >= box->x0 && x < box->x1;
}

static int16_t to_stored(const cc_slice_set *set, float hu) {
    /* The inverse of HU = slope * stored + intercept, rounded to the nearest and held to int16. */
    double value = nearbyint((hu - set->intercept) / set->slope);
    return (int16_t)fmin(fmax(value, INT16_MIN), INT16_MAX);
}

static float to_float(const cc_slice_set *set, int16_t stored) {
    return (float)(set->slope * stored + set->intercept);
}

static void cut(const cc_slice_set *set, const cc_view_item *item, const float *hu, const uint8_t *truth,
                int width, int16_t *stored, uint8_t *mask) {
    const view_state *v = set->state;
    size_t at = 0;
    for (int y = item->box.y0; y < item->box.y1; y++)
        for (int x = item->box.x0; x < item->box.x1; x++, at++) {
            size_t from = (size_t)y * (size_t)width + (size_t)x;
            stored[at] = to_stored(set, inside(&item->keep, y, x) ? hu[from] : v->fill_hu);
            mask[at] = truth[from];
        }
}

/* Brings a slice of the base to the standard. The first thread that comes to a scan finds its landmarks,
 * which takes all of its slices; others wait. */
static cc_status to_standard(float *hu, view_state *v, size_t index, size_t pixels) {
    cc_status status = CC_OK;
    size_t first = index;
    const uint32_t scan = cc_slice_set_get(v->base, index)->scan;
    while (first > 0 && cc_slice_set_get(v->base, first - 1)->scan == scan) first--;
    pthread_mutex_lock(&v->finding);
    if (!v->known[first]) status = cc_landmarks_find(&v->scans[first], v->base, first);
    if (status == CC_OK) v->known[first] = true;
    pthread_mutex_unlock(&v->finding);
    if (status == CC_OK) cc_landmarks_apply(hu, &v->scans[first], v->standard, pixels);
    return status;
}

/* A slice of the base, whole, as the view has it before it is cut. */
static cc_status match(const cc_slice_set *set, size_t base, float *hu, size_t pixels) {
    const view_state *v = set->state;
    if (v->matching) CC_TRY(cc_matching_apply(hu, v->matching, hu, pixels));
    /* What is remembered of scans changes no value that a caller can see: reading stays const to them. */
    return v->standard ? to_standard(hu, (view_state *)set->state, base, pixels) : CC_OK;
}

static cc_status view_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    cc_status status = CC_OK;
    const view_state *v = set->state;
    const cc_view_item *item = &v->items[index];
    const cc_slice *slice = cc_slice_set_get(v->base, item->base);
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *hu = malloc(pixels * sizeof *hu);
    uint8_t *truth = malloc(pixels);
    if (!hu || !truth) CC_CHECK(cc_fail_memory("a slice", pixels * (sizeof *hu + 1)));
    CC_CHECK(cc_slice_set_read(v->base, item->base, hu, truth));
    CC_CHECK(match(set, item->base, hu, pixels));
    cut(set, item, hu, truth, slice->width, stored, mask);
done:
    free(hu);
    free(truth);
    return status;
}

/* Cut to the box, never blanked: as masks are. */
static cc_status view_decode_regions(const cc_slice_set *set, size_t index, uint8_t *regions) {
    const view_state *v = set->state;
    const cc_view_item *item = &v->items[index];
    const cc_slice *slice = cc_slice_set_get(v->base, item->base);
    const size_t pixels = (size_t)slice->height * (size_t)slice->width,
                 wide = (size_t)(item->box.x1 - item->box.x0);
    uint8_t *whole = malloc(pixels);
    if (!whole) return cc_fail_memory("a slice", pixels);
    const cc_status status = cc_slice_set_read_regions(v->base, item->base, whole);
    for (int y = item->box.y0; status == CC_OK && y < item->box.y1; y++, regions += wide)
        memcpy(regions, whole + (size_t)y * (size_t)slice->width + (size_t)item->box.x0, wide);
    free(whole);
    return status;
}

static bool is_same_box(const cc_box *a, const cc_box *b) {
    return a->y0 == b->y0 && a->x0 == b->x0 && a->y1 == b->y1 && a->x1 == b->x1;
}

/* The neighbour as the view itself has it, where it has an item a slice and the same box on both: the cache
 * then serves. SIZE_MAX where it does not. */
static size_t find_own(const cc_slice_set *set, size_t index, size_t near) {
    const view_state *v = set->state;
    const cc_view_item *item = &v->items[index];
    const size_t own = index + (near - item->base); /* wraps where it is before the first */
    if (own >= set->count || v->items[own].base != near) return SIZE_MAX;
    return is_same_box(&v->items[own].box, &item->box) && is_same_box(&v->items[own].keep, &item->keep)
               ? own
               : SIZE_MAX;
}

static cc_status view_read_near(const cc_slice_set *set, size_t index, int offset, bool original,
                                float *image_hu) {
    cc_status status = CC_OK;
    const view_state *v = set->state;
    const cc_view_item *item = &v->items[index];
    const size_t near = cc_slice_set_near(v->base, item->base, offset), own = find_own(set, index, near);
    if (!original && own != SIZE_MAX) return cc_slice_set_read(set, own, image_hu, NULL);
    const cc_slice *slice = cc_slice_set_get(v->base, item->base);
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *hu = malloc(pixels * sizeof *hu);
    if (!hu) return cc_fail_memory("a slice", pixels * sizeof *hu);
    CC_CHECK(cc_slice_set_read_near(v->base, item->base, offset, original, hu));
    if (!original) CC_CHECK(match(set, near, hu, pixels));
    for (int y = item->box.y0; y < item->box.y1; y++)
        for (int x = item->box.x0; x < item->box.x1; x++) {
            const float value = hu[(size_t)y * (size_t)slice->width + (size_t)x];
            const bool kept = inside(&item->keep, y, x);
            /* Rounded as a cached slice is: what is read does not depend on the way it is read. */
            *image_hu++ = original ? (kept ? value : (float)CC_WINDOW_HU_MIN)
                                   : to_float(set, to_stored(set, kept ? value : v->fill_hu));
        }
done:
    free(hu);
    return status;
}

/* Checks and copies the items; each becomes a slice of the set, as large as its box. */
static cc_status list_items(cc_slice_set *set, const cc_view_options *o) {
    view_state *v = set->state = cc_arena_get(set->arena, sizeof *v);
    if (!v) return CC_ENOMEM;
    *v = (view_state){.base = o->base, .matching = o->matching, .fill_hu = (float)o->fill_hu};
    v->items = cc_arena_get_array(set->arena, o->count, sizeof *v->items);
    set->slices = cc_arena_get_array(set->arena, o->count, sizeof *set->slices);
    if (o->standard) {
        const size_t slices = cc_slice_set_count(o->base);
        cc_landmarks *standard = cc_arena_get(set->arena, sizeof *standard);
        v->scans = cc_arena_get_array(set->arena, slices, sizeof *v->scans);
        v->known = cc_arena_get_array(set->arena, slices, sizeof *v->known);
        if (!standard || !v->scans || !v->known) return CC_ENOMEM;
        *standard = *o->standard;
        memset(v->known, 0, slices * sizeof *v->known);
        pthread_mutex_init(&v->finding, NULL);
        v->standard = standard;
    }
    if (!v->items || !set->slices) return CC_ENOMEM;
    memcpy(v->items, o->items, o->count * sizeof *v->items);
    for (size_t i = 0; i < o->count; i++) {
        const cc_view_item *item = &o->items[i];
        const cc_box *box = &item->box;
        if (item->base >= cc_slice_set_count(o->base))
            return cc_fail(CC_EINVAL, "view", NULL, "item %zu: the base has no slice %u", i, item->base);
        if (i > 0 && item->base < item[-1].base) /* parts of a split list slices in the set's order */
            return cc_fail(CC_EINVAL, "view", NULL,
                           "item %zu: its slice comes before that of the item before it", i);
        const cc_slice *slice = cc_slice_set_get(o->base, item->base);
        if (box->y0 < 0 || box->x0 < 0 || box->y1 > slice->height || box->x1 > slice->width ||
            box->y0 >= box->y1 || box->x0 >= box->x1)
            return cc_fail(CC_EINVAL, "view", NULL, "item %zu: its box is empty or leaves the slice", i);
        set->slices[i] = *slice;
        set->slices[i].height = box->y1 - box->y0;
        set->slices[i].width = box->x1 - box->x0;
    }
    set->count = o->count;
    return CC_OK;
}

cc_status cc_view_open(cc_slice_set **out, const cc_view_options *options) {
    cc_status status = CC_OK;
    const cc_slice_set *base = options->base;
    cc_slice_set *set = NULL;
    if (options->count == 0) return cc_fail(CC_EINVAL, "view", NULL, "it has no items");
    CC_CHECK(cc_slice_set_start(&set, &source));
    /* Shared with the base, which outlives the view. */
    set->root = base->root;
    set->patients = base->patients;
    set->patient_count = base->patient_count;
    set->groups = base->groups;
    set->spacing_mm = base->spacing_mm;
    set->regions = base->regions;
    set->slope = options->matching || options->standard ? 0.125 : base->slope; /* HU of one stored unit */
    set->intercept = options->matching || options->standard ? 0 : base->intercept;
    CC_CHECK(list_items(set, options));
    CC_CHECK(cc_slice_set_complete(set, options->cache_mb));
    *out = set;
    set = NULL;
done:
    cc_slice_set_close(set);
    return status;
}

const cc_view_item *cc_view_get(const cc_slice_set *set, size_t index) {
    assert(set->source == &source && index < set->count);
    return &((const view_state *)set->state)->items[index];
}
