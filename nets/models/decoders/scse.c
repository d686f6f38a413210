/* nets/models/decoders/scse.c -- concurrent spatial and channel squeeze and excitation: y = x c + x s,
 * where c weighs channels by what the whole image says of them, and s places by what their channels say.
 *
 * Source: Roy, Navab & Wachinger, MICCAI 2018; layers and names are those of segmentation_models.pytorch's
 * SCSEModule, which adds the two where the paper takes the larger. */
#include "nets/models/decoders/decoder.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/average_pool/average_pool.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/drop_path/drop_path.h"
#include "nets/ops/ops.h"

enum { REDUCTION = 16 }; /* channels of x for each of the first 1x1 convolution */

cc_value cc_attention_scse(cc_graph *graph, cc_value x, const char *prefix) {
    const int64_t channels = cc_graph_shape(graph, x).dims[1];
    const cc_average_pool_attr mean = {.size = {1, 1, 1}};
    const cc_activation_attr relu = {.kind = CC_ACTIVATION_RELU}, sigmoid = {.kind = CC_ACTIVATION_SIGMOID};
    const cc_drop_path_attr sum = {.rate = 0}; /* which leaves nothing out: x + residual */
    cc_conv_attr reduce = cc_conv_2d(channels / REDUCTION, 1, 1), expand = cc_conv_2d(channels, 1, 1),
                 place = cc_conv_2d(1, 1, 1);
    reduce.bias = expand.bias = place.bias = true;
    if (cc_graph_shape(graph, x).rank > 0 && channels < REDUCTION)
        return cc_graph_fail(graph, "net.decoder.channels", "scSE wants 16 channels at least");

    cc_value c = cc_graph_add(graph, &cc_op_average_pool, &mean, &x, 1, "%s.attention.cSE.0", prefix);
    c = cc_graph_add(graph, &cc_op_conv, &reduce, &c, 1, "%s.attention.cSE.1", prefix);
    c = cc_graph_add(graph, &cc_op_activation, &relu, &c, 1, "%s.attention.cSE.2", prefix);
    c = cc_graph_add(graph, &cc_op_conv, &expand, &c, 1, "%s.attention.cSE.3", prefix);
    c = cc_graph_add(graph, &cc_op_activation, &sigmoid, &c, 1, "%s.attention.cSE.4", prefix);
    cc_value s = cc_graph_add(graph, &cc_op_conv, &place, &x, 1, "%s.attention.sSE.0", prefix);
    s = cc_graph_add(graph, &cc_op_activation, &sigmoid, &s, 1, "%s.attention.sSE.1", prefix);

    c = cc_graph_add(graph, &cc_op_multiply, NULL, (cc_value[]){x, c}, 2, "%s.attention.channels", prefix);
    s = cc_graph_add(graph, &cc_op_multiply, NULL, (cc_value[]){x, s}, 2, "%s.attention.places", prefix);
    return cc_graph_add(graph, &cc_op_drop_path, &sum, (cc_value[]){c, s}, 2, "%s.attention.sum", prefix);
}
