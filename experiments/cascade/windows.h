/* experiments/cascade/windows.h -- where stage 3 looks: windows around the components of a slice's mask.
 *
 * Components join through corners (8). A window of size*size pixels lies around the middle of a component's
 * bounding box, moved back into the slice at its border; it is the slice's own side where that is smaller. A
 * box that is larger than the window gets several, evenly spread, that cover it wholly: nothing that stage 2
 * marked is out of stage 3's sight. Source: the paper, section 3.2.3, which leaves borders and large boxes
 * open. */
#ifndef CC_EXPERIMENTS_CASCADE_WINDOWS_H
#define CC_EXPERIMENTS_CASCADE_WINDOWS_H

#include <stdbool.h>
#include "datasets/view.h"

enum { CC_WINDOW_TRUE, CC_WINDOW_FALSE }; /* an item's group: what its component is */

typedef struct cc_windows {
    cc_view_item *items; /* slice by slice; `keep` is the window itself */
    size_t count, capacity;
    int size;
} cc_windows;

/* size at least 1. */
void cc_windows_init(cc_windows *out, int size);
void cc_windows_deinit(cc_windows *windows);

/* Windows around every component of mask[height*width] that holds no pixel of `without` (NULL: around every
 * one), of slice `base`, after those in the list. A window that is in the list already is not added again.
 * CC_ENOMEM. */
cc_status cc_windows_add(cc_windows *windows, uint32_t base, uint8_t group, const uint8_t *mask,
                         const uint8_t *without, int height, int width);

#endif
