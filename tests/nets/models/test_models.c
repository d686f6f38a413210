/* tests/nets/models/test_models.c -- what nets on encoders are made of: dilated stages, dense blocks,
 * attention in decoders. Right values are those of segmentation_models.pytorch 0.5.0 and 0.6.0, printed
 * from its modules. */
#include "support.h"
#include <string.h>
#include "nets/engine/graph.h"
#include "nets/engine/model.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"

static cc_graph *build(const cc_net_spec *spec, int64_t size) {
    cc_graph *graph;
    assert_ok(cc_net_build(&graph, spec, 2, 0, size, size));
    return graph;
}

static cc_net_spec net(const char *name) {
    cc_net_spec spec;
    assert_ok(cc_net_find(&spec, name));
    return spec;
}

static const cc_node *node_of(const cc_graph *graph, const char *name) {
    for (int i = 0; i < cc_graph_node_count(graph); i++)
        if (strcmp(cc_graph_node(graph, i)->name, name) == 0) return cc_graph_node(graph, i);
    print_error("no layer %s\n", name);
    fail();
    return NULL;
}

static void assert_window(const cc_graph *graph, const char *name, int64_t stride, int64_t dilation,
                          int64_t padding, int64_t side) {
    const cc_node *node = node_of(graph, name);
    const cc_conv_attr *a = node->attr;
    assert_ptr_equal(node->op, &cc_op_conv);
    for (int i = 1; i < CC_SPATIAL_MAX; i++) {
        assert_int_equal(a->stride[i], stride);
        assert_int_equal(a->dilation[i], dilation);
        assert_int_equal(a->padding[i], padding);
    }
    assert_int_equal(node->shape.dims[2], side);
}

static void stages_beyond_the_output_stride_are_dilated_from_their_first_block_on(void **state) {
    (void)state;
    cc_net_spec spec = net("deeplabv3plus:resnet-34");
    cc_graph *graph = build(&spec, 128);
    assert_window(graph, "encoder.layer3.0.conv1", 2, 1, 1, 8);
    assert_window(graph, "encoder.layer4.0.conv1", 1, 2, 2, 8);
    assert_window(graph, "encoder.layer4.0.downsample.0", 1, 1, 0, 8);
    assert_window(graph, "encoder.layer4.2.conv2", 1, 2, 2, 8);
    assert_window(graph, "decoder.aspp.0.convs.3.0.0", 1, 36, 36, 8);
    cc_graph_destroy(graph);

    spec.output_stride = 8;
    graph = build(&spec, 128);
    assert_window(graph, "encoder.layer2.0.conv1", 2, 1, 1, 16);
    assert_window(graph, "encoder.layer3.0.conv1", 1, 2, 2, 16);
    assert_window(graph, "encoder.layer4.0.conv1", 1, 4, 4, 16);
    cc_graph_destroy(graph);

    spec = net("deeplabv3plus:efficientnet-b0");
    spec.output_stride = 8;
    graph = build(&spec, 128);
    assert_window(graph, "encoder.blocks.2.0.conv_dw", 2, 1, 2, 16);
    assert_window(graph, "encoder.blocks.3.0.conv_dw", 1, 2, 2, 16);
    assert_window(graph, "encoder.blocks.4.2.conv_dw", 1, 2, 4, 16);
    assert_window(graph, "encoder.blocks.5.0.conv_dw", 1, 4, 8, 16);
    assert_window(graph, "encoder.blocks.6.0.conv_dw", 1, 4, 4, 16);
    cc_graph_destroy(graph);
}

static void a_dense_block_joins_nothing(void **state) {
    (void)state;
    const cc_net_spec spec = net("densenet-121");
    cc_graph *graph = build(&spec, 64);
    int joined = 0, read_together = 0;
    for (int i = 0; i < cc_graph_node_count(graph); i++) {
        const cc_node *node = cc_graph_node(graph, i);
        joined += node->op == &cc_op_concat;
        if (node->op == &cc_op_concat_norm) read_together += node->input_count;
    }
    assert_int_equal(joined, 4); /* the decoder's */
    /* Blocks of L layers: 2 + ... + L inputs of the layers' first norms but the first, L + 1 of the norm
     * behind. */
    assert_int_equal(read_together, (7 * 8 + 13 * 14 + 25 * 26 + 17 * 18) / 2 - 4);
    /* Features: the norm of a transition, and its half of the channels at half the size. */
    assert_int_equal(node_of(graph, "encoder.features.transition2.norm")->shape.dims[1], 512);
    assert_int_equal(node_of(graph, "encoder.features.transition2.norm")->shape.dims[2], 8);
    assert_int_equal(node_of(graph, "encoder.features.transition2.pool")->shape.dims[1], 256);
    assert_int_equal(node_of(graph, "encoder.features.transition2.pool")->shape.dims[2], 4);
    assert_int_equal(node_of(graph, "encoder.features.norm5")->shape.dims[1], 1024);
    cc_graph_destroy(graph);
}

static void scse_adds_its_layers_to_every_block_that_joins(void **state) {
    (void)state;
    cc_net_spec spec = net("resnet-34");
    spec.attention = "scse";
    cc_graph *graph = build(&spec, 64);
    assert_int_equal(cc_graph_trained_values(graph),
                     24543893); /* of resnet34 with scse, its unused layers left out */
    node_of(graph, "decoder.blocks.3.attention1.attention.cSE.1");
    node_of(graph, "decoder.blocks.4.attention2.attention.sSE.0");
    for (int i = 0; i < cc_graph_node_count(graph); i++)
        assert_null(strstr(cc_graph_node(graph, i)->name, "blocks.4.attention1"));
    cc_graph_destroy(graph);
    spec.channels[4] = 15;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "16 channels");
    spec.attention = "cbam";
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "net.decoder.attention");
}

static void parts_that_do_not_go_together_are_refused(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec spec;
    assert_error(cc_net_find(&spec, "deeplabv3plus:densenet-121"), CC_EUSAGE, "no such net");
    assert_error(cc_net_find(&spec, "dense-ra-unet:resnet-34"), CC_EUSAGE, "no such net");
    spec = net("deeplabv3plus");
    assert_string_equal(spec.encoder, "resnet-34");
    spec.encoder = "densenet-121";
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "cannot be dilated");
    spec = net("deeplabv3plus");
    assert_error(cc_net_build(&graph, &spec, 1, 0, 72, 64), CC_EINVAL, "multiple of 16");
    spec.output_stride = 12;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 96, 96), CC_EINVAL, "net.decoder.output_stride");
    spec = net("deeplabv3plus");
    spec.rate_count = 2;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "net.decoder.rates");
    spec = net("dense-ra-unet");
    spec.drop_path = 0.1;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "net.drop_path");
    spec = net("dense-ra-unet");
    spec.channel_count = 4;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "net.decoder.channels");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_beyond_the_output_stride_are_dilated_from_their_first_block_on),
        cmocka_unit_test(a_dense_block_joins_nothing),
        cmocka_unit_test(scse_adds_its_layers_to_every_block_that_joins),
        cmocka_unit_test(parts_that_do_not_go_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
