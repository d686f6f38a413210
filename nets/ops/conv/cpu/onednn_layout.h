/* nets/ops/conv/cpu/onednn_layout.h -- how a convolution's arrays lie in memory, as oneDNN's layouts; weights
 * in another order than PyTorch's, and their conversion.
 *
 * Weights are stored in float32 whatever the activations are, in the order that a parameter slot's `layout`
 * describes (a cc_onednn_weights). A kernel of our own that does not know oneDNN asks here whether weights
 * are plain (PyTorch's order) or in one of the two blocked orders that it is written for. What is created,
 * the caller destroys. */
#ifndef CC_NETS_OPS_CONV_CPU_ONEDNN_LAYOUT_H
#define CC_NETS_OPS_CONV_CPU_ONEDNN_LAYOUT_H

#include "nets/backends/cpu/onednn_library.h"
#include "nets/ops/conv/cpu/algorithm.h"

/* What a laid out slot's `layout` points at; plain: PyTorch's order. */
typedef struct cc_onednn_weights {
    cc_onednn_layout *stored, *plain;
} cc_onednn_weights;

/* Gives a slot that has no layout yet the one that is wanted (copied), with pack, unpack and release. */
cc_status cc_onednn_weights_lay_out(cc_parameter_slot *slot, const cc_cpu_conv *conv,
                                    const cc_onednn_layout *wanted);
/* The same with PyTorch's own order. */
cc_status cc_onednn_weights_lay_out_plain(cc_parameter_slot *weights, const cc_cpu_conv *conv);
bool cc_onednn_weights_are_plain(const cc_parameter_slot *weights);
/* The channel block b, 8 or 16, where weights lie as [groups / b][taps][b] (one channel a group) or
 * as [O / b][I / b][taps][b of I][b of O] (one group); 0 where they lie otherwise, or have no layout yet. */
int64_t cc_onednn_weights_block(const cc_parameter_slot *weights, const cc_cpu_conv *conv);

/* An activation in blocks of channels: 1 (N,C,H,W), 8 or 16; a block of 0 leaves the layout to oneDNN. */
cc_status cc_onednn_layout_of_activation(cc_onednn_layout **out, const cc_shape *shape, int64_t block,
                                         cc_dtype dtype);
/* The channel block of a layout of `shape` in float32 that oneDNN chose; 0 where it is none of those. */
int64_t cc_onednn_layout_block(const cc_onednn_layout *layout, const cc_shape *shape);
/* oneDNN's weights: [groups,] O, I, kernel, whatever PyTorch's order is. CC_ONEDNN_PLAIN is PyTorch's order,
 * which has I before O for a transposed convolution. */
cc_status cc_onednn_layout_of_weights(cc_onednn_layout **out, const cc_cpu_conv *conv, cc_onednn_order order,
                                      cc_dtype dtype);
cc_status cc_onednn_layout_of_bias(cc_onednn_layout **out, const cc_cpu_conv *conv);

/* Between the stored weights (or their gradient) and plain ones: made once, run in every step. */
typedef struct cc_onednn_reorder cc_onednn_reorder;
cc_status cc_onednn_reorder_create(cc_onednn_reorder **out, const cc_parameter_slot *weights, bool to_plain);
cc_status cc_onednn_reorder_run(const cc_onednn_reorder *reorder, void *to, const void *from);
void cc_onednn_reorder_destroy(cc_onednn_reorder *reorder); /* takes NULL */
/* An array from one layout to another, once. */
cc_status cc_onednn_reorder_once(void *to, const cc_onednn_layout *to_layout, const void *from,
                                 const cc_onednn_layout *from_layout);

#endif
