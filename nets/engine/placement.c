/* nets/engine/placement.c -- places in one piece of memory for buffers of known lifetimes, by Pisarchyk &
 * Lee's greedy-by-size (2020, algorithm 3).
 *
 * Buffers are placed from the largest to the smallest. Each goes into the lowest gap, between those already
 * placed that live at the same time, that is large enough; where none is, behind them all. Ties in size go
 * by number, so that the same plan has the same places on every machine. Quadratic in the number of buffers,
 * of which a net has some hundreds. */
#include "nets/engine/placement.h"

#include <stdbool.h>
#include <stdlib.h>

enum { ALIGNMENT = 64 };

static int larger_first(const void *a, const void *b) {
    const cc_buffer *x = *(cc_buffer *const *)a, *y = *(cc_buffer *const *)b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : 1;
}

static int lower_first(const void *a, const void *b) {
    const cc_buffer *x = *(cc_buffer *const *)a, *y = *(cc_buffer *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static size_t rounded(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Both ends are included: a buffer read last at step t and one written first at step t are both there. */
static bool live_together(const cc_buffer *a, const cc_buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest gap among the placed buffers that live at the same time; `near` has room for them. */
static size_t lowest_gap(const cc_buffer *b, cc_buffer **placed, int count, cc_buffer **near) {
    int near_count = 0;
    for (int i = 0; i < count; i++)
        if (live_together(b, placed[i])) near[near_count++] = placed[i];
    qsort(near, (size_t)near_count, sizeof *near, lower_first);
    size_t offset = 0; /* the end of what lies below, so far */
    for (int i = 0; i < near_count; i++) {
        if (near[i]->offset >= offset + rounded(b->bytes)) break;
        size_t end = near[i]->offset + rounded(near[i]->bytes);
        if (end > offset) offset = end;
    }
    return offset;
}

cc_status cc_placement_find(cc_buffer *buffers, int count, size_t *total) {
    cc_buffer **order = malloc(2 * (size_t)count * sizeof *order + 1);
    if (!order) return cc_fail_memory("plan", 2 * (size_t)count * sizeof *order);
    int used = 0; /* order: those with bytes; behind them room for lowest_gap */
    for (int i = 0; i < count; i++) {
        buffers[i].offset = 0;
        if (buffers[i].bytes) order[used++] = &buffers[i];
    }
    qsort(order, (size_t)used, sizeof *order, larger_first);
    *total = 0;
    for (int i = 0; i < used; i++) {
        order[i]->offset = lowest_gap(order[i], order, i, order + count);
        size_t end = order[i]->offset + rounded(order[i]->bytes);
        if (end > *total) *total = end;
    }
    free(order);
    return CC_OK;
}
