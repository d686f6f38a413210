/* nets/ops/conv/cpu/onednn_conv.c -- which of oneDNN's implementations runs a pass.
 *
 * oneDNN answers a descriptor of a pass with the first implementation that can do it in the layouts that are
 * asked for: a naive one ("ref...") too, a hundred times slower than the others, or one by products of whole
 * matrices ("gemm..."). So the plan's own layouts are asked for first; where they have only a slow
 * implementation, oneDNN's free choice is asked for as well, and taken if that is better. Source: oneDNN's
 * developer guide, "Memory format propagation". */
#include "nets/ops/conv/cpu/onednn_conv.h"

#include <string.h>
#include "nets/backends/cpu/onednn.h"

/* A problem in oneDNN's terms with the layouts that it points at, which it owns. */
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

/* Stride, padding and dilation in oneDNN's terms: of the image that the kernel slides over (x; y of a
 * transposed convolution) and the array that has a value for each place of the kernel (y; x of a transposed
 * one). */
static void set_window(cc_onednn_problem *p, const cc_cpu_conv *c) {
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
        /* The padding behind is what the last place of the kernel reaches beyond the image; it is negative
         * where the stride leaves pixels over. */
        p->padding_end[i] =
            (out[j] - 1) * a->stride[j] + a->dilation[j] * (a->kernel[j] - 1) + 1 - in[j] - a->padding[j];
    }
}

/* How slow an implementation is expected to be: 0 none better, 1 by products of whole matrices, 2 naive. */
static int slowness(const cc_onednn_desc *desc) {
    const char *name = cc_onednn_desc_implementation(desc);
    return strstr(name, "ref") ? 2 : strstr(name, "gemm") ? 1 : 0;
}

/* The plan's layouts, unless oneDNN's own have a faster implementation, or are asked for (`relaid`). */
static cc_status choose(cc_onednn_desc **out, const cc_onednn_problem *p, const cc_cpu_conv *conv,
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
    CC_CHECK(cc_onednn_layout_of_activation(&x, conv->x, 0, conv->dtype));
    CC_CHECK(cc_onednn_layout_of_activation(&y, conv->y, 0, conv->dtype));
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

/* oneDNN wants a backward pass to be made with the descriptor of the forward pass that it belongs to. */
static cc_status make_hint(owned_problem *p, const cc_cpu_conv *conv) {
    cc_onednn_layout *w;
    cc_onednn_problem forward = p->of;
    forward.pass = CC_PASS_FORWARD;
    forward.training = true;
    CC_TRY(cc_onednn_layout_of_weights(&w, conv, CC_ONEDNN_ANY, conv->dtype));
    forward.w = w;
    cc_status status = cc_onednn_desc_create(&p->hint, &forward);
    forward.winograd = false;
    if (status != CC_OK) status = choose(&p->hint, &forward, conv, false);
    cc_onednn_layout_destroy(w);
    p->of.hint = p->hint;
    return status;
}

/* The gradient of the weights leaves in float32, the weights themselves enter as the activations are.
 * Winograd's weights at inference would be transformed beforehand, and take four times the memory: it is made
 * as if to train. */
static cc_status init_problem(owned_problem *out, const cc_conv_problem *p, cc_onednn_variant variant) {
    const cc_cpu_conv *c = &p->conv;
    bool winograd = variant == CC_ONEDNN_WINOGRAD;
    *out = (owned_problem){.of = {.pass = p->pass,
                                  .transposed = c->transposed,
                                  .winograd = winograd,
                                  .training = p->training || winograd,
                                  .end = p->end}};
    set_window(&out->of, c);
    CC_TRY(cc_onednn_layout_of_activation(&out->x, c->x, p->x_block, c->dtype));
    CC_TRY(cc_onednn_layout_of_activation(&out->y, c->y, p->y_block, c->dtype));
    CC_TRY(cc_onednn_layout_of_weights(&out->w, c, CC_ONEDNN_ANY,
                                       p->pass == CC_PASS_BACKWARD_WEIGHTS ? CC_F32 : c->dtype));
    if (c->attr->bias || p->fused) CC_TRY(cc_onednn_layout_of_bias(&out->bias, c));
    out->of.x = out->x;
    out->of.y = out->y;
    out->of.w = out->w;
    out->of.bias = out->bias;
    return p->pass == CC_PASS_FORWARD ? CC_OK : make_hint(out, c);
}

cc_status cc_onednn_conv_describe(cc_onednn_desc **out, const cc_conv_problem *problem,
                                  cc_onednn_variant variant) {
    owned_problem p;
    *out = NULL;
    cc_status status = init_problem(&p, problem, variant);
    if (status == CC_OK && p.of.winograd)
        status = cc_onednn_desc_create(out, &p.of) == CC_OK
                     ? CC_OK
                     : cc_fail(CC_EUNSUPPORTED, NULL, NULL, "oneDNN has no Winograd convolution for this");
    else if (status == CC_OK)
        status = choose(out, &p.of, &problem->conv, variant == CC_ONEDNN_RELAID);
    deinit_problem(&p);
    return status;
}

/* The direct forward pass in float32, y in whatever layout it likes. Plans in bf16 ask for float32 too: the
 * weights are stored in that, and plans of both precisions may share them. */
static cc_status describe_forward(cc_onednn_desc **out, const cc_cpu_conv *conv, int64_t x_block) {
    cc_conv_problem problem = {
        .pass = CC_PASS_FORWARD, .conv = *conv, .training = true, .x_block = x_block, .y_block = 0};
    problem.conv.dtype = CC_F32;
    CC_TRY(cc_onednn_start());
    return cc_onednn_conv_describe(out, &problem, CC_ONEDNN_DIRECT);
}

cc_status cc_onednn_conv_lay_out_weights(cc_parameter_slot *weights, const cc_cpu_conv *conv,
                                         int64_t x_block) {
    cc_onednn_desc *desc;
    CC_TRY(describe_forward(&desc, conv, x_block));
    cc_status status =
        cc_onednn_weights_lay_out(weights, conv, cc_onednn_desc_layout(desc, CC_PASS_FORWARD, CC_CONV_W));
    cc_onednn_desc_destroy(desc);
    return status;
}

cc_status cc_onednn_conv_output_block(int64_t *out, const cc_cpu_conv *conv, int64_t x_block) {
    cc_onednn_desc *desc;
    *out = cc_onednn_block();
    if (conv->y->dims[1] >= *out) return CC_OK;
    CC_TRY(describe_forward(&desc, conv, x_block));
    *out = cc_onednn_layout_block(cc_onednn_desc_layout(desc, CC_PASS_FORWARD, CC_CONV_Y), conv->y);
    if (!*out) *out = 1;
    cc_onednn_desc_destroy(desc);
    return CC_OK;
}
