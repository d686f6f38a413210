/* tests/datasets/test_volume_warp.c -- affine and elastic sampling of volumes against SciPy's:
 * golden/rivals-volumes.h5 (group `affine`, its volume), and constants that scipy.ndimage 1.17.1 printed. */
#include "datasets/volume_warp.h"
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

enum { X = 28, Y = 24, Z = 9, VOXELS = X * Y * Z };

static void read_set(void *out, hid_t group, const char *name, hid_t type, hsize_t count) {
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);
    assert_true((hsize_t)H5Sget_simple_extent_npoints(space) == count);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(set);
}

/* The map of a fixture's matrix and shift, z, y, x, about the middle of the volume, for a patch from `start`
 * on. */
static void set_map(double map[12], const double matrix[9], const double shift[3], const int64_t start[3]) {
    static const int64_t dims[3] = {X, Y, Z};
    for (int i = 0; i < 3; i++) {
        map[4 * i + 3] = (double)(dims[i] - 1) / 2 + shift[2 - i];
        for (int k = 0; k < 3; k++) {
            map[4 * i + k] = matrix[3 * (2 - i) + 2 - k];
            map[4 * i + 3] += map[4 * i + k] * ((double)start[k] - (double)(dims[k] - 1) / 2);
        }
    }
}

static void warp(float *out, float *target, const cc_volume_warp *w, const int64_t size[3], const float *in,
                 const uint8_t *labels, const int64_t dims[3], float fill) {
    const cc_warp_plane plane = {.out = out, .in = in, .fill = fill};
    double *work = malloc(cc_volume_warp_work(w, size) * sizeof *work);
    assert_non_null(work);
    cc_volume_warp_apply(w, size, &plane, 1, target, labels, dims, work);
    free(work);
}

/* scipy.ndimage.affine_transform, order 1 and 0, mode "constant", cval -1024; the group's bound is 0.01 HU,
 * and 99.9 % of a mask's voxels. A patch of it, from voxel (5, 3, 2) on, is that part of the whole. */
static void an_affine_warp_is_scipys(void **state) {
    (void)state;
    static float image[VOXELS], want[VOXELS], got[VOXELS], target[VOXELS];
    static uint8_t mask[VOXELS], want_mask[VOXELS];
    static const int64_t dims[3] = {X, Y, Z}, sizes[][3] = {{X, Y, Z}, {11, 12, 5}},
                         starts[][3] = {{0, 0, 0}, {5, 3, 2}};
    hid_t file = H5Fopen(cc_test_shared("golden/rivals-volumes.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t volume = H5Gopen2(file, "affine/volume", H5P_DEFAULT);
    assert_true(volume >= 0);
    read_set(image, volume, "image", H5T_NATIVE_FLOAT, VOXELS);
    read_set(mask, volume, "mask", H5T_NATIVE_UINT8, VOXELS);
    for (int turn = 0; turn < 2; turn++) {
        double matrix[9], shift[3];
        hid_t group = H5Gopen2(volume, turn ? "1" : "0", H5P_DEFAULT);
        read_set(matrix, group, "matrix", H5T_NATIVE_DOUBLE, 9);
        read_set(shift, group, "shift", H5T_NATIVE_DOUBLE, 3);
        read_set(want, group, "expect/constant_linear", H5T_NATIVE_FLOAT, VOXELS);
        read_set(want_mask, group, "expect/constant_mask", H5T_NATIVE_UINT8, VOXELS);
        for (int part = 0; part < 2; part++) {
            const int64_t *size = sizes[part], *start = starts[part];
            cc_volume_warp w = {0};
            int other = 0, outside = 0, count = 0;
            set_map(w.map, matrix, shift, start);
            warp(got, target, &w, size, image, mask, dims, -1024);
            for (int64_t z = 0; z < size[2]; z++)
                for (int64_t y = 0; y < size[1]; y++)
                    for (int64_t x = 0; x < size[0]; x++, count++) {
                        const int64_t at = ((z + start[2]) * Y + y + start[1]) * X + x + start[0];
                        assert_true(fabsf(got[count] - want[at]) <= 0.01f);
                        other += target[count] != want_mask[at];
                        outside += want[at] == -1024;
                    }
            assert_true(other <= count / 1000);
            assert_true(part || outside > 0); /* the edge is in the case */
        }
        H5Gclose(group);
    }
    H5Gclose(volume);
    H5Fclose(file);
}

/* A volume of 4 x 5 x 6 voxels (z, y, x), voxel i being (i * 37) % 100 with the label that / 25, a patch of 3
 * x 4 x 5; control points of ((i * 29) % 17 - 8) / 8 every 1.5, 2 and 2.5 voxels. SciPy: the field by
 * map_coordinates(lattice, order=3, prefilter=False), the picture by map_coordinates(order=1, labels 0,
 * mode="constant", cval=-50). The second field is of x and y alone, on slices 1 to 3. */
static void an_elastic_warp_is_scipys(void **state) {
    (void)state;
    static const float want_3[60] = {
        22.6387f,  64.5051f, 60.7499f, 55.7155f, 34.4066f, 39.3776f,  64.8629f, 41.3814f, 62.1424f, 49.6394f,
        55.8054f,  57.4638f, 39.0032f, 63.9576f, 35.5805f, 72.2742f,  18.2429f, 57.6600f, 59.7370f, 47.8409f,
        27.3841f,  53.0036f, 30.2720f, 63.9465f, 30.9367f, 41.9999f,  60.6168f, 30.5819f, 45.2295f, 31.5651f,
        -50.0000f, 47.8125f, 45.7080f, 54.7320f, 40.7936f, -50.0000f, 23.5463f, 62.1247f, 50.4052f, 53.8634f,
        34.4360f,  64.0383f, 45.5650f, 71.6975f, 31.0431f, 48.9938f,  49.7770f, 42.7958f, 50.0815f, 41.5839f,
        -50.0000f, 13.5458f, 57.1317f, 49.2868f, 50.8421f, -50.0000f, 33.6710f, 63.7847f, 43.9966f, 55.1385f};
    static const uint8_t labels_3[60] = {0, 2, 3, 2, 0, 0, 2, 0, 2, 1, 2, 3, 1, 3, 0, 3, 0, 2, 3, 1,
                                         0, 2, 0, 3, 0, 1, 2, 0, 0, 1, 0, 3, 1, 2, 2, 0, 0, 2, 3, 1,
                                         0, 2, 2, 3, 1, 1, 3, 0, 0, 1, 0, 0, 1, 3, 2, 0, 0, 2, 3, 2};
    static const float want_2[60] = {
        31.4361f, 43.1920f, 34.5496f, 75.7169f, 25.7775f, 48.6937f,  56.4659f, 42.5883f, 31.1421f, 27.3245f,
        61.3965f, 56.3774f, 47.2322f, 64.4162f, 35.1549f, -50.0000f, 31.5471f, 55.7488f, 36.2367f, 48.2689f,
        41.4361f, 53.1920f, 44.5496f, 85.7169f, 35.7775f, 50.9699f,  31.0479f, 52.5883f, 41.1421f, 37.3245f,
        64.9382f, 17.4104f, 57.2322f, 74.4162f, 45.1549f, -50.0000f, 35.3955f, 65.7488f, 46.2367f, 58.2689f,
        51.4361f, 54.8856f, 51.7461f, 8.1505f,  35.4188f, 60.9699f,  41.0479f, 62.5883f, 39.7452f, 47.3245f,
        74.9382f, 27.4104f, 55.8809f, 33.1163f, 53.9615f, -50.0000f, 45.3955f, 75.7488f, 28.0800f, 59.5284f};
    static const uint8_t labels_2[60] = {1, 2, 1, 3, 0, 1, 3, 2, 0, 1, 2, 3, 1, 3, 0, 0, 0, 2, 0, 1,
                                         1, 3, 2, 3, 1, 1, 0, 3, 0, 1, 2, 0, 1, 3, 1, 0, 0, 3, 0, 2,
                                         2, 3, 2, 0, 1, 2, 0, 3, 0, 2, 2, 0, 1, 0, 1, 0, 1, 3, 1, 2};
    static const int64_t dims[3] = {6, 5, 4}, size[3] = {5, 4, 3};
    static const cc_volume_warp warps[] = {
        {{1.1, -0.1, 0.05, 0.2, 0.2, 0.9, -0.1, 0.4, -0.05, 0.1, 0.95, 0.3}, 3, {2.5, 2, 1.5}, NULL},
        {{1.1, -0.1, 0, 0.2, 0.2, 0.9, 0, 0.4, 0, 0, 1, 1}, 2, {2.5, 2, 1.5}, NULL}};
    float image[120], got[60], target[60], lattice[375];
    uint8_t labels[120];
    for (int i = 0; i < 120; i++) image[i] = (float)(i * 37 % 100), labels[i] = (uint8_t)(i * 37 % 100 / 25);
    for (int i = 0; i < 375; i++) lattice[i] = (float)(i * 29 % 17 - 8) / 8;
    for (int k = 0; k < 2; k++) {
        cc_volume_warp w = warps[k];
        w.lattice = lattice;
        assert_int_equal(cc_volume_warp_lattice(&w, size), k ? 50 : 375);
        warp(got, target, &w, size, image, labels, dims, -50);
        for (int i = 0; i < 60; i++) {
            assert_float_equal(got[i], (k ? want_2 : want_3)[i], 2e-4);
            assert_true(target[i] == (float)(k ? labels_2 : labels_3)[i]);
        }
    }
}

static void a_warp_that_moves_nothing_changes_no_bit(void **state) {
    (void)state;
    static const int64_t dims[3] = {6, 5, 4};
    float image[120], got[120], target[120], lattice[648] = {0};
    uint8_t labels[120];
    for (int i = 0; i < 120; i++) image[i] = (float)(i * 37 % 100) - 0.1f, labels[i] = (uint8_t)i;
    for (int axes = 0; axes <= 3; axes += axes ? 1 : 2) {
        const cc_volume_warp w = {
            {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, axes, {2.5, 2, 1.5}, axes ? lattice : NULL};
        assert_true(cc_volume_warp_lattice(&w, dims) <= 648);
        warp(got, target, &w, dims, image, labels, dims, -50);
        assert_memory_equal(got, image, sizeof image);
        for (int i = 0; i < 120; i++) assert_true(target[i] == (float)labels[i]);
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
