/* nets/ops/batch_norm/batch_norm.h -- batch normalisation, with the activation and the residual that follow
 * it.
 *
 *   y = f((x - mean) / sqrt(var + epsilon) * weight + bias [+ residual])
 * mean and var (biased) are the batch's, per channel, in a training plan, and the running ones elsewhere. A
 * training pass moves the running ones: r = (1 - momentum) * r + momentum * batch, with the unbiased variance
 * (PyTorch's way). Inputs: x [, residual of the same shape]. Parameters: weight, bias, running_mean,
 * running_var, each C. Source: Ioffe & Szegedy 2015. */
#ifndef CC_NETS_OPS_BATCH_NORM_H
#define CC_NETS_OPS_BATCH_NORM_H

#include "nets/ops/activation/activation.h"

typedef struct cc_batch_norm_attr {
    double epsilon, momentum;
    cc_activation activation;
    double slope; /* of a leaky relu */
} cc_batch_norm_attr;

enum { CC_BATCH_NORM_WEIGHT, CC_BATCH_NORM_BIAS, CC_BATCH_NORM_MEAN, CC_BATCH_NORM_VAR };

#define CC_BATCH_NORM_EPSILON 1e-5 /* PyTorch's; TensorFlow's is 1e-3 */

/* Momentum 0.1. */
cc_batch_norm_attr cc_batch_norm_with(cc_activation activation, double epsilon);

#endif
