/* nets/models/layers.h -- private to nets/: groups of layers that encoders and decoders are made of. */
#ifndef CC_NETS_LAYERS_H
#define CC_NETS_LAYERS_H

#include "nets/engine/graph.h"
#include "nets/engine/spec.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* Gives a 2-D convolution stride 1, that dilation, and padding floor(kernel / 2) * rate: of an odd kernel the
 * size stays. */
void cc_layer_dilate(cc_conv_attr *conv, int64_t rate);

/* A convolution with its batch norm, named PREFIX.CONV and PREFIX.NORM. */
typedef struct cc_conv_norm {
    cc_conv_attr conv;
    const char *conv_name, *norm_name;
    cc_activation activation;
    cc_value residual; /* added before the activation; CC_NO_VALUE: none */
    double epsilon;    /* of the norm */
} cc_conv_norm;

cc_value cc_layer_conv_norm(cc_graph *graph, cc_value x, const char *prefix, const cc_conv_norm *layer);

/* The same, without a residual. */
cc_value cc_layer_conv_norm_plain(cc_graph *graph, cc_value x, const char *prefix, cc_conv_attr conv,
                                  const char *conv_name, const char *norm_name, cc_activation activation,
                                  double epsilon);

/* A net's dropout layers: each draws its own numbers. */
typedef struct cc_dropout_layers {
    double rate; /* 0: there are none */
    int count;   /* so far; starts at 0 */
} cc_dropout_layers;

/* The next of them, of single values; x itself where the rate is 0. */
cc_value cc_layer_dropout(cc_graph *graph, cc_value x, cc_dropout_layers *layers, const char *name);

/* Extents as D,H,W of a net of images (dims 2: D is 1) or volumes (3). False where there is not one of each
 * axis, nor one for all. */
bool cc_layer_extents(int64_t dhw[CC_SPATIAL_MAX], const cc_extents *extents, int dims);

/* The product of a net's strides, as cc_architecture.stride wants it; a stride that does not suit the dims
 * counts as 1: the builder refuses it. */
void cc_layer_total_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec);

#endif
