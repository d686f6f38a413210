/* nets/losses/regions.h -- losses of how predicted and true regions overlap, class by class; private to
 * nets/losses/, for the host.
 *
 * Such a loss is a function of four sums of each image and class. It is evaluated in two passes: one adds up,
 * the loss then finds its value and its derivatives by p, and a second pass writes the gradient by the logits.
 * Target: class numbers; of one class anything in [0, 1]. Pixels whose number is spec->ignore are left out. */
#ifndef CC_NETS_LOSSES_REGIONS_H
#define CC_NETS_LOSSES_REGIONS_H

#include "nets/losses/loss.h"

/* Sums over pixels; p: the probability of the class, g: 1 where it is the true one, else 0. */
typedef struct cc_region {
    double both;    /* p g */
    double over;    /* p (1 - g) */
    double under;   /* (1 - p) g */
    double squares; /* p^2 */
} cc_region;

/* A loss's derivative by p of one pixel: `truth` where g is 1, `rest` where it is 0, and 2 p `squares`. */
typedef struct cc_region_slope {
    double truth, rest, squares;
} cc_region_slope;

typedef struct cc_regions {
    cc_region *sums;         /* [n][classes] */
    cc_region_slope *slopes; /* [n][classes], for the loss to set */
} cc_regions;

/* Bytes of run->scratch for both passes. */
size_t cc_regions_bytes(const cc_loss_spec *spec, cc_loss_shape shape);
/* Sums over the pixels of each image, NaN where a target is no class; slopes are 0. */
cc_regions cc_regions_sum(const cc_loss_run *run);
/* Writes run->gradient from the slopes; nothing where it is NULL. */
void cc_regions_write_gradient(const cc_loss_run *run, const cc_regions *regions);

#endif
