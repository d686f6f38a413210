/* nets/models/deeplabv3plus.c -- DeepLabV3+: a dilated encoder, pyramid pooling by dilated convolutions
 * side by side (ASPP), and a decoder that joins the result with the encoder's features of stride 4.
 *
 * Source: Chen, Zhu, Papandreou, Schroff & Adam, ECCV 2018; layers, their order and their names are those of
 * segmentation_models.pytorch's DeepLabV3Plus. A separable convolution is a depthwise one and a 1x1 one, with
 * nothing between the two. */
#include "nets/models/encoders/encoder.h"
#include "nets/models/layers.h"
#include "nets/models/models.h"
#include "nets/ops/average_pool/average_pool.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"
#include "nets/ops/resize/resize.h"

/* RATES: dilated branches of the ASPP; SKIP_CHANNELS: of the features of stride 4, after a 1x1
 * convolution. */
enum { RATES = 3, BRANCHES = RATES + 2, SKIP_CHANNELS = 48, SKIP_STRIDE = 4 };

/* Its encoder keeps the size from this stride on. */
static int stride_of(const cc_net_spec *spec) {
    return spec->output_stride > 0 ? spec->output_stride : 16;
}

void cc_deeplabv3plus_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    dhw[0] = 0;
    dhw[1] = dhw[2] = stride_of(spec);
}

/* 1x1 convolution PREFIX.CONV, norm PREFIX.NORM, ReLU. */
static cc_value pointwise(cc_graph *graph, cc_value x, const char *prefix, int64_t channels, const char *conv,
                          const char *norm) {
    return cc_layer_conv_norm_plain(graph, x, prefix, cc_conv_2d(channels, 1, 1), conv, norm,
                                    CC_ACTIVATION_RELU, CC_BATCH_NORM_EPSILON);
}

/* Separable 3x3 convolution PREFIX.CONV.0 and PREFIX.CONV.1, norm PREFIX.NORM, ReLU. */
static cc_value separable(cc_graph *graph, cc_value x, const char *prefix, int64_t channels, int64_t rate,
                          const char *conv, const char *norm) {
    char second[16];
    cc_conv_attr depthwise = cc_conv_2d(cc_graph_shape(graph, x).dims[1], 3, 1);
    depthwise.groups = depthwise.out_channels;
    cc_layer_dilate(&depthwise, rate);
    x = cc_graph_add(graph, &cc_op_conv, &depthwise, &x, 1, "%s.%s.0", prefix, conv);
    snprintf(second, sizeof second, "%s.1", conv);
    return pointwise(graph, x, prefix, channels, second, norm);
}

/* The mean over the image through a 1x1 convolution, spread over the image again. Its norm is over as many
 * values as there are images. */
static cc_value image_mean(cc_graph *graph, cc_value x, const char *prefix, int64_t channels) {
    const cc_shape shape = cc_graph_shape(graph, x);
    const cc_average_pool_attr mean = {.size = {1, 1, 1}};
    const cc_resize_attr spread = {.size = {1, shape.dims[2], shape.dims[3]}};
    x = cc_graph_add(graph, &cc_op_average_pool, &mean, &x, 1, "%s.0", prefix);
    x = pointwise(graph, x, prefix, channels, "1", "2");
    return cc_graph_add(graph, &cc_op_resize, &spread, &x, 1, "%s.resize", prefix);
}

/* Atrous spatial pyramid pooling: five branches side by side, joined and mixed; then a separable
 * convolution. */
static cc_value aspp(cc_graph *graph, cc_value x, const cc_net_spec *spec) {
    const int64_t channels = spec->channels[0];
    cc_dropout_layers dropout = {.rate = spec->dropout};
    cc_value branches[BRANCHES];
    branches[0] = pointwise(graph, x, "decoder.aspp.0.convs.0", channels, "0", "1");
    for (int i = 0; i < RATES; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "decoder.aspp.0.convs.%d", i + 1);
        branches[i + 1] = separable(graph, x, prefix, channels, spec->rates[i], "0", "1");
    }
    branches[RATES + 1] = image_mean(graph, x, "decoder.aspp.0.convs.4", channels);
    x = cc_graph_add(graph, &cc_op_concat, NULL, branches, BRANCHES, "decoder.aspp.0.concat");
    x = pointwise(graph, x, "decoder.aspp.0.project", channels, "0", "1");
    x = cc_layer_dropout(graph, x, &dropout, "decoder.aspp.0.project.3");
    return separable(graph, x, "decoder.aspp", channels, 1, "1", "2");
}

/* Bilinear, the corners' centres meeting. */
static cc_value enlarge(cc_graph *graph, cc_value x, int64_t factor, const char *name) {
    const cc_resize_attr attr = {.factor = factor, .align_corners = true};
    return cc_graph_add(graph, &cc_op_resize, &attr, &x, 1, "%s", name);
}

void cc_deeplabv3plus_build(cc_graph *graph, const cc_net_spec *spec) {
    const int stride = stride_of(spec);
    const int64_t channels = spec->channels[0];
    cc_value features[CC_ENCODER_FEATURES];
    if (stride != 16 && stride != 8) {
        cc_graph_fail(graph, "net.decoder.output_stride", "it is 16 or 8");
        return;
    }
    if (spec->rate_count != RATES || channels < 1) {
        cc_graph_fail(graph, spec->rate_count != RATES ? "net.decoder.rates" : "net.decoder.channels",
                      spec->rate_count != RATES ? "there are three" : "at least 1");
        return;
    }
    if (!cc_encoder_add_of(features, graph, spec, stride)) return;

    cc_value x = aspp(graph, features[CC_ENCODER_FEATURES - 1], spec);
    x = enlarge(graph, x, stride / SKIP_STRIDE, "decoder.up");
    cc_value skip = pointwise(graph, features[1], "decoder.block1", SKIP_CHANNELS, "0", "1");
    x = cc_graph_add(graph, &cc_op_concat, NULL, (cc_value[]){x, skip}, 2, "decoder.concat");
    x = separable(graph, x, "decoder.block2", channels, 1, "0", "1");

    cc_conv_attr head = cc_conv_2d(spec->classes, 1, 1);
    head.bias = true;
    x = cc_graph_add(graph, &cc_op_conv, &head, &x, 1, "segmentation_head.0");
    enlarge(graph, x, SKIP_STRIDE, "segmentation_head.1");
}
