/* datasets/augment_random.h -- random augmentation: what is drawn anew for each item in each epoch.
 *
 * Beside the enumerated variants (datasets/augment.h), and after them. An item is moved, and its values
 * changed, by those of the kinds below that a config names, each with a probability and ranges of its own.
 * They come in this order:
 *
 *   affine, elastic    one resampling of picture (bilinear) and mask (nearest): datasets/warp.h
 *   noise, blur, brightness, contrast, low_resolution
 *                      the picture's HU, before the window, which then clips as it would clip a
 *                      scanner's own noise
 *   gamma              the windowed values, 0 to 1, which alone have a range to raise to a power
 *
 * Every number follows from (seed, CC_PURPOSE_AUGMENT, epoch, item and kind): neither the number of threads
 * nor where an epoch was resumed matters, and one kind more changes nothing of what the others draw.
 *
 * An item is a slice, or a patch of a volume, whose voxels datasets/patches.h moves (patch_motion.h).
 *
 * Defaults are nnU-Net's (Isensee et al., Nature Methods 18 (2021), 203; batchgeneratorsv2) where it has
 * them: probabilities, factors, sigmas in pixels; its angle of 3-D images, as scans stand upright. What it
 * adds to normalised values is in HU here. */
#ifndef CC_DATASETS_AUGMENT_RANDOM_H
#define CC_DATASETS_AUGMENT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/rng.h"
#include "core/status.h"

/* The kinds in the order in which they are applied: X(NAME). Their numbers are part of results'
 * bytes: append, never renumber. */
#define CC_RANDOM_KIND_LIST(X)                                                                               \
    X(affine) X(elastic) X(noise) X(blur) X(brightness) X(contrast) X(low_resolution) X(gamma)

enum {
#define X(name) CC_RANDOM_##name,
    CC_RANDOM_KIND_LIST(X)
#undef X
        CC_RANDOM_KINDS
};

/* What is drawn, from which ranges. A number of a kind that is not named means nothing. */
typedef struct cc_random_ranges {
    double probability[CC_RANDOM_KINDS]; /* that the kind is applied to an item */
    double rotation, shear;              /* affine: degrees, up to so many in either direction */
    double scale[2];                     /* affine: factor, above 1 larger; log-uniform */
    double shift;                        /* affine: share of the side, in either direction */
    double elastic_spacing;              /* of control points, share of the longer side */
    double elastic_sigma;                /* of control points' displacement, share of the longer side */
    double noise_sigma;                  /* HU, at most */
    double blur_sigma[2];                /* pixels */
    double brightness_shift;             /* HU, in either direction */
    double contrast_factor[2];           /* about the mean within the window */
    double low_resolution_scale[2];      /* share of the resolution */
    double gamma_exponent[2];            /* log-uniform */
} cc_random_ranges;

/* A number of the ranges, as options declare it: "KIND.name". */
typedef struct cc_random_number {
    int kind;
    const char *name;
    size_t offset; /* in cc_random_ranges */
    int count;     /* 0: one number; 2: a range, the low end first */
    double min, max;
    bool above_min; /* the bound itself is not allowed */
    const char *initial, *unit, *meaning;
} cc_random_number;

/* All of them, ordered by kind. Static. */
const cc_random_number *cc_random_numbers(size_t *count);
/* The name of a kind, from 0; NULL after the last. */
const char *cc_random_kind_name(int kind);

/* Which kinds are drawn, from what. */
typedef struct cc_random_augment {
    bool named[CC_RANDOM_KINDS];
    cc_random_ranges ranges;
} cc_random_augment;

/* From the names of kinds. CC_ECONFIG, under "augment_random": a name that is none, a number outside its
 * range, a range whose low end lies above its high end (of a kind that is named). */
cc_status cc_random_augment_init(cc_random_augment *out, const char *const *names, int count,
                                 const cc_random_ranges *ranges);

/* Which item of which epoch, and the window that gamma's values lie in. An item of several slices is changed
 * picture by picture: `plane` 0 is the slice itself, 1 to CC_RANDOM_PLANES its neighbours. All of them are
 * moved alike and have the same numbers of each kind; only the noise of each is its own. */
enum { CC_RANDOM_PLANES = 4 };
typedef struct cc_random_item {
    uint64_t seed, epoch, number;
    int plane;
    float low_hu, high_hu;
} cc_random_item;

/* Whether a kind is applied to an item; *rng then gives its numbers. */
bool cc_random_draws(cc_rng *rng, const cc_random_augment *random, const cc_random_item *item, int kind);

/* What the affine kind does to an item: sheared (rows along x), then scaled, then turned about z, and moved.
 * The last three numbers are drawn only `in_space`, about y and x and along z; else they are 0. */
typedef struct cc_random_affine {
    double turn, scale, shear; /* radians; a factor; a tangent */
    double shift[2];           /* down, right: shares of the sides */
    double tilt[2], shift_z;
} cc_random_affine;
/* From a stream that says that it is applied. */
void cc_random_draw_affine(cc_random_affine *out, cc_rng *rng, const cc_random_ranges *ranges, bool in_space);

/* Floats of `work` below, for pictures of a size. */
size_t cc_random_augment_work(const cc_random_augment *random, int height, int width);
/* All kinds but gamma on a picture of HU [height*width] and its mask, in place; either may be NULL: the other
 * is then changed as with it. `other` and `other_mask` are of the same size, to work in. */
void cc_random_augment_hu(float *image, uint8_t *mask, const cc_random_augment *random,
                          const cc_random_item *item, int height, int width, float *other,
                          uint8_t *other_mask, float *work);
/* The kinds that change HU, those behind `elastic`, on a volume of `size` voxels x, y, z (a picture has one
 * slice), in place; blur and low_resolution act within each slice or, where `along_z`, across slices too.
 * `other` is of the same size, `work` holds cc_random_augment_values_work floats. */
void cc_random_augment_values(float *image, const cc_random_augment *random, const cc_random_item *item,
                              const int64_t size[3], bool along_z, float *other, float *work);
size_t cc_random_augment_values_work(const cc_random_augment *random, const int64_t size[3], bool along_z);
/* gamma on windowed values, in place. */
void cc_random_augment_windowed(float *image, const cc_random_augment *random, const cc_random_item *item,
                                size_t count);

#endif
