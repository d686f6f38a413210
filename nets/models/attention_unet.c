/* nets/models/attention_unet.c -- the attention U-Net, of images or volumes: what a level of the way down
 * hands to the way up is weighed place by place, by itself and by what comes from below.
 *
 * Source: Oktay et al., MIDL 2018 (arXiv 1804.03999); layers and names are those of MONAI's AttentionUnet,
 * whose weights so load. It departs from the paper: gates work at the skip's own size, what comes from below
 * being doubled first, and `merge` ends with an instance norm without parameters and a PReLU of one slope.
 * Every convolution has a bias. Dropout stands behind the activations of the way down and before each PReLU,
 * as there: a ReLU may stand on either side of it, for it scales by what is not negative. */
#include "nets/models/layers.h"
#include "nets/models/models.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/instance_norm/instance_norm.h"
#include "nets/ops/ops.h"

/* What all layers are built with. */
typedef struct net {
    cc_graph *graph;
    const cc_net_spec *spec;
    cc_dropout_layers dropout;
} net;

enum { NAME_MAX = 192 }; /* of a prefix: each level adds "submodule.1." */

/* Kernel k along each axis that the net has, of that stride, with bias. */
static cc_conv_attr conv_of(const net *n, int64_t channels, int64_t k, const int64_t *stride) {
    cc_conv_attr attr = n->spec->dims == 3 ? cc_conv_3d(channels, k, 1) : cc_conv_2d(channels, k, 1);
    for (int i = 0; stride && i < CC_SPATIAL_MAX; i++) attr.stride[i] = stride[i];
    attr.bias = true;
    return attr;
}

/* PREFIX.0.conv of kernel 1 and PREFIX.1, its batch norm, the residual and the activation. */
static cc_value pointwise(net *n, cc_value x, const char *prefix, int64_t channels, cc_value residual,
                          cc_activation activation) {
    return cc_layer_conv_norm(n->graph, x, prefix,
                              &(cc_conv_norm){.conv = conv_of(n, channels, 1, NULL),
                                              .conv_name = "0.conv",
                                              .norm_name = "1",
                                              .activation = activation,
                                              .residual = residual,
                                              .epsilon = cc_net_epsilon(n->spec)});
}

/* Twice a 3x3 convolution, batch norm, ReLU and dropout; the first has the stride. */
static cc_value conv_block(net *n, cc_value x, const char *prefix, int64_t channels, const int64_t *stride) {
    for (int i = 0; i < 2; i++) {
        char name[NAME_MAX + 32];
        snprintf(name, sizeof name, "%s.conv.%d", prefix, i);
        x = cc_layer_conv_norm_plain(n->graph, x, name, conv_of(n, channels, 3, i == 0 ? stride : NULL),
                                     "conv", "adn.N", CC_ACTIVATION_RELU, cc_net_epsilon(n->spec));
        snprintf(name, sizeof name, "%s.conv.%d.adn.D", prefix, i);
        x = cc_layer_dropout(n->graph, x, &n->dropout, name);
    }
    return x;
}

/* A transposed 3x3 convolution that multiplies each extent by its stride, batch norm, ReLU. */
static cc_value up_conv(net *n, cc_value x, const char *prefix, int64_t channels, const int64_t *stride) {
    cc_conv_attr conv = conv_of(n, channels, 3, stride);
    cc_batch_norm_attr norm = cc_batch_norm_with(CC_ACTIVATION_RELU, cc_net_epsilon(n->spec));
    for (int i = 0; i < CC_SPATIAL_MAX; i++) conv.output_padding[i] = stride[i] - 1;
    x = cc_graph_add(n->graph, &cc_op_conv_transpose, &conv, &x, 1, "%s.upconv.up.conv", prefix);
    return cc_graph_add(n->graph, &cc_op_batch_norm, &norm, &x, 1, "%s.upconv.up.adn.N", prefix);
}

/* x weighed: x sigmoid(norm(psi(relu(norm(W_g gate) + norm(W_x x))))), through half the channels to one. */
static cc_value attention(net *n, cc_value x, cc_value gate, const char *prefix, int64_t channels) {
    const cc_activation_attr sigmoid = {.kind = CC_ACTIVATION_SIGMOID};
    char name[NAME_MAX + 32];
    snprintf(name, sizeof name, "%s.attention.W_g", prefix);
    cc_value from_below = pointwise(n, gate, name, channels / 2, CC_NO_VALUE, CC_ACTIVATION_NONE);
    snprintf(name, sizeof name, "%s.attention.W_x", prefix);
    cc_value weight = pointwise(n, x, name, channels / 2, from_below, CC_ACTIVATION_RELU);
    snprintf(name, sizeof name, "%s.attention.psi", prefix);
    weight = pointwise(n, weight, name, 1, CC_NO_VALUE, CC_ACTIVATION_NONE);
    weight = cc_graph_add(n->graph, &cc_op_activation, &sigmoid, &weight, 1, "%s.2", name);
    return cc_graph_add(n->graph, &cc_op_multiply, NULL, (cc_value[]){x, weight}, 2, "%s.attention.gated",
                        prefix);
}

/* What is below a level comes up, gates x, and both are mixed. Level i lies inside level i - 1, as in MONAI's
 * modules: the names nest. */
static cc_value attention_level(net *n, cc_value x, const char *prefix, int level) {
    const cc_net_spec *spec = n->spec;
    const int64_t here = spec->channels[level], below = spec->channels[level + 1];
    const cc_instance_norm_attr plain = {.epsilon = CC_INSTANCE_NORM_EPSILON};
    const bool deepest = level + 2 == spec->channel_count;
    int64_t stride[CC_SPATIAL_MAX];
    char name[NAME_MAX + 32];
    cc_layer_extents(stride, &spec->strides[level], spec->dims);
    snprintf(name, sizeof name, deepest ? "%s.submodule" : "%s.submodule.0", prefix);
    cc_value up = conv_block(n, x, name, below, stride);
    snprintf(name, sizeof name, "%s.submodule.1", prefix);
    if (!deepest) up = attention_level(n, up, name, level + 1);
    up = up_conv(n, up, prefix, here, stride);
    cc_value gated = attention(n, x, up, prefix, here);

    const cc_conv_attr merge = conv_of(n, here, 3, NULL);
    cc_value y = cc_graph_add(n->graph, &cc_op_concat, NULL, (cc_value[]){gated, up}, 2, "%s.concat", prefix);
    y = cc_graph_add(n->graph, &cc_op_conv, &merge, &y, 1, "%s.merge.conv", prefix);
    y = cc_graph_add(n->graph, &cc_op_instance_norm, &plain, &y, 1, "%s.merge.adn.N", prefix);
    snprintf(name, sizeof name, "%s.merge.adn.D", prefix);
    y = cc_layer_dropout(n->graph, y, &n->dropout, name);
    return cc_graph_add(n->graph, &cc_op_prelu, NULL, &y, 1, "%s.merge.adn.A", prefix);
}

void cc_attention_unet_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    cc_layer_total_stride(dhw, spec);
}

void cc_attention_unet_build(cc_graph *graph, const cc_net_spec *spec) {
    net n = {.graph = graph, .spec = spec, .dropout = {.rate = spec->dropout}};
    if (spec->channel_count < 2 || spec->stride_count != spec->channel_count - 1) {
        cc_graph_fail(graph, "net.strides",
                      "there is one stride between two levels, and two levels at least");
        return;
    }
    for (int i = 0; i < spec->stride_count; i++) {
        int64_t stride[CC_SPATIAL_MAX];
        if (spec->channels[i] < 2) {
            cc_graph_fail(graph, "net.channels", "all levels but the deepest have 2 channels at least");
            return;
        }
        if (!cc_layer_extents(stride, &spec->strides[i], spec->dims)) {
            cc_graph_fail(graph, "net.strides",
                          "a stride is one number for all axes, or as many as net.dims says");
            return;
        }
    }
    cc_value x = conv_block(&n, CC_GRAPH_INPUT, "model.0", spec->channels[0], NULL);
    x = attention_level(&n, x, "model.1", 0);
    const cc_conv_attr head = conv_of(&n, spec->classes, 1, NULL);
    cc_graph_add(graph, &cc_op_conv, &head, &x, 1, "model.2.conv");
}
