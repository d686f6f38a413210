/* nets/models/dense_ra_unet.c -- a U-Net of a DenseNet, dilated convolutions at its bottom, and residual
 * blocks on its way up; neighbouring slices are its channels.
 *
 * Source: the abstract of arXiv 1907.11392 (DenseRAUnet: dense encoder, residual decoder, atrous
 * convolutions), which gives no layers, and has no public code. What stands here is in its manner:
 * torchvision's DenseNet, its ASPPConv (3x3, norm, ReLU) at each rate side by side, its basic block with a
 * 1x1 convolution as the shortcut. */
#include "nets/models/encoders/encoder.h"
#include "nets/models/layers.h"
#include "nets/models/models.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"

enum { LEVELS = CC_ENCODER_FEATURES };

/* The encoder halves its input five times. */
void cc_dense_ra_unet_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    (void)spec;
    dhw[0] = 0;
    dhw[1] = dhw[2] = CC_ENCODER_STRIDE;
}

/* The deepest features seen at each rate, joined and mixed by a 1x1 convolution. */
static cc_value bottom(cc_graph *graph, cc_value x, const cc_net_spec *spec) {
    const int64_t channels = spec->channels[0];
    cc_value branches[CC_DECODER_RATES_MAX];
    for (int i = 0; i < spec->rate_count; i++) {
        char prefix[32];
        cc_conv_attr conv = cc_conv_2d(channels, 3, 1);
        snprintf(prefix, sizeof prefix, "bottom.branches.%d", i);
        cc_layer_dilate(&conv, spec->rates[i]);
        branches[i] = cc_layer_conv_norm_plain(graph, x, prefix, conv, "0", "1", CC_ACTIVATION_RELU,
                                               CC_BATCH_NORM_EPSILON);
    }
    x = cc_graph_add(graph, &cc_op_concat, NULL, branches, spec->rate_count, "bottom.concat");
    return cc_layer_conv_norm_plain(graph, x, "bottom.project", cc_conv_2d(channels, 1, 1), "0", "1",
                                    CC_ACTIVATION_RELU, CC_BATCH_NORM_EPSILON);
}

void cc_dense_ra_unet_build(cc_graph *graph, const cc_net_spec *spec) {
    cc_value features[CC_ENCODER_FEATURES];
    if (spec->channel_count != LEVELS || spec->rate_count < 1) {
        cc_graph_fail(graph, spec->rate_count < 1 ? "net.decoder.rates" : "net.decoder.channels",
                      spec->rate_count < 1 ? "there is at least one" : "there are five");
        return;
    }
    if (!cc_encoder_add_of(features, graph, spec, CC_ENCODER_STRIDE)) return;
    cc_value x = bottom(graph, features[CC_ENCODER_FEATURES - 1], spec);

    /* Up: twice the size, the features of that size while there are some, a residual block. */
    for (int i = 0; i < LEVELS; i++) {
        char prefix[32];
        const int level = CC_ENCODER_FEATURES - 2 - i;
        const cc_block_shape shape = {.channels = spec->channels[i],
                                      .kernel = 3,
                                      .stride = 1,
                                      .projects = true,
                                      .epsilon = CC_BATCH_NORM_EPSILON};
        snprintf(prefix, sizeof prefix, "decoder.blocks.%d", i);
        x = cc_graph_add(graph, &cc_op_upsample, NULL, &x, 1, "%s.upsample", prefix);
        if (level >= 0)
            x = cc_graph_add(graph, &cc_op_concat, NULL, (cc_value[]){x, features[level]}, 2, "%s.concat",
                             prefix);
        x = cc_block_basic(graph, x, prefix, &shape);
    }
    cc_conv_attr head = cc_conv_2d(spec->classes, 3, 1);
    head.bias = true;
    cc_graph_add(graph, &cc_op_conv, &head, &x, 1, "segmentation_head.0");
}
