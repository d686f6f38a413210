/* nets/ops/conv/cuda/own_conv.c -- the table of our own convolutions on the GPU: a row for each kind, whose
 * functions hand a pass's arrays to the kind's kernels in the .cu file of its name. Input and output are the
 * convolution's, so that forward writes `output` and data `input`. */
#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/own_conv.h"

/* A row. */
typedef struct own_kind {
    const char *name; /* the word of recorded choices */
    bool stored;      /* whether weights are stored for it */
    /* Whether it suits the pass, and what its kernels need to know of it. */
    bool (*init)(cc_own_conv *out, const cc_cuda_conv *conv);
    size_t (*bytes)(const cc_own_conv *c); /* of scratch memory, for the weights' gradient */
    /* bias: NULL where the pass is not fused */
    void (*forward)(const cc_own_conv *c, const cc_conv_data *d, const float *bias, cc_activation f);
    void (*data)(const cc_own_conv *c, const cc_conv_data *d);
    void (*weights)(const cc_own_conv *c, const cc_conv_data *d);
} own_kind;

/* --- depthwise --- */

static bool depthwise_init(cc_own_conv *out, const cc_cuda_conv *conv) {
    return cc_depthwise_cuda_init(&out->of.depthwise, &conv->attr, &conv->input, &conv->output, conv->dtype);
}
static size_t depthwise_bytes(const cc_own_conv *c) {
    return cc_depthwise_cuda_bytes(&c->of.depthwise);
}
static void depthwise_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                              cc_activation f) {
    cc_depthwise_cuda_forward(&c->of.depthwise, d->output, d->input, d->weights, bias, f);
}
static void depthwise_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_depthwise_cuda_data(&c->of.depthwise, d->input, d->output, d->weights);
}
static void depthwise_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_depthwise_cuda_weights(&c->of.depthwise, d->gradient, d->input, d->output, d->scratch);
}

/* --- one channel on one side --- */

static bool one_channel_init(cc_own_conv *out, const cc_cuda_conv *conv) {
    cc_one_channel_cuda *d = &out->of.one_channel;
    return cc_one_channel_cuda_init(d, &conv->attr, &conv->input, &conv->output, conv->dtype) &&
           (conv->pass != CC_PASS_BACKWARD_DATA || cc_one_channel_cuda_has_data(d));
}
static size_t one_channel_bytes(const cc_own_conv *c) {
    return cc_one_channel_cuda_bytes(&c->of.one_channel);
}
static void one_channel_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                                cc_activation f) {
    cc_one_channel_cuda_forward(&c->of.one_channel, d->output, d->input, d->weights, bias, f);
}
static void one_channel_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_one_channel_cuda_data(&c->of.one_channel, d->input, d->output, d->weights);
}
static void one_channel_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_one_channel_cuda_weights(&c->of.one_channel, d->gradient, d->input, d->output, d->scratch);
}

/* --- few channels --- */

static bool few_channels_init(cc_own_conv *out, const cc_cuda_conv *conv) {
    return cc_few_channels_cuda_init(&out->of.few_channels, conv->pass, &conv->attr, &conv->input,
                                     &conv->output, conv->dtype);
}
static size_t few_channels_bytes(const cc_own_conv *c) {
    return cc_few_channels_cuda_bytes(&c->of.few_channels);
}
static void few_channels_forward(const cc_own_conv *c, const cc_conv_data *d, const float *bias,
                                 cc_activation f) {
    cc_few_channels_cuda_forward(&c->of.few_channels, d->output, d->input, d->weights, bias, f);
}
static void few_channels_data(const cc_own_conv *c, const cc_conv_data *d) {
    cc_few_channels_cuda_data(&c->of.few_channels, d->input, d->output, d->weights);
}
static void few_channels_weights(const cc_own_conv *c, const cc_conv_data *d) {
    cc_few_channels_cuda_weights(&c->of.few_channels, d->gradient, d->input, d->output, d->scratch);
}

static const own_kind kinds[CC_OWN_KINDS] = {
    [CC_OWN_DEPTHWISE] = {"depthwise", true, depthwise_init, depthwise_bytes, depthwise_forward,
                          depthwise_data, depthwise_weights},
    [CC_OWN_ONE_CHANNEL] = {"one-channel", false, one_channel_init, one_channel_bytes, one_channel_forward,
                            one_channel_data, one_channel_weights},
    [CC_OWN_FEW_CHANNELS] = {"few-channels", false, few_channels_init, few_channels_bytes,
                             few_channels_forward, few_channels_data, few_channels_weights},
};

/* A transposed convolution with a bias, a fused BACKWARD_DATA, is not for kernels of ours: they add one to
 * `output` alone. */
bool cc_own_conv_init(cc_own_conv *out, const cc_cuda_conv *conv, bool depthwise) {
    for (int i = 0; i < CC_OWN_KINDS; i++) {
        *out = (cc_own_conv){.kind = (cc_own_kind)i};
        if (kinds[i].stored == depthwise && !(conv->fused && conv->pass == CC_PASS_BACKWARD_DATA) &&
            kinds[i].init(out, conv))
            return true;
    }
    return false;
}

const char *cc_own_conv_name(const cc_own_conv *c) {
    return kinds[c->kind].name;
}

size_t cc_own_conv_bytes(const cc_own_conv *c, const cc_cuda_conv *conv) {
    return conv->pass == CC_PASS_BACKWARD_WEIGHTS ? kinds[c->kind].bytes(c) : 0;
}

void cc_own_conv_run(const cc_own_conv *c, const cc_cuda_conv *conv, const cc_conv_data *data) {
    const own_kind *k = &kinds[c->kind];
    switch (conv->pass) {
    case CC_PASS_FORWARD:
        k->forward(c, data, conv->fused ? data->bias : NULL,
                   conv->fused ? conv->activation : CC_ACTIVATION_NONE);
        break;
    case CC_PASS_BACKWARD_DATA:
        k->data(c, data);
        break;
    case CC_PASS_BACKWARD_WEIGHTS:
        k->weights(c, data);
    }
}
#else
typedef int cc_own_conv_is_absent;
#endif
