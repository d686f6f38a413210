/* nets/models/encoders/efficientnet.c -- EfficientNet-B0, -B3 and -B5, without the 1x1 convolution and the
 * classifier at their end.
 *
 * Source: Tan & Le, "EfficientNet", ICML 2019: table 1 is B0; B3 has 1.2 times its channels, rounded to
 * multiples of 8, and 1.4 times its blocks, rounded up; B5 1.6 and 2.2 times. Images of 224, 300 and 456
 * pixels a side (the authors' efficientnet_builder.py). */
#include "nets/models/encoders/encoder.h"

#define STEM(c)                                                                                              \
    { .conv = "conv_stem", .channels = c, .kernel = 3, .activation = CC_ACTIVATION_SILU }
/* kind of block, how many, kernel, stride of the first, output channels */
#define STAGE(kind, n, k, s, c)                                                                              \
    .block = cc_block_##kind, .repeats = n, .shape = {.channels = c, .kernel = k, .stride = s, .expansion = 6}

const cc_encoder cc_encoder_efficientnet_b0 = {
    .resolution = 224,
    .stem = STEM(32),
    .stages_prefix = "blocks.",
    .stages = {{STAGE(depthwise, 1, 3, 1, 16)},
               {STAGE(inverted, 2, 3, 2, 24), .feature = true},
               {STAGE(inverted, 2, 5, 2, 40), .feature = true},
               {STAGE(inverted, 3, 3, 2, 80)},
               {STAGE(inverted, 3, 5, 1, 112), .feature = true},
               {STAGE(inverted, 4, 5, 2, 192)},
               {STAGE(inverted, 1, 3, 1, 320), .feature = true}},
};

const cc_encoder cc_encoder_efficientnet_b3 = {
    .resolution = 300,
    .stem = STEM(40),
    .stages_prefix = "blocks.",
    .stages = {{STAGE(depthwise, 2, 3, 1, 24)},
               {STAGE(inverted, 3, 3, 2, 32), .feature = true},
               {STAGE(inverted, 3, 5, 2, 48), .feature = true},
               {STAGE(inverted, 5, 3, 2, 96)},
               {STAGE(inverted, 5, 5, 1, 136), .feature = true},
               {STAGE(inverted, 6, 5, 2, 232)},
               {STAGE(inverted, 2, 3, 1, 384), .feature = true}},
};

const cc_encoder cc_encoder_efficientnet_b5 = {
    .resolution = 456,
    .stem = STEM(48),
    .stages_prefix = "blocks.",
    .stages = {{STAGE(depthwise, 3, 3, 1, 24)},
               {STAGE(inverted, 5, 3, 2, 40), .feature = true},
               {STAGE(inverted, 5, 5, 2, 64), .feature = true},
               {STAGE(inverted, 7, 3, 2, 128)},
               {STAGE(inverted, 7, 5, 1, 176), .feature = true},
               {STAGE(inverted, 9, 5, 2, 304)},
               {STAGE(inverted, 3, 3, 1, 512), .feature = true}},
};
