/* nets/models/encoders/encoder.c -- an encoder from its table: stem, stages of blocks, and from between them
 * the values that the decoder takes, at strides 2, 4, 8, 16 and 32. */
#include "nets/models/encoders/encoder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "nets/models/layers.h"
#include "nets/models/models.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"

static const struct {
    const char *name;
    const cc_encoder *table;
} encoders[] = {
#define X(id, name) {name, &cc_encoder_##id},
    CC_ENCODERS(X, )
#undef X
};
enum { ENCODERS = sizeof encoders / sizeof *encoders };

const char *cc_encoder_name(int i) {
    return i < ENCODERS ? encoders[i].name : NULL;
}

/* By the name in configs. */
const cc_encoder *cc_encoder_find(const char *name) {
    for (int i = 0; i < ENCODERS; i++)
        if (strcmp(encoders[i].name, name) == 0) return encoders[i].table;
    return NULL;
}

void cc_encoder_add(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, cc_value x,
                    const cc_encoder *encoder, const cc_encoder_options *options) {
    int found = 0, done = 0, blocks = 0; /* features; blocks added; blocks in all */
    int stride = 2, dilation = 1;        /* of the image behind the last stage; of that stage */
    int64_t side = options->same;        /* of the images at hand, for "same" padding; 0: symmetric */
    for (int i = 0; i < CC_ENCODER_STAGES_MAX; i++) blocks += encoder->stages[i].repeats;

    cc_conv_attr stem = cc_conv_2d(encoder->stem.channels, encoder->stem.kernel, 2);
    if (side) cc_conv_pad_same(&stem, side);
    side = (side + 1) / 2;
    x = cc_layer_conv_norm_plain(graph, x, "encoder", stem, encoder->stem.conv, "bn1",
                                 encoder->stem.activation, options->epsilon);
    features[found++] = x;
    if (encoder->stem.pool) {
        cc_max_pool_attr pool = cc_max_pool_2d(3, 2, 1);
        x = cc_graph_add(graph, &cc_op_max_pool, &pool, &x, 1, "encoder.maxpool");
        stride = 4;
    }
    for (int i = 0; i < CC_ENCODER_STAGES_MAX && encoder->stages[i].block; i++) {
        const cc_stage *stage = &encoder->stages[i];
        /* A stage that would go beyond the output stride keeps its size, and looks as much farther. */
        if (stride * stage->shape.stride > options->output_stride)
            dilation *= stage->shape.stride;
        else
            stride *= stage->shape.stride;
        for (int j = 0; j < stage->repeats; j++) {
            char prefix[64];
            cc_block_shape shape = stage->shape;
            if (j > 0) shape.stride = 1; /* a stage shrinks its images in its first block */
            shape.dilation = dilation;
            shape.index = done++;
            shape.drop_path = options->drop_path * shape.index / (blocks - 1);
            shape.epsilon = options->epsilon;
            shape.same = side;
            snprintf(prefix, sizeof prefix, "encoder.%s%d.%d", encoder->stages_prefix,
                     encoder->first_stage + i, j);
            x = stage->block(graph, x, prefix, &shape);
            if (dilation == 1) side = (side + shape.stride - 1) / shape.stride;
        }
        if (!stage->feature) continue;
        assert(found < CC_ENCODER_FEATURES);
        features[found++] = x;
    }
    assert(found == CC_ENCODER_FEATURES);
}

bool cc_encoder_add_of(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, const cc_net_spec *spec,
                       int output_stride) {
    const cc_encoder *encoder = spec->encoder ? cc_encoder_find(spec->encoder) : NULL;
    cc_encoder_options options = {
        .drop_path = spec->drop_path, .epsilon = cc_net_epsilon(spec), .output_stride = output_stride};
    if (!encoder) {
        cc_graph_fail(graph, "net.encoder", "there is no such encoder");
        return false;
    }
    /* "same" padding follows the side of the images: the real one, or the one the encoder was designed
     * for. */
    if (spec->padding && strcmp(spec->padding, CC_PADDING_SYMMETRIC) != 0) {
        if (!encoder->resolution) {
            cc_graph_fail(graph, "net.padding", "only EfficientNets have another padding than symmetric");
            return false;
        }
        options.same = strcmp(spec->padding, CC_PADDING_SAME_NOMINAL) == 0
                           ? encoder->resolution
                           : cc_graph_shape(graph, CC_GRAPH_INPUT).dims[2];
    }
    if (encoder->dense.growth == 0) {
        cc_encoder_add(features, graph, CC_GRAPH_INPUT, encoder, &options);
        return true;
    }
    if (options.drop_path > 0 || output_stride < CC_ENCODER_STRIDE) {
        cc_graph_fail(graph, options.drop_path > 0 ? "net.drop_path" : "net.encoder",
                      options.drop_path > 0 ? "a DenseNet has no residual blocks that could be left out"
                                            : "a DenseNet halves its images by pools, and cannot be dilated");
        return false;
    }
    cc_densenet_add(features, graph, CC_GRAPH_INPUT, &encoder->dense, options.epsilon);
    return true;
}
