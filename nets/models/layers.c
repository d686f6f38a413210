/* nets/models/layers.c -- a convolution and its batch norm as two nodes of the graph; the residual is the
 * norm's second input. */
#include "nets/models/layers.h"

#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/dropout/dropout.h"
#include "nets/ops/ops.h"

void cc_layer_dilate(cc_conv_attr *conv, int64_t rate) {
    for (int i = 1; i < CC_SPATIAL_MAX; i++) { /* H and W */
        conv->stride[i] = 1;
        conv->dilation[i] = rate;
        conv->padding[i] = conv->kernel[i] / 2 * rate;
    }
}

cc_value cc_layer_conv_norm(cc_graph *graph, cc_value x, const char *prefix, const cc_conv_norm *layer) {
    cc_batch_norm_attr norm = cc_batch_norm_with(layer->activation, layer->epsilon);
    x = cc_graph_add(graph, &cc_op_conv, &layer->conv, &x, 1, "%s.%s", prefix, layer->conv_name);
    cc_value inputs[] = {x, layer->residual};
    return cc_graph_add(graph, &cc_op_batch_norm, &norm, inputs, layer->residual == CC_NO_VALUE ? 1 : 2,
                        "%s.%s", prefix, layer->norm_name);
}

/* By values instead of a struct, for the many layers that have no residual. */
cc_value cc_layer_conv_norm_plain(cc_graph *graph, cc_value x, const char *prefix, cc_conv_attr conv,
                                  const char *conv_name, const char *norm_name, cc_activation activation,
                                  double epsilon) {
    return cc_layer_conv_norm(graph, x, prefix,
                              &(cc_conv_norm){.conv = conv,
                                              .conv_name = conv_name,
                                              .norm_name = norm_name,
                                              .activation = activation,
                                              .residual = CC_NO_VALUE,
                                              .epsilon = epsilon});
}

/* Numbered in the order in which they are built. */
cc_value cc_layer_dropout(cc_graph *graph, cc_value x, cc_dropout_layers *layers, const char *name) {
    if (layers->rate == 0) return x;
    const cc_dropout_attr attr = {.rate = layers->rate, .layer = layers->count++};
    return cc_graph_add(graph, &cc_op_dropout, &attr, &x, 1, "%s", name);
}

bool cc_layer_extents(int64_t dhw[CC_SPATIAL_MAX], const cc_extents *extents, int dims) {
    const int first = CC_SPATIAL_MAX - dims; /* the first axis that the net has */
    if (extents->count != 1 && extents->count != dims) return false;
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        dhw[i] = i < first ? 1 : extents->values[extents->count == 1 ? 0 : i - first];
    return true;
}

void cc_layer_total_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    for (int i = 0; i < CC_SPATIAL_MAX; i++) dhw[i] = 1;
    for (int k = 0; k < spec->stride_count; k++) {
        int64_t stride[CC_SPATIAL_MAX];
        if (!cc_layer_extents(stride, &spec->strides[k], spec->dims)) continue;
        for (int i = 0; i < CC_SPATIAL_MAX; i++) dhw[i] *= stride[i];
    }
    if (spec->dims == 2) dhw[0] = 0;
}
