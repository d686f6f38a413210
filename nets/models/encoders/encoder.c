/* An encoder from its table: stem, stages, and the values that the decoder takes from between them. */
#include "nets/models/encoders/encoder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "nets/models/layers.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"

static const cc_encoder *const encoders[] = {
    &cc_encoder_resnet_34,       &cc_encoder_resnet_50,       &cc_encoder_resnet_101,
    &cc_encoder_efficientnet_b0, &cc_encoder_efficientnet_b3, &cc_encoder_efficientnet_b5,
};

const cc_encoder *cc_encoder_at(int i) {
    return i < (int)(sizeof encoders / sizeof *encoders) ? encoders[i] : NULL;
}

const cc_encoder *cc_encoder_find(const char *name) {
    for (int i = 0; cc_encoder_at(i); i++)
        if (strcmp(encoders[i]->name, name) == 0) return encoders[i];
    return NULL;
}

static int block_count(const cc_encoder *encoder) {
    int count = 0;
    for (int i = 0; i < CC_ENCODER_STAGES_MAX; i++) count += encoder->stages[i].repeats;
    return count;
}

/* *done counts the encoder's blocks; way->same is the side of the images that the stage gets, and then hands
 * over. */
static cc_value add_stage(cc_graph *graph, cc_value x, const cc_encoder *encoder, int index, int *done,
                          cc_encoder_options *way) {
    const cc_stage *stage = &encoder->stages[index];
    for (int j = 0; j < stage->repeats; j++) {
        char prefix[64];
        cc_block_shape shape = stage->shape;
        if (j > 0) shape.stride = 1;
        shape.index = (*done)++;
        shape.drop_path = way->drop_path * shape.index / (block_count(encoder) - 1);
        shape.epsilon = way->epsilon;
        shape.same = way->same;
        snprintf(prefix, sizeof prefix, "encoder.%s%d.%d", encoder->stages_prefix,
                 encoder->first_stage + index, j);
        x = stage->block(graph, x, prefix, &shape);
        way->same = (way->same + shape.stride - 1) / shape.stride;
    }
    return x;
}

void cc_encoder_add(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, cc_value x,
                    const cc_encoder *encoder, const cc_encoder_options *asked) {
    int found = 0, blocks = 0;
    cc_encoder_options way = *asked;
    cc_conv_attr stem = cc_conv_2d(encoder->stem.channels, encoder->stem.kernel, 2);
    if (way.same) cc_conv_pad_same(&stem, way.same);
    way.same = (way.same + 1) / 2;
    x = cc_layer_conv_norm_plain(graph, x, "encoder", stem, encoder->stem.conv, "bn1",
                                 encoder->stem.activation, way.epsilon);
    features[found++] = x;
    if (encoder->stem.pool) {
        cc_max_pool_attr pool = cc_max_pool_2d(3, 2, 1);
        x = cc_graph_add(graph, &cc_op_max_pool, &pool, &x, 1, "encoder.maxpool");
    }
    for (int i = 0; i < CC_ENCODER_STAGES_MAX && encoder->stages[i].block; i++) {
        x = add_stage(graph, x, encoder, i, &blocks, &way);
        if (!encoder->stages[i].feature) continue;
        assert(found < CC_ENCODER_FEATURES);
        features[found++] = x;
    }
    assert(found == CC_ENCODER_FEATURES);
}
