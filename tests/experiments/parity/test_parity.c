/* tests/experiments/parity/test_parity.c -- `calcade parity`: the shared fixtures pass, and a changed number
 * in each kind of them fails. */
#include "support.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/arena.h"
#include "core/file.h"
#include "core/rng.h"
#include "experiments/parity/fixture.h"
#include "nets/engine/backend.h"

enum { OUTPUT = 1 << 16 };

static char output[OUTPUT];

/* Copies a shared fixture with `from` replaced by `to` where it first stands; returns the copy's path. */
static const char *wrong_copy(const char *fixture, const void *from, const void *to, size_t length) {
    cc_arena *arena = cc_arena_create();
    char *bytes;
    size_t count;
    assert_ok(cc_file_read(&bytes, &count, cc_test_shared(fixture), 1 << 28, arena));
    char *place = memmem(bytes, count, from, length);
    assert_non_null(place);
    memcpy(place, to, length);
    const char *copy = cc_test_path(cc_test_folder(), "wrong.h5");
    assert_ok(cc_file_write(copy, bytes, count));
    cc_arena_destroy(arena);
    return copy;
}

static void the_shared_losses_and_optimisers_pass(void **state) {
    (void)state;
    const char *losses = cc_test_shared("golden/losses.h5"),
               *optimisers = cc_test_shared("golden/optimisers.h5");
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s %s", CC_PROGRAM, losses, optimisers), 0);
    assert_non_null(strstr(output, "129 passed, 0 failed\n"));
    assert_non_null(strstr(output, "ordinary-sparse    focal grad "));
    assert_non_null(strstr(output, "sgd                step 5 "));
}

static void the_shared_images_and_scores_pass(void **state) {
    (void)state;
    const char *images = cc_test_shared("golden/images.h5"), *scores = cc_test_shared("golden/scores.h5");
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s %s", CC_PROGRAM, images, scores), 0);
    assert_non_null(strstr(output, "46 passed, 0 failed\n"));
    assert_non_null(strstr(output, "rotation           mask by 45 "));
    assert_non_null(strstr(output, "statistics         kappa_quadratic "));
}

static void the_shared_scores_of_other_packages_pass(void **state) {
    (void)state;
    const char *scores = cc_test_shared("golden/rivals-scores.h5");
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, scores), 0);
    assert_non_null(strstr(output, "48 passed, 0 failed\n"));
    assert_non_null(strstr(output, "skewed             bca "));
    assert_non_null(strstr(output, "prediction-empty   surface_scores "));
    assert_non_null(strstr(output, "tied               nemenyi_p "));
    assert_null(strstr(output, "is not checked")); /* a group that nothing is compared with is named */
}

/* One of six differences is another: all that is computed from them fails, and nothing else. */
static void a_wrong_difference_fails(void **state) {
    (void)state;
    const double right[2] = {0.125, -0.625}, wrong[2] = {0.125, -0.25};
    const char *copy = wrong_copy("golden/rivals-scores.h5", right, wrong, sizeof right);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    const char *line = strstr(output, "6                  mean_and_two_sided_p ");
    assert_non_null(line);
    assert_non_null(memmem(line, strcspn(line, "\n"), "FAIL", 4));
    assert_non_null(strstr(output, "45 passed, 3 failed\n"));
}

/* Resampling, cells, windows, consensus, mirror images, turned volumes. */
static void the_shared_volumes_pass(void **state) {
    (void)state;
    const char *volumes = cc_test_shared("golden/rivals-volumes.h5");
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, volumes), 0);
    assert_non_null(strstr(output, "66 passed, 0 failed\n"));
    assert_non_null(strstr(output, "resample/oblique   bspline3 "));
    assert_non_null(strstr(output, "consensus          staple "));
    assert_non_null(strstr(output, "affine/volume/1    constant_mask "));
    assert_null(strstr(output, "is not checked"));
}

/* A reader of STAPLE whose sensitivity is another: that fails, and nothing else. */
static void a_wrong_sensitivity_fails(void **state) {
    (void)state;
    cc_fixture file;
    cc_fixture_array right;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_fixture_open(&file, cc_test_shared("golden/rivals-volumes.h5"), arena));
    assert_ok(cc_fixture_dataset(&right, &file, "/consensus/expect/staple_sensitivity"));
    cc_fixture_close(&file);
    double wrong[2] = {right.values[0], right.values[1] + 1e-5};
    const char *copy = wrong_copy("golden/rivals-volumes.h5", right.values, wrong, sizeof wrong);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    const char *line = strstr(output, "consensus          staple_sensitivity ");
    assert_non_null(line);
    assert_non_null(memmem(line, strcspn(line, "\n"), "FAIL", 4));
    assert_non_null(strstr(output, "65 passed, 1 failed\n"));
    cc_arena_destroy(arena);
}

static void a_net_in_bf16_lies_within_bounds_of_its_own(void **state) {
    (void)state;
    const char *nets = cc_test_shared("golden/efficientnet-b0-transpose.h5");
    if (!cc_backend_cpu.has(CC_BF16)) {
        print_message("skipped: this processor has no bf16\n");
        return;
    }
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity --precision bf16 %s", CC_PROGRAM, nets), 0);
    assert_non_null(strstr(output, "10 passed, 0 failed\n"));
    const char *named = strstr(output, "too noisy          encoder.blocks.0.0.se.conv_reduce.weight ");
    assert_non_null(named);
    assert_non_null(strstr(named, "mean of 33 of 250 layers, those above"));
}

/* A copy of a fixture whose gradients, or that of one parameter, are others: random ones of the same size
 * (scale 0), or `scale` times what they were. */
static const char *other_gradients(const char *fixture, const char *only, double scale) {
    cc_fixture file;
    char **names, object[512], *bytes, *place;
    size_t count, length;
    cc_arena *arena = cc_arena_create();
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    assert_ok(cc_file_read(&bytes, &length, cc_test_shared(fixture), 1 << 28, arena));
    assert_ok(cc_fixture_open(&file, cc_test_shared(fixture), arena));
    assert_ok(cc_fixture_members(&names, &count, &file, "/expect/grad"));
    for (size_t i = 0; i < count; i++) {
        cc_fixture_array head, norm;
        if (only && strcmp(names[i], only) != 0) continue;
        snprintf(object, sizeof object, "/expect/grad/%s", names[i]);
        assert_ok(cc_fixture_dataset(&head, &file, object));
        assert_ok(cc_fixture_numbers(&norm, &file, object, "l2"));
        assert_non_null(place = memmem(bytes, length, head.values, head.count * sizeof(double)));
        double size = 0;
        for (size_t k = 0; k < head.count; k++) size += head.values[k] * head.values[k] / (double)head.count;
        for (size_t k = 0; k < head.count; k++)
            head.values[k] = scale == 0 ? sqrt(size) * cc_rng_normal(&rng) : scale * head.values[k];
        memcpy(place, head.values, head.count * sizeof(double));
        assert_non_null(place = memmem(bytes, length, norm.values, sizeof(double)));
        norm.values[0] *= scale == 0 ? 1 : fabs(scale);
        memcpy(place, norm.values, sizeof(double));
    }
    const char *copy = cc_test_path(cc_test_folder(), "other.h5");
    assert_ok(cc_file_write(copy, bytes, length));
    cc_fixture_close(&file);
    cc_arena_destroy(arena);
    return copy;
}

static void no_other_gradient_passes_in_bf16(void **state) {
    (void)state;
    static const struct {
        const char *only;
        double scale;
        const char *fails[4];
    } cases[] = {
        {NULL, 0, {"grad_heads", "grad_layers"}},         {NULL, -1, {"grad_heads", "grad_layers"}},
        {NULL, 1.5, {"grad_layer_norms", "grad_norms"}},  {"up.3.pair.bn2.weight", -1, {"grad_layers"}},
        {"up.3.pair.conv2.weight", 0, {"grad_layers"}},   {"down.0.conv2.weight", -1, {"grad_layers"}},
        {"down.0.conv2.weight", 5, {"grad_layer_norms"}},
    };
    cc_test_shared("golden/unet-bn.h5");
    if (!cc_backend_cpu.has(CC_BF16)) {
        print_message("skipped: this processor has no bf16\n");
        return;
    }
    for (int i = 0; i < cc_test_cases(sizeof cases / sizeof *cases); i++) {
        const char *copy = other_gradients("golden/unet-bn.h5", cases[i].only, cases[i].scale);
        int status = cc_test_run(output, OUTPUT, "%s parity --precision bf16 %s", CC_PROGRAM, copy);
        if (status != 1) print_error("case %d passes:\n%s", i, output);
        assert_int_equal(status, 1);
        for (int k = 0; k < 4 && cases[i].fails[k]; k++) {
            char what[64];
            snprintf(what, sizeof what, " %s ", cases[i].fails[k]);
            const char *line = strstr(output, what);
            assert_non_null(line);
            if (!memmem(line, strcspn(line, "\n"), "FAIL", 4)) print_error("%d: %s\n%s", i, what, output);
            assert_non_null(memmem(line, strcspn(line, "\n"), "FAIL", 4));
            if (cases[i].only)
                assert_non_null(memmem(line, strcspn(line, "\n"), cases[i].only, strlen(cases[i].only)));
        }
    }
}

/* A box one pixel off fails, alone. */
static void a_wrong_box_fails(void **state) {
    (void)state;
    const int64_t box[4] = {0, 0, 96, 125}, wrong[4] = {0, 0, 96, 124};
    const char *copy = wrong_copy("golden/images.h5", box, wrong, sizeof box);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "28 passed, 1 failed\n"));
}

static void a_quantity_that_is_missing_is_named(void **state) {
    (void)state;
    const char *copy = wrong_copy("golden/scores.h5", "spearman_rho", "spearman_rhi", 12);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "/statistics/spearman_rho: not a dataset"));
    copy = wrong_copy("golden/images.h5", "components\0", "compoments\0", 11);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "compoments: no operation of that name is known"));
}

/* Whichever units near zero this machine's rounding puts on the other side. */
static void the_shared_nets_pass(void **state) {
    (void)state;
    static const char *const nets[] = {"golden/unet-bn.h5", "golden/unet-original.h5",
                                       "golden/efficientnet-b0-transpose.h5",
                                       "golden/efficientnet-b0-rgb.h5"};
    for (int i = 0; i < cc_test_cases(sizeof nets / sizeof *nets); i++) {
        const char *net = cc_test_shared(nets[i]);
        assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, net), 0);
        assert_non_null(strstr(output, "7 passed, 0 failed\n"));
    }
}

/* A copy of a fixture in which the gradient of one parameter is `factor` times what it was. */
static const char *scaled_gradient(const char *fixture, const char *object, double factor) {
    cc_fixture file;
    cc_fixture_array head;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_fixture_open(&file, cc_test_shared(fixture), arena));
    assert_ok(cc_fixture_dataset(&head, &file, object));
    double *scaled = cc_arena_get_array(arena, head.count, sizeof *scaled);
    for (size_t i = 0; i < head.count; i++) scaled[i] = factor * head.values[i];
    const char *copy = wrong_copy(fixture, head.values, scaled, head.count * sizeof *scaled);
    cc_fixture_close(&file);
    cc_arena_destroy(arena);
    return copy;
}

/* There are units near zero in all of these nets: they must not excuse a wrong derivative. */
static void a_wrong_gradient_fails_for_all_the_units_near_zero(void **state) {
    (void)state;
    static const char *const wrong[][2] = {{"golden/unet-original.h5", "/expect/grad/down.1.conv2.weight"},
                                           {"golden/unet-bn.h5", "/expect/grad/head.weight"},
                                           {"golden/unet-bn.h5", "/expect/grad/down.0.bn1.bias"}};
    for (int i = 0; i < cc_test_cases(sizeof wrong / sizeof *wrong); i++) {
        const char *copy = scaled_gradient(wrong[i][0], wrong[i][1], 1.05);
        assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
        const char *line = strstr(output, "grad_heads");
        assert_non_null(line);
        assert_non_null(strstr(line, "FAIL (no choice among "));
        assert_null(strstr(line, "among 0 "));
    }
}

static void a_wrong_loss_fails(void **state) {
    (void)state;
    float ones[64], spoilt[64];
    for (int i = 0; i < 64; i++) ones[i] = spoilt[i] = 1;
    spoilt[10] = 0;
    const char *copy = wrong_copy("golden/losses.h5", ones, spoilt, sizeof ones);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "FAIL"));
    assert_null(strstr(output, " 0 failed"));
    assert_non_null(strstr(output, "lie outside their bounds"));
}

static void a_wrong_learning_rate_fails(void **state) {
    (void)state;
    const char *copy = wrong_copy("golden/optimisers.h5", "lr: 0.05", "lr: 0.06", 8);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "10 passed, 5 failed\n"));
}

static void an_unknown_key_in_a_spec_is_one_line(void **state) {
    (void)state;
    const char *copy = wrong_copy("golden/losses.h5", "gamma", "gamna", 5);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 2);
    assert_non_null(strstr(output, "expect/focal-a75-g1"));
    assert_non_null(strstr(output, "gamna"));
}

static void a_fixture_cut_short_is_refused(void **state) {
    (void)state;
    const char *whole = cc_test_shared("golden/losses.h5"), *cut = cc_test_path(cc_test_folder(), "cut.h5");
    for (int bytes = 100; bytes < 1000000; bytes *= 7) {
        assert_int_equal(cc_test_run(NULL, 0, "head -c %d %s > %s", bytes, whole, cut), 0);
        assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, cut), 1);
        assert_non_null(strstr(output, "calcade: error: "));
    }
}

static void a_file_that_is_no_fixture_is_named_and_the_others_are_still_checked(void **state) {
    (void)state;
    const char *optimisers = cc_test_shared("golden/optimisers.h5");
    const char *text = cc_test_path(cc_test_folder(), "text.h5");
    assert_ok(cc_file_write(text, "hello", 5));
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity absent.h5 %s %s", CC_PROGRAM, text, optimisers),
                     1);
    assert_non_null(strstr(output, "calcade: error: absent.h5: there is no such file"));
    assert_non_null(strstr(output, "text.h5                  cannot be checked: not an HDF5 file"));
    assert_non_null(strstr(output, "15 passed, 0 failed\n"));
}

static void a_format_that_is_not_known_is_refused(void **state) {
    (void)state;
    const char *copy = wrong_copy("golden/optimisers.h5", "golden-optim", "golden-optix", 12);
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity %s", CC_PROGRAM, copy), 1);
    assert_non_null(strstr(output, "no check for fixtures of format"));
}

static void no_file_is_a_usage_error(void **state) {
    (void)state;
    assert_int_equal(cc_test_run(output, OUTPUT, "%s parity", CC_PROGRAM), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shared_losses_and_optimisers_pass),
        cmocka_unit_test(the_shared_images_and_scores_pass),
        cmocka_unit_test(the_shared_scores_of_other_packages_pass),
        cmocka_unit_test(a_wrong_difference_fails),
        cmocka_unit_test(the_shared_volumes_pass),
        cmocka_unit_test(a_wrong_sensitivity_fails),
        cmocka_unit_test(a_net_in_bf16_lies_within_bounds_of_its_own),
        cmocka_unit_test(no_other_gradient_passes_in_bf16),
        cmocka_unit_test(a_wrong_box_fails),
        cmocka_unit_test(a_quantity_that_is_missing_is_named),
        cmocka_unit_test(the_shared_nets_pass),
        cmocka_unit_test(a_wrong_gradient_fails_for_all_the_units_near_zero),
        cmocka_unit_test(a_wrong_loss_fails),
        cmocka_unit_test(a_wrong_learning_rate_fails),
        cmocka_unit_test(an_unknown_key_in_a_spec_is_one_line),
        cmocka_unit_test(a_fixture_cut_short_is_refused),
        cmocka_unit_test(a_file_that_is_no_fixture_is_named_and_the_others_are_still_checked),
        cmocka_unit_test(a_format_that_is_not_known_is_refused),
        cmocka_unit_test(no_file_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
