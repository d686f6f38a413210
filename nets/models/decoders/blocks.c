/* nets/models/decoders/blocks.c -- what the decoders share: upsampled features and the encoder's, one behind
 * the other along the channels (Ronneberger et al. 2015), and the two convolutions that mix them. */
#include "nets/models/decoders/blocks.h"

#include "nets/models/layers.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"

cc_value cc_decoder_join(cc_graph *graph, cc_value x, cc_value skip, const cc_decoder_block *block) {
    const cc_conv_attr conv = cc_conv_2d(block->channels, 3, 1);
    const char *prefix = block->prefix;
    char name[80];
    if (skip != CC_NO_VALUE) {
        x = cc_graph_add(graph, &cc_op_concat, NULL, (cc_value[]){x, skip}, 2, "%s.concat", prefix);
        snprintf(name, sizeof name, "%s.attention1", prefix);
        if (block->attention) x = block->attention(graph, x, name);
    }
    x = cc_layer_conv_norm_plain(graph, x, prefix, conv, "conv1.0", "conv1.1", CC_ACTIVATION_RELU,
                                 CC_BATCH_NORM_EPSILON);
    x = cc_layer_conv_norm_plain(graph, x, prefix, conv, "conv2.0", "conv2.1", CC_ACTIVATION_RELU,
                                 CC_BATCH_NORM_EPSILON);
    snprintf(name, sizeof name, "%s.attention2", prefix);
    return block->attention ? block->attention(graph, x, name) : x;
}
