/* datasets/patches.h -- patches of one size from volumes, some of them about a labelled voxel.
 *
 * nnU-Net's rule (Isensee et al., Nature Methods 18 (2021), 203; nnunetv2's data loader): each sample of a
 * batch takes a volume at random, with replacement. The last samples of a batch, batch - round(batch * (1 -
 * share)) of them, are about foreground: of the classes that the volume has one at random, of its voxels one
 * at random, and the patch lies with its middle there. The others, and those whose volume has no foreground,
 * lie anywhere in the volume, each place as likely. Other than nnU-Net's, a patch about a voxel is moved back
 * into the volume at both ends of an axis, not at the near end alone.
 *
 * Where a volume is smaller than the patch it lies in the patch's middle, the smaller half of what is missing
 * before it (as datasets/sliding_window.h has it); beyond it the image is `fill`, the labels are background.
 *
 * What is drawn follows from seed, CC_PURPOSE_PATCH, epoch and sample, so that any patch can be made again,
 * alone. Random augmentation draws by seed, CC_PURPOSE_AUGMENT, epoch and sample: it moves the patch
 * (patch_motion.h), which then sees the volume about it; changes HU; and, after the window, their gamma.
 * Arrays are channels, z, y, x; dims, sizes and places x, y, z. */
#ifndef CC_DATASETS_PATCHES_H
#define CC_DATASETS_PATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "datasets/augment_random.h"
#include "datasets/channels.h"

/* No class: a voxel that the loss leaves out, and that no patch lies about. */
enum { CC_PATCH_IGNORED = 255 };

typedef struct cc_patch_volume {
    int64_t dims[3];
    const float *image;    /* [channels][dims] as the net is to see it, or planes (cc_patch_random) */
    const uint8_t *labels; /* [dims], classes: 0 is background */
    double spacing_mm[3];  /* above 0 where patches are moved; else of no use */
} cc_patch_volume;

/* Random augmentation of patches. Volumes then hold no channels, which are made of each patch, but planes:
 * one of HU where a word of the channels is a picture, then one of 0 and 1 of each word that is a mask. */
typedef struct cc_patch_random {
    cc_random_augment kinds;
    bool in_space;        /* moved, blurred and coarsened along z too; else within slices */
    cc_channels channels; /* of one slice each */
    double window_hu[2];  /* that contrast looks at */
} cc_patch_random;

typedef struct cc_patch_options {
    const cc_patch_volume *volumes; /* the list is copied, what it points to outlives the sampler */
    size_t volume_count;            /* at least 1 */
    size_t channels;                /* at least 1 */
    float fill;        /* of the image beyond the volume; with `random` of its HU, masks are 0 there */
    int64_t size[3];   /* of a patch */
    double foreground; /* share of a batch that lies about foreground, 0 to 1; nnU-Net: 1/3 */
    int batch;         /* samples of a batch, at least 1 */
    unsigned mirror;   /* axes (datasets/mirror.h), each mirrored in every second patch at random */
    const cc_patch_random *random; /* copied; NULL: none */
    uint64_t seed;
} cc_patch_options;

/* Which patch a sample is. */
typedef struct cc_patch {
    uint32_t volume;
    bool foreground;   /* it lies about a labelled voxel */
    unsigned mirrored; /* axes that are mirrored, after it was cut */
    int64_t start[3];  /* of its first voxel in the volume; below 0 where the volume is smaller */
    uint64_t epoch, sample;
} cc_patch;

typedef struct cc_patch_sampler cc_patch_sampler;

/* Counts the foreground of each volume. The caller owns *out. Memory: 4 bytes a slice of each class of each
 * volume.
 *   CC_EINVAL  naming the option: a size, batch or number of channels below 1 or too large, a share beyond 0
 *              to 1, no volumes, or one without voxels or, where patches are moved, without spacing; other
 *              channels than those of `random`
 *   CC_ENOMEM */
cc_status cc_patch_sampler_create(cc_patch_sampler **out, const cc_patch_options *options);
/* Takes NULL. */
void cc_patch_sampler_destroy(cc_patch_sampler *sampler);

/* Sample number `sample` of an epoch; its place in its batch is sample mod batch. Any thread may call. */
void cc_patch_draw(cc_patch *out, const cc_patch_sampler *sampler, uint64_t epoch, uint64_t sample);
/* image[channels][size] and target[size] of that patch: classes as numbers. Any thread may call, with `work`
 * of its own: cc_patch_work doubles. */
void cc_patch_cut(float *image, float *target, const cc_patch_sampler *sampler, const cc_patch *patch,
                  double *work);
size_t cc_patch_work(const cc_patch_sampler *sampler);

#endif
