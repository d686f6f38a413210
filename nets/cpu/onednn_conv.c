/* Which primitive runs a pass. */
#include <string.h>
#include "nets/cpu/onednn_parts.h"

typedef struct problem {
    cc_onednn_kind kind;
    dnnl_alg_kind_t algorithm; /* of a convolution; a transposed one is direct */
    const cc_onednn_conv *conv;
    bool training, fused;
    cc_activation activation;
    dnnl_memory_desc_t x, w, y, bias;
    dnnl_primitive_desc_t hint; /* a forward one, for backward passes */
} problem;

typedef union description {
    dnnl_convolution_desc_t conv;
    dnnl_deconvolution_desc_t deconv;
} description;

static dnnl_alg_kind_t direct_of(const cc_onednn_conv *c) {
    return c->transposed ? dnnl_deconvolution_direct : dnnl_convolution_direct;
}

/* oneDNN's own order of spatial values, its dilation counted from 0. */
typedef struct window {
    dnnl_dims_t stride, padding, padding_end, dilation;
} window;

static window window_of(const cc_onednn_conv *c) {
    window w = {0};
    int spatial = c->x->rank - 2;
    const cc_conv_attr *a = c->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    cc_shape_spatial(in, c->transposed ? c->y : c->x);
    cc_shape_spatial(out, c->transposed ? c->x : c->y);
    for (int i = 0; i < spatial; i++) {
        int j = CC_SPATIAL_MAX - spatial + i;
        w.stride[i] = a->stride[j];
        w.padding[i] = a->padding[j];
        w.dilation[i] = a->dilation[j] - 1;
        w.padding_end[i] =
            (out[j] - 1) * a->stride[j] + a->dilation[j] * (a->kernel[j] - 1) + 1 - in[j] - a->padding[j];
    }
    return w;
}

static dnnl_status_t describe_conv(description *d, const problem *p) {
    window w = window_of(p->conv);
    const dnnl_memory_desc_t *bias = p->conv->attr->bias || p->fused ? &p->bias : NULL;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    switch (p->kind) {
    case CC_ONEDNN_FORWARD:
        return dnnl_dilated_convolution_forward_desc_init(&d->conv, forward, p->algorithm, &p->x, &p->w, bias,
                                                          &p->y, w.stride, w.dilation, w.padding,
                                                          w.padding_end);
    case CC_ONEDNN_BACKWARD_DATA:
        return dnnl_dilated_convolution_backward_data_desc_init(
            &d->conv, p->algorithm, &p->x, &p->w, &p->y, w.stride, w.dilation, w.padding, w.padding_end);
    case CC_ONEDNN_BACKWARD_WEIGHTS:
        return dnnl_dilated_convolution_backward_weights_desc_init(&d->conv, p->algorithm, &p->x, &p->w, bias,
                                                                   &p->y, w.stride, w.dilation, w.padding,
                                                                   w.padding_end);
    }
    return dnnl_invalid_arguments;
}

static dnnl_status_t describe_deconv(description *d, const problem *p) {
    window w = window_of(p->conv);
    const dnnl_memory_desc_t *bias = p->conv->attr->bias || p->fused ? &p->bias : NULL;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    switch (p->kind) {
    case CC_ONEDNN_FORWARD:
        return dnnl_dilated_deconvolution_forward_desc_init(&d->deconv, forward, p->algorithm, &p->x, &p->w,
                                                            bias, &p->y, w.stride, w.dilation, w.padding,
                                                            w.padding_end);
    case CC_ONEDNN_BACKWARD_DATA:
        return dnnl_dilated_deconvolution_backward_data_desc_init(
            &d->deconv, p->algorithm, &p->x, &p->w, &p->y, w.stride, w.dilation, w.padding, w.padding_end);
    case CC_ONEDNN_BACKWARD_WEIGHTS:
        return dnnl_dilated_deconvolution_backward_weights_desc_init(&d->deconv, p->algorithm, &p->x, &p->w,
                                                                     bias, &p->y, w.stride, w.dilation,
                                                                     w.padding, w.padding_end);
    }
    return dnnl_invalid_arguments;
}

static dnnl_status_t append_activation(dnnl_primitive_attr_t attr, cc_activation activation) {
    dnnl_post_ops_t ops;
    bool silu = activation == CC_ACTIVATION_SILU;
    dnnl_status_t code = dnnl_post_ops_create(&ops);
    if (code != dnnl_success) return code;
    code =
        dnnl_post_ops_append_eltwise(ops, 1, silu ? dnnl_eltwise_swish : dnnl_eltwise_relu, silu ? 1 : 0, 0);
    if (code == dnnl_success) code = dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    return code;
}

static dnnl_status_t create_desc(dnnl_primitive_desc_t *out, const problem *p) {
    description d;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t code = p->conv->transposed ? describe_deconv(&d, p) : describe_conv(&d, p);
    if (code == dnnl_success) code = dnnl_primitive_attr_create(&attr);
    if (code == dnnl_success) code = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (code == dnnl_success && p->activation != CC_ACTIVATION_NONE)
        code = append_activation(attr, p->activation);
    if (code == dnnl_success) code = dnnl_primitive_desc_create(out, &d, attr, cc_onednn_engine(), p->hint);
    dnnl_primitive_attr_destroy(attr);
    return code;
}

/* How slow an implementation is expected to be: 0 none better, 1 by products of whole matrices, 2 naive. */
static int slowness(const_dnnl_primitive_desc_t desc) {
    const char *name = "";
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    return strstr(name, "ref") ? 2 : strstr(name, "gemm") ? 1 : 0;
}

/* Its own layouts where those at home have only a slower implementation. */
static cc_status choose(dnnl_primitive_desc_t *out, const problem *p, bool relaid) {
    dnnl_primitive_desc_t first = NULL, second = NULL;
    cc_dtype dtype = p->conv->dtype;
    dnnl_status_t code = relaid ? dnnl_unimplemented : create_desc(&first, p);
    if (code == dnnl_success && slowness(first) == 0) {
        *out = first;
        return CC_OK;
    }
    problem free_choice = *p;
    CC_TRY(cc_onednn_activation_desc(&free_choice.x, p->conv->x, 0, dtype));
    CC_TRY(cc_onednn_activation_desc(&free_choice.y, p->conv->y, 0, dtype));
    dnnl_status_t other = create_desc(&second, &free_choice);
    if (other == dnnl_success && (code != dnnl_success || slowness(second) < slowness(first))) {
        dnnl_primitive_desc_destroy(first);
        *out = second;
        return CC_OK;
    }
    dnnl_primitive_desc_destroy(second);
    DNNL_TRY(code, "run this convolution");
    *out = first;
    return CC_OK;
}

/* A forward primitive that a backward one is asked to agree with. */
static cc_status make_hint(problem *p) {
    problem forward = *p;
    forward.kind = CC_ONEDNN_FORWARD;
    forward.training = true;
    CC_TRY(cc_onednn_weights_desc(&forward.w, p->conv, false, p->conv->dtype));
    if (create_desc(&p->hint, &forward) == dnnl_success) return CC_OK;
    forward.algorithm = direct_of(p->conv);
    return choose(&p->hint, &forward, false);
}

/* The gradient of the weights leaves in float32, the weights themselves enter as the activations are. */
static cc_status describe_problem(problem *p, const cc_onednn_request *r) {
    dnnl_dims_t channels = {r->conv->attr->out_channels};
    cc_dtype dtype = r->conv->dtype;
    CC_TRY(cc_onednn_activation_desc(&p->x, r->conv->x, r->x_block, dtype));
    CC_TRY(cc_onednn_activation_desc(&p->y, r->conv->y, r->y_block, dtype));
    CC_TRY(cc_onednn_weights_desc(&p->w, r->conv, false,
                                  r->kind == CC_ONEDNN_BACKWARD_WEIGHTS ? CC_F32 : dtype));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&p->bias, 1, channels, dnnl_f32, dnnl_x), "describe a bias");
    return p->kind == CC_ONEDNN_FORWARD ? CC_OK : make_hint(p);
}

/* Winograd's weights at inference would be transformed beforehand, and take four times the memory. */
cc_status cc_onednn_describe_pass(dnnl_primitive_desc_t *out, const cc_onednn_request *r) {
    problem p = {.kind = r->kind,
                 .conv = r->conv,
                 .training = r->training || r->algorithm == CC_ONEDNN_WINOGRAD,
                 .fused = r->fused,
                 .activation = r->activation,
                 .algorithm =
                     r->algorithm == CC_ONEDNN_WINOGRAD ? dnnl_convolution_winograd : direct_of(r->conv)};
    cc_status status = describe_problem(&p, r);
    if (status == CC_OK && r->algorithm == CC_ONEDNN_WINOGRAD)
        status = create_desc(out, &p) == dnnl_success
                     ? CC_OK
                     : cc_fail(CC_EUNSUPPORTED, NULL, NULL, "oneDNN has no Winograd convolution for this");
    else if (status == CC_OK)
        status = choose(out, &p, r->algorithm == CC_ONEDNN_RELAID);
    dnnl_primitive_desc_destroy(p.hint);
    return status;
}
