/* Which algorithms suit a pass of a convolution, and each of them prepared and run in the same words:
 * oneDNN, small, depthwise and few-channel kernels of our own, Winograd, and im2col with OpenBLAS. */
#include "nets/ops/conv/cpu/conv_pass.h"

#include <omp.h>
#include <string.h>
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/depthwise.h"
#include "nets/ops/conv/cpu/gemm_conv.h"
#include "nets/ops/conv/cpu/narrow/narrow.h"
#include "nets/ops/conv/cpu/small_conv.h"
#include "nets/ops/conv/cpu/winograd/winograd.h"

static const cc_onednn_algorithm onednn_algorithms[] = {[CC_CONV_DIRECT] = CC_ONEDNN_DIRECT,
                                                        [CC_CONV_RELAID] = CC_ONEDNN_RELAID,
                                                        [CC_CONV_WINOGRAD] = CC_ONEDNN_WINOGRAD};

const char *cc_conv_algorithm_name(cc_conv_algorithm algorithm) {
    static const char *const names[CC_CONV_ALGORITHMS] = {
        [CC_CONV_DIRECT] = "direct", [CC_CONV_RELAID] = "relaid", [CC_CONV_WINOGRAD] = "winograd",
        [CC_CONV_TILES] = "tiles",   [CC_CONV_SMALL] = "small",   [CC_CONV_DEPTHWISE] = "depthwise",
        [CC_CONV_NARROW] = "narrow", [CC_CONV_GEMM] = "gemm"};
    return names[algorithm];
}

/* oneDNN's own Winograd gives wrong input gradients where padding differs before and behind. */
static bool suits_winograd(const cc_conv_problem *p) {
    const cc_conv_attr *a = p->conv.attr;
    for (int i = 1; i < CC_SPATIAL_MAX; i++)
        if (a->kernel[i] != 3 || a->stride[i] != 1 || a->dilation[i] != 1 || a->padding_more[i] != 0)
            return false;
    return p->conv.x->rank == 4 && a->groups == 1 && !p->conv.transposed && p->conv.dtype == CC_F32;
}

bool cc_conv_is_narrow(const cc_onednn_conv *conv, int64_t x_block) {
    return !conv->transposed && cc_narrow_fits(conv->attr, conv->x, x_block);
}

cc_status cc_conv_output_block(int64_t *out, const cc_onednn_conv *conv, int64_t x_block) {
    if (!cc_conv_is_narrow(conv, x_block)) return cc_onednn_output_block(out, conv, x_block);
    *out = 1;
    return CC_OK;
}

bool cc_conv_pass_suits(cc_conv_algorithm algorithm, const cc_conv_problem *p) {
    const cc_onednn_conv *c = &p->conv;
    switch (algorithm) {
    case CC_CONV_DIRECT:
    case CC_CONV_RELAID:
        return true;
    case CC_CONV_WINOGRAD:
        return suits_winograd(p);
    case CC_CONV_TILES:
        return !c->transposed && !(p->kind == CC_ONEDNN_BACKWARD_WEIGHTS && c->attr->bias) &&
               cc_winograd_fits(c->attr, c->x, p->x_block, p->y_block,
                                cc_onednn_weights_block(p->weights, c));
    case CC_CONV_SMALL:
        return !c->transposed && c->dtype == CC_F32 && !p->fused && p->kind == CC_ONEDNN_FORWARD &&
               cc_small_conv_suits(c->attr, c->x, c->y) && cc_onednn_is_plain(p->weights);
    case CC_CONV_DEPTHWISE:
        return !c->transposed && p->kind == CC_ONEDNN_BACKWARD_WEIGHTS &&
               cc_depthwise_fits(c->attr, c->x, p->x_block, p->y_block,
                                 cc_onednn_weights_block(p->weights, c));
    case CC_CONV_NARROW:
        return !p->fused && p->y_block == 1 && cc_conv_is_narrow(c, p->x_block) &&
               cc_onednn_is_plain(p->weights);
    case CC_CONV_GEMM:
        return !p->fused;
    }
    return false;
}

cc_status cc_conv_pass_init(cc_conv_pass *out, cc_conv_algorithm algorithm, const cc_conv_problem *p) {
    *out = (cc_conv_pass){.algorithm = algorithm, .problem = *p, .threads = omp_get_max_threads()};
    if (!cc_conv_pass_suits(algorithm, p))
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "%s does not suit this convolution",
                       cc_conv_algorithm_name(algorithm));
    if (algorithm == CC_CONV_TILES && p->fused)
        return cc_memory_get(&out->held, p->weights->bytes, "weights");
    if (algorithm == CC_CONV_SMALL || algorithm == CC_CONV_DEPTHWISE || algorithm == CC_CONV_TILES ||
        algorithm == CC_CONV_NARROW)
        return CC_OK;
    if (algorithm == CC_CONV_GEMM)
        return cc_onednn_is_plain(p->weights)
                   ? CC_OK
                   : cc_onednn_reorder_create(&out->reorder, p->weights,
                                              p->kind != CC_ONEDNN_BACKWARD_WEIGHTS);
    cc_onednn_request request = {.kind = p->kind,
                                 .algorithm = onednn_algorithms[algorithm],
                                 .conv = &p->conv,
                                 .training = p->training,
                                 .x_block = p->x_block,
                                 .y_block = p->y_block,
                                 .weights = p->weights,
                                 .fused = p->fused,
                                 .activation = p->activation};
    return cc_onednn_pass_create(&out->onednn, &request);
}

void cc_conv_pass_deinit(cc_conv_pass *pass) {
    cc_onednn_pass_destroy(pass->onednn);
    cc_onednn_reorder_destroy(pass->reorder);
    cc_memory_free(pass->held);
    pass->onednn = NULL;
    pass->reorder = NULL;
    pass->held = NULL;
}

static cc_depthwise depthwise_of(const cc_conv_problem *p) {
    return (cc_depthwise){p->conv.attr, p->conv.x, p->conv.y, p->x_block, p->conv.dtype};
}

static cc_winograd winograd_of(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return (cc_winograd){p->conv.attr,
                         p->conv.x,
                         p->conv.y,
                         p->x_block,
                         p->conv.dtype,
                         pass->threads,
                         p->fused ? p->activation : CC_ACTIVATION_NONE};
}

static cc_narrow narrow_of(const cc_conv_problem *p) {
    return (cc_narrow){p->conv.attr, p->conv.x, p->conv.y, p->x_block, p->conv.dtype};
}

static cc_gemm_conv gemm_of(const cc_conv_pass *pass) {
    static const cc_gemm_kind kinds[] = {[CC_ONEDNN_FORWARD] = CC_GEMM_FORWARD,
                                         [CC_ONEDNN_BACKWARD_DATA] = CC_GEMM_BACKWARD_DATA,
                                         [CC_ONEDNN_BACKWARD_WEIGHTS] = CC_GEMM_BACKWARD_WEIGHTS};
    const cc_conv_problem *p = &pass->problem;
    return (cc_gemm_conv){.kind = kinds[p->kind],
                          .attr = p->conv.attr,
                          .transposed = p->conv.transposed,
                          .x_shape = p->conv.x,
                          .y_shape = p->conv.y,
                          .x_block = p->x_block,
                          .y_block = p->y_block,
                          .dtype = p->conv.dtype,
                          .x = pass->operands[CC_ONEDNN_X],
                          .y = pass->operands[CC_ONEDNN_Y],
                          .w = pass->operands[CC_ONEDNN_W],
                          .bias = p->conv.attr->bias ? pass->operands[CC_ONEDNN_BIAS] : NULL,
                          .scratch = pass->scratch};
}

/* Plain weights lie at the start of the scratch memory, in whole lines of the cache. */
static size_t plain_weights(const cc_conv_pass *pass) {
    size_t line = 16;
    return pass->reorder ? (pass->problem.weights->bytes / sizeof(float) + line - 1) / line * line : 0;
}

static cc_status run_gemm(const cc_conv_pass *pass) {
    cc_gemm_conv conv = gemm_of(pass);
    bool gradient = conv.kind == CC_GEMM_BACKWARD_WEIGHTS;
    float *stored = conv.w;
    conv.scratch += plain_weights(pass);
    if (pass->reorder) conv.w = pass->scratch;
    if (pass->reorder && !gradient) CC_TRY(cc_onednn_reorder_run(pass->reorder, conv.w, stored));
    cc_gemm_conv_run(&conv);
    return pass->reorder && gradient ? cc_onednn_reorder_run(pass->reorder, stored, conv.w) : CC_OK;
}

/* Of a kernel of our own; in bytes. */
static size_t own_scratch(const cc_conv_pass *pass) {
    const cc_onednn_conv *c = &pass->problem.conv;
    cc_depthwise depthwise = depthwise_of(&pass->problem);
    cc_winograd winograd = winograd_of(pass);
    cc_narrow narrow = narrow_of(&pass->problem);
    cc_gemm_conv gemm = gemm_of(pass);
    switch (pass->algorithm) {
    case CC_CONV_SMALL:
        return cc_small_conv_scratch(c->attr, c->x, c->y);
    case CC_CONV_TILES:
        return sizeof(float) * cc_winograd_scratch(&winograd);
    case CC_CONV_NARROW:
        return sizeof(float) * cc_narrow_scratch(&narrow);
    case CC_CONV_DEPTHWISE:
        return sizeof(float) * cc_depthwise_scratch(&depthwise);
    default:
        return sizeof(float) * (plain_weights(pass) + cc_gemm_conv_scratch(&gemm));
    }
}

size_t cc_conv_pass_scratch(const cc_conv_pass *pass) {
    return pass->onednn ? cc_onednn_pass_scratch(pass->onednn) : own_scratch(pass);
}

const char *cc_conv_pass_implementation(const cc_conv_pass *pass) {
    return pass->onednn                      ? cc_onednn_pass_implementation(pass->onednn)
           : pass->algorithm == CC_CONV_GEMM ? "sgemm"
                                             : "own";
}

cc_status cc_conv_pass_bind(cc_conv_pass *pass, void *const operands[CC_ONEDNN_OPERANDS], void *scratch) {
    memcpy(pass->operands, operands, sizeof pass->operands);
    pass->scratch = scratch;
    return pass->onednn ? cc_onednn_pass_bind(pass->onednn, operands, scratch) : CC_OK;
}

cc_status cc_conv_pass_hold(cc_conv_pass *pass, const float *plain) {
    const cc_parameter_slot *slot = pass->problem.weights;
    return pass->held ? slot->pack(slot, pass->held, plain) : cc_onednn_pass_hold(pass->onednn, plain);
}

static void run_small(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    cc_small_conv conv = {.attr = p->conv.attr,
                          .x_shape = p->conv.x,
                          .y_shape = p->conv.y,
                          .x_block = p->x_block,
                          .y_block = p->y_block,
                          .x = pass->operands[CC_ONEDNN_X],
                          .weights = pass->operands[CC_ONEDNN_W],
                          .bias = p->conv.attr->bias ? pass->operands[CC_ONEDNN_BIAS] : NULL,
                          .y = pass->operands[CC_ONEDNN_Y],
                          .scratch = pass->scratch};
    cc_small_conv_run(&conv);
}

static void run_winograd(const cc_conv_pass *pass) {
    cc_winograd conv = winograd_of(pass);
    void *x = pass->operands[CC_ONEDNN_X], *y = pass->operands[CC_ONEDNN_Y],
         *w = pass->held ? pass->held : pass->operands[CC_ONEDNN_W];
    if (pass->problem.kind == CC_ONEDNN_FORWARD)
        cc_winograd_forward(y, &conv, x, w,
                            conv.attr->bias || pass->held ? pass->operands[CC_ONEDNN_BIAS] : NULL,
                            pass->scratch);
    else if (pass->problem.kind == CC_ONEDNN_BACKWARD_DATA)
        cc_winograd_backward_data(x, &conv, w, y, pass->scratch);
    else
        cc_winograd_backward_weights(w, &conv, x, y, pass->scratch);
}

static void run_narrow(const cc_conv_pass *pass) {
    cc_narrow conv = narrow_of(&pass->problem);
    void *x = pass->operands[CC_ONEDNN_X], *w = pass->operands[CC_ONEDNN_W], *y = pass->operands[CC_ONEDNN_Y],
         *bias = conv.attr->bias ? pass->operands[CC_ONEDNN_BIAS] : NULL;
    if (pass->problem.kind == CC_ONEDNN_FORWARD)
        cc_narrow_forward(y, &conv, x, w, bias, pass->scratch);
    else if (pass->problem.kind == CC_ONEDNN_BACKWARD_DATA)
        cc_narrow_backward_data(x, &conv, w, y, pass->scratch);
    else
        cc_narrow_backward_weights(w, bias, &conv, x, y, pass->scratch);
}

static void run_depthwise(const cc_conv_pass *pass) {
    cc_depthwise conv = depthwise_of(&pass->problem);
    cc_depthwise_weights(pass->operands[CC_ONEDNN_W], &conv, pass->operands[CC_ONEDNN_X],
                         pass->operands[CC_ONEDNN_Y], pass->scratch);
}

cc_status cc_conv_pass_run(const cc_conv_pass *pass) {
    switch (pass->algorithm) {
    case CC_CONV_DIRECT:
    case CC_CONV_RELAID:
    case CC_CONV_WINOGRAD:
        return cc_onednn_pass_run(pass->onednn);
    case CC_CONV_GEMM:
        return run_gemm(pass);
    case CC_CONV_TILES:
        run_winograd(pass);
        break;
    case CC_CONV_SMALL:
        run_small(pass);
        break;
    case CC_CONV_NARROW:
        run_narrow(pass);
        break;
    case CC_CONV_DEPTHWISE:
        run_depthwise(pass);
        break;
    }
    return CC_OK;
}
