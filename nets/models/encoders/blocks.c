/* nets/models/encoders/blocks.c -- the blocks of the encoders.
 *
 * Sources: He, Zhang, Ren & Sun, CVPR 2016 (basic and bottleneck; the stride lies in the bottleneck's 3x3, as
 * in torchvision's "v1.5"); Sandler et al., CVPR 2018 (inverted residual); Hu, Shen & Sun, CVPR 2018 (squeeze
 * and excite); Huang et al., ECCV 2016 (stochastic depth).
 *
 * Every convolution of a dilated block has stride 1 and that dilation (timm's and
 * segmentation_models.pytorch's rule): a shortcut too keeps the size, as a 1x1 convolution knows no
 * dilation. */
#include "nets/models/encoders/encoder.h"
#include "nets/models/layers.h"
#include "nets/ops/drop_path/drop_path.h"
#include "nets/ops/ops.h"
#include "nets/ops/squeeze_excite/squeeze_excite.h"

static int64_t channels_of(const cc_graph *graph, cc_value x) {
    return cc_graph_shape(graph, x).dims[1];
}

/* What the block does to the image's size. */
static int64_t stride_of(const cc_block_shape *s) {
    return s->dilation > 1 ? 1 : s->stride;
}

/* A spatial convolution of the block. */
static cc_conv_attr spatial(int64_t channels, int64_t stride, const cc_block_shape *s) {
    cc_conv_attr conv = cc_conv_2d(channels, s->kernel, stride);
    if (s->dilation > 1) cc_layer_dilate(&conv, s->dilation);
    return conv;
}

/* x itself where it has the block's output shape (before it is dilated), else through a 1x1 convolution. */
static cc_value shortcut(cc_graph *graph, cc_value x, const char *prefix, int64_t channels,
                         const cc_block_shape *s) {
    if (s->stride == 1 && channels_of(graph, x) == channels && !s->projects) return x;
    return cc_layer_conv_norm_plain(graph, x, prefix, cc_conv_2d(channels, 1, stride_of(s)), "downsample.0",
                                    "downsample.1", CC_ACTIVATION_NONE, s->epsilon);
}

/* The last convolution of a block with its norm, the residual (CC_NO_VALUE: none) and the activation. */
static cc_value finish(cc_graph *graph, cc_value y, const char *prefix, const cc_block_shape *s,
                       cc_conv_norm last) {
    last.epsilon = s->epsilon;
    if (s->drop_path == 0 || last.residual == CC_NO_VALUE) return cc_layer_conv_norm(graph, y, prefix, &last);
    y = cc_layer_conv_norm_plain(graph, y, prefix, last.conv, last.conv_name, last.norm_name,
                                 CC_ACTIVATION_NONE, s->epsilon);
    cc_drop_path_attr drop = {.rate = s->drop_path, .block = s->index};
    y = cc_graph_add(graph, &cc_op_drop_path, &drop, (cc_value[]){y, last.residual}, 2, "%s.drop_path",
                     prefix);
    if (last.activation == CC_ACTIVATION_NONE) return y;
    cc_activation_attr activation = {.kind = last.activation};
    return cc_graph_add(graph, &cc_op_activation, &activation, &y, 1, "%s.act", prefix);
}

cc_value cc_block_basic(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *s) {
    cc_value y = cc_layer_conv_norm_plain(graph, x, prefix, spatial(s->channels, stride_of(s), s), "conv1",
                                          "bn1", CC_ACTIVATION_RELU, s->epsilon);
    return finish(graph, y, prefix, s,
                  (cc_conv_norm){.conv = spatial(s->channels, 1, s),
                                 .conv_name = "conv2",
                                 .norm_name = "bn2",
                                 .activation = CC_ACTIVATION_RELU,
                                 .residual = shortcut(graph, x, prefix, s->channels, s)});
}

cc_value cc_block_bottleneck(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *s) {
    int64_t out = 4 * s->channels;
    cc_value y = cc_layer_conv_norm_plain(graph, x, prefix, cc_conv_2d(s->channels, 1, 1), "conv1", "bn1",
                                          CC_ACTIVATION_RELU, s->epsilon);
    y = cc_layer_conv_norm_plain(graph, y, prefix, spatial(s->channels, stride_of(s), s), "conv2", "bn2",
                                 CC_ACTIVATION_RELU, s->epsilon);
    return finish(graph, y, prefix, s,
                  (cc_conv_norm){.conv = cc_conv_2d(out, 1, 1),
                                 .conv_name = "conv3",
                                 .norm_name = "bn3",
                                 .activation = CC_ACTIVATION_RELU,
                                 .residual = shortcut(graph, x, prefix, out, s)});
}

/* Depthwise convolution, norm, SiLU, squeeze and excite, 1x1 convolution,
 * norm; x is added where it has the shape of the output. */
static cc_value depthwise_tail(cc_graph *graph, cc_value y, const char *prefix, const cc_block_shape *s,
                               cc_value x, const char *const names[4]) {
    int64_t in = channels_of(graph, x);
    cc_conv_attr depthwise = spatial(channels_of(graph, y), stride_of(s), s);
    depthwise.groups = depthwise.out_channels;
    if (s->same && s->dilation <= 1) cc_conv_pad_same(&depthwise, s->same);
    y = cc_layer_conv_norm_plain(graph, y, prefix, depthwise, names[0], names[1], CC_ACTIVATION_SILU,
                                 s->epsilon);
    cc_squeeze_excite_attr squeeze = {.reduced = in / 4 > 1 ? in / 4 : 1};
    y = cc_graph_add(graph, &cc_op_squeeze_excite, &squeeze, &y, 1, "%s.se", prefix);
    return finish(graph, y, prefix, s,
                  (cc_conv_norm){.conv = cc_conv_2d(s->channels, 1, 1),
                                 .conv_name = names[2],
                                 .norm_name = names[3],
                                 .activation = CC_ACTIVATION_NONE,
                                 .residual = s->stride == 1 && in == s->channels ? x : CC_NO_VALUE});
}

cc_value cc_block_depthwise(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *s) {
    static const char *const names[] = {"conv_dw", "bn1", "conv_pw", "bn2"};
    return depthwise_tail(graph, x, prefix, s, x, names);
}

cc_value cc_block_inverted(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *s) {
    static const char *const names[] = {"conv_dw", "bn2", "conv_pwl", "bn3"};
    cc_conv_attr expand = cc_conv_2d(channels_of(graph, x) * s->expansion, 1, 1);
    cc_value y =
        cc_layer_conv_norm_plain(graph, x, prefix, expand, "conv_pw", "bn1", CC_ACTIVATION_SILU, s->epsilon);
    return depthwise_tail(graph, y, prefix, s, x, names);
}
