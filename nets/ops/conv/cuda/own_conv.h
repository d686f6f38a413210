/* nets/ops/conv/cuda/own_conv.h -- private to nets/: passes of convolutions for which there are kernels of
 * our own, of several kinds. Those of depthwise convolutions want weights stored for them; others take
 * cuDNN's. */
#ifndef CC_NETS_OPS_CONV_CUDA_OWN_CONV_H
#define CC_NETS_OPS_CONV_CUDA_OWN_CONV_H

#include "nets/ops/conv/cuda/depthwise.h"
#include "nets/ops/conv/cuda/few_channels.h"
#include "nets/ops/conv/cuda/one_channel.h"

typedef enum cc_own_kind {
    CC_OWN_DEPTHWISE,
    CC_OWN_ONE_CHANNEL,
    CC_OWN_FEW_CHANNELS,
    CC_OWN_KINDS
} cc_own_kind;

typedef struct cc_own_conv {
    cc_own_kind kind;
    union {
        cc_depthwise_cuda depthwise;
        cc_one_channel_cuda one_channel;
        cc_few_channels_cuda few_channels;
    } of;
} cc_own_conv;

/* All on the device. */
typedef struct cc_conv_data {
    void *wide, *narrow;  /* of the sum's dtype */
    const void *weights;  /* of the sum's dtype, O,H,W,I; depthwise: float32, H,W,channels */
    float *gradient;      /* CC_CONV_WEIGHTS: of the weights, and stored as they are */
    const float *bias;    /* where fused */
    const void *low_bias; /* the same, of the sum's dtype */
    void *scratch;
} cc_conv_data;

/* False where there is no such kernel. `depthwise`: weights are stored for that kind. */
bool cc_own_conv_init(cc_own_conv *out, const cc_conv_sum *sum, bool depthwise);
/* Its algorithm, as plans tell and record it. */
const char *cc_own_conv_name(const cc_own_conv *c);
/* Of the scratch memory that the pass needs. */
size_t cc_own_conv_bytes(const cc_own_conv *c, const cc_conv_sum *sum);
void cc_own_conv_run(const cc_own_conv *c, const cc_conv_sum *sum, const cc_conv_data *data);

#endif
