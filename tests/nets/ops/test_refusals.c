/* tests/nets/ops/test_refusals.c -- shapes and attributes that an op refuses, each in one line that names what
 * does not fit. */
#include "support.h"
#include "nets/engine/graph.h"
#include "op_cases.h"

static void groups_that_do_not_divide_the_channels_are_refused(void **state) {
    (void)state;
    cc_op_signature s = {0};
    const cc_shape x = SHAPE(1, 8, 2, 2), *inputs[] = {&x};
    assert_error(cc_op_group_norm.infer(&s, GROUPS(3, NONE), inputs, 1), CC_EINVAL, "into 3 groups");
    assert_error(cc_op_group_norm.infer(&s, GROUPS(2, SIGMOID), inputs, 1), CC_EINVAL, "sigmoid");
    assert_error(cc_op_instance_norm.infer(&s, GROUPS(2, NONE), inputs, 1), CC_EINVAL, "no groups");
    assert_error(cc_op_dropout.infer(&s, DROPOUT(1), inputs, 1), CC_EINVAL, "less than 1");
}

static void shapes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    cc_op_signature s = {0};
    cc_shape small = SHAPE(1, 8, 2, 2), other = SHAPE(1, 8, 3, 2);
    const cc_shape *inputs[] = {&small, &other};
    assert_error(cc_op_conv.infer(&s, CONV(8, 1, 1, 5, 5, 1, 0, 1, false), inputs, 1), CC_EINVAL,
                 "does not fit");
    assert_error(cc_op_conv.infer(&s, CONV(8, 3, 1, 1, 1, 1, 0, 1, false), inputs, 1), CC_EINVAL, "groups");
    assert_error(cc_op_conv.infer(&s, CONV(8, 1, 3, 1, 1, 1, 1, 1, false), inputs, 1), CC_EINVAL,
                 "three dimensions");
    assert_error(
        cc_op_conv.infer(&s, UNEVEN(8, 1, ONES, (1, 2, 2), NONE_3, ONES, (0, 1, 0), false), inputs, 1),
        CC_EINVAL, "output padding");
    assert_error(cc_op_conv_transpose.infer(
                     &s, UNEVEN(8, 1, (1, 2, 2), (1, 2, 2), NONE_3, ONES, (0, 2, 0), false), inputs, 1),
                 CC_EINVAL, "less than the stride");
    assert_error(cc_op_concat.infer(&s, NULL, inputs, 2), CC_EINVAL, "cannot join");
    assert_error(cc_op_batch_norm.infer(&s, NORM(SIGMOID), inputs, 1), CC_EINVAL, "sigmoid");
    assert_error(cc_op_squeeze_excite.infer(&s, SQUEEZE(0), inputs, 1), CC_EINVAL, "0 channels");
    assert_error(cc_op_batch_norm.infer(&s, NORM(NONE), inputs, 2), CC_EINVAL, "residual");
    assert_error(cc_op_drop_path.infer(&s, DROP(0.5), inputs, 2), CC_EINVAL, "residual");
    cc_shape volume = SHAPE3(1, 8, 2, 2, 2);
    const cc_shape *volumes[] = {&volume};
    assert_error(cc_op_multiply.infer(&s, NULL, inputs, 2), CC_EINVAL, "cannot multiply");
    assert_error(cc_op_average_pool.infer(&s, AVERAGE(1, 0, 1), inputs, 1), CC_EINVAL, "size of 0");
    assert_error(cc_op_average_pool.infer(&s, AVERAGE(2, 1, 1), inputs, 1), CC_EINVAL, "size of 2");
    assert_error(cc_op_resize.infer(&s, GROW(2, false), volumes, 1), CC_EINVAL, "resizes images");
    assert_error(cc_op_resize.infer(&s, RESIZE(4, 0, false), inputs, 1), CC_EINVAL, "to 0 pixels");
    assert_error(
        cc_op_max_pool.infer(&s, (&(const cc_max_pool_attr){{1, 3, 3}, {1, 2, 2}, {0, 0, 0}}), inputs, 1),
        CC_EINVAL, "window");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_that_do_not_divide_the_channels_are_refused),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
