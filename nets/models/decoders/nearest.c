/* nets/models/decoders/nearest.c -- the decoder of segmentation_models.pytorch's Unet: nearest-neighbour
 * upsampling, the skip, two convolutions; five blocks reach full size, where there is no skip; a 3x3
 * convolution as head. */
#include "nets/models/decoders/blocks.h"
#include "nets/models/decoders/decoder.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"

cc_value cc_decoder_nearest_block(cc_graph *graph, cc_value x, cc_value skip, const cc_decoder_block *block) {
    x = cc_graph_add(graph, &cc_op_upsample, NULL, &x, 1, "%s.upsample", block->prefix);
    return cc_decoder_join(graph, x, skip, block);
}

cc_value cc_decoder_nearest_head(cc_graph *graph, cc_value x, int64_t classes) {
    cc_conv_attr conv = cc_conv_2d(classes, 3, 1);
    conv.bias = true;
    return cc_graph_add(graph, &cc_op_conv, &conv, &x, 1, "segmentation_head.0");
}
