/* nets/models/decoders/transpose.c -- the paper's decoder (its 3.2.2): a 2x2 transposed convolution of
 * stride 2, joined with a 1x1 convolution of the skip, then two convolutions; four blocks reach half size,
 * a last transposed convolution full size. */
#include "nets/models/decoders/blocks.h"
#include "nets/models/decoders/decoder.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/ops.h"

cc_value cc_decoder_transpose_block(cc_graph *graph, cc_value x, cc_value skip,
                                    const cc_decoder_block *block) {
    cc_conv_attr up = cc_conv_transpose_double(block->channels), reduce = cc_conv_2d(block->channels, 1, 1);
    reduce.bias = true;
    x = cc_graph_add(graph, &cc_op_conv_transpose, &up, &x, 1, "%s.up", block->prefix);
    skip = cc_graph_add(graph, &cc_op_conv, &reduce, &skip, 1, "%s.skip", block->prefix);
    return cc_decoder_join(graph, x, skip, block);
}

cc_value cc_decoder_transpose_head(cc_graph *graph, cc_value x, int64_t classes) {
    cc_conv_attr up = cc_conv_transpose_double(classes);
    return cc_graph_add(graph, &cc_op_conv_transpose, &up, &x, 1, "segmentation_head.0");
}
