/* nets/ops/prelu/prelu.h -- a leaky relu whose slope below zero is trained: one slope for all channels.
 *
 *   y = x > 0 ? x : weight[0] x        dweight = sum over x <= 0 of dy x
 * No attributes. Parameter: weight, 1 value (CC_ROLE_SLOPE); weight decay takes it as it takes any other, as in
 * PyTorch. At zero and at NaN dy/dx is the slope. Source: He et al., "Delving deep into rectifiers", ICCV 2015;
 * PyTorch's PReLU. */
#ifndef CC_NETS_OPS_PRELU_H
#define CC_NETS_OPS_PRELU_H

#include "nets/engine/op.h"

enum { CC_PRELU_WEIGHT };

#endif
