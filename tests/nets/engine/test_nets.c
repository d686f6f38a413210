/* tests/nets/engine/test_nets.c -- the nets of the paper: their names, parameters and shapes. */
#include "support.h"
#include <string.h>
#include "nets/engine/graph.h"
#include "nets/engine/model.h"
#include "nets/ops/ops.h"

typedef struct known_net {
    const char *name;
    int64_t parameters; /* the counts of timm's encoders with these decoders */
} known_net;

/* One channel in, one class out; those with a fixture are checked by `calcade parity` too. */
static const known_net known[] = {
    {"unet", 31030593},
    {"unet-bn", 31036481},
    {"unet-3d", 90298561}, /* by hand: 27 and 8 taps where unet-bn has 9 and 4 */
    {"resnet-34:nearest", 24430097},
    {"resnet-34:transpose", 24415873},
    {"resnet-50:nearest", 32514833},
    {"resnet-50:transpose", 28470145},
    {"resnet-101:nearest", 51506961},
    {"resnet-101:transpose", 47462273},
    {"efficientnet-b0:nearest", 5838733},
    {"efficientnet-b0:transpose", 6483965},
    {"efficientnet-b3:nearest", 12565417},
    {"efficientnet-b3:transpose", 13065241},
    {"efficientnet-b5:nearest", 30162465},
    {"efficientnet-b5:transpose", 30394001},
    /* DenseNets and DeepLabV3+ as segmentation_models_pytorch 0.5.0 counts them, without EfficientNet's
     * last 1x1 convolution; the rest of its DenseNets with the golden scripts' decoders. */
    {"densenet-121:nearest", 13601361},
    {"densenet-121:transpose", 10867393},
    {"densenet-161:nearest", 38728913},
    {"densenet-161:transpose", 31915329},
    {"densenet-169:nearest", 21196369},
    {"densenet-169:transpose", 17118913},
    {"densenet-201:nearest", 28574289},
    {"densenet-201:transpose", 23120577},
    {"deeplabv3plus:resnet-34", 22431185},
    {"deeplabv3plus:resnet-50", 26671313},
    {"deeplabv3plus:resnet-101", 45663441},
    {"deeplabv3plus:efficientnet-b0", 4494733},
    {"deeplabv3plus:efficientnet-b3", 11086569},
    {"deeplabv3plus:efficientnet-b5", 28438881},
    {"dense-ra-unet:densenet-121", 19564593},
    {"dense-ra-unet:densenet-161", 50468529},
    {"dense-ra-unet:densenet-169", 30174257},
    {"dense-ra-unet:densenet-201", 38862897},
    /* MONAI 1.6.1: DynUNet and AttentionUnet of these channels, kernels and strides, in two and three
     * dimensions */
    {"dynunet", 5684545},
    {"dynunet:3d", 16543617},
    {"attention-unet", 1987417},
    {"attention-unet:3d", 5909113},
    {"mtal", 3108442}, /* the public code's 3,109,130, less its second channel's 16 * 25 + 32 * 9 */
};
enum { KNOWN = sizeof known / sizeof *known };

/* Of images of `size` pixels a side, or of the next size that the net takes. */
static cc_graph *build(const char *name, int classes, int64_t size) {
    cc_net_spec spec;
    cc_graph *graph;
    assert_ok(cc_net_find(&spec, name));
    spec.classes = classes;
    int64_t stride[CC_SPATIAL_MAX];
    assert_ok(cc_net_stride(stride, &spec));
    size = (size + stride[1] - 1) / stride[1] * stride[1];
    assert_ok(cc_net_build(&graph, &spec, 2, stride[0], size, size));
    return graph;
}

static void every_net_has_its_parameters_to_the_last_one(void **state) {
    (void)state;
    char name[64];
    for (int i = 0; i < KNOWN; i++) {
        assert_true(cc_net_name(name, sizeof name, i));
        assert_string_equal(name, known[i].name);
        cc_graph *graph = build(name, 1, 64);
        assert_int_equal(cc_graph_trained_values(graph), known[i].parameters);
        cc_graph_destroy(graph);
    }
    assert_false(cc_net_name(name, sizeof name, KNOWN));
}

/* Whatever lies between and behind the extents, which compilers leave as they find it. */
static void shapes_are_joined_by_their_extents(void **state) {
    (void)state;
    cc_shape shapes[2];
    cc_op_signature out;
    memset(&shapes[0], 0, sizeof *shapes);
    memset(&shapes[1], 0x55, sizeof *shapes);
    for (int i = 0; i < 2; i++) {
        shapes[i].rank = 4;
        for (int k = 0; k < 4; k++) shapes[i].dims[k] = k == 1 ? 3 + i : 8;
    }
    const cc_shape *inputs[] = {&shapes[0], &shapes[1]};
    assert_ok(cc_op_concat.infer(&out, NULL, inputs, 2));
    assert_int_equal(out.output.dims[1], 7);
    shapes[1].dims[3] = 9;
    assert_error(cc_op_concat.infer(&out, NULL, inputs, 2), CC_EINVAL, "cannot join 8x3x8x8 and 8x4x8x9");
}

static void the_output_has_the_size_of_the_input(void **state) {
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        cc_graph *graph = build(known[i].name, 3, 96);
        cc_shape out = cc_graph_shape(graph, cc_graph_node_count(graph)), want = *cc_graph_input_shape(graph);
        /* mtal: the last of two outputs with classes of its own */
        want.dims[1] = strcmp(known[i].name, "mtal") == 0 ? 2 : 3;
        assert_true(cc_shape_equal(&out, &want));
        cc_graph_destroy(graph);
    }
}

static const cc_parameter *find(const cc_graph *graph, const char *name) {
    for (int i = 0; i < cc_graph_parameter_count(graph); i++)
        if (strcmp(cc_graph_parameter(graph, i)->name, name) == 0) return cc_graph_parameter(graph, i);
    print_error("no parameter %s\n", name);
    fail();
    return NULL;
}

static void assert_extents(const cc_graph *graph, const char *name, int64_t o, int64_t i, int64_t k) {
    const cc_parameter *p = find(graph, name);
    int64_t want[] = {o, i, k, k};
    assert_int_equal(p->of.rank, 4);
    assert_memory_equal(p->of.dims, want, sizeof want);
}

static void names_are_those_of_weights_people_have(void **state) {
    (void)state;
    cc_graph *resnet = build("resnet-50", 1, 64), *efficient = build("efficientnet-b0:transpose", 1, 64);
    assert_extents(resnet, "encoder.conv1.weight", 64, 1, 7);
    assert_extents(resnet, "encoder.layer1.0.conv1.weight", 64, 64, 1);
    assert_extents(resnet, "encoder.layer2.0.downsample.0.weight", 512, 256, 1);
    find(resnet, "encoder.layer2.0.downsample.1.running_var");
    assert_extents(resnet, "decoder.blocks.0.conv1.0.weight", 256, 3072, 3);
    assert_extents(resnet, "segmentation_head.0.weight", 1, 16, 3);
    assert_extents(efficient, "encoder.conv_stem.weight", 32, 1, 3);
    assert_extents(efficient, "encoder.blocks.0.0.conv_pw.weight", 16, 32, 1);
    assert_extents(efficient, "encoder.blocks.1.0.conv_dw.weight", 96, 1, 3);
    assert_extents(efficient, "encoder.blocks.1.0.se.conv_reduce.weight", 4, 96, 1);
    assert_extents(efficient, "encoder.blocks.6.0.conv_pwl.weight", 320, 1152, 1);
    assert_extents(efficient, "decoder.blocks.3.skip.weight", 32, 32, 1);
    assert_extents(efficient, "segmentation_head.0.weight", 32, 1, 2);
    cc_graph_destroy(resnet);
    cc_graph_destroy(efficient);
}

static void nets_that_make_no_sense_are_refused(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec spec;
    assert_error(cc_net_find(&spec, "vgg-16"), CC_EUSAGE, "no such net");
    assert_error(cc_net_find(&spec, "resnet-34:bilinear"), CC_EUSAGE, "no such net");
    assert_ok(cc_net_find(&spec, "resnet-34"));
    assert_error(cc_net_build(&graph, &spec, 1, 0, 48, 64), CC_EINVAL, "multiple of 32");
    assert_error(cc_net_build(&graph, &spec, 1, 32, 64, 64), CC_EINVAL, "takes images");
    spec.channel_count = 4;
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "5 blocks, not 4");
    spec.encoder = "vgg-16";
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "net.encoder");
    assert_ok(cc_net_find(&spec, "unet-3d:8x4"));
    assert_error(cc_net_build(&graph, &spec, 1, 0, 64, 64), CC_EINVAL, "takes volumes");
    assert_error(cc_net_build(&graph, &spec, 1, 12, 64, 64), CC_EINVAL, "multiple of 8 x 8 x 8");
}

static void levels_that_do_not_fit_together_are_refused(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec spec, changed;
    assert_error(cc_net_find(&spec, "dynunet:4d"), CC_EUSAGE, "what the net may work on");
    assert_ok(cc_net_find(&spec, "dynunet:3d"));
    assert_error(cc_net_build(&graph, &spec, 1, 24, 64, 64), CC_EINVAL, "multiple of 16 x 16 x 16");
    changed = spec;
    changed.stride_count = 4;
    assert_error(cc_net_build(&graph, &changed, 1, 32, 64, 64), CC_EINVAL, "of the same length");
    changed = spec;
    changed.kernels[2] = (cc_extents){.count = 2, .values = {1, 3}};
    assert_error(cc_net_build(&graph, &changed, 1, 32, 64, 64), CC_EINVAL, "as many as net.dims says");
    changed = spec;
    changed.strides[0].values[0] = 2;
    assert_error(cc_net_build(&graph, &changed, 1, 32, 64, 64), CC_EINVAL, "first level");
    changed = spec;
    changed.strides[1].values[0] = 8;
    assert_error(cc_net_build(&graph, &changed, 1, 64, 64, 64), CC_EINVAL, "one more than its kernel");
    assert_ok(cc_net_find(&spec, "attention-unet"));
    changed = spec;
    changed.stride_count = 3;
    assert_error(cc_net_build(&graph, &changed, 1, 0, 64, 64), CC_EINVAL, "between two levels");
    changed = spec;
    changed.channels[1] = 1;
    assert_error(cc_net_build(&graph, &changed, 1, 0, 64, 64), CC_EINVAL, "2 channels at least");
}

/* Kernels and strides of their own along each axis, as nnU-Net plans them for thick slices. */
static void axes_may_shrink_one_after_the_other(void **state) {
    (void)state;
    cc_graph *graph;
    cc_net_spec spec;
    int64_t stride[CC_SPATIAL_MAX];
    assert_ok(cc_net_find(&spec, "dynunet:3d"));
    spec.kernels[0] = (cc_extents){.count = 3, .values = {1, 3, 3}};
    spec.strides[1] = (cc_extents){.count = 3, .values = {1, 2, 2}};
    assert_ok(cc_net_stride(stride, &spec));
    assert_int_equal(stride[0], 8);
    assert_int_equal(stride[1], 16);
    assert_ok(cc_net_build(&graph, &spec, 1, 8, 32, 16));
    const cc_shape bottom = cc_shape_3d(1, 320, 1, 2, 1);
    for (int i = 0; i < cc_graph_node_count(graph); i++)
        if (strcmp(cc_graph_node(graph, i)->name, "bottleneck.norm2") == 0)
            assert_true(cc_shape_equal(&cc_graph_node(graph, i)->shape, &bottom));
    const cc_shape out = cc_graph_node(graph, cc_graph_node_count(graph) - 1)->shape;
    assert_true(cc_shape_equal(&out, &(cc_shape){.rank = 5, .dims = {1, 1, 8, 32, 16}}));
    cc_graph_destroy(graph);
}

static void no_value_is_an_input_twice(void **state) {
    (void)state;
    const cc_shape shape = {.rank = 4, .dims = {1, 8, 4, 4}};
    cc_graph *graph = cc_graph_create(&shape);
    const cc_value inputs[] = {CC_GRAPH_INPUT, CC_GRAPH_INPUT};
    assert_int_equal(cc_graph_add(graph, &cc_op_concat, NULL, inputs, 2, "twins"), CC_NO_VALUE);
    assert_error(cc_graph_finish(graph), CC_EINVAL, "twins");
    cc_graph_destroy(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_net_has_its_parameters_to_the_last_one),
        cmocka_unit_test(shapes_are_joined_by_their_extents),
        cmocka_unit_test(the_output_has_the_size_of_the_input),
        cmocka_unit_test(names_are_those_of_weights_people_have),
        cmocka_unit_test(nets_that_make_no_sense_are_refused),
        cmocka_unit_test(levels_that_do_not_fit_together_are_refused),
        cmocka_unit_test(axes_may_shrink_one_after_the_other),
        cmocka_unit_test(no_value_is_an_input_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
