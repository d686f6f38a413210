/* tests/datasets/test_upright.c -- axes of every order and direction: the same upright voxels at the same
 * places in the patient. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "said.h"
#include "datasets/readers/reader.h"
#include "datasets/upright.h"

enum { X = 4, Y = 3, Z = 2, COUNT = X * Y * Z };
static const int64_t sides[3] = {X, Y, Z};
static const double spacing[3] = {0.5, 0.75, 3}, origin[3] = {-20, 7, 100};

/* A scan whose file's axis k is the patient's axis[k], from its end where mirrored has bit k. Upright, voxel
 * x, y, z holds 100*z + 10*y + x and lies at origin + spacing * (x, y, z). */
static cc_volume filed(const int axis[3], int mirrored) {
    cc_volume v = {.type = "int16", .format = "nifti", .voxels = malloc(COUNT * sizeof(float))};
    assert_non_null(v.voxels);
    memcpy(v.grid.origin_mm, origin, sizeof origin);
    for (int k = 0; k < 3; k++) {
        const int to = axis[k];
        v.grid.dims[k] = sides[to];
        v.grid.spacing_mm[k] = spacing[to];
        v.grid.direction[to * 3 + k] = mirrored >> k & 1 ? -1 : 1;
        if (mirrored >> k & 1) v.grid.origin_mm[to] += spacing[to] * (double)(sides[to] - 1);
    }
    for (int i = 0; i < COUNT; i++) {
        const int64_t at[3] = {i % v.grid.dims[0], i / v.grid.dims[0] % v.grid.dims[1],
                               i / (v.grid.dims[0] * v.grid.dims[1])};
        int64_t xyz[3];
        for (int k = 0; k < 3; k++) xyz[axis[k]] = mirrored >> k & 1 ? v.grid.dims[k] - 1 - at[k] : at[k];
        v.voxels[i] = (float)(100 * xyz[2] + 10 * xyz[1] + xyz[0]);
    }
    return v;
}

static const int orders[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}};

static void all_48_orders_of_a_file_turn_to_the_same_scan(void **state) {
    (void)state;
    for (int k = 0; k < 48; k++) {
        cc_volume v = filed(orders[k / 8], k % 8);
        const cc_upright u = cc_upright_find(&v.grid);
        assert_int_equal(cc_upright_is_identity(&u), k == 0);
        for (int i = 0; i < COUNT; i++) {
            const int64_t x = i % X, y = i / X % Y, z = i / (X * Y);
            assert_true(v.voxels[u.first + x * u.step[0] + y * u.step[1] + z * u.step[2]] ==
                        (float)(100 * z + 10 * y + x));
        }
        assert_ok(cc_upright_reorient(&v, &u));
        for (int to = 0; to < 3; to++) {
            assert_int_equal(v.grid.dims[to], sides[to]);
            assert_true(v.grid.spacing_mm[to] == spacing[to]);
            assert_float_equal(v.grid.origin_mm[to], origin[to], 1e-12);
            for (int i = 0; i < 3; i++) assert_true(v.grid.direction[i * 3 + to] == (i == to));
        }
        for (int i = 0; i < COUNT; i++)
            assert_true(v.voxels[i] == (float)(100 * (i / (X * Y)) + 10 * (i / X % Y) + i % X));
        cc_volume_deinit(&v);
    }
}

/* Slices come last; the two others keep their order and nothing is mirrored, so that what lies so already is
 * not touched. */
static void sections_only_move_the_axis_of_the_slices(void **state) {
    (void)state;
    for (int k = 0; k < 48; k++) {
        cc_volume v = filed(orders[k / 8], k % 8);
        const int *axis = orders[k / 8], slices = axis[0] == 2 ? 0 : axis[1] == 2 ? 1 : 2;
        const cc_grid before = v.grid;
        const cc_upright u = cc_upright_find_sections(&v.grid);
        assert_int_equal(u.axis[2], slices);
        assert_true(u.axis[0] < u.axis[1] && u.axis[0] + u.axis[1] + slices == 3);
        assert_int_equal(u.first, 0);
        assert_int_equal(cc_upright_is_identity(&u), slices == 2);
        assert_ok(cc_upright_reorient(&v, &u));
        assert_memory_equal(v.grid.origin_mm, before.origin_mm, sizeof before.origin_mm);
        for (int to = 0; to < 3; to++) assert_int_equal(v.grid.dims[to], before.dims[u.axis[to]]);
        cc_volume_deinit(&v);
    }
}

/* The axis of the slices is that nearest to the head's, before the others choose. */
static void an_oblique_scan_takes_the_nearest_axes_and_says_so(void **state) {
    (void)state;
    static const struct {
        double degrees; /* about the patient's x */
        int slices;
        const char *says;
    } cases[] = {{20, 2, ""},
                 {40, 2, "scan.nii: oblique: its slices lie 40 degrees from axial"},
                 {50, 1, "lie 40 "},
                 {85, 1, ""},
                 {140, 2, "lie 40 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double c = cos(cases[i].degrees * M_PI / 180), s = sin(cases[i].degrees * M_PI / 180);
        const cc_grid g = {
            .dims = {4, 4, 4}, .spacing_mm = {1, 1, 1}, .direction = {1, 0, 0, 0, c, -s, 0, s, c}};
        said heard;
        said_start(&heard);
        cc_upright_check(&g, "scan.nii");
        said_end(&heard);
        assert_int_equal(cc_upright_find(&g).axis[2], cases[i].slices);
        if (cases[i].says[0])
            assert_non_null(strstr(heard.text, cases[i].says));
        else
            assert_string_equal(heard.text, "");
    }
    /* Its first axis is the nearest to the head's and to the left's: the slices have it. */
    const cc_grid twice = {.dims = {4, 4, 4},
                           .spacing_mm = {1, 1, 1},
                           .direction = {0.700, 0.562, 0.441, 0.141, 0.495, -0.857, 0.700, -0.662, -0.267}};
    const cc_upright u = cc_upright_find(&twice);
    assert_true(u.axis[0] == 1 && u.axis[1] == 2 && u.axis[2] == 0);
    assert_true(!u.mirrored[0] && u.mirrored[1] && !u.mirrored[2]);
    /* A tilted gantry shears the slices' axis by 35 degrees, but its slices are axial. */
    const cc_grid tilted = {.dims = {4, 4, 4},
                            .spacing_mm = {1, 1, 1},
                            .direction = {1, 0, 0, 0, 1, sin(35 * M_PI / 180), 0, 0, cos(35 * M_PI / 180)}};
    said heard;
    said_start(&heard);
    cc_upright_check(&tilted, "scan.nii");
    said_end(&heard);
    assert_string_equal(heard.text, "");
}

/* By numpy.linalg.det of the columns, |cross product| of the first two, and their quotient. */
static void a_sheared_voxel_is_a_parallelepiped(void **state) {
    (void)state;
    const double t = 20 * M_PI / 180;
    double mm[3];
    /* 0.5 x 0.5 x 3/cos 20 mm, the slices' axis 20 degrees off their normal: slices are 3 mm apart. */
    cc_grid g = {.dims = {9, 9, 9},
                 .spacing_mm = {0.5, 0.5, 3.1925333175},
                 .direction = {1, 0, 0, 0, 1, -sin(t), 0, 0, cos(t)}};
    cc_grid_distances(mm, &g);
    assert_true(mm[0] == 0.5 && mm[1] == 0.5);
    assert_float_equal(mm[2], 3, 1e-9);
    assert_float_equal(cc_grid_voxel_mm3(&g), 0.75, 1e-9);
    /* Columns (0.6, 0, 0), (0.2, 0.7, 0), (0.1, -0.3, 2.5) mm: det 1.05, area 0.42. */
    const double columns[3][3] = {{0.6, 0, 0}, {0.2, 0.7, 0}, {0.1, -0.3, 2.5}};
    for (int k = 0; k < 3; k++) {
        g.spacing_mm[k] = sqrt(columns[k][0] * columns[k][0] + columns[k][1] * columns[k][1] +
                               columns[k][2] * columns[k][2]);
        for (int i = 0; i < 3; i++) g.direction[i * 3 + k] = columns[k][i] / g.spacing_mm[k];
    }
    cc_grid_distances(mm, &g);
    assert_float_equal(mm[0] * mm[1], 0.42, 1e-12);
    assert_float_equal(mm[2], 2.5, 1e-12);
    assert_float_equal(cc_grid_voxel_mm3(&g), 1.05, 1e-12);
}

/* Rotated, its columns rounded to five digits as headers have them: the spacing itself, to the last bit. */
static void right_angles_keep_the_spacing_as_it_is(void **state) {
    (void)state;
    const cc_grid g = {
        .dims = {9, 9, 9},
        .spacing_mm = {0.488281, 0.3, 2.9999},
        .direction = {0.86603, -0.46985, -0.17101, 0.5, 0.81380, 0.29620, 0, -0.34202, 0.93969}};
    double mm[3];
    cc_grid_distances(mm, &g);
    assert_memory_equal(mm, g.spacing_mm, sizeof mm);
    assert_true(cc_grid_voxel_mm3(&g) == g.spacing_mm[0] * g.spacing_mm[1] * g.spacing_mm[2]);
}

static void grids_match_to_a_quarter_of_a_voxel(void **state) {
    (void)state;
    const cc_grid g = {
        .dims = {100, 50, 20}, .spacing_mm = {0.5, 0.5, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    cc_grid other = g;
    assert_true(cc_grid_matches(&g, &other));
    other.origin_mm[2] = 0.7;
    assert_true(cc_grid_matches(&g, &other));
    other.origin_mm[2] = 0.8;
    assert_false(cc_grid_matches(&g, &other));
    other = g;
    other.spacing_mm[0] = 0.5 + 0.2 * 0.5 / 99; /* a fifth of a voxel at the far end */
    assert_true(cc_grid_matches(&g, &other));
    other.spacing_mm[0] = 0.5 + 0.3 * 0.5 / 99;
    assert_false(cc_grid_matches(&g, &other));
    other = g;
    other.dims[2] = 19;
    assert_false(cc_grid_matches(&g, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_48_orders_of_a_file_turn_to_the_same_scan),
        cmocka_unit_test(sections_only_move_the_axis_of_the_slices),
        cmocka_unit_test(an_oblique_scan_takes_the_nearest_axes_and_says_so),
        cmocka_unit_test(a_sheared_voxel_is_a_parallelepiped),
        cmocka_unit_test(right_angles_keep_the_spacing_as_it_is),
        cmocka_unit_test(grids_match_to_a_quarter_of_a_voxel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
