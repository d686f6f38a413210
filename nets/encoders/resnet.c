/* ResNet-34, -50 and -101. Source: He, Zhang, Ren & Sun, "Deep residual learning", CVPR 2016, table 1. */
#include "nets/encoders/encoder.h"

#define STEM                                                                                                 \
    { .conv = "conv1", .channels = 64, .kernel = 7, .activation = CC_ACTIVATION_RELU, .pool = true }
#define STAGE(kind, n, c, s)                                                                                 \
    {                                                                                                        \
        .block = cc_block_##kind, .repeats = n, .shape = {.channels = c, .kernel = 3, .stride = s},          \
        .feature = true                                                                                      \
    }

const cc_encoder cc_encoder_resnet_34 = {
    .name = "resnet-34",
    .stem = STEM,
    .stages_prefix = "layer",
    .first_stage = 1,
    .stages = {STAGE(basic, 3, 64, 1), STAGE(basic, 4, 128, 2), STAGE(basic, 6, 256, 2),
               STAGE(basic, 3, 512, 2)},
};

const cc_encoder cc_encoder_resnet_50 = {
    .name = "resnet-50",
    .stem = STEM,
    .stages_prefix = "layer",
    .first_stage = 1,
    .stages = {STAGE(bottleneck, 3, 64, 1), STAGE(bottleneck, 4, 128, 2), STAGE(bottleneck, 6, 256, 2),
               STAGE(bottleneck, 3, 512, 2)},
};

const cc_encoder cc_encoder_resnet_101 = {
    .name = "resnet-101",
    .stem = STEM,
    .stages_prefix = "layer",
    .first_stage = 1,
    .stages = {STAGE(bottleneck, 3, 64, 1), STAGE(bottleneck, 4, 128, 2), STAGE(bottleneck, 23, 256, 2),
               STAGE(bottleneck, 3, 512, 2)},
};
