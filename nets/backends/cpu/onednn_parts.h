/* nets/backends/cpu/onednn_parts.h -- private to onednn_library.c and onednn2.c or onednn3.c: what these
 * share, in oneDNN's own types. */
#ifndef CC_NETS_BACKENDS_CPU_ONEDNN_PARTS_H
#define CC_NETS_BACKENDS_CPU_ONEDNN_PARTS_H

#include <dnnl.h>
#include "nets/backends/cpu/onednn_library.h"

#define DNNL_TRY(expression, what)                                                                           \
    do {                                                                                                     \
        dnnl_status_t code_ = (expression);                                                                  \
        if (code_ != dnnl_success) return cc_onednn_fail(code_, what);                                       \
    } while (0)

/* Does work that calls oneDNN; an exception becomes a status: dnnl_out_of_memory, dnnl_runtime_error. */
dnnl_status_t cc_onednn_catch(dnnl_status_t (*work)(void *context), void *context);
/* The same for what makes objects: it asks first whether there is memory for them. */
dnnl_status_t cc_onednn_make(dnnl_status_t (*work)(void *context), void *context);

/* The error "oneDNN cannot WHAT (its status CODE)": CC_ENOMEM, CC_EUNSUPPORTED where it has no such
 * implementation, else CC_EDEVICE. */
cc_status cc_onednn_fail(dnnl_status_t code, const char *what);

/* Both are there once cc_onednn_start has succeeded, and last as long as the process. */
dnnl_engine_t cc_onednn_engine(void);
dnnl_stream_t cc_onednn_stream(void);
dnnl_format_tag_t cc_onednn_tag(cc_onednn_array array, int rank, cc_onednn_order order);
dnnl_data_type_t cc_onednn_type(cc_dtype dtype);
/* The attributes of a pass, which the caller destroys: scratch memory is the caller's, and `post_ops` (NULL:
 * none) are done to each output at its end. */
dnnl_status_t cc_onednn_attributes(dnnl_primitive_attr_t *out, const_dnnl_post_ops_t post_ops);

#endif
