/* tests/datasets/test_mirror.c -- mirror images of volumes, by hand; the mean over them is compared with
 * PyTorch's by `calcade parity`. */
#include "datasets/mirror.h"
#include "support.h"

static void subsets_of_axes_come_each_once(void **state) {
    (void)state;
    assert_int_equal(cc_mirror_count(0), 1);
    assert_int_equal(cc_mirror_subset(0, 0), 0);
    const unsigned axes = CC_MIRROR_X | CC_MIRROR_Z;
    const unsigned want[] = {0, CC_MIRROR_X, CC_MIRROR_Z, CC_MIRROR_X | CC_MIRROR_Z};
    assert_int_equal(cc_mirror_count(axes), 4);
    for (unsigned i = 0; i < 4; i++) assert_int_equal(cc_mirror_subset(axes, i), want[i]);
    assert_int_equal(cc_mirror_count(CC_MIRROR_ALL), 8);
    assert_int_equal(cc_mirror_subset(CC_MIRROR_ALL, 7), 7);
}

/* Two channels of z, y, x = 2, 1, 3. */
static void each_axis_is_turned_in_each_channel(void **state) {
    (void)state;
    const int64_t dims[3] = {3, 1, 2};
    const float in[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const float x[12] = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10},
                z[12] = {4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9};
    float out[12], sum[12];
    cc_mirror(out, in, 2, dims, CC_MIRROR_X);
    assert_memory_equal(out, x, sizeof x);
    cc_mirror(out, in, 2, dims, CC_MIRROR_Z);
    assert_memory_equal(out, z, sizeof z);
    cc_mirror(out, in, 2, dims, CC_MIRROR_Y); /* one row */
    assert_memory_equal(out, in, sizeof in);
    cc_mirror(out, x, 2, dims, CC_MIRROR_ALL); /* x comes back, z is turned */
    assert_memory_equal(out, z, sizeof z);
    for (int i = 0; i < 12; i++) sum[i] = 100;
    cc_mirror_add(sum, in, 2, dims, CC_MIRROR_X | CC_MIRROR_Z, 0.5F);
    for (int i = 0; i < 12; i++) assert_true(sum[i] == 100 + in[i / 6 * 6 + 5 - i % 6] / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subsets_of_axes_come_each_once),
        cmocka_unit_test(each_axis_is_turned_in_each_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
