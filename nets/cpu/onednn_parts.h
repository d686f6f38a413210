/* nets/cpu/onednn_parts.h -- private to nets/cpu/onednn*.c: what those files share. */
#ifndef CC_NETS_CPU_ONEDNN_PARTS_H
#define CC_NETS_CPU_ONEDNN_PARTS_H

#include <dnnl.h>
#include "nets/cpu/onednn.h"

#define DNNL_TRY(expression, what)                                                                           \
    do {                                                                                                     \
        dnnl_status_t code_ = (expression);                                                                  \
        if (code_ != dnnl_success) return cc_onednn_fail(code_, what);                                       \
    } while (0)

cc_status cc_onednn_fail(dnnl_status_t code, const char *what);

/* Makes the engine and its stream, once; those below may be used after it. */
cc_status cc_onednn_start(void);
dnnl_engine_t cc_onednn_engine(void);
dnnl_stream_t cc_onednn_stream(void);

typedef struct cc_onednn_layout { /* of a weights slot */
    dnnl_memory_desc_t stored, plain;
} cc_onednn_layout;

/* A block of 0 leaves the layout to oneDNN. */
cc_status cc_onednn_activation_desc(dnnl_memory_desc_t *out, const cc_shape *shape, int64_t block,
                                    cc_dtype dtype);
/* oneDNN's weights: [groups,] O, I, kernel, whatever PyTorch's order is. Plain is PyTorch's order, else the
 * layout is left to oneDNN. */
cc_status cc_onednn_weights_desc(dnnl_memory_desc_t *out, const cc_onednn_conv *conv, bool plain,
                                 cc_dtype dtype);

/* Weights from one layout to another; makes what it needs and lets go of it. */
cc_status cc_onednn_convert(void *to, const dnnl_memory_desc_t *to_desc, const void *from,
                            const dnnl_memory_desc_t *from_desc);

/* The primitive descriptor of a pass, weights in whatever layout it likes, y_block 0: whatever it likes. The
 * caller destroys *out. */
cc_status cc_onednn_describe_pass(dnnl_primitive_desc_t *out, const cc_onednn_request *request);

#endif
