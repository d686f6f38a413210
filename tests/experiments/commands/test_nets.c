/* tests/experiments/commands/test_nets.c -- calcade nets, as people run it. */
#include "support.h"
#include <string.h>

static char output[65536];

static void assert_prints(const char *part) {
    if (!strstr(output, part)) print_error("\"%s\" is not in:\n%s\n", part, output);
    assert_non_null(strstr(output, part));
}

static void every_net_is_listed_with_its_parameters(void **state) {
    (void)state;
    assert_int_equal(cc_test_run(output, sizeof output, "%s nets --size 256", CC_PROGRAM), 0);
    assert_prints("unet-bn                          31036481");
    assert_prints("efficientnet-b5:transpose        30394001");
    assert_prints("resnet-101:nearest               51506961");
    assert_prints("deeplabv3plus:resnet-34          22431185");
    assert_prints("dynunet:3d                       16543617");
}

static void a_net_is_printed_layer_by_layer(void **state) {
    (void)state;
    assert_int_equal(cc_test_run(output, sizeof output,
                                 "%s nets efficientnet-b0:transpose --size 64 --batch 2 --classes 3",
                                 CC_PROGRAM),
                     0);
    assert_prints("input 2x1x64x64");
    assert_prints("encoder.blocks.3.2.se                squeeze_excite  2x480x4x4                 19700");
    assert_prints("segmentation_head.0                  conv_transpose  2x3x64x64");
    assert_prints("total");
}

static void what_is_not_there_is_refused_in_one_line(void **state) {
    (void)state;
    assert_int_equal(cc_test_run(output, sizeof output, "%s nets resnet-18", CC_PROGRAM), 2);
    assert_prints("calcade: error: resnet-18: there is no such net");
    assert_int_equal(cc_test_run(output, sizeof output, "%s nets resnet-34 --size 65", CC_PROGRAM), 1);
    assert_prints("not a multiple of 32");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_net_is_listed_with_its_parameters),
        cmocka_unit_test(a_net_is_printed_layer_by_layer),
        cmocka_unit_test(what_is_not_there_is_refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
