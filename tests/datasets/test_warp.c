/* tests/datasets/test_warp.c -- affine and elastic resampling against SciPy's: golden/rivals-volumes.h5
 * (group `affine`, its planes), and constants that scipy.ndimage 1.17.1 printed. */
#include "datasets/warp.h"
#include <hdf5.h>
#include <math.h>
#include <string.h>
#include "support.h"

enum { HEIGHT = 40, WIDTH = 48, PIXELS = HEIGHT * WIDTH };

static void read_set(void *out, hid_t group, const char *name, hid_t type, hsize_t count) {
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);
    assert_true((hsize_t)H5Sget_simple_extent_npoints(space) == count);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(set);
}

/* scipy.ndimage.affine_transform, order 1 and 0, mode "constant", cval -1024; the group's bound is 0.01 HU,
 * and 99.9 % of a mask's pixels. */
static void an_affine_warp_is_scipys(void **state) {
    (void)state;
    static float image[PIXELS], want[PIXELS], got[PIXELS];
    static uint8_t mask[PIXELS], want_mask[PIXELS], got_mask[PIXELS];
    hid_t file = H5Fopen(cc_test_shared("golden/rivals-volumes.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t plane = H5Gopen2(file, "affine/plane", H5P_DEFAULT);
    assert_true(plane >= 0);
    read_set(image, plane, "image", H5T_NATIVE_FLOAT, PIXELS);
    read_set(mask, plane, "mask", H5T_NATIVE_UINT8, PIXELS);
    for (int turn = 0; turn < 3; turn++) {
        static const char *const names[] = {"0", "1", "2"};
        cc_warp warp = {0};
        hid_t group = H5Gopen2(plane, names[turn], H5P_DEFAULT);
        read_set(warp.matrix, group, "matrix", H5T_NATIVE_DOUBLE, 4);
        read_set(warp.shift, group, "shift", H5T_NATIVE_DOUBLE, 2);
        read_set(want, group, "expect/constant_linear", H5T_NATIVE_FLOAT, PIXELS);
        read_set(want_mask, group, "expect/constant_mask", H5T_NATIVE_UINT8, PIXELS);
        cc_warp_apply(got, got_mask, &warp, image, mask, HEIGHT, WIDTH, -1024, NULL);
        int other = 0, outside = 0;
        for (int i = 0; i < PIXELS; i++) {
            assert_true(fabsf(got[i] - want[i]) <= 0.01f);
            other += got_mask[i] != want_mask[i];
            outside += want[i] == -1024;
        }
        assert_true(other <= PIXELS / 1000);
        assert_true(outside > 0); /* the edge is in the case */
        H5Gclose(group);
    }
    H5Gclose(plane);
    H5Fclose(file);
}

/* A picture of 6 x 7 whose pixel i is (i * 37) % 100, its mask that / 25; a lattice of 6 x 6 control points,
 * 2.5 pixels apart, of ((i * 29) % 17 - 8) / 8. SciPy: the field by map_coordinates(lattice, order=3,
 * prefilter=False), the picture by map_coordinates(order=1, mask 0, mode="constant", cval=-50). */
static void an_elastic_warp_is_scipys(void **state) {
    (void)state;
    static const float want[42] = {-50.0000f, 49.0134f, 66.9566f, 50.5087f, 21.6568f,  55.7346f,  -50.0000f,
                                   -50.0000f, 52.3588f, 69.4233f, 65.5223f, 47.3484f,  18.2496f,  -50.0000f,
                                   -50.0000f, 34.0656f, 43.7508f, 63.8452f, 64.8668f,  42.4998f,  83.8889f,
                                   -50.0000f, 47.1898f, 31.6026f, 35.8802f, 58.6899f,  60.8315f,  49.8365f,
                                   -50.0000f, 50.9158f, 46.5276f, 27.0670f, 30.0706f,  55.9405f,  37.2172f,
                                   -50.0000f, 59.2063f, 47.2081f, 46.0735f, -50.0000f, -50.0000f, -50.0000f};
    static const uint8_t want_mask[42] = {0, 2, 3, 2, 0, 1, 0, 0, 2, 2, 3, 2, 0, 0, 0, 0, 0, 2, 3, 2, 3,
                                          0, 3, 0, 0, 1, 3, 2, 0, 1, 2, 0, 0, 1, 0, 0, 1, 1, 2, 0, 0, 0};
    float image[42], got[42], lattice[72], work[100];
    uint8_t mask[42], got_mask[42];
    for (int i = 0; i < 42; i++) image[i] = (float)(i * 37 % 100), mask[i] = (uint8_t)(i * 37 % 100 / 25);
    for (int i = 0; i < 72; i++) lattice[i] = (float)(i * 29 % 17 - 8) / 8;
    assert_int_equal(cc_warp_lattice(6, 2.5), 6);
    assert_int_equal(cc_warp_lattice(7, 2.5), 6);
    assert_true(cc_warp_work(6, 7, 2.5) <= 100);
    const cc_warp warp = {{{0.9, 0.2}, {-0.1, 1.1}}, {0.3, -0.4}, 2.5, lattice};
    cc_warp_apply(got, got_mask, &warp, image, mask, 6, 7, -50, work);
    for (int i = 0; i < 42; i++) assert_float_equal(got[i], want[i], 2e-4);
    assert_memory_equal(got_mask, want_mask, 42);
}

static void a_warp_that_moves_nothing_changes_no_bit(void **state) {
    (void)state;
    float image[42], got[42], lattice[72] = {0}, work[100];
    uint8_t mask[42], got_mask[42];
    for (int i = 0; i < 42; i++) image[i] = (float)(i * 37 % 100) - 0.1f, mask[i] = (uint8_t)i;
    const cc_warp warps[] = {{.matrix = {{1, 0}, {0, 1}}}, {{{1, 0}, {0, 1}}, {0, 0}, 2.5, lattice}};
    for (int k = 0; k < 2; k++) {
        cc_warp_apply(got, got_mask, &warps[k], image, mask, 6, 7, -50, work);
        assert_memory_equal(got, image, sizeof image);
        assert_memory_equal(got_mask, mask, sizeof mask);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_affine_warp_is_scipys),
        cmocka_unit_test(an_elastic_warp_is_scipys),
        cmocka_unit_test(a_warp_that_moves_nothing_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
