/* experiments/weights/convention.h -- what a file of weights asks of a net beside its tensors: the padding of
 * strided convolutions and the epsilon of batch norms.
 *
 * An EfficientNet's weights were trained with one of these, and give other, plausible numbers with another:
 *
 *   timm's efficientnet_*, SMP's "timm-efficientnet-*"  padding symmetric     epsilon 1e-5
 *   timm's tf_efficientnet_*                            padding same          epsilon 1e-3
 *   torchvision's efficientnet_b0, b3                   padding symmetric     epsilon 1e-5
 *   torchvision's efficientnet_b5                       padding symmetric     epsilon 1e-3
 *   efficientnet_pytorch, SMP's "efficientnet-*"        padding same-nominal  epsilon 1e-3
 *
 * (SMP: segmentation_models.pytorch. Read off the modules of timm 1.0.31, torchvision 0.29.2,
 * efficientnet_pytorch 0.7.1 and segmentation_models_pytorch 0.6.0.) Torchvision's and efficientnet_pytorch's
 * tensors have names of their own; those of timm's two families have the same, and only the model's name
 * tells them apart: in the file's metadata, in a config.json beside it, or in the file's own path. A result
 * of ours, and its export, hold the config that they were trained with. */
#ifndef CC_EXPERIMENTS_WEIGHT_CONVENTION_H
#define CC_EXPERIMENTS_WEIGHT_CONVENTION_H

#include "core/status.h"
#include "nets/engine/spec.h"

/* Lets spec->padding and spec->norm_epsilon, where they are not stated, follow the file that spec->weights
 * names; what the net does anyway (symmetric, 1e-5) stays unstated. What is stated stands: a warning says
 * where the file says otherwise. Nothing is done without a file, or where no file of the net's kind differs
 * (ResNets, U-Nets not of ours).
 *   CC_ECONFIG  the net may have either convention, nothing tells which, and an option that would is
 *               not stated
 *   else what opening the file may give */
cc_status cc_weight_convention_settle(cc_net_spec *spec);

#endif
