/* Which of oneDNN's implementations runs a pass. */
#include <string.h>
#include "nets/backends/cpu/onednn_arrays.h"

/* A problem and the layouts that it points at, which it owns. */
typedef struct owned_problem {
    cc_onednn_problem of;
    cc_onednn_layout *x, *w, *y, *bias;
    cc_onednn_desc *hint;
} owned_problem;

static void deinit_problem(owned_problem *p) {
    cc_onednn_layout_destroy(p->x);
    cc_onednn_layout_destroy(p->w);
    cc_onednn_layout_destroy(p->y);
    cc_onednn_layout_destroy(p->bias);
    cc_onednn_desc_destroy(p->hint);
}

static void set_window(cc_onednn_problem *p, const cc_onednn_conv *c) {
    int spatial = c->x->rank - 2;
    const cc_conv_attr *a = c->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    cc_shape_spatial(in, c->transposed ? c->y : c->x);
    cc_shape_spatial(out, c->transposed ? c->x : c->y);
    for (int i = 0; i < spatial; i++) {
        int j = CC_SPATIAL_MAX - spatial + i;
        p->stride[i] = a->stride[j];
        p->padding[i] = a->padding[j];
        p->dilation[i] = a->dilation[j] - 1;
        p->padding_end[i] =
            (out[j] - 1) * a->stride[j] + a->dilation[j] * (a->kernel[j] - 1) + 1 - in[j] - a->padding[j];
    }
}

/* How slow an implementation is expected to be: 0 none better, 1 by products of whole matrices, 2 naive. */
static int slowness(const cc_onednn_desc *desc) {
    const char *name = cc_onednn_desc_implementation(desc);
    return strstr(name, "ref") ? 2 : strstr(name, "gemm") ? 1 : 0;
}

/* Its own layouts where those at home have only a slower implementation, or none. */
static cc_status choose(cc_onednn_desc **out, const cc_onednn_problem *p, const cc_onednn_conv *conv,
                        bool relaid) {
    cc_status status = CC_OK;
    cc_onednn_desc *first = NULL, *second = NULL;
    cc_onednn_layout *x = NULL, *y = NULL;
    *out = NULL;
    if (!relaid && cc_onednn_desc_create(&first, p) == CC_OK && slowness(first) == 0) {
        *out = first;
        return CC_OK;
    }
    cc_onednn_problem free_choice = *p;
    CC_CHECK(cc_onednn_activation_layout(&x, conv->x, 0, conv->dtype));
    CC_CHECK(cc_onednn_activation_layout(&y, conv->y, 0, conv->dtype));
    free_choice.x = x;
    free_choice.y = y;
    cc_status other = cc_onednn_desc_create(&second, &free_choice);
    bool better = other == CC_OK && (!first || slowness(second) < slowness(first));
    *out = better ? second : first;
    if (*out == first) first = NULL;
    if (*out == second) second = NULL;
    if (!*out) status = other;
done:
    cc_onednn_layout_destroy(x);
    cc_onednn_layout_destroy(y);
    cc_onednn_desc_destroy(first);
    cc_onednn_desc_destroy(second);
    return status;
}

/* A forward pass that a backward one is asked to agree with. */
static cc_status make_hint(owned_problem *p, const cc_onednn_conv *conv) {
    cc_onednn_layout *w;
    cc_onednn_problem forward = p->of;
    forward.kind = CC_ONEDNN_FORWARD;
    forward.training = true;
    CC_TRY(cc_onednn_weights_layout(&w, conv, CC_ONEDNN_ANY, conv->dtype));
    forward.w = w;
    cc_status status = cc_onednn_desc_create(&p->hint, &forward);
    forward.winograd = false;
    if (status != CC_OK) status = choose(&p->hint, &forward, conv, false);
    cc_onednn_layout_destroy(w);
    p->of.hint = p->hint;
    return status;
}

/* The gradient of the weights leaves in float32, the weights themselves enter as the activations are.
 * Winograd's weights at inference would be transformed beforehand, and take four times the memory. */
static cc_status init_problem(owned_problem *p, const cc_onednn_request *r) {
    const cc_onednn_conv *c = r->conv;
    bool winograd = r->algorithm == CC_ONEDNN_WINOGRAD,
         backward_weights = r->kind == CC_ONEDNN_BACKWARD_WEIGHTS;
    *p = (owned_problem){.of = {.kind = r->kind,
                                .transposed = c->transposed,
                                .winograd = winograd,
                                .training = r->training || winograd,
                                .activation = r->activation}};
    set_window(&p->of, c);
    CC_TRY(cc_onednn_activation_layout(&p->x, c->x, r->x_block, c->dtype));
    CC_TRY(cc_onednn_activation_layout(&p->y, c->y, r->y_block, c->dtype));
    CC_TRY(cc_onednn_weights_layout(&p->w, c, CC_ONEDNN_ANY, backward_weights ? CC_F32 : c->dtype));
    if (c->attr->bias || r->fused) CC_TRY(cc_onednn_bias_layout(&p->bias, c));
    p->of.x = p->x;
    p->of.y = p->y;
    p->of.w = p->w;
    p->of.bias = p->bias;
    return r->kind == CC_ONEDNN_FORWARD ? CC_OK : make_hint(p, c);
}

cc_status cc_onednn_describe_pass(cc_onednn_desc **out, const cc_onednn_request *r) {
    owned_problem p;
    *out = NULL;
    cc_status status = init_problem(&p, r);
    if (status == CC_OK && p.of.winograd)
        status = cc_onednn_desc_create(out, &p.of) == CC_OK
                     ? CC_OK
                     : cc_fail(CC_EUNSUPPORTED, NULL, NULL, "oneDNN has no Winograd convolution for this");
    else if (status == CC_OK)
        status = choose(out, &p.of, r->conv, r->algorithm == CC_ONEDNN_RELAID);
    deinit_problem(&p);
    return status;
}
