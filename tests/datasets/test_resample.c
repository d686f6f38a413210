/* tests/datasets/test_resample.c -- volumes on other grids, against SimpleITK 2.5 and scipy.ndimage 1.17, and
 * back. What the shared fixture holds is compared by `calcade parity`
 * (tests/experiments/parity/test_parity.c); here are the edge cases: axes of one voxel, grids beyond the
 * scan, constants, threads. */
#include "datasets/resample.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/spline_filter.h"
#include "support.h"

/* Voxel i is (i * 37) % 100. */
static void fill(float *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = (float)(i * 37 % 100);
}

/* A volume of z, y, x = 3, 1, 2 at z 0.5 o - 0.25, y and x 0.6 o - 0.4, on 5, 2, 4 voxels: both rows of y see
 * the one there is. map_coordinates, order 1 (nearest) and 3 (mirror); outside, where place < -1/2 or >= n -
 * 1/2, is -7: none here but by the nudge below. */
static void axes_of_one_voxel_are_scipys(void **state) {
    (void)state;
    static const float linear[20] = {0.0f,  7.4f,  29.6f, 37.0f, 18.5f, 20.9f, 28.1f, 30.5f, 55.5f, 47.9f,
                                     25.1f, 17.5f, 67.5f, 59.9f, 37.1f, 29.5f, 54.5f, 56.9f, 64.1f, 66.5f};
    static const float spline[20] = {17.3990f, 12.0980f, 29.0270f, 23.7260f, 17.3990f, 12.0980f, 29.0270f,
                                     23.7260f, 40.6990f, 52.4480f, 14.9270f, 26.6760f, 58.3240f, 70.0730f,
                                     32.5520f, 44.3010f, 61.2740f, 55.9730f, 72.9020f, 67.6010f};
    static const float near[20] = {0,  0,  37, 37, 0,  0,  37, 37, 74, 74,
                                   11, 11, 74, 74, 11, 11, 48, 48, 85, 85};
    static const float *const want[] = {near, linear, spline};
    const int64_t in_dims[3] = {2, 1, 3}, out_dims[3] = {4, 2, 5};
    double map[12] = {0.6, 0, 0, -0.4, 0, 0.6, 0, -0.4, 0, 0, 0.5, -0.25};
    float in[6], out[40];
    fill(in, 6);
    for (int how = 0; how < CC_INTERPOLATIONS; how++) {
        const cc_sampling sampling = {(cc_interpolation)how, CC_BORDER_VOXELS, -7};
        /* The first map runs along the axes; the second, turned by next to nothing, takes the other way. */
        for (int turned = 0; turned < 2; turned++) {
            map[1] = turned ? 1e-8 : 0;
            assert_ok(cc_interpolate(out, out_dims, map, in, in_dims, &sampling));
            for (int i = 0; i < 40; i++) {
                const float expected = want[how][i / 8 * 4 + i % 4];
                if (fabsf(out[i] - expected) > 1e-4F)
                    fail_msg("how %d, turned %d, voxel %d: %g instead of %g", how, turned, i, (double)out[i],
                             (double)expected);
            }
        }
        /* Half a voxel further along z: the last places of z are 2.5 and outside. */
        map[11] = 0.5;
        assert_ok(cc_interpolate(out, out_dims, map, in, in_dims, &sampling));
        for (int i = 32; i < 40; i++) assert_true(out[i] == -7);
        assert_true(out[31] != -7);
        map[11] = -0.25;
    }
}

/* 6 x 5 x 4 voxels of 0.7, 0.9, 2 mm on axes that are turned, to 1.1, 0.5, 1.3 mm: edges, ceil. */
static void a_grid_of_another_spacing_is_sampled_as_by_simpleitk(void **state) {
    (void)state;
    static const float linear[15] = {10.5714f, 27.0f,    72.0f,    21.5278f, 74.75f,
                                     25.2341f, 37.8214f, 24.8056f, 43.5119f, 32.2817f,
                                     48.7579f, 22.3333f, 72.5079f, -7,       -7};
    static const float spline[15] = {5.71f,    25.5881f, 64.1774f, 6.7906f,  83.8301f,
                                     6.8324f,  20.384f,  23.2227f, 35.5302f, 32.7064f,
                                     38.8215f, 18.6529f, 78.978f,  -7,       -7};
    const cc_grid scan = {.dims = {6, 5, 4},
                          .spacing_mm = {0.7, 0.9, 2},
                          .origin_mm = {3, -2, 10},
                          .direction = {0, -1, 0, 1, 0, 0, 0, 0, 1}};
    cc_grid grid;
    float in[120], out[252];
    fill(in, 120);
    assert_ok(cc_resample_grid(&grid, &scan, (double[]){1.1, 0.5, 1.3}, CC_RESAMPLE_ALIGN_edges,
                               CC_RESAMPLE_SIZE_ceil));
    assert_memory_equal(grid.dims, ((int64_t[]){4, 9, 7}), sizeof grid.dims);
    for (int k = 0; k < 3; k++)
        assert_float_equal(grid.origin_mm[k], ((double[]){3.2, -1.8, 9.65})[k], 1e-12);
    double sum = 0;
    assert_ok(cc_resample(out, &grid, in, &scan, CC_INTERPOLATION_linear, -7));
    for (int i = 0; i < 252; i++) sum += (double)out[i];
    for (int i = 0; i < 15; i++) assert_float_equal(out[17 * i], linear[i], 1e-4);
    assert_float_equal(sum, 10438.658730158731, 1e-3);
    assert_ok(cc_resample(out, &grid, in, &scan, CC_INTERPOLATION_bspline3, -7));
    for (int i = 0; i < 15; i++) assert_float_equal(out[17 * i], spline[i], 1e-3);
}

/* Sizes by hand: 50 * 0.7 / 2.5 = 14; 51 * 0.7 / 2.5 = 14.28; 3 * 0.7 / 5 = 0.42, which is one voxel
 * still. */
static void a_grid_has_as_many_voxels_as_its_rule_says(void **state) {
    (void)state;
    cc_grid scan = cc_grid_unit(), grid;
    for (int k = 0; k < 3; k++) scan.dims[k] = (int64_t[]){50, 51, 3}[k], scan.spacing_mm[k] = 0.7;
    assert_ok(cc_resample_grid(&grid, &scan, (double[]){2.5, 2.5, 5}, CC_RESAMPLE_ALIGN_first,
                               CC_RESAMPLE_SIZE_round));
    assert_memory_equal(grid.dims, ((int64_t[]){14, 14, 1}), sizeof grid.dims);
    assert_memory_equal(grid.origin_mm, scan.origin_mm, sizeof grid.origin_mm);
    assert_ok(cc_resample_grid(&grid, &scan, (double[]){2.5, 2.5, 0}, CC_RESAMPLE_ALIGN_first,
                               CC_RESAMPLE_SIZE_ceil));
    assert_memory_equal(grid.dims, ((int64_t[]){14, 15, 3}), sizeof grid.dims);
    assert_true(grid.spacing_mm[2] == 0.7); /* 0 keeps an axis */
    assert_error(cc_resample_grid(&grid, &scan, (double[]){2.5, -1, 0}, CC_RESAMPLE_ALIGN_first,
                                  CC_RESAMPLE_SIZE_ceil),
                 CC_EINVAL, "a spacing of -1 mm along y");
    assert_error(cc_resample_grid(&grid, &scan, (double[]){1e-12, 1, 0}, CC_RESAMPLE_ALIGN_first,
                                  CC_RESAMPLE_SIZE_ceil),
                 CC_EUNSUPPORTED, "too many");
}

/* Voxels of 130 HU are no calcium; between two of them is none either. */
static void between_equal_values_is_that_value_to_the_last_bit(void **state) {
    (void)state;
    cc_grid scan = cc_grid_unit(), grid;
    float in[7 * 6 * 5], out[2000];
    for (int k = 0; k < 3; k++) scan.dims[k] = 7 - k, scan.spacing_mm[k] = 0.3 + 0.1 * k;
    assert_ok(cc_resample_grid(&grid, &scan, (double[]){0.17, 0.19, 0.23}, CC_RESAMPLE_ALIGN_edges,
                               CC_RESAMPLE_SIZE_ceil));
    const int64_t count = grid.dims[0] * grid.dims[1] * grid.dims[2];
    assert_true(count <= 2000);
    for (int k = 0; k < 50; k++) {
        const float value = 130.1F * (float)(k + 1) / 7;
        for (int i = 0; i < 210; i++) in[i] = value;
        assert_ok(cc_resample(out, &grid, in, &scan, CC_INTERPOLATION_linear, value));
        for (int i = 0; i < count; i++) assert_true(out[i] == value);
    }
    /* And on the scan's own grid nothing changes at all. */
    fill(in, 210);
    assert_ok(cc_resample(out, &scan, in, &scan, CC_INTERPOLATION_linear, 0));
    assert_memory_equal(out, in, sizeof in);
}

/* 51 voxels of 0.7 mm become 14 of 2.5 mm (round), aligned at the first centre: the last voxels of the scan
 * lie up to 2.5 mm beyond the last of those, and still have an answer. */
static void what_comes_back_leaves_no_voxel_of_the_scan_without_an_answer(void **state) {
    (void)state;
    cc_grid scan = cc_grid_unit(), grid;
    for (int k = 0; k < 3; k++) scan.dims[k] = k ? 1 : 51, scan.spacing_mm[k] = 0.7;
    assert_ok(cc_resample_grid(&grid, &scan, (double[]){2.5, 0, 0}, CC_RESAMPLE_ALIGN_first,
                               CC_RESAMPLE_SIZE_round));
    uint8_t labels[14], back[51];
    float probabilities[14], values[51];
    for (int i = 0; i < 14; i++) labels[i] = (uint8_t)(i + 1), probabilities[i] = (float)i / 16;
    assert_ok(cc_resample_restore_labels(back, &scan, labels, &grid));
    assert_ok(cc_resample_restore(values, &scan, probabilities, &grid));
    for (int i = 0; i < 51; i++) {
        const double at = fmin(i * 0.7 / 2.5, 13);
        assert_int_equal(back[i], (int)(at + 0.5) + 1);
        assert_float_equal(values[i], at / 16, 1e-6);
    }
    assert_int_equal(back[50], 14);
    /* Sampled the other way it is 0 there. */
    assert_ok(cc_resample_labels(back, &scan, labels, &grid));
    assert_int_equal(back[50], 0);
}

/* By hand, at places -1.5, -0.5, 0.5 ... of the values 10 and 20: voxels of -6 lie about; the row ends at its
 * centres; the row never ends. */
static void beyond_the_last_voxel_is_what_the_border_says(void **state) {
    (void)state;
    static const struct {
        cc_border border;
        float want[5];
    } cases[] = {{CC_BORDER_VOXELS, {-6, 10, 15, -6, -6}},
                 {CC_BORDER_CENTRES, {-6, -6, 15, -6, -6}},
                 {CC_BORDER_BLENDED, {-6, 2, 15, 7, -6}},
                 {CC_BORDER_CLAMPED, {10, 10, 15, 20, 20}}};
    const double map[12] = {1, 0, 0, -1.5, 0, 1, 0, 0, 0, 0, 1, 0};
    const int64_t five[3] = {5, 1, 1}, two[3] = {2, 1, 1};
    float out[5];
    for (int i = 0; i < 4; i++) {
        const cc_sampling sampling = {CC_INTERPOLATION_linear, cases[i].border, -6};
        assert_ok(cc_interpolate(out, five, map, (float[]){10, 20}, two, &sampling));
        assert_memory_equal(out, cases[i].want, sizeof out);
    }
    /* Far beyond: -101.5, -1.5, 98.5 and on. */
    const double far[12] = {100, 0, 0, -101.5, 0, 1, 0, 0, 0, 0, 1, 0};
    for (int how = 0; how < CC_INTERPOLATIONS; how++) {
        const cc_sampling sampling = {(cc_interpolation)how, CC_BORDER_CLAMPED, -6};
        assert_ok(cc_interpolate(out, five, far, (float[]){10, 20}, two, &sampling));
        for (int i = 0; i < 5; i++) assert_float_equal(out[i], (i < 2 ? 10 : 20), 1e-5);
    }
    assert_error(cc_interpolate(out, five, map, (float[]){10, 20}, two,
                                &(cc_sampling){CC_INTERPOLATION_bspline3, CC_BORDER_BLENDED, 0}),
                 CC_EINVAL, "not blended");
    assert_error(cc_interpolate(out, five, map, (float[]){10, 20}, (int64_t[]){2, 0, 1},
                                &(cc_sampling){CC_INTERPOLATION_bspline3, CC_BORDER_VOXELS, 0}),
                 CC_EINVAL, "axis y has 1 voxels from 0");
    assert_error(cc_interpolate(out, five, (double[12]){NAN}, (float[]){10, 20}, two,
                                &(cc_sampling){CC_INTERPOLATION_linear, CC_BORDER_VOXELS, 0}),
                 CC_EINVAL, "holds nan");
}

/* Coefficients c of a line obey (c[k-1] + 4 c[k] + c[k+1]) / 6 = s[k], mirrored at both ends: lines shorter
 * and longer than what decides on their first coefficient. */
static void a_spline_passes_through_its_voxels(void **state) {
    (void)state;
    static const int64_t lengths[] = {2, 3, 5, 23, 24, 25, 90};
    float line[90], samples[90];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int axis = 0; axis < 3; axis++) {
            const int64_t n = lengths[i];
            int64_t dims[3] = {1, 1, 1};
            dims[axis] = n;
            fill(line, (size_t)n);
            memcpy(samples, line, sizeof line);
            cc_spline_filter(line, dims);
            for (int64_t k = 0; k < n; k++) {
                const float before = line[k ? k - 1 : 1], after = line[k < n - 1 ? k + 1 : n - 2];
                assert_float_equal((before + 4 * line[k] + after) / 6, samples[k], 1e-4);
            }
        }
}

static void bytes_do_not_depend_on_the_number_of_threads(void **state) {
    (void)state;
    enum { SIDE = 40, VOXELS = SIDE * SIDE * SIDE };
    const int64_t dims[3] = {SIDE, SIDE, SIDE};
    const double turned[9] = {0.9, 0.2, 0, -0.2, 1, 0.1, 0.05, 0, 1.1},
                 upright[9] = {0.9, 0, 0, 0, 0.8, 0, 0, 0, 1};
    float *in = malloc(VOXELS * sizeof *in), *one = malloc(VOXELS * sizeof *in),
          *three = malloc(VOXELS * sizeof *in);
    fill(in, VOXELS);
    const int before = omp_get_max_threads();
    for (int i = 0; i < 2 * CC_INTERPOLATIONS; i++) {
        double map[12];
        const cc_sampling sampling = {(cc_interpolation)(i / 2), CC_BORDER_VOXELS, -1};
        cc_interpolate_about_middle(map, i % 2 ? turned : upright, (double[]){0.3, 0, -2}, dims);
        omp_set_num_threads(1);
        assert_ok(cc_interpolate(one, dims, map, in, dims, &sampling));
        omp_set_num_threads(3);
        assert_ok(cc_interpolate(three, dims, map, in, dims, &sampling));
        assert_memory_equal(one, three, VOXELS * sizeof *one);
    }
    omp_set_num_threads(before);
    free(in);
    free(one);
    free(three);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_one_voxel_are_scipys),
        cmocka_unit_test(a_grid_of_another_spacing_is_sampled_as_by_simpleitk),
        cmocka_unit_test(a_grid_has_as_many_voxels_as_its_rule_says),
        cmocka_unit_test(between_equal_values_is_that_value_to_the_last_bit),
        cmocka_unit_test(what_comes_back_leaves_no_voxel_of_the_scan_without_an_answer),
        cmocka_unit_test(beyond_the_last_voxel_is_what_the_border_says),
        cmocka_unit_test(a_spline_passes_through_its_voxels),
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
