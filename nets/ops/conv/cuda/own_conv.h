/* nets/ops/conv/cuda/own_conv.h -- passes of convolutions for which there are kernels of our own, where cuDNN
 * was measured to be slow: depthwise ones, those with one channel on one side, and 3x3 of few channels in
 * bf16.
 *
 * Kernels for depthwise convolutions want weights stored for them, [tap][channel] in float32; the others take
 * cuDNN's. To add a kind: its .cu and .h, and a row of the table in own_conv.c. */
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

/* What a pass reads and writes, all on the device; cc_cuda_conv (cudnn_pass.h) says which is written. */
typedef struct cc_conv_data {
    void *input, *output; /* of the convolution, or their gradients; of its dtype */
    const void *weights;  /* of its dtype, O,H,W,I; depthwise: float32, [tap][channel] */
    float *gradient;      /* BACKWARD_WEIGHTS: of the weights, and stored as they are, in float32 */
    const float *bias;    /* where fused */
    const void *low_bias; /* the same, of the convolution's dtype */
    void *scratch;
} cc_conv_data;

/* False where there is no such kernel. `depthwise`: weights are stored for that kind. */
bool cc_own_conv_init(cc_own_conv *out, const cc_cuda_conv *conv, bool depthwise);
/* The name of its algorithm, as it is recorded. */
const char *cc_own_conv_name(const cc_own_conv *c);
/* Of the scratch memory that the pass needs. */
size_t cc_own_conv_bytes(const cc_own_conv *c, const cc_cuda_conv *conv);
/* Starts the kernels; may be recorded. */
void cc_own_conv_run(const cc_own_conv *c, const cc_cuda_conv *conv, const cc_conv_data *data);

#endif
