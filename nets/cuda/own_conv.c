#ifdef CC_HAVE_CUDA
#include "nets/cuda/own_conv.h"

bool cc_own_conv_init(cc_own_conv *out, const cc_conv_sum *sum, bool depthwise) {
    const bool transposed = sum->fused && sum->part == CC_CONV_WIDE;
    out->kind = depthwise ? CC_OWN_DEPTHWISE : CC_OWN_FEW_CHANNELS;
    if (depthwise)
        return cc_depthwise_cuda_init(&out->of.depthwise, &sum->attr, &sum->wide, &sum->narrow, sum->dtype);
    return !transposed && cc_few_channels_cuda_init(&out->of.few, sum->part, &sum->attr, &sum->wide,
                                                    &sum->narrow, sum->dtype);
}

const char *cc_own_conv_name(const cc_own_conv *c) {
    static const char *const names[] = {
        [CC_OWN_DEPTHWISE] = "depthwise", [CC_OWN_FEW_CHANNELS] = "few-channels"};
    return names[c->kind];
}

size_t cc_own_conv_bytes(const cc_own_conv *c, const cc_conv_sum *sum) {
    if (sum->part != CC_CONV_WEIGHTS) return 0;
    return c->kind == CC_OWN_DEPTHWISE ? cc_depthwise_cuda_bytes(&c->of.depthwise)
                                       : cc_few_channels_cuda_bytes(&c->of.few);
}

static void run_forward(const cc_own_conv *c, const cc_conv_sum *sum, const cc_conv_data *d) {
    const float *bias = sum->fused ? d->bias : NULL;
    const cc_activation f = sum->fused ? sum->activation : CC_ACTIVATION_NONE;
    if (c->kind == CC_OWN_DEPTHWISE)
        cc_depthwise_cuda_forward(&c->of.depthwise, d->narrow, d->wide, d->weights, bias, f);
    else
        cc_few_channels_cuda_forward(&c->of.few, d->narrow, d->wide, d->weights, bias, f);
}

static void run_data(const cc_own_conv *c, const cc_conv_data *d) {
    if (c->kind == CC_OWN_DEPTHWISE)
        cc_depthwise_cuda_data(&c->of.depthwise, d->wide, d->narrow, d->weights);
    else
        cc_few_channels_cuda_data(&c->of.few, d->wide, d->narrow, d->weights);
}

static void run_weights(const cc_own_conv *c, const cc_conv_data *d) {
    if (c->kind == CC_OWN_DEPTHWISE)
        cc_depthwise_cuda_weights(&c->of.depthwise, d->gradient, d->wide, d->narrow, d->scratch);
    else
        cc_few_channels_cuda_weights(&c->of.few, d->gradient, d->wide, d->narrow, d->scratch);
}

void cc_own_conv_run(const cc_own_conv *c, const cc_conv_sum *sum, const cc_conv_data *data) {
    switch (sum->part) {
    case CC_CONV_NARROW:
        run_forward(c, sum, data);
        break;
    case CC_CONV_WIDE:
        run_data(c, data);
        break;
    case CC_CONV_WEIGHTS:
        run_weights(c, data);
    }
}
#else
typedef int cc_own_conv_is_absent;
#endif
