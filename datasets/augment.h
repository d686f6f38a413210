/* datasets/augment.h -- augmentation by enumeration: each slice, and each slice changed in one named way.
 *
 * The paper's way: with hflip, vflip and rotate45 every slice gives four items, so that 1519 slices become
 * 6076. Nothing is drawn at random. */
#ifndef CC_DATASETS_AUGMENT_H
#define CC_DATASETS_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

enum { CC_AUGMENT_MAX = 16 }; /* names of one list */

/* The names, for people, and as a regular expression; cc_augment_is_name says whether a text is one. */
#define CC_AUGMENT_NAMES   "hflip, vflip or rotateN (N from 1 to 359 degrees)"
#define CC_AUGMENT_PATTERN "^(hflip|vflip|rotate([1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]))$"

/* One way to change a picture. */
typedef struct cc_variant {
    const char *name; /* borrowed */
    int kind;         /* private: a row of the table in augment.c */
    int degrees;      /* rotateN: N */
} cc_variant;

/* The items of a slice: variants[0] is the original, the others follow in the order of their names. */
typedef struct cc_augment {
    cc_variant variants[CC_AUGMENT_MAX + 1];
    int count; /* of variants; at least 1 */
} cc_augment;

/* Whether a text is a name as cc_augment_init takes it. */
bool cc_augment_is_name(const char *text);

/* From names: "hflip" (left-right), "vflip" (top-bottom), "rotateN" (N whole degrees, 1 to 359). No names:
 * the original alone. Names are borrowed. CC_ECONFIG names an unknown or repeated one, under "augment". */
cc_status cc_augment_init(cc_augment *out, const char *const *names, int count);

/* A variant of a picture [height*width] and of its mask, same size; out and in differ. A NULL in-array
 * is left out with its out-array. rotateN turns counter-clockwise on the screen about the centre, bilinear
 * for the picture, nearest for the mask; what comes from outside takes `fill`, and 0 in the mask. Equal to
 * scipy.ndimage.rotate(x, N, reshape=False, order=1 (mask: 0), mode="constant", cval=fill), but for
 * mask pixels that fall half way between two. */
void cc_variant_apply(const cc_variant *variant, float *out, uint8_t *out_mask, const float *in,
                      const uint8_t *in_mask, int height, int width, float fill);

#endif
