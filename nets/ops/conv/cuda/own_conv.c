#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/own_conv.h"

/* What a kind can do. */
typedef struct kind_of_own {
    const char *name;
    bool stored; /* whether weights are stored for it */
    bool (*init)(cc_own_conv *out, const cc_conv_sum *sum);
    size_t (*bytes)(const cc_own_conv *c); /* for the weights' gradient */
    /* bias: NULL where the pass is not fused */
    void (*forward)(const cc_own_conv *c, const cc_conv_data *d, const float *bias, cc_activation f);
    void (*data)(const cc_own_conv *c, const cc_conv_data *d);
    void (*weights)(const cc_own_conv *c, const cc_conv_data *d);
} kind_of_own;

/* --- depthwise --- */

static bool depthwise_init(cc_own_conv *out, const cc_conv_sum *sum) {
    return cc_depthwise_cuda_init(&out->of.depthwise, &sum->attr, &sum->wide, &sum->narrow, sum->dtype);
}
static size_t depthwise_bytes(const cc_own_conv *c) {
    return cc_depthwise_cuda_bytes(&c->of.depthwise);
}
static void depthwise_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                              cc_activation f) {
    cc_depthwise_cuda_forward(&c->of.depthwise, d->narrow, d->wide, d->weights, bias, f);
}
static void depthwise_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_depthwise_cuda_data(&c->of.depthwise, d->wide, d->narrow, d->weights);
}
static void depthwise_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_depthwise_cuda_weights(&c->of.depthwise, d->gradient, d->wide, d->narrow, d->scratch);
}

/* --- one channel on one side --- */

static bool one_channel_init(cc_own_conv *out, const cc_conv_sum *sum) {
    cc_one_channel_cuda *d = &out->of.one_channel;
    return cc_one_channel_cuda_init(d, &sum->attr, &sum->wide, &sum->narrow, sum->dtype) &&
           (sum->part != CC_CONV_WIDE || cc_one_channel_cuda_has_data(d));
}
static size_t one_channel_bytes(const cc_own_conv *c) {
    return cc_one_channel_cuda_bytes(&c->of.one_channel);
}
static void one_channel_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                                cc_activation f) {
    cc_one_channel_cuda_forward(&c->of.one_channel, d->narrow, d->wide, d->weights, bias, f);
}
static void one_channel_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_one_channel_cuda_data(&c->of.one_channel, d->wide, d->narrow, d->weights);
}
static void one_channel_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_one_channel_cuda_weights(&c->of.one_channel, d->gradient, d->wide, d->narrow, d->scratch);
}

/* --- few channels --- */

static bool few_channels_init(cc_own_conv *out, const cc_conv_sum *sum) {
    return cc_few_channels_cuda_init(&out->of.few_channels, sum->part, &sum->attr, &sum->wide, &sum->narrow,
                                     sum->dtype);
}
static size_t few_channels_bytes(const cc_own_conv *c) {
    return cc_few_channels_cuda_bytes(&c->of.few_channels);
}
static void few_channels_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                                 cc_activation f) {
    cc_few_channels_cuda_forward(&c->of.few_channels, d->narrow, d->wide, d->weights, bias, f);
}
static void few_channels_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_few_channels_cuda_data(&c->of.few_channels, d->wide, d->narrow, d->weights);
}
static void few_channels_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_few_channels_cuda_weights(&c->of.few_channels, d->gradient, d->wide, d->narrow, d->scratch);
}

static const kind_of_own kinds[CC_OWN_KINDS] = {
    [CC_OWN_DEPTHWISE] = {"depthwise", true, depthwise_init, depthwise_bytes, depthwise_forward,
                          depthwise_data, depthwise_weights},
    [CC_OWN_ONE_CHANNEL] = {"one-channel", false, one_channel_init, one_channel_bytes, one_channel_forward,
                            one_channel_data, one_channel_weights},
    [CC_OWN_FEW_CHANNELS] = {"few-channels", false, few_channels_init, few_channels_bytes,
                             few_channels_forward, few_channels_data, few_channels_weights},
};

/* A transposed convolution's bias is not for kernels of ours: they add it to the narrow side alone. */
bool cc_own_conv_init(cc_own_conv *out, const cc_conv_sum *sum, bool depthwise) {
    for (int i = 0; i < CC_OWN_KINDS; i++) {
        *out = (cc_own_conv){.kind = (cc_own_kind)i};
        if (kinds[i].stored == depthwise && !(sum->fused && sum->part == CC_CONV_WIDE) &&
            kinds[i].init(out, sum))
            return true;
    }
    return false;
}

const char *cc_own_conv_name(const cc_own_conv *c) {
    return kinds[c->kind].name;
}

size_t cc_own_conv_bytes(const cc_own_conv *c, const cc_conv_sum *sum) {
    return sum->part == CC_CONV_WEIGHTS ? kinds[c->kind].bytes(c) : 0;
}

void cc_own_conv_run(const cc_own_conv *c, const cc_conv_sum *sum, const cc_conv_data *data) {
    const kind_of_own *k = &kinds[c->kind];
    switch (sum->part) {
    case CC_CONV_NARROW:
        k->forward(c, data, sum->fused ? data->bias : NULL,
                   sum->fused ? sum->activation : CC_ACTIVATION_NONE);
        break;
    case CC_CONV_WIDE:
        k->data(c, data);
        break;
    case CC_CONV_WEIGHTS:
        k->weights(c, data);
    }
}
#else
typedef int cc_own_conv_is_absent;
#endif
