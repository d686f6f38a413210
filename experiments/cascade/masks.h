/* experiments/cascade/masks.h -- what a net marked of each slice of a set, a bit a pixel; and the file that
 * caches it.
 *
 * 512x512 pixels take 32 KiB, whatever was marked. The file is written whole or not at all and ends in its
 * SHA-256; one that is damaged is reported as such, and predicted again by its user. */
#ifndef CC_EXPERIMENTS_CASCADE_MASKS_H
#define CC_EXPERIMENTS_CASCADE_MASKS_H

#include <stdbool.h>
#include "core/digest.h"
#include "datasets/slices.h"

typedef struct cc_masks cc_masks;

/* For every slice of the set, all empty. The caller owns *out; the set outlives it. */
cc_status cc_masks_create(cc_masks **out, const cc_slice_set *set);
/* Takes NULL. */
void cc_masks_destroy(cc_masks *masks);

/* mask[height*width] of a slice; non-zero is foreground, and reads back as 1. */
void cc_masks_put(cc_masks *masks, size_t slice, const uint8_t *mask);
void cc_masks_get(uint8_t *mask, const cc_masks *masks, size_t slice);

typedef enum cc_masks_state {
    CC_MASKS_NONE,    /* no such file */
    CC_MASKS_WHOLE,   /* read */
    CC_MASKS_DAMAGED, /* cut off, changed, or of another key: the masks hold anything */
} cc_masks_state;

/* `key`: a digest of what was predicted, from what, by what. Makes the folder. CC_EIO, CC_ENOMEM. */
cc_status cc_masks_write(const cc_masks *masks, const char *path, const cc_digest_text *key);
/* Fills the masks where *state is CC_MASKS_WHOLE. CC_EIO where the file exists and cannot be opened;
 * CC_ENOMEM. */
cc_status cc_masks_read(cc_masks_state *state, cc_masks *masks, const char *path, const cc_digest_text *key);

#endif
