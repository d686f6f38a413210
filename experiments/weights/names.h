/* experiments/weights/names.h -- what a net's parameters are called in files of other libraries.
 *
 * Our names are timm's below "encoder." (Wightman, github.com/huggingface/pytorch-image-models) and those of
 * segmentation_models.pytorch for decoder and head. Known beside them: the same without "encoder." (timm,
 * torchvision's ResNets) or below "encoder.model." (segmentation_models.pytorch's "tu-" encoders), and two
 * other vocabularies for EfficientNets: torchvision's ("features.2.0.block.0.0.weight") and that of
 * efficientnet_pytorch ("_blocks.1._expand_conv.weight"), which segmentation_models.pytorch uses for
 * "efficientnet-b0"; and the older spelling of torchvision's DenseNets ("denselayer1.norm.1.weight"). */
#ifndef CC_EXPERIMENTS_WEIGHT_NAMES_H
#define CC_EXPERIMENTS_WEIGHT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { CC_WEIGHT_NAME_BYTES = 256, CC_WEIGHT_NAMES_MAX = 9 };

/* Names of one parameter, the best first: its own. */
typedef struct cc_weight_names {
    int count;
    char names[CC_WEIGHT_NAMES_MAX][CC_WEIGHT_NAME_BYTES];
} cc_weight_names;

/* Blocks seen so far: efficientnet_pytorch numbers them through all stages. Begins zeroed, and sees every
 * parameter of a net in the net's order. */
typedef struct cc_weight_block {
    int seen, stage, block;
} cc_weight_block;

/* Lists the names of the net's next parameter. */
void cc_weight_names_of(cc_weight_names *out, cc_weight_block *at, const char *name);

/* Whether a bare name is that of layers which packages make and no U-Net uses: the 1x1 convolution behind an
 * EfficientNet's last block with its norm, and the first scSE of segmentation_models.pytorch's last decoder
 * block, which has no skip to weigh. */
bool cc_weight_name_is_unused(const char *name);

/* Borrowed: the name without what training programs put before a whole net's names: "module.", "model.",
 * "state_dict.", "_orig_mod.", "net.", "network.", "backbone.", "unet.", in any order and number. */
const char *cc_weight_name_bare(const char *name);

#endif
