/* experiments/cascade/windows.c -- windows around the components of a mask: found by 8-connected
 * labelling, each box tiled by as few windows of one size as cover it. */
#include "experiments/cascade/windows.h"

#include <stdlib.h>
#include <string.h>
#include "core/components.h"

void cc_windows_init(cc_windows *out, int size) {
    *out = (cc_windows){.size = size};
}

void cc_windows_deinit(cc_windows *windows) {
    free(windows->items);
    *windows = (cc_windows){0};
}

/* Appends a window, unless the slice has the same one already: windows of neighbouring lesions may
 * coincide. */
static cc_status add_window(cc_windows *windows, uint32_t base, uint8_t group, cc_box box) {
    for (size_t i = windows->count; i > 0 && windows->items[i - 1].base == base; i--) {
        const cc_box *b = &windows->items[i - 1].box;
        if (b->y0 == box.y0 && b->x0 == box.x0 && b->y1 == box.y1 && b->x1 == box.x1) return CC_OK;
    }
    if (windows->count == windows->capacity) {
        size_t capacity = windows->capacity ? 2 * windows->capacity : 64;
        cc_view_item *items = realloc(windows->items, capacity * sizeof *items);
        if (!items) return cc_fail_memory("windows", capacity * sizeof *items);
        windows->items = items;
        windows->capacity = capacity;
    }
    windows->items[windows->count++] = (cc_view_item){.base = base, .box = box, .keep = box, .group = group};
    return CC_OK;
}

/* The windows along one axis: `count` of them, `side` long, over [from, to) of a slice that is `limit`
 * long. */
typedef struct axis {
    int from, to, limit, side, count;
} axis;

static axis axis_of(int from, int to, int limit, int size) {
    axis a = {.from = from, .to = to, .limit = limit, .side = size < limit ? size : limit};
    a.count = (to - from + a.side - 1) / a.side;
    return a;
}

/* Where window `number` begins: several are spread evenly from the box's one end to the other, a single
 * one lies about its middle; all of them within the slice. */
static int start_of(const axis *a, int number) {
    int spare = a->to - a->from - a->side; /* negative where one window is larger than the box */
    int start = a->count > 1 ? a->from + spare * number / (a->count - 1)
                             : a->from + (a->to - a->from) / 2 - a->side / 2;
    if (start > a->limit - a->side) start = a->limit - a->side;
    return start < 0 ? 0 : start;
}

static cc_status add_around(cc_windows *windows, uint32_t base, uint8_t group, const cc_box *box, int height,
                            int width) {
    axis y = axis_of(box->y0, box->y1, height, windows->size);
    axis x = axis_of(box->x0, box->x1, width, windows->size);
    for (int j = 0; j < y.count; j++)
        for (int i = 0; i < x.count; i++) {
            int y0 = start_of(&y, j), x0 = start_of(&x, i);
            CC_TRY(add_window(windows, base, group, (cc_box){y0, x0, y0 + y.side, x0 + x.side}));
        }
    return CC_OK;
}

/* What one component covers, and whether it touches the mask that it must not (`without`). */
typedef struct extent {
    cc_box box;
    bool excluded;
} extent;

/* extents[number of components], in one pass over the labels: 0 is background, c + 1 component c. */
static void find_extents(extent *extents, const cc_components *found, const uint8_t *without, int height,
                         int width) {
    for (size_t c = 0; c < found->count; c++) extents[c] = (extent){.box = {height, width, 0, 0}};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            if (!found->labels[at]) continue;
            extent *e = &extents[found->labels[at] - 1];
            if (y < e->box.y0) e->box.y0 = y;
            if (x < e->box.x0) e->box.x0 = x;
            if (y >= e->box.y1) e->box.y1 = y + 1;
            if (x >= e->box.x1) e->box.x1 = x + 1;
            if (without && without[at]) e->excluded = true;
        }
}

cc_status cc_windows_add(cc_windows *windows, uint32_t base, uint8_t group, const uint8_t *mask,
                         const uint8_t *without, int height, int width) {
    cc_status status = CC_OK;
    cc_components found = {0};
    extent *extents = NULL;
    if (cc_mask_box(mask, height, width).y1 == 0) return CC_OK;
    CC_TRY(cc_components_init(&found, mask, 1, height, width, 8));
    extents = calloc(found.count + 1, sizeof *extents);
    if (!extents) CC_CHECK(cc_fail_memory("windows", found.count * sizeof *extents));
    find_extents(extents, &found, without, height, width);
    for (size_t c = 0; c < found.count; c++)
        if (!extents[c].excluded) CC_CHECK(add_around(windows, base, group, &extents[c].box, height, width));
done:
    free(extents);
    cc_components_deinit(&found);
    return status;
}
