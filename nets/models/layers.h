/* nets/models/layers.h -- private to nets/: groups of layers that encoders and decoders are made of. */
#ifndef CC_NETS_LAYERS_H
#define CC_NETS_LAYERS_H

#include "nets/engine/graph.h"
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

#endif
