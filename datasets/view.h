/* datasets/view.h -- a slice set made from another: matched to a reference, blanked outside a region, cut to
 * windows.
 *
 * A view is a slice set like any other (loader, fit, split parts work on it); it shares its base's patients,
 * scans and numbers, and has an item for each box it was given: several a slice, or none. Views stack:
 * windows over a matched set decode and match each slice once while the cache holds. */
#ifndef CC_DATASETS_VIEW_H
#define CC_DATASETS_VIEW_H

#include "datasets/landmarks.h"
#include "datasets/matching.h"
#include "datasets/morphology.h"
#include "datasets/slices.h"

typedef struct cc_view_item {
    uint32_t base; /* index of its slice in the base set */
    cc_box box;    /* what of that slice it shows; inside the slice, not empty */
    cc_box keep;   /* pixels outside it (in the base slice's own coordinates) read as fill_hu */
    uint8_t group; /* which augmentation it takes (cc_loader_options.augment_negative) */
} cc_view_item;

typedef struct cc_view_options {
    const cc_slice_set *base;    /* outlives the view */
    const cc_view_item *items;   /* copied; in the base's order of slices */
    size_t count;                /* at least 1 */
    const cc_matching *matching; /* of the whole base slice before it is cut; outlives the view; or NULL */
    /* Or: each whole scan to a standard; copied. A scan's own landmarks are found with its first slice.
     * NULL: no */
    const cc_landmarks *standard;
    double fill_hu;
    int cache_mb; /* as cc_slice_options.cache_mb */
} cc_view_options;

/* The caller owns *out and closes it by cc_slice_set_close. Masks are cut, never blanked: truth outside
 * `keep` stays.
 *   CC_EINVAL  an item's base, box or order is wrong, or there is none */
cc_status cc_view_open(cc_slice_set **out, const cc_view_options *options);
/* Borrowed; `view` was made by cc_view_open. */
const cc_view_item *cc_view_get(const cc_slice_set *view, size_t index);

#endif
