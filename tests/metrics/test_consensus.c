/* tests/metrics/test_consensus.c -- votes by hand, STAPLE against SimpleITK 2.5; the shared fixture is
 * compared by `calcade parity`. */
#include "metrics/consensus.h"
#include <math.h>
#include <string.h>
#include "support.h"

enum { READERS = 4, VOXELS = 240 };

static void assert_near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.17g instead of %.17g", got, want);
}

/* A pattern that each of four readers reads with errors of his own. */
static void make_masks(uint8_t masks[READERS][VOXELS], const uint8_t *rows[READERS]) {
    for (int r = 0; r < READERS; r++) {
        rows[r] = masks[r];
        for (int i = 0; i < VOXELS; i++)
            masks[r][i] = (i * 7 % 20 < 8) != ((i * i * (3 + 2 * r) + 11 * i) % (9 + r) < 1);
    }
}

static void more_than_half_is_a_majority(void **state) {
    (void)state;
    const uint8_t a[4] = {1, 1, 0, 0}, b[4] = {0, 7, 0, 1}, c[4] = {0, 0, 0, 255}, d[4] = {1, 1, 0, 1};
    const uint8_t *masks[] = {a, b, c, d};
    uint8_t out[4];
    assert_ok(cc_consensus_majority(out, masks, 4, 4));
    assert_memory_equal(out, ((uint8_t[]){0, 1, 0, 1}), 4); /* two of four are no majority */
    assert_ok(cc_consensus_majority(out, masks, 3, 4));
    assert_memory_equal(out, ((uint8_t[]){0, 1, 0, 1}), 4);
    assert_ok(cc_consensus_majority(out, masks, 1, 4));
    assert_memory_equal(out, a, 4);
    assert_error(cc_consensus_majority(out, masks, 0, 4), CC_EINVAL, "0 masks; it takes 1 to 64");
    assert_error(cc_consensus_majority(out, masks, 65, 4), CC_EINVAL, "65 masks");
}

/* Voxel by voxel: 3 3 1 2 | 1 1 2 2 | 0 0 1 2 | 1 2 3 0 | 2 1 1 2; a lead that is caught up with, and
 * lost. */
static void the_label_of_most_readers_or_a_tie(void **state) {
    (void)state;
    const uint8_t a[5] = {3, 1, 0, 1, 2}, b[5] = {3, 1, 0, 2, 1}, c[5] = {1, 2, 1, 3, 1},
                  d[5] = {2, 2, 2, 0, 2};
    const uint8_t e[5] = {1, 2, 2, 0, 1}, f[5] = {1, 0, 2, 9, 1};
    const uint8_t *labels[] = {a, b, c, d, e, f};
    uint8_t out[5];
    assert_ok(cc_consensus_labels(out, labels, 4, 5));
    assert_memory_equal(out, ((uint8_t[]){3, CC_CONSENSUS_TIE, 0, CC_CONSENSUS_TIE, CC_CONSENSUS_TIE}), 5);
    assert_ok(cc_consensus_labels(out, labels, 6, 5));
    assert_memory_equal(out, ((uint8_t[]){1, 2, 2, 0, 1}), 5);
    assert_ok(cc_consensus_labels(out, labels, 1, 5));
    assert_memory_equal(out, a, 5);
}

static void a_mean_is_that_of_all_readers(void **state) {
    (void)state;
    const float a[2] = {0.25F, 1}, b[2] = {0.75F, 0}, c[2] = {0.5F, 0};
    const float *all[] = {a, b, c};
    float out[2];
    assert_ok(cc_consensus_mean(out, all, 3, 2));
    assert_true(out[0] == 0.5F && out[1] == (float)(1.0 / 3));
}

/* STAPLEImageFilter, foreground 1, on the masks above. */
static void staple_is_simpleitks(void **state) {
    (void)state;
    static const double sensitivity[][4] = {
        {0.8859168546636463, 0.7525681028937946, 0.9062026792263276, 0},
        {0.9352280980506731, 0.7191421559821612, 0.8519727307357291, 0.880566758271982}};
    static const double specificity[][4] = {
        {0.8934838992248832, 0.838275976910333, 0.9141762844342717, 0},
        {0.9354725169888002, 0.8210602149564011, 0.8848568089731697, 0.8764518680242448}};
    static const double first[][6] = {{0.0027077118495544878, 0.996526990434114, 0.0027077118495544878,
                                       0.996526990434114, 0.0027077118495544878, 0.04104686329777806},
                                      {0.00038716619798247995, 0.999546396706807, 0.00038716619798247995,
                                       0.999546396706807, 0.00038716619798247995, 0.004529915605806528}};
    static const double sums[] = {96.78734737639266, 98.21216902045066},
                        prior[] = {0.4125, 0.41770833333333335};
    static uint8_t masks[READERS][VOXELS];
    const uint8_t *rows[READERS];
    make_masks(masks, rows);
    for (int k = 0; k < 2; k++) {
        double probability[VOXELS], sum = 0;
        cc_staple staple;
        assert_ok(cc_consensus_staple(probability, &staple, rows, (size_t)(3 + k), VOXELS));
        assert_true(staple.converged && staple.rounds == 29 - 9 * k); /* ITK counts 28 and 19, from 0 */
        assert_near(staple.prior, prior[k], 1e-15);
        for (int r = 0; r < 3 + k; r++) {
            assert_near(staple.sensitivity[r], sensitivity[k][r], 1e-12);
            assert_near(staple.specificity[r], specificity[k][r], 1e-12);
        }
        for (int i = 0; i < 6; i++) assert_near(probability[i], first[k][i], 1e-12);
        for (int i = 0; i < VOXELS; i++) sum += probability[i];
        assert_near(sum, sums[k], 1e-9);
    }
}

/* Where nobody marks anything, or all mark all, there is an answer, and NaN for what no voxel tells of. One
 * reader is right by himself. */
static void masks_without_a_question_have_an_answer(void **state) {
    (void)state;
    const uint8_t none[4] = {0}, all[4] = {1, 1, 1, 1}, some[4] = {0, 1, 0, 1};
    double probability[4];
    cc_staple s;
    assert_ok(cc_consensus_staple(probability, &s, (const uint8_t *[]){none, none}, 2, 4));
    for (int i = 0; i < 4; i++) assert_true(probability[i] == 0);
    assert_true(s.converged && isnan(s.sensitivity[1]) && s.specificity[1] == 1);
    assert_ok(cc_consensus_staple(probability, &s, (const uint8_t *[]){all}, 1, 4));
    for (int i = 0; i < 4; i++) assert_true(probability[i] == 1);
    assert_true(s.converged && s.sensitivity[0] == 1 && isnan(s.specificity[0]));
    assert_ok(cc_consensus_staple(probability, &s, (const uint8_t *[]){some}, 1, 4));
    for (int i = 0; i < 4; i++) assert_true(probability[i] == some[i]);
    assert_true(s.converged && s.sensitivity[0] == 1 && s.specificity[0] == 1);
    /* One empty mask among two: every number is one. */
    assert_ok(cc_consensus_staple(probability, &s, (const uint8_t *[]){none, some}, 2, 4));
    for (int i = 0; i < 4; i++) assert_true(probability[i] >= 0 && probability[i] <= 1);
    assert_error(cc_consensus_staple(probability, &s, (const uint8_t *[]){none}, 1, 0), CC_EINVAL,
                 "no voxels");
}

/* 64 readers and more patterns than the first table has room for: products of 64 small numbers leave double's
 * range. */
static void many_readers_agree_in_the_end(void **state) {
    (void)state;
    enum { MANY = CC_CONSENSUS_READERS_MAX, PLACES = 3000 };
    static uint8_t masks[MANY][PLACES];
    const uint8_t *rows[MANY];
    static double probability[PLACES];
    cc_staple s;
    for (int r = 0; r < MANY; r++) {
        rows[r] = masks[r];
        for (int i = 0; i < PLACES; i++) {
            uint32_t noise =
                (uint32_t)(i * MANY + r) * 2654435761U; /* mixed well: hardly two voxels are read alike */
            noise = (noise ^ noise >> 15) * 2246822519U;
            masks[r][i] = (i % 3 == 0) != (noise >> 24 < 20); /* 8 % wrong */
        }
    }
    assert_ok(cc_consensus_staple(probability, &s, rows, MANY, PLACES));
    assert_true(s.converged);
    for (int i = 0; i < PLACES; i++) assert_near(probability[i], (i % 3 == 0), 1e-9);
    for (int r = 0; r < MANY; r++) assert_near(s.sensitivity[r], 1 - 20.0 / 256, 0.05);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_half_is_a_majority),
        cmocka_unit_test(the_label_of_most_readers_or_a_tie),
        cmocka_unit_test(a_mean_is_that_of_all_readers),
        cmocka_unit_test(staple_is_simpleitks),
        cmocka_unit_test(masks_without_a_question_have_an_answer),
        cmocka_unit_test(many_readers_agree_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
