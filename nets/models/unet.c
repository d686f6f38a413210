/* nets/models/unet.c -- the U-Net, and the U-Net with batch normalisation after each 3x3 convolution.
 *
 * Source: Ronneberger, Fischer & Brox, MICCAI 2015; with batch norm as the paper's stage 1 (its 3.2.1). It
 * departs from 2015 in padding its convolutions, so that the output has the size of the input. */
#include "nets/models/models.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"

/* 3x3 convolution [, batch norm of that epsilon; 0: none], ReLU. */
static cc_value conv_relu(cc_graph *g, cc_value x, const char *prefix, int index, int64_t channels,
                          double epsilon) {
    const bool norm = epsilon > 0;
    cc_conv_attr conv = cc_conv_2d(channels, 3, 1);
    conv.bias = !norm;
    cc_batch_norm_attr bn = cc_batch_norm_with(CC_ACTIVATION_RELU, epsilon);
    cc_activation_attr relu = {.kind = CC_ACTIVATION_RELU};
    x = cc_graph_add(g, &cc_op_conv, &conv, &x, 1, "%s.conv%d", prefix, index);
    if (norm) return cc_graph_add(g, &cc_op_batch_norm, &bn, &x, 1, "%s.bn%d", prefix, index);
    return cc_graph_add(g, &cc_op_activation, &relu, &x, 1, "%s.relu%d", prefix, index);
}

static cc_value conv_pair(cc_graph *g, cc_value x, const char *prefix, int64_t channels, double epsilon) {
    return conv_relu(g, conv_relu(g, x, prefix, 1, channels, epsilon), prefix, 2, channels, epsilon);
}

/* Down: `depth` pairs of convolutions, each with twice the channels of the last, a 2x2 max pool between two.
 * Up: a transposed convolution doubles the size and halves the channels, the features of that size on the way
 * down join it, and a pair of convolutions mixes both. A 1x1 convolution makes the classes' logits. */
static void build(cc_graph *g, const cc_net_spec *spec, double epsilon) {
    cc_value skips[CC_UNET_DEPTH_MAX], x = CC_GRAPH_INPUT;
    cc_max_pool_attr pool = cc_max_pool_2d(2, 2, 0);
    char prefix[64];
    if (spec->depth < CC_UNET_DEPTH_MIN || spec->depth > CC_UNET_DEPTH_MAX) {
        char what[64];
        snprintf(what, sizeof what, "a U-Net has from %d to %d levels", CC_UNET_DEPTH_MIN, CC_UNET_DEPTH_MAX);
        cc_graph_fail(g, "net.depth", what);
        return;
    }
    for (int i = 0; i < spec->depth; i++) {
        snprintf(prefix, sizeof prefix, "down.%d", i);
        if (i > 0) x = cc_graph_add(g, &cc_op_max_pool, &pool, &x, 1, "down.%d.pool", i);
        skips[i] = x = conv_pair(g, x, prefix, (int64_t)spec->width << i, epsilon);
    }
    for (int i = 0; i < spec->depth - 1; i++) {
        int level = spec->depth - 2 - i;
        int64_t channels = (int64_t)spec->width << level;
        cc_conv_attr up = cc_conv_transpose_double(channels);
        x = cc_graph_add(g, &cc_op_conv_transpose, &up, &x, 1, "up.%d.upconv", i);
        x = cc_graph_add(g, &cc_op_concat, NULL, (cc_value[]){x, skips[level]}, 2, "up.%d.concat", i);
        snprintf(prefix, sizeof prefix, "up.%d.pair", i);
        x = conv_pair(g, x, prefix, channels, epsilon);
    }
    cc_conv_attr head = cc_conv_2d(spec->classes, 1, 1);
    head.bias = true;
    cc_graph_add(g, &cc_op_conv, &head, &x, 1, "head");
}

/* Each level but the first halves the image. */
int cc_unet_stride(const cc_net_spec *spec) {
    return 1 << (spec->depth - 1);
}
int cc_unet_bn_stride(const cc_net_spec *spec) {
    return cc_unet_stride(spec);
}

void cc_unet_build(cc_graph *g, const cc_net_spec *spec) {
    build(g, spec, 0);
}
void cc_unet_bn_build(cc_graph *g, const cc_net_spec *spec) {
    build(g, spec, cc_net_epsilon(spec));
}
