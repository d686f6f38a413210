/* nets/models/encoders/densenet.c -- DenseNet-121, -161, -169 and -201, without the classifier at their end.
 *
 * Source: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", CVPR 2017,
 * table 1 (DenseNet-BC, compression 1/2): a 7x7 convolution of stride 2 and a max pool of stride 2, then
 * four dense blocks, between two of which a transition halves channels and size. A layer of a block reads
 * the block's input and all layers before it: norm, ReLU, 1x1 convolution to four times the growth, norm,
 * ReLU, 3x3 convolution to the growth. Names are torchvision's ("features.denseblock1.denselayer1.norm1");
 * features are taken where segmentation_models.pytorch takes them.
 *
 * The inputs of a layer are never joined: its first norm reads them where they lie (nets/ops/concat_norm). */
#include "nets/models/encoders/encoder.h"
#include "nets/models/layers.h"
#include "nets/ops/average_pool/average_pool.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"

/* Channels of a layer's 1x1 convolution, for each that the layer adds. */
enum { BOTTLENECK = 4 };

/* The block's input and what its layers have added so far. */
typedef struct pieces {
    cc_value values[CC_OP_INPUTS_MAX];
    int count;
} pieces;

/* norm and activation over all pieces, as if they were one value. */
static cc_value norm(cc_graph *graph, const pieces *p, cc_activation activation, double epsilon,
                     const char *name) {
    const cc_batch_norm_attr attr = cc_batch_norm_with(activation, epsilon);
    return cc_graph_add(graph, p->count == 1 ? &cc_op_batch_norm : &cc_op_concat_norm, &attr, p->values,
                        p->count, "%s", name);
}

/* Adds the layers of block number `block`, from 1. */
static void add_block(pieces *p, cc_graph *graph, const cc_dense *dense, int block, double epsilon) {
    for (int i = 0; i < dense->layers[block - 1]; i++) {
        char prefix[64], name[80];
        snprintf(prefix, sizeof prefix, "encoder.features.denseblock%d.denselayer%d", block, i + 1);
        snprintf(name, sizeof name, "%s.norm1", prefix);
        const cc_conv_attr wide = cc_conv_2d((int64_t)BOTTLENECK * dense->growth, 1, 1),
                           spatial = cc_conv_2d(dense->growth, 3, 1);
        cc_value y = norm(graph, p, CC_ACTIVATION_RELU, epsilon, name);
        y = cc_layer_conv_norm_plain(graph, y, prefix, wide, "conv1", "norm2", CC_ACTIVATION_RELU, epsilon);
        p->values[p->count++] = cc_graph_add(graph, &cc_op_conv, &spatial, &y, 1, "%s.conv2", prefix);
    }
}

/* The transition behind block number `block`: half the channels, then means of 2 x 2 pixels. */
static cc_value add_transition(cc_graph *graph, cc_value x, int block) {
    const cc_shape shape = cc_graph_shape(graph, x);
    const cc_conv_attr halve = cc_conv_2d(shape.dims[1] / 2, 1, 1);
    const cc_average_pool_attr pool = {.size = {1, shape.dims[2] / 2, shape.dims[3] / 2}};
    x = cc_graph_add(graph, &cc_op_conv, &halve, &x, 1, "encoder.features.transition%d.conv", block);
    return cc_graph_add(graph, &cc_op_average_pool, &pool, &x, 1, "encoder.features.transition%d.pool",
                        block);
}

void cc_densenet_add(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, cc_value x,
                     const cc_dense *dense, double epsilon) {
    const cc_max_pool_attr pool = cc_max_pool_2d(3, 2, 1);
    x = cc_layer_conv_norm_plain(graph, x, "encoder.features", cc_conv_2d(dense->stem, 7, 2), "conv0",
                                 "norm0", CC_ACTIVATION_RELU, epsilon);
    features[0] = x;
    x = cc_graph_add(graph, &cc_op_max_pool, &pool, &x, 1, "encoder.features.pool0");
    for (int block = 1; block <= CC_DENSE_BLOCKS; block++) {
        const bool last = block == CC_DENSE_BLOCKS;
        char name[64];
        pieces p = {.values = {x}, .count = 1};
        snprintf(name, sizeof name, last ? "encoder.features.norm5" : "encoder.features.transition%d.norm",
                 block);
        add_block(&p, graph, dense, block, epsilon);
        x = norm(graph, &p, last ? CC_ACTIVATION_NONE : CC_ACTIVATION_RELU, epsilon, name);
        features[block] = x;
        if (!last) x = add_transition(graph, x, block);
    }
}

#define DENSENET(first, grow, ...)                                                                           \
    {                                                                                                        \
        .dense = {.stem = first, .growth = grow, .layers = {__VA_ARGS__} }                                   \
    }

const cc_encoder cc_encoder_densenet_121 = DENSENET(64, 32, 6, 12, 24, 16);
const cc_encoder cc_encoder_densenet_161 = DENSENET(96, 48, 6, 12, 36, 24);
const cc_encoder cc_encoder_densenet_169 = DENSENET(64, 32, 6, 12, 32, 32);
const cc_encoder cc_encoder_densenet_201 = DENSENET(64, 32, 6, 12, 48, 32);
