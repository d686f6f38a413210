/* ResNet-34, -50 and -101. Source: He, Zhang, Ren & Sun, "Deep residual learning", CVPR 2016, table 1. */
#include "nets/models/encoders/encoder.h"

#define STAGE(kind, n, c, s)                                                                                 \
    {                                                                                                        \
        .block = cc_block_##kind, .repeats = n, .shape = {.channels = c, .kernel = 3, .stride = s},          \
        .feature = true                                                                                      \
    }
/* The blocks of the four stages. */
#define RESNET(text, kind, first, second, third, fourth)                                                     \
    {                                                                                                        \
        .name = text,                                                                                        \
        .stem = {.conv = "conv1",                                                                            \
                 .channels = 64,                                                                             \
                 .kernel = 7,                                                                                \
                 .activation = CC_ACTIVATION_RELU,                                                           \
                 .pool = true},                                                                              \
        .stages_prefix = "layer", .first_stage = 1,                                                          \
        .stages = {STAGE(kind, first, 64, 1), STAGE(kind, second, 128, 2), STAGE(kind, third, 256, 2),       \
                   STAGE(kind, fourth, 512, 2)},                                                             \
    }

const cc_encoder cc_encoder_resnet_34 = RESNET("resnet-34", basic, 3, 4, 6, 3);
const cc_encoder cc_encoder_resnet_50 = RESNET("resnet-50", bottleneck, 3, 4, 6, 3);
const cc_encoder cc_encoder_resnet_101 = RESNET("resnet-101", bottleneck, 3, 4, 23, 3);
