/* The paper's decoder (its 3.2.2): a 2x2 transposed convolution of stride 2, joined with a 1x1 convolution of
 * the skip, then two convolutions; four blocks reach half size, a last transposed convolution full size. */
#include "nets/models/decoders/blocks.h"
#include "nets/models/decoders/decoder.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/ops.h"

static cc_value block(cc_graph *graph, cc_value x, cc_value skip, const char *prefix, int64_t channels) {
    cc_conv_attr up = cc_conv_transpose_double(channels), narrow = cc_conv_2d(channels, 1, 1);
    narrow.bias = true;
    x = cc_graph_add(graph, &cc_op_conv_transpose, &up, &x, 1, "%s.up", prefix);
    skip = cc_graph_add(graph, &cc_op_conv, &narrow, &skip, 1, "%s.skip", prefix);
    return cc_decoder_join(graph, x, skip, prefix, channels);
}

static cc_value head(cc_graph *graph, cc_value x, int64_t classes) {
    cc_conv_attr up = cc_conv_transpose_double(classes);
    return cc_graph_add(graph, &cc_op_conv_transpose, &up, &x, 1, "segmentation_head.0");
}

const cc_decoder cc_decoder_transpose = {
    .name = "transpose", .levels = 4, .channels = {256, 128, 64, 32}, .block = block, .head = head};
