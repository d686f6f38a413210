/* tests/datasets/test_nifti.c -- headers of NIfTI-1 made by hand; what is right follows nifti1.h and was
 * checked with nibabel 5.4 (sform first, dim, scl_slope) and SimpleITK 2.5 (dim[4] = 0, an sform of zeros,
 * units). */
#include <math.h>
#include <string.h>
#include "said.h"
#include "core/file.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

enum { HEAD = 352, SIDE = 3, COUNT = SIDE * SIDE * SIDE };

typedef struct made {
    char bytes[HEAD + COUNT * 2];
} made;

static void put(made *m, size_t at, const void *value, size_t bytes) {
    memcpy(m->bytes + at, value, bytes);
}

static void put_short(made *m, size_t at, int value) {
    int16_t v = (int16_t)value;
    put(m, at, &v, sizeof v);
}

static void put_floats(made *m, size_t at, const float *values, size_t count) {
    put(m, at, values, count * sizeof *values);
}

enum {
    DIM = 40,
    PIXDIM = 76,
    SLOPE = 112,
    INTER = 116,
    UNITS = 123,
    QFORM = 252,
    SFORM = 254,
    QUATERN = 256,
    QOFFSET = 268,
    SROW = 280
};

/* 3 x 3 x 3 voxels 0, 1, 2, ...; 0.5 x 0.75 x 3 mm by sform and qform alike, x and y turned, origin 10, 20,
 * -30. */
static made make(void) {
    made m = {{0}};
    const int32_t size = 348;
    put(&m, 0, &size, 4);
    const int16_t dim[8] = {3, SIDE, SIDE, SIDE, 1, 1, 1, 1};
    put(&m, DIM, dim, sizeof dim);
    put_short(&m, 70, 4);
    put_short(&m, 72, 16);
    put_floats(&m, PIXDIM, (const float[]){1, 0.5F, 0.75F, 3, 0, 0, 0, 0}, 8);
    put_floats(&m, 108, (const float[]){HEAD}, 1);
    m.bytes[UNITS] = 2;
    put_short(&m, QFORM, 1);
    put_short(&m, SFORM, 1);
    put_floats(&m, QUATERN, (const float[]){0, 0, 1}, 3); /* half a turn about z */
    put_floats(&m, QOFFSET, (const float[]){10, 20, -30}, 3);
    put_floats(&m, SROW, (const float[]){-0.5F, 0, 0, 10, 0, -0.75F, 0, 20, 0, 0, 3, -30}, 12);
    memcpy(m.bytes + 344, "n+1", 4);
    for (int i = 0; i < COUNT; i++) put_short(&m, HEAD + 2 * (size_t)i, i);
    return m;
}

static said heard;
static const cc_read_options nothing = {0};

static cc_status read_as(cc_volume *v, const made *m, const cc_read_options *options) {
    static char folder[CC_PATH_MAX];
    if (!folder[0]) assert_ok(cc_path_join(folder, "", cc_test_folder()));
    const char *path = cc_test_path(folder, "made.nii");
    assert_ok(cc_file_write(path, m->bytes, sizeof m->bytes));
    memset(v, 0, sizeof *v);
    said_start(&heard);
    cc_status status = cc_volume_read_as(v, path, options);
    said_end(&heard);
    return status;
}

static void check(const made *m, const double spacing[3], const double origin[3], const char *says) {
    cc_volume v;
    assert_ok(read_as(&v, m, &nothing));
    for (int k = 0; k < 3; k++) {
        assert_float_equal(v.grid.spacing_mm[k], spacing[k], 1e-6);
        assert_float_equal(v.grid.origin_mm[k], origin[k], 1e-4);
    }
    assert_true(v.voxels[5] == 5);
    if (!says)
        assert_string_equal(heard.text, "");
    else if (!strstr(heard.text, says) || !strstr(heard.text, "warning: "))
        fail_msg("%s", heard.text);
    cc_volume_deinit(&v);
}

static const double usual_mm[3] = {0.5, 0.75, 3}, usual_origin[3] = {-10, -20, -30};

static void forms_that_agree_are_read_without_a_word(void **state) {
    (void)state;
    made m = make();
    check(&m, usual_mm, usual_origin, NULL);
    put_floats(&m, QUATERN, (const float[]){0, 0, 0.99999994F}, 3); /* a half turn, but for float32 */
    put_floats(&m, PIXDIM + 4, (const float[]){0.5001F}, 1);
    check(&m, usual_mm, usual_origin, NULL);
}

static void the_sform_wins_over_a_qform_that_contradicts_it_with_a_warning(void **state) {
    (void)state;
    made m = make();
    put_floats(&m, PIXDIM + 4, (const float[]){0.7F, 0.7F, 2.5F}, 3);
    check(&m, usual_mm, usual_origin, "sform and qform are both marked valid but differ in spacing, and");
    m = make();
    put_floats(&m, QUATERN, (const float[]){0, 0, 0}, 3);
    check(&m, usual_mm, usual_origin, "differ in direction, and");
    m = make();
    put_floats(&m, PIXDIM, (const float[]){-1}, 1); /* qfac: z runs down */
    check(&m, usual_mm, usual_origin, "differ in direction, and");
    m = make();
    put_floats(&m, QOFFSET + 8, (const float[]){-27}, 1);
    check(&m, usual_mm, usual_origin, "differ in origin, and");
    m = make();
    put_floats(&m, QUATERN, (const float[]){NAN, 3, 0}, 3);
    check(&m, usual_mm, usual_origin, "the qform is marked valid (qform_code 1) but is no rotation");
}

static void pixdim_that_contradicts_the_sform_is_said(void **state) {
    (void)state;
    made m = make();
    put_short(&m, QFORM, 0);
    put_floats(&m, PIXDIM + 12, (const float[]){1.5F}, 1);
    check(&m, usual_mm, usual_origin, "pixdim[3] is 1.5, but the sform has 3 along z");
}

static void a_broken_sform_gives_way_to_the_qform(void **state) {
    (void)state;
    static const float rows[][12] = {
        {0},                                               /* all zero */
        {-0.5F, 0, 0, 10, 0, -0.75F, 0, 20, 0, 0, 0, -30}, /* no third axis */
        {1, 1, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0},              /* two axes in one direction */
        {NAN, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},            /* no number */
        {1, 0, 0, INFINITY, 0, 1, 0, 0, 0, 0, 1, 0},       /* nowhere */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cc_volume v;
        made m = make();
        put_floats(&m, SROW, rows[i], 12);
        check(&m, usual_mm, usual_origin, "its axes do not span space; the qform is taken");
        put_short(&m, QFORM, 0);
        assert_error(read_as(&v, &m, &nothing), CC_EFORMAT,
                     "srow_x, srow_y, srow_z: the sform is marked valid");
        put_short(&m, QFORM, 1);
        put_floats(&m, QUATERN, (const float[]){2, 0, 0}, 3);
        assert_error(read_as(&v, &m, &nothing), CC_EFORMAT, "there is no valid qform");
    }
    cc_volume v;
    made m = make();
    put_short(&m, SFORM, 0);
    put_floats(&m, QUATERN, (const float[]){2, 0, 0}, 3);
    assert_error(read_as(&v, &m, &nothing), CC_EFORMAT, "quatern_b, quatern_c, quatern_d");
}

/* nibabel: zooms, the middle at the origin, x to the left. */
static void sizes_alone_are_read_with_a_warning_that_names_both_codes(void **state) {
    (void)state;
    made m = make();
    put_short(&m, QFORM, 0);
    put_short(&m, SFORM, 0);
    check(&m, usual_mm, (const double[]){-0.5, 0.75, -3}, "sform_code and qform_code are 0");
}

static void a_size_that_is_not_said_is_stated_or_refused(void **state) {
    (void)state;
    for (int by_qform = 0; by_qform < 2; by_qform++) {
        cc_volume v;
        made m = make();
        put_short(&m, SFORM, 0);
        put_short(&m, QFORM, by_qform);
        put_floats(&m, PIXDIM + 12, (const float[]){0}, 1);
        assert_error(read_as(&v, &m, &nothing), CC_EFORMAT,
                     "pixdim: the file does not say how large a voxel is along z");
        const cc_read_options stated = {.spacing_mm = {0.5, 0.75, 2.5}};
        assert_ok(read_as(&v, &m, &stated));
        assert_true(v.grid.spacing_mm[2] == 2.5 && fabs(v.grid.direction[8]) == 1);
        cc_volume_deinit(&v);
    }
}

static void a_picture_does_not_say_its_thickness(void **state) {
    (void)state;
    made m = make();
    put_short(&m, DIM, 2);
    put_short(&m, SFORM, 0);
    check(&m, (const double[]){0.5, 0.75, 1}, usual_origin,
          "pixdim: of 2 dimensions, the file does not say how large a voxel is along z; 1 mm is taken");
    put_short(&m, SFORM, 1); /* which does */
    cc_volume v;
    assert_ok(read_as(&v, &m, &nothing));
    assert_true(v.grid.spacing_mm[2] == 3);
    cc_volume_deinit(&v);
}

static void a_sheared_sform_is_kept_as_it_is(void **state) {
    (void)state;
    made m = make();
    cc_volume v;
    put_short(&m, QFORM, 0);
    put_floats(&m, PIXDIM + 12, (const float[]){3.1925333F}, 1);
    put_floats(&m, SROW, (const float[]){-0.5F, 0, 0, 10, 0, -0.75F, 1.0919107F, 20, 0, 0, 3, -30}, 12);
    assert_ok(read_as(&v, &m, &nothing));
    assert_string_equal(heard.text, "");
    assert_float_equal(v.grid.spacing_mm[2], 3.1925333, 1e-6);
    assert_float_equal(v.grid.direction[5], -1.0919107 / 3.1925333, 1e-6);
    assert_float_equal(cc_grid_voxel_mm3(&v.grid), 0.5 * 0.75 * 3, 1e-6); /* the determinant */
    cc_volume_deinit(&v);
}

static void units_of_length_are_converted_and_odd_ones_said(void **state) {
    (void)state;
    made m = make();
    m.bytes[UNITS] = 0; /* not known: mm, as all tools take it */
    check(&m, usual_mm, usual_origin, NULL);
    m.bytes[UNITS] = 2 | 8; /* with seconds */
    check(&m, usual_mm, usual_origin, NULL);
    m.bytes[UNITS] = 5;
    check(&m, usual_mm, usual_origin, "xyzt_units: 5 is no unit of length; mm are taken");
    m.bytes[UNITS] = 1;
    check(&m, (const double[]){500, 750, 3000}, (const double[]){-10e3, -20e3, -30e3},
          "xyzt_units: the file says metres, which makes voxels of 500 x 750 x 3000 mm");
    put_floats(&m, PIXDIM + 4, (const float[]){0.0005F, 0.00075F, 0.003F}, 3);
    put_floats(&m, QOFFSET, (const float[]){0.01F, 0.02F, -0.03F}, 3);
    put_floats(&m, SROW, (const float[]){-0.0005F, 0, 0, 0.01F, 0, -0.00075F, 0, 0.02F, 0, 0, 0.003F, -0.03F},
               12);
    check(&m, usual_mm, usual_origin, NULL);
    m = make();
    m.bytes[UNITS] = 3;
    put_floats(&m, PIXDIM + 4, (const float[]){500, 750, 3000}, 3);
    put_floats(&m, QOFFSET, (const float[]){10e3F, 20e3F, -30e3F}, 3);
    put_floats(&m, SROW, (const float[]){-500, 0, 0, 10e3F, 0, -750, 0, 20e3F, 0, 0, 3000, -30e3F}, 12);
    check(&m, usual_mm, usual_origin, NULL);
}

static void more_dimensions_of_none_or_one_are_one_volume(void **state) {
    (void)state;
    static const int16_t dims[][8] = {{4, 3, 3, 3, 0, 0, 0, 0},
                                      {4, 3, 3, 3, 1, 9, 9, 9},
                                      {7, 3, 3, 3, 0, 1, 0, 1},
                                      {5, 3, 3, 3, 1, 0, 0, 0},
                                      {3, 3, 3, 3, 7, 7, 7, 7}};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        made m = make();
        put(&m, DIM, dims[i], sizeof dims[i]);
        check(&m, usual_mm, usual_origin, NULL);
    }
    static const struct {
        int16_t dim[8];
        cc_status status;
        const char *says;
    } refused[] = {{{4, 3, 3, 3, 2, 1, 1, 1}, CC_EUNSUPPORTED, "dim[4]: 2 volumes"},
                   {{5, 3, 3, 3, 1, 3, 1, 1}, CC_EUNSUPPORTED, "dim[5]: 3 volumes"},
                   {{4, 3, 3, 3, -1, 1, 1, 1}, CC_EFORMAT, "dim[4]: -1 voxels"},
                   {{3, 3, 3, 0, 1, 1, 1, 1}, CC_EFORMAT, "dim[3]: 0 voxels"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cc_volume v;
        made m = make();
        put(&m, DIM, refused[i].dim, sizeof refused[i].dim);
        assert_error(read_as(&v, &m, &nothing), refused[i].status, refused[i].says);
    }
}

/* By the standard a slope of 0 means none; nibabel takes NaN and infinity for none, too. */
static void voxels_are_scaled_by_the_standard(void **state) {
    (void)state;
    static const struct {
        float slope, inter, fifth;
        const char *says;
    } cases[] = {{0, 0, 5, NULL},       {1, -1024, -1019, NULL},    {2, 0.5F, 10.5F, NULL},
                 {NAN, NAN, 5, NULL},   {0, -1024, 5, "scl_inter"}, {NAN, -1024, 5, "scl_inter is -1024"},
                 {INFINITY, 0, 5, NULL}};
    cc_volume v;
    made m = make();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_floats(&m, SLOPE, (const float[]){cases[i].slope, cases[i].inter}, 2);
        assert_ok(read_as(&v, &m, &nothing));
        assert_true(v.voxels[5] == cases[i].fifth);
        assert_true(cases[i].says ? strstr(heard.text, cases[i].says) != NULL : heard.text[0] == 0);
        cc_volume_deinit(&v);
    }
    put_floats(&m, SLOPE, (const float[]){1, NAN}, 2);
    assert_error(read_as(&v, &m, &nothing), CC_EFORMAT, "scl_inter");
}

/* What Python's gzip module and gzip(1) do with them: zeros and members are read, the rest is not. */
static void bytes_behind_the_gzip_stream_are_zeros_members_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *command, *says; /* says: NULL where it is read */
    } cases[] = {
        {"gzip -c a > b.gz", NULL},
        {"(gzip -c a; head -c 512 /dev/zero) > b.gz", NULL},
        {"(gzip -c a; head -c 200000 /dev/zero) > b.gz", NULL},
        {"(head -c 100 a | gzip -c; tail -c +101 a | gzip -c) > b.gz", NULL},
        {"(head -c 352 a | gzip -c; head -c 70000 /dev/zero; tail -c +353 a | gzip -c; printf '\\0') > b.gz",
         NULL},
        {"(gzip -c a; gzip -c < /dev/null) > b.gz", NULL},
        {"(cat a; head -c 100000 /dev/zero) | gzip -c > b.gz",
         NULL}, /* more than the voxels, in the stream */
        {"(gzip -c a; printf trash) > b.gz", "bytes follow the compressed data that are neither zero nor"},
        {"(gzip -c a; printf '\\0\\0trash') > b.gz", "bytes follow the compressed data"},
        {"gzip -c a | head -c -3 > b.gz", "ends too early"},
        {"(gzip -c a | head -c -8; printf 'abcd'; gzip -c a | tail -c 4) > b.gz", "incorrect data check"},
        {"(cat a; head -c 100000 /dev/zero) | gzip -c | head -c -8 > b.gz; printf abcdefgh >> b.gz",
         "incorrect data check"},
    };
    const made m = make();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_volume v = {0};
        const char *folder = cc_test_folder(), *path = cc_test_path(folder, "b.gz");
        assert_ok(cc_file_write(cc_test_path(folder, "a"), m.bytes, sizeof m.bytes));
        assert_int_equal(cc_test_run(NULL, 0, "cd %s && %s", folder, cases[i].command), 0);
        if (cases[i].says)
            assert_error(cc_volume_read(&v, path), CC_EFORMAT, cases[i].says);
        else
            assert_ok(cc_volume_read(&v, path));
        if (!cases[i].says) assert_true(v.voxels[COUNT - 1] == COUNT - 1);
        cc_volume_deinit(&v);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_that_agree_are_read_without_a_word),
        cmocka_unit_test(the_sform_wins_over_a_qform_that_contradicts_it_with_a_warning),
        cmocka_unit_test(pixdim_that_contradicts_the_sform_is_said),
        cmocka_unit_test(a_broken_sform_gives_way_to_the_qform),
        cmocka_unit_test(sizes_alone_are_read_with_a_warning_that_names_both_codes),
        cmocka_unit_test(a_size_that_is_not_said_is_stated_or_refused),
        cmocka_unit_test(a_picture_does_not_say_its_thickness),
        cmocka_unit_test(a_sheared_sform_is_kept_as_it_is),
        cmocka_unit_test(units_of_length_are_converted_and_odd_ones_said),
        cmocka_unit_test(more_dimensions_of_none_or_one_are_one_volume),
        cmocka_unit_test(voxels_are_scaled_by_the_standard),
        cmocka_unit_test(bytes_behind_the_gzip_stream_are_zeros_members_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
