/* nets/backends/cpu/onednn2.c -- layouts and descriptors in oneDNN 2.x (Debian 12 has 2.6): a memory
 * descriptor is a struct, which lies here on the heap, and a pass is first described by a struct of its kind.
 * Compiled where dnnl_version.h says 2. */
#include <stdlib.h>
#include "nets/backends/cpu/onednn_parts.h"

cc_status cc_onednn_layout_create(cc_onednn_layout **out, cc_onednn_array array, int rank,
                                  const int64_t *dims, cc_dtype dtype, cc_onednn_order order) {
    dnnl_memory_desc_t desc;
    *out = NULL;
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&desc, rank, dims, cc_onednn_type(dtype),
                                          cc_onednn_tag(array, rank, order)),
             "describe an array");
    return cc_onednn_layout_copy(out, (const cc_onednn_layout *)&desc);
}

cc_status cc_onednn_layout_copy(cc_onednn_layout **out, const cc_onednn_layout *layout) {
    dnnl_memory_desc_t *desc = malloc(sizeof *desc);
    *out = (cc_onednn_layout *)desc;
    if (!desc) return cc_fail_memory("layout", sizeof *desc);
    *desc = *(const dnnl_memory_desc_t *)layout;
    return CC_OK;
}

void cc_onednn_layout_destroy(cc_onednn_layout *layout) {
    free(layout);
}

/* What a pass is described by before an implementation is looked for: a struct for each kind. */
typedef union description {
    dnnl_convolution_desc_t conv;
    dnnl_deconvolution_desc_t deconv;
} description;

static const dnnl_memory_desc_t *desc_of(const cc_onednn_layout *layout) {
    return (const dnnl_memory_desc_t *)layout;
}

/* Backward passes take the descriptors of the gradients in the places of x, w and y. */
static dnnl_status_t describe_conv(description *d, const cc_onednn_problem *p) {
    const dnnl_memory_desc_t *x = desc_of(p->x), *w = desc_of(p->w), *y = desc_of(p->y),
                             *bias = desc_of(p->bias);
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_alg_kind_t algorithm = p->winograd ? dnnl_convolution_winograd : dnnl_convolution_direct;
    switch (p->pass) {
    case CC_PASS_FORWARD:
        return dnnl_dilated_convolution_forward_desc_init(&d->conv, forward, algorithm, x, w, bias, y,
                                                          p->stride, p->dilation, p->padding, p->padding_end);
    case CC_PASS_BACKWARD_DATA:
        return dnnl_dilated_convolution_backward_data_desc_init(&d->conv, algorithm, x, w, y, p->stride,
                                                                p->dilation, p->padding, p->padding_end);
    case CC_PASS_BACKWARD_WEIGHTS:
        return dnnl_dilated_convolution_backward_weights_desc_init(
            &d->conv, algorithm, x, w, bias, y, p->stride, p->dilation, p->padding, p->padding_end);
    }
    return dnnl_invalid_arguments;
}

/* The same of a transposed convolution, which oneDNN calls a deconvolution. */
static dnnl_status_t describe_deconv(description *d, const cc_onednn_problem *p) {
    const dnnl_memory_desc_t *x = desc_of(p->x), *w = desc_of(p->w), *y = desc_of(p->y),
                             *bias = desc_of(p->bias);
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_alg_kind_t algorithm = dnnl_deconvolution_direct;
    switch (p->pass) {
    case CC_PASS_FORWARD:
        return dnnl_dilated_deconvolution_forward_desc_init(&d->deconv, forward, algorithm, x, w, bias, y,
                                                            p->stride, p->dilation, p->padding,
                                                            p->padding_end);
    case CC_PASS_BACKWARD_DATA:
        return dnnl_dilated_deconvolution_backward_data_desc_init(&d->deconv, algorithm, x, w, y, p->stride,
                                                                  p->dilation, p->padding, p->padding_end);
    case CC_PASS_BACKWARD_WEIGHTS:
        return dnnl_dilated_deconvolution_backward_weights_desc_init(
            &d->deconv, algorithm, x, w, bias, y, p->stride, p->dilation, p->padding, p->padding_end);
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
        code = dnnl_post_ops_append_eltwise(m->post_ops, 1, silu ? dnnl_eltwise_swish : dnnl_eltwise_relu,
                                            alpha, 0);
    if (code == dnnl_success) code = cc_onednn_attributes(&m->attr, m->post_ops);
    if (code != dnnl_success) return code;
    description d;
    code = p->transposed ? describe_deconv(&d, p) : describe_conv(&d, p);
    if (code != dnnl_success) return code;
    return dnnl_primitive_desc_create(&m->desc, &d, m->attr, cc_onednn_engine(),
                                      (const_dnnl_primitive_desc_t)p->hint);
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
