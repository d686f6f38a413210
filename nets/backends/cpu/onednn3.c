/* nets/backends/cpu/onednn3.c -- layouts and descriptors in oneDNN 3.x (Debian 13 has 3.7): descriptors are
 * opaque and made in one call, with the attributes. Nothing here is newer than 3.0. Compiled where
 * dnnl_version.h says 3. */
#include "nets/backends/cpu/onednn_parts.h"

cc_status cc_onednn_layout_create(cc_onednn_layout **out, cc_onednn_array array, int rank,
                                  const int64_t *dims, cc_dtype dtype, cc_onednn_order order) {
    dnnl_memory_desc_t desc = NULL;
    dnnl_status_t code = dnnl_memory_desc_create_with_tag(&desc, rank, dims, cc_onednn_type(dtype),
                                                          cc_onednn_tag(array, rank, order));
    *out = (cc_onednn_layout *)desc;
    DNNL_TRY(code, "describe an array");
    return CC_OK;
}

cc_status cc_onednn_layout_copy(cc_onednn_layout **out, const cc_onednn_layout *layout) {
    dnnl_memory_desc_t desc = NULL;
    dnnl_status_t code = dnnl_memory_desc_clone(&desc, (const_dnnl_memory_desc_t)layout);
    *out = (cc_onednn_layout *)desc;
    DNNL_TRY(code, "describe an array");
    return CC_OK;
}

void cc_onednn_layout_destroy(cc_onednn_layout *layout) {
    dnnl_memory_desc_destroy((dnnl_memory_desc_t)layout);
}

static const_dnnl_memory_desc_t desc_of(const cc_onednn_layout *layout) {
    return (const_dnnl_memory_desc_t)layout;
}

/* Backward passes take the descriptors of the gradients in the places of x, w and y, and the forward pass as
 * a hint. */
static dnnl_status_t create_conv(dnnl_primitive_desc_t *out, const cc_onednn_problem *p,
                                 const_dnnl_primitive_attr_t attr) {
    const_dnnl_memory_desc_t x = desc_of(p->x), w = desc_of(p->w), y = desc_of(p->y), bias = desc_of(p->bias);
    const_dnnl_primitive_desc_t hint = (const_dnnl_primitive_desc_t)p->hint;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_alg_kind_t algorithm = p->winograd ? dnnl_convolution_winograd : dnnl_convolution_direct;
    dnnl_engine_t engine = cc_onednn_engine();
    switch (p->pass) {
    case CC_PASS_FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(out, engine, forward, algorithm, x, w, bias, y,
                                                              p->stride, p->dilation, p->padding,
                                                              p->padding_end, attr);
    case CC_PASS_BACKWARD_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(
            out, engine, algorithm, x, w, y, p->stride, p->dilation, p->padding, p->padding_end, hint, attr);
    case CC_PASS_BACKWARD_WEIGHTS:
        return dnnl_convolution_backward_weights_primitive_desc_create(out, engine, algorithm, x, w, bias, y,
                                                                       p->stride, p->dilation, p->padding,
                                                                       p->padding_end, hint, attr);
    }
    return dnnl_invalid_arguments;
}

/* The same of a transposed convolution, which oneDNN calls a deconvolution. */
static dnnl_status_t create_deconv(dnnl_primitive_desc_t *out, const cc_onednn_problem *p,
                                   const_dnnl_primitive_attr_t attr) {
    const_dnnl_memory_desc_t x = desc_of(p->x), w = desc_of(p->w), y = desc_of(p->y), bias = desc_of(p->bias);
    const_dnnl_primitive_desc_t hint = (const_dnnl_primitive_desc_t)p->hint;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_alg_kind_t algorithm = dnnl_deconvolution_direct;
    dnnl_engine_t engine = cc_onednn_engine();
    switch (p->pass) {
    case CC_PASS_FORWARD:
        return dnnl_deconvolution_forward_primitive_desc_create(out, engine, forward, algorithm, x, w, bias,
                                                                y, p->stride, p->dilation, p->padding,
                                                                p->padding_end, attr);
    case CC_PASS_BACKWARD_DATA:
        return dnnl_deconvolution_backward_data_primitive_desc_create(
            out, engine, algorithm, x, w, y, p->stride, p->dilation, p->padding, p->padding_end, hint, attr);
    case CC_PASS_BACKWARD_WEIGHTS:
        return dnnl_deconvolution_backward_weights_primitive_desc_create(
            out, engine, algorithm, x, w, bias, y, p->stride, p->dilation, p->padding, p->padding_end, hint,
            attr);
    }
    return dnnl_invalid_arguments;
}

/* A descriptor, and what it is made with. */
typedef struct making {
    const cc_onednn_problem *problem;
    dnnl_post_ops_t post_ops;
    dnnl_primitive_attr_t attr;
    dnnl_primitive_desc_t desc;
} making;

static dnnl_status_t make_desc(void *context) {
    making *m = context;
    const cc_onednn_problem *p = m->problem;
    const bool silu = p->end.kind == CC_ACTIVATION_SILU;
    dnnl_status_t code =
        p->end.kind == CC_ACTIVATION_NONE ? dnnl_success : dnnl_post_ops_create(&m->post_ops);
    /* swish with alpha 1 is SiLU; relu with a slope of 0 below zero is ReLU; beta is unused. */
    const float alpha = silu ? 1 : p->end.kind == CC_ACTIVATION_LEAKY_RELU ? (float)p->end.slope : 0;
    if (code == dnnl_success && m->post_ops)
        code = dnnl_post_ops_append_eltwise(m->post_ops, silu ? dnnl_eltwise_swish : dnnl_eltwise_relu, alpha,
                                            0);
    if (code == dnnl_success) code = cc_onednn_attributes(&m->attr, m->post_ops);
    if (code != dnnl_success) return code;
    return p->transposed ? create_deconv(&m->desc, p, m->attr) : create_conv(&m->desc, p, m->attr);
}

cc_status cc_onednn_desc_create(cc_onednn_desc **out, const cc_onednn_problem *problem) {
    making m = {.problem = problem};
    const dnnl_status_t code = cc_onednn_make(make_desc, &m);
    dnnl_post_ops_destroy(m.post_ops);
    dnnl_primitive_attr_destroy(m.attr);
    *out = (cc_onednn_desc *)m.desc;
    DNNL_TRY(code, "run this convolution");
    return CC_OK;
}
