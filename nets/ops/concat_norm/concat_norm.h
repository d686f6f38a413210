/* nets/ops/concat_norm/concat_norm.h -- batch normalisation of channels that lie in several inputs, as if
 * they were one array: y = batch_norm(concat(x0, x1, ...)), with its activation and without a residual.
 *
 * For dense blocks, whose every layer reads all layers before it: the concatenations of a block of L
 * layers hold L/2 times what the layers themselves put out, and only batch norms read them. Here they are
 * never kept: a batch norm knows one channel at a time, so that it can read each input where it lies.
 *
 * Inputs: x0, x1, ... [n][C_i][pixels], of one size. Output: [n][sum of C_i][pixels]. Attributes and
 * parameters are those of the batch norm (nets/ops/batch_norm/batch_norm.h), of sum of C_i channels.
 * Source: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", CVPR 2017;
 * what is kept and what is not, after Pleiss et al., "Memory-efficient implementation of DenseNets", 2017. */
#ifndef CC_NETS_OPS_CONCAT_NORM_H
#define CC_NETS_OPS_CONCAT_NORM_H

#include "nets/engine/kernel.h"
#include "nets/ops/batch_norm/batch_norm.h"

/* The op by two kernels of a backend, for the kernels of backends: the inputs are joined in the scratch
 * memory, which all nodes share, and a batch norm runs there. The backward pass joins them anew. */
typedef struct cc_concat_norm_parts {
    const cc_kernel *concat, *norm;
} cc_concat_norm_parts;

cc_status cc_concat_norm_plan(cc_task *task, const cc_concat_norm_parts *parts);
cc_status cc_concat_norm_forward(cc_task *task, const cc_concat_norm_parts *parts);
cc_status cc_concat_norm_backward(cc_task *task, const cc_concat_norm_parts *parts);

#endif
