/* nets/ops/group_norm/group_norm.h -- group normalisation, with the activation that follows it.
 *
 *   y = f((x - mean) / sqrt(var + epsilon) * weight + bias)
 * mean and var (biased) are those of each image by itself, over all pixels of one group of neighbouring
 * channels: the same in training and in evaluation, and nothing is kept of them. Input: x, of rank 4 or 5.
 * Parameters where `affine`: weight, bias, each C. Values that are all equal have var 0: y = f(bias), and
 * finite gradients. Instance normalisation is the same with one channel a group, an op of its own by name.
 * Source: Wu & He, ECCV 2018; PyTorch's group_norm. */
#ifndef CC_NETS_OPS_GROUP_NORM_H
#define CC_NETS_OPS_GROUP_NORM_H

#include "nets/ops/activation/activation.h"

typedef struct cc_group_norm_attr {
    int64_t groups; /* that divide the channels; 0: one channel a group */
    double epsilon;
    bool affine; /* there are weight and bias; else 1 and 0 */
    cc_activation activation;
    double slope; /* of a leaky ReLU below zero */
} cc_group_norm_attr;

enum { CC_GROUP_NORM_WEIGHT, CC_GROUP_NORM_BIAS };

/* Groups of x: attr->groups, or as many as there are channels. */
int64_t cc_group_norm_groups(const cc_group_norm_attr *attr, const cc_shape *x);

/* What an op of these attributes consists of; cc_op_group_norm and cc_op_instance_norm share them. */
cc_status cc_group_norm_infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                              int input_count);
unsigned cc_group_norm_reads(const void *attr);
void cc_group_norm_reference_forward(const cc_reference_io *io);
void cc_group_norm_reference_backward(const cc_reference_io *io);
size_t cc_group_norm_reference_bytes(const void *attr, const cc_shape *output);

#endif
