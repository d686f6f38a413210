/* nets/models/mtal.c -- the multi-task net of Follmer et al. for coronary calcium: one encoder, a decoder
 * that finds the heart's regions and arteries, and one for lesions that also sees the first one's features.
 *
 * Source: Follmer et al., Active multitask learning with uncertainty-weighted loss for coronary calcium
 * scoring, Medical Physics 2022, and their public code (MTAL-CACS, src/model.py), whose layers' names and
 * widths are kept, so that its weights load. It departs from that in ending with logits where theirs ends
 * in softmax. Outputs: "region" and "lesion".
 *
 * net.dropout is that of the encoder's last features, before both decoders (the code's dropout0, of rate
 * 0.5); the layers that the code has within its blocks have rate 0, and are not here. */
#include <stdio.h>
#include <string.h>
#include "nets/models/layers.h"
#include "nets/models/models.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"
#include "nets/ops/resize/resize.h"

enum { LEVELS = 8 };
#define SLOPE 0.2 /* of the leaky ReLUs */

/* Channels of the encoder's features, the largest image first, and of the decoders' blocks, the smallest
 * first. */
static const int64_t down_channels[LEVELS + 1] = {16, 16, 32, 32, 64, 64, 64, 128, 128};
static const int64_t up_channels[LEVELS] = {128, 64, 64, 64, 32, 32, 16, 16};
static const int64_t last_channels = 32; /* of the lesion decoder's last block */

/* A convolution with a bias; kernel k, padding k / 2. */
static cc_value conv(cc_graph *g, cc_value x, int64_t channels, int64_t k, const char *prefix,
                     const char *name) {
    cc_conv_attr attr = cc_conv_2d(channels, k, 1);
    attr.bias = true;
    return cc_graph_add(g, &cc_op_conv, &attr, &x, 1, "%s%s", prefix, name);
}

static cc_value leaky(cc_graph *g, cc_value x, const char *prefix, const char *name) {
    const cc_activation_attr attr = {.kind = CC_ACTIVATION_LEAKY_RELU, .slope = SLOPE};
    return cc_graph_add(g, &cc_op_activation, &attr, &x, 1, "%s%s", prefix, name);
}

/* Leaky ReLU, 3x3 convolution, batch norm, leaky ReLU: the second half of every block. */
static cc_value finish_block(cc_graph *g, cc_value x, int64_t channels, const char *prefix, const char *name,
                             double epsilon) {
    cc_batch_norm_attr norm = cc_batch_norm_with(CC_ACTIVATION_LEAKY_RELU, epsilon);
    norm.slope = SLOPE;
    x = conv(g, leaky(g, x, prefix, ".relu1"), channels, 3, prefix, name);
    return cc_graph_add(g, &cc_op_batch_norm, &norm, &x, 1, "%s.norm", prefix);
}

/* Half the size: a 4x4 convolution of stride 2. */
static cc_value down_block(cc_graph *g, cc_value x, int level, double epsilon) {
    char prefix[32];
    cc_conv_attr attr = cc_conv_2d(down_channels[level], 4, 2);
    attr.bias = true;
    for (int i = 1; i < CC_SPATIAL_MAX; i++) attr.padding[i] = 1;
    snprintf(prefix, sizeof prefix, "conv_down%d", level);
    x = cc_graph_add(g, &cc_op_conv, &attr, &x, 1, "%s.down", prefix);
    return finish_block(g, x, down_channels[level], prefix, ".conv", epsilon);
}

/* Twice the size, bilinear, the outermost pixels' centres staying where they are. */
static cc_value twice(cc_graph *g, cc_value x, const char *prefix) {
    const cc_resize_attr attr = {.factor = 2, .align_corners = true};
    return cc_graph_add(g, &cc_op_resize, &attr, &x, 1, "%s.up", prefix);
}

/* What is twice as large, and what lies beside it, through two convolutions. */
static cc_value up_block(cc_graph *g, const cc_value *inputs, int input_count, int64_t channels,
                         const char *prefix, double epsilon) {
    cc_value x = cc_graph_add(g, &cc_op_concat, NULL, inputs, input_count, "%s.concat", prefix);
    x = conv(g, x, channels, 3, prefix, ".conv1");
    return finish_block(g, x, channels, prefix, ".conv2", epsilon);
}

/* The classes of an output; those of the source where the spec names none. */
static int64_t classes_of(cc_graph *g, const cc_net_spec *spec, const char *head, int usual) {
    for (int i = 0; i < spec->head_count; i++)
        if (strcmp(spec->heads[i].name, head) == 0) return spec->heads[i].classes;
    if (spec->head_count > 0) cc_graph_fail(g, "net.heads", "mtal has the outputs region and lesion");
    return usual;
}

/* The encoder halves its input eight times. */
void cc_mtal_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    (void)spec;
    dhw[0] = 0;
    dhw[1] = dhw[2] = 1 << LEVELS;
}

void cc_mtal_build(cc_graph *g, const cc_net_spec *spec) {
    const double epsilon = cc_net_epsilon(spec);
    const int64_t regions = classes_of(g, spec, "region", 4), lesions = classes_of(g, spec, "lesion", 2);
    cc_value features[LEVELS + 1], x;
    cc_dropout_layers dropout = {.rate = spec->dropout};
    if (spec->head_count > 2) cc_graph_fail(g, "net.heads", "mtal has the outputs region and lesion alone");

    x = leaky(g, conv(g, CC_GRAPH_INPUT, down_channels[0], 5, "conv00", ""), "relu00", "");
    features[0] = leaky(g, conv(g, x, down_channels[0], 5, "conv01", ""), "relu01", "");
    for (int i = 1; i <= LEVELS; i++) features[i] = down_block(g, features[i - 1], i, epsilon);

    /* Side by side: at each size the lesion decoder reads what the region decoder has just made of that
     * size, and at the full size the image as well. Both begin at the encoder's last features, enlarged
     * once. */
    features[LEVELS] = cc_layer_dropout(g, features[LEVELS], &dropout, "dropout0");
    cc_value region = features[LEVELS], lesion = region;
    for (int i = 1; i <= LEVELS; i++) {
        char prefix[32], of_class[32];
        const cc_value skip = features[LEVELS - i];
        snprintf(prefix, sizeof prefix, "conv_up%d", i);
        snprintf(of_class, sizeof of_class, "conv_up%d_class", i);
        const cc_value enlarged = twice(g, region, prefix),
                       large = i == 1 ? enlarged : twice(g, lesion, of_class);
        region = up_block(g, (cc_value[]){enlarged, skip}, 2, up_channels[i - 1], prefix, epsilon);
        const cc_value beside[] = {large, region, skip, CC_GRAPH_INPUT};
        lesion = up_block(g, beside, i == LEVELS ? 4 : 3, i == LEVELS ? last_channels : up_channels[i - 1],
                          of_class, epsilon);
    }

    x = conv(g, region, regions, 3, "conv_double_out", ".0");
    x = conv(g, leaky(g, x, "conv_double_out", ".1"), regions, 3, "conv_double_out", ".2");
    const cc_value of_region = x;
    x = leaky(g, conv(g, lesion, 16, 3, "conv0", ""), "relu0", "");
    const cc_value of_lesion = conv(g, x, lesions, 3, "conv1", "");
    /* In the order of net.heads, as what is learnt of each is. */
    const bool lesion_first = spec->head_count > 0 && strcmp(spec->heads[0].name, "lesion") == 0;
    if (lesion_first) cc_graph_add_output(g, of_lesion, "lesion");
    cc_graph_add_output(g, of_region, "region");
    if (!lesion_first) cc_graph_add_output(g, of_lesion, "lesion");
}
