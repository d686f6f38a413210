/* nets/models/encoders/resnet.c -- ResNet-34, -50 and -101, without the classifier at their end.
 *
 * Source: He, Zhang, Ren & Sun, "Deep residual learning", CVPR 2016, table 1: a 7x7 convolution of stride 2,
 * a max pool of stride 2, then four stages; the first keeps the size, each other halves it. Bottlenecks put
 * out four times the channels given here. */
#include "nets/models/encoders/encoder.h"

#define STAGE(kind, n, c, s)                                                                                 \
    {                                                                                                        \
        .block = cc_block_##kind, .repeats = n, .shape = {.channels = c, .kernel = 3, .stride = s},          \
        .feature = true                                                                                      \
    }
/* The blocks of the four stages. */
#define RESNET(kind, first, second, third, fourth)                                                           \
    {                                                                                                        \
        .stem = {.conv = "conv1",                                                                            \
                 .channels = 64,                                                                             \
                 .kernel = 7,                                                                                \
                 .activation = CC_ACTIVATION_RELU,                                                           \
                 .pool = true},                                                                              \
        .stages_prefix = "layer", .first_stage = 1,                                                          \
        .stages = {STAGE(kind, first, 64, 1), STAGE(kind, second, 128, 2), STAGE(kind, third, 256, 2),       \
                   STAGE(kind, fourth, 512, 2)},                                                             \
    }

const cc_encoder cc_encoder_resnet_34 = RESNET(basic, 3, 4, 6, 3);
const cc_encoder cc_encoder_resnet_50 = RESNET(bottleneck, 3, 4, 6, 3);
const cc_encoder cc_encoder_resnet_101 = RESNET(bottleneck, 3, 4, 23, 3);
