/* nets/ops/instance_norm/instance_norm.h -- instance normalisation, with the activation that follows it: each
 * channel of each image by itself.
 *
 *   y = f((x - mean) / sqrt(var + epsilon) * weight + bias)
 * It is group normalisation (nets/ops/group_norm/group_norm.h, the contract) with `groups` 0, under the name
 * that nets know it by. Source: Ulyanov, Vedaldi & Lempitsky 2016; PyTorch's instance_norm. */
#ifndef CC_NETS_OPS_INSTANCE_NORM_H
#define CC_NETS_OPS_INSTANCE_NORM_H

#include "nets/ops/group_norm/group_norm.h"

typedef cc_group_norm_attr cc_instance_norm_attr; /* groups stays 0 */

#define CC_INSTANCE_NORM_EPSILON 1e-5 /* PyTorch's */

#endif
