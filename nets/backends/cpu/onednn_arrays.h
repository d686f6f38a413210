/* nets/backends/cpu/onednn_arrays.h -- private to nets/: layouts of calcade's activations and weights in
 * oneDNN, and the descriptor of a pass. What is created, the caller destroys. */
#ifndef CC_NETS_BACKENDS_CPU_ONEDNN_ARRAYS_H
#define CC_NETS_BACKENDS_CPU_ONEDNN_ARRAYS_H

#include "nets/backends/cpu/onednn_library.h"

typedef struct cc_onednn_weights { /* what a weights slot's `layout` points at */
    cc_onednn_layout *stored, *plain;
} cc_onednn_weights;

/* A block of 0 leaves the layout to oneDNN. */
cc_status cc_onednn_activation_layout(cc_onednn_layout **out, const cc_shape *shape, int64_t block,
                                      cc_dtype dtype);
/* oneDNN's weights: [groups,] O, I, kernel, whatever PyTorch's order is. PLAIN is PyTorch's order. */
cc_status cc_onednn_weights_layout(cc_onednn_layout **out, const cc_onednn_conv *conv, cc_onednn_order order,
                                   cc_dtype dtype);
cc_status cc_onednn_bias_layout(cc_onednn_layout **out, const cc_onednn_conv *conv);

/* Weights from one layout to another; makes what it needs and lets go of it. */
cc_status cc_onednn_convert(void *to, const cc_onednn_layout *to_layout, const void *from,
                            const cc_onednn_layout *from_layout);

/* The descriptor of a pass, weights in whatever layout it likes, y_block 0: whatever it likes. */
cc_status cc_onednn_describe_pass(cc_onednn_desc **out, const cc_onednn_request *request);

#endif
