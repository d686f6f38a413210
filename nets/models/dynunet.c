/* nets/models/dynunet.c -- nnU-Net's U-Net, of images or volumes: kernels and strides of each level are the
 * config's, so that anisotropic scans shrink along the axes of high resolution first.
 *
 * Source: Isensee et al., Nature Methods 18 (2021); layers, their order and their names are those of MONAI's
 * DynUNet, whose weights so load: convolutions without bias but the head's, padding of floor((k - s + 1) /
 * 2), transposed convolutions whose kernel is their stride, features of the way down behind those from below.
 * Dropout stands where MONAI has it: behind every convolution, the transposed ones and the heads too.
 *
 * Deep supervision gives the features of each of the next levels a head of their own, "level1" and so on: the
 * logits of a smaller picture, which training compares with the target too (nets/losses/levels.h). As in
 * MONAI the deepest level has none, and all of them come behind the net's own layers. */
#include <string.h>
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
    cc_activation activation;
    cc_dropout_layers dropout;
} net;

/* Of a level: kernel and stride of the first convolution as D,H,W. */
typedef struct level {
    int64_t channels, kernel[CC_SPATIAL_MAX], stride[CC_SPATIAL_MAX];
} level;

static const int64_t unit_stride[CC_SPATIAL_MAX] = {1, 1, 1};

/* A convolution, or one transposed, with the dropout behind it; PREFIX.conv and PREFIX.adn.D. */
static cc_value conv(net *n, cc_value x, const char *prefix, const cc_op *op, int64_t channels,
                     const int64_t *kernel, const int64_t *stride, bool bias) {
    char name[128];
    cc_conv_attr attr = cc_conv_2d(channels, 1, 1);
    attr.bias = bias;
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        attr.kernel[i] = kernel[i];
        attr.stride[i] = stride[i];
        attr.padding[i] = (kernel[i] - stride[i] + 1) / 2;
    }
    x = cc_graph_add(n->graph, op, &attr, &x, 1, "%s.conv", prefix);
    snprintf(name, sizeof name, "%s.adn.D", prefix);
    return cc_layer_dropout(n->graph, x, &n->dropout, name);
}

/* The norm with its activation. */
static cc_value norm(const net *n, cc_value x, const char *prefix, int index) {
    const double epsilon = cc_net_epsilon(n->spec);
    const cc_instance_norm_attr instance = {
        .epsilon = epsilon, .affine = true, .activation = n->activation, .slope = n->spec->slope};
    cc_batch_norm_attr batch = cc_batch_norm_with(n->activation, epsilon);
    batch.slope = n->spec->slope;
    const bool is_batch = n->spec->norm && strcmp(n->spec->norm, CC_NORM_BATCH) == 0;
    return cc_graph_add(n->graph, is_batch ? &cc_op_batch_norm : &cc_op_instance_norm,
                        is_batch ? (const void *)&batch : &instance, &x, 1, "%s.norm%d", prefix, index);
}

/* Convolution, norm, activation, twice; the first convolution has the stride. */
static cc_value block(net *n, cc_value x, const char *prefix, const level *l, const int64_t *stride) {
    for (int i = 1; i <= 2; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s.conv%d", prefix, i);
        x = conv(n, x, name, &cc_op_conv, l->channels, l->kernel, i == 1 ? stride : unit_stride, false);
        x = norm(n, x, prefix, i);
    }
    return x;
}

/* The levels of a spec, checked; false after cc_graph_fail. */
static bool read_levels(level out[CC_NET_LEVELS_MAX], cc_graph *graph, const cc_net_spec *spec) {
    const int count = spec->channel_count;
    if (spec->deep_supervision > count - 2) {
        cc_graph_fail(graph, "net.deep_supervision",
                      "the levels between the finest and the deepest are fewer than that");
        return false;
    }
    if (count < CC_DYNUNET_LEVELS_MIN || spec->kernel_count != count || spec->stride_count != count) {
        cc_graph_fail(graph, "net.channels",
                      "channels, kernels and strides are lists of the same length, of 3 levels at least");
        return false;
    }
    for (int i = 0; i < count; i++) {
        out[i].channels = spec->channels[i];
        if (!cc_layer_extents(out[i].kernel, &spec->kernels[i], spec->dims) ||
            !cc_layer_extents(out[i].stride, &spec->strides[i], spec->dims)) {
            cc_graph_fail(graph, "net.kernels",
                          "a level has one number for all axes, or as many as net.dims says");
            return false;
        }
        for (int k = 0; k < CC_SPATIAL_MAX; k++) {
            if (i == 0 && out[i].stride[k] != 1) {
                cc_graph_fail(graph, "net.strides", "the first level has a stride of 1");
                return false;
            }
            if (out[i].kernel[k] - out[i].stride[k] + 1 < 0) {
                cc_graph_fail(graph, "net.strides", "a stride is one more than its kernel at most");
                return false;
            }
        }
    }
    return true;
}

void cc_dynunet_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    cc_layer_total_stride(dhw, spec);
}

/* Down: a block a level, all but the first of which shrink. Up: a transposed convolution undoes the level's
 * stride, the features of that size on the way down join it, and a block of the level's kernel mixes both. */
void cc_dynunet_build(cc_graph *graph, const cc_net_spec *spec) {
    level levels[CC_NET_LEVELS_MAX];
    cc_value skips[CC_NET_LEVELS_MAX], ups[CC_NET_LEVELS_MAX], x = CC_GRAPH_INPUT;
    net n = {.graph = graph, .spec = spec, .dropout = {.rate = spec->dropout}};
    n.activation = spec->activation && strcmp(spec->activation, CC_ACTIVATION_NAME_RELU) == 0
                       ? CC_ACTIVATION_RELU
                       : CC_ACTIVATION_LEAKY_RELU;
    if (!read_levels(levels, graph, spec)) return;
    const int deepest = spec->channel_count - 1;
    for (int i = 0; i <= deepest; i++) {
        char prefix[64] = "input_block";
        if (i > 0) snprintf(prefix, sizeof prefix, "downsamples.%d", i - 1);
        skips[i] = x = block(&n, x, i == deepest ? "bottleneck" : prefix, &levels[i], levels[i].stride);
    }
    for (int i = 0; i < deepest; i++) {
        const level *below = &levels[deepest - i], *here = below - 1;
        const level mixed = {.channels = here->channels,
                             .kernel = {below->kernel[0], below->kernel[1], below->kernel[2]}};
        char prefix[64];
        snprintf(prefix, sizeof prefix, "upsamples.%d.transp_conv", i);
        x = conv(&n, x, prefix, &cc_op_conv_transpose, here->channels, below->stride, below->stride, false);
        x = cc_graph_add(graph, &cc_op_concat, NULL, (cc_value[]){x, skips[deepest - 1 - i]}, 2,
                         "upsamples.%d.concat", i);
        snprintf(prefix, sizeof prefix, "upsamples.%d.conv_block", i);
        ups[deepest - 1 - i] = x = block(&n, x, prefix, &mixed, unit_stride);
    }
    x = conv(&n, x, "output_block.conv", &cc_op_conv, spec->classes, unit_stride, unit_stride, true);
    if (spec->deep_supervision == 0) return;
    cc_graph_add_output(graph, x, NULL);
    for (int i = 1; i <= spec->deep_supervision; i++) {
        char prefix[64], name[32];
        snprintf(prefix, sizeof prefix, "deep_supervision_heads.%d.conv", i - 1);
        snprintf(name, sizeof name, "level%d", i);
        x = conv(&n, ups[i], prefix, &cc_op_conv, spec->classes, unit_stride, unit_stride, true);
        cc_graph_add_auxiliary_output(graph, x, name);
    }
}
