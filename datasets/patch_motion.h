/* datasets/patch_motion.h -- how a patch of a volume is moved: what the kinds affine and elastic of random
 * augmentation (datasets/augment_random.h) draw, as a map into the volume.
 *
 * A patch moves about its own middle, by lengths in mm, so that what is turned keeps its shape whatever the
 * voxels' sides are. Within slices it moves as a slice does, all slices alike (nnU-Net's choice for patches
 * of which one side is more than three times another, nnunetv2's `do_dummy_2d_data_aug`): turned about z,
 * scaled, sheared and shifted along x and y. In space it is turned about z, then y, then x, each by up to the
 * same angle, scaled and shifted along all three axes alike; rows are sheared within slices.
 *
 * The control points of an elastic field lie equally far apart along all axes that it moves, in mm; "the
 * longer side" is the longest of those axes. What is mirrored is mirrored last. */
#ifndef CC_DATASETS_PATCH_MOTION_H
#define CC_DATASETS_PATCH_MOTION_H

#include "datasets/augment_random.h"
#include "datasets/volume_warp.h"

/* Where a patch lies; axes x, y, z. */
typedef struct cc_patch_place {
    int64_t size[3], start[3]; /* voxels; of its first one in the volume */
    double spacing_mm[3];      /* of a voxel, above 0 */
    unsigned mirrored;         /* axes (datasets/mirror.h) */
    bool in_space;             /* else within slices */
} cc_patch_place;

/* Floats of `lattice` and doubles of cc_volume_warp_apply's `work` for such a patch, however it moves. */
void cc_patch_motion_room(size_t *lattice, size_t *work, const cc_random_augment *random,
                          const cc_patch_place *place);

/* Draws how the item moves; false: it does not. *out uses `lattice`. */
bool cc_patch_motion_draw(cc_volume_warp *out, const cc_random_augment *random, const cc_random_item *item,
                          const cc_patch_place *place, float *lattice);

#endif
