/* tests/report/tables/test_claims.c -- verdicts on claims, with numbers that NumPy, SciPy 1.11 and
 * statsmodels 0.14 give (scipy.stats.permutation_test over all patterns of signs, ttest_1samp,
 * multipletests("holm"); max-T and the two-way interval written out in NumPy). */
#include "made_tables.h"

static cc_spec_claim claims[3];

/* Sets the claims that follow to "a is higher than b". */
static void claim(made *m, const char *a, const char *b) {
    claims[m->spec.claim_count++] = (cc_spec_claim){"It helps", a, b, CC_SCORE_F1, true};
    m->spec.claims = claims;
}

/* Two rows of one run each. */
static void make_two(made *m, const int *a, const int *b, size_t count) {
    made_init(m);
    made_row(m, "a");
    made_row(m, "b");
    made_run(m, "a", 0, 1, 'a', a, count);
    made_run(m, "b", 0, 1, 'a', b, count);
}

static void assert_verdict(const made *m, size_t at, cc_table_verdict verdict, const char *text) {
    const cc_table_claim *c = &m->table.claims[at];
    if (c->verdict != verdict || strcmp(c->verdict_text, text) != 0)
        fail_msg("claim %zu: \"%s\" (%s), not \"%s\"", at, c->verdict_text, cc_table_verdict_name(c->verdict),
                 text);
}

/* Eight patients, b 50 on all; a is better by its seed's amount and the patient's -3 to 3. */
static void make_seeds(made *m, const int seeds[5]) {
    const int patients[8] = {-3, -2, -1, 0, 0, 1, 2, 3}, b[8] = {50, 50, 50, 50, 50, 50, 50, 50};
    made_init(m);
    made_row(m, "a");
    made_row(m, "b");
    claim(m, "a", "b");
    for (int s = 0; s < 5; s++) {
        int a[8];
        for (int p = 0; p < 8; p++) a[p] = 50 + seeds[s] + patients[p];
        made_run(m, "a", 0, s + 1, 'a', a, 8);
        made_run(m, "b", 0, s + 1, 'a', b, 8);
    }
    made_table(m);
}

static void an_order_that_flips_with_the_seed_does_not_hold(void **state) {
    (void)state;
    made m;
    /* Every patient's mean over seeds favours a, p = 2 / 2^8; two seeds of five say the contrary. */
    make_seeds(&m, (const int[5]){20, 18, -12, 16, -10});
    const cc_table_claim *c = &m.table.claims[0];
    assert_verdict(&m, 0, CC_VERDICT_OPEN, "not resolved");
    assert_near(c->p, 0.0078125, 1e-12);
    assert_int_equal(c->result.seeds, 5);
    assert_near(c->result.mean, 0.064, 1e-9);
    assert_near(c->result.low, -0.13366438, 1e-6);
    assert_near(c->result.high, 0.26166438, 1e-6);
    assert_near(c->result.effect, 3.2, 1e-9);
    made_deinit(&m);

    /* The same mean, p and effect size from seeds that agree. */
    make_seeds(&m, (const int[5]){6, 7, 6, 7, 6});
    assert_verdict(&m, 0, CC_VERDICT_HOLDS, "holds");
    assert_near(m.table.claims[0].result.low, 0.04693958, 1e-6);
    assert_near(m.table.claims[0].result.high, 0.08106042, 1e-6);
    made_deinit(&m);
}

static void so_few_patients_are_told_from_so_small_a_difference(void **state) {
    (void)state;
    made m;
    /* 2 / 2^5 = 0.0625: whatever five patients show. */
    make_two(&m, (const int[]){90, 91, 92, 93, 94}, (const int[]){50, 52, 54, 56, 58}, 5);
    claim(&m, "a", "b");
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_TOO_FEW, "cannot be resolved with n = 5");
    made_deinit(&m);
    /* Six of which one differs not at all are five. */
    make_two(&m, (const int[]){90, 91, 92, 93, 94, 60}, (const int[]){50, 52, 54, 56, 58, 60}, 6);
    claim(&m, "a", "b");
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_TOO_FEW, "cannot be resolved with n = 6");
    made_deinit(&m);
    /* Seven could have shown something (2 / 2^7 = 0.016), and do not. */
    make_two(&m, (const int[]){60, 50, 60, 50, 60, 50, 60}, (const int[]){50, 60, 50, 60, 50, 61, 50}, 7);
    claim(&m, "a", "b");
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_OPEN, "not resolved");
    made_deinit(&m);
}

static void a_claim_settled_the_other_way_does_not_hold(void **state) {
    (void)state;
    made m;
    make_two(&m, (const int[]){40, 44, 48, 52, 56, 60}, (const int[]){50, 55, 60, 65, 70, 75}, 6);
    claim(&m, "a", "b");
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_FAILS, "does not hold");
    assert_near(m.table.claims[0].p, 0.03125, 1e-12);
    assert_near(m.table.claims[0].result.low, -0.14463314, 1e-6);
    made_deinit(&m);
    /* "Lower" is what the same numbers say. */
    make_two(&m, (const int[]){40, 44, 48, 52, 56, 60}, (const int[]){50, 55, 60, 65, 70, 75}, 6);
    claim(&m, "a", "b");
    claims[0].higher = false;
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_HOLDS, "holds");
    made_deinit(&m);
}

static void all_claims_of_a_table_are_adjusted_together(void **state) {
    (void)state;
    made m;
    /* p = 1/32, 1/32 and 1: Holm 0.09375, 0.09375, 1. */
    make_two(&m, (const int[]){60, 66, 72, 78, 84, 90}, (const int[]){50, 55, 60, 65, 70, 75}, 6);
    made_row(&m, "c");
    made_run(&m, "c", 0, 1, 'a', (const int[]){40, 65, 50, 75, 60, 85}, 6);
    claim(&m, "a", "b");
    claim(&m, "a", "b");
    claim(&m, "c", "b");
    made_table(&m);
    assert_near(m.table.claims[0].p, 0.03125, 1e-12);
    assert_near(m.table.claims[0].p_adjusted, 0.09375, 1e-12);
    assert_near(m.table.claims[2].p_adjusted, 1, 1e-12);
    /* The smallest p of six patients is 1/32: of three claims no such one can be resolved. */
    assert_verdict(&m, 0, CC_VERDICT_TOO_FEW, "cannot be resolved with n = 6");
    assert_non_null(strstr(made_note(&m, "Claim: \"It helps\""), "p = 0.031, adjusted p = 0.094"));
    assert_non_null(strstr(made_note(&m, "A claim holds where"), "over the 3 claims"));
    made_deinit(&m);
}

/* Seven patients; `second` is the score of the nearest rival. */
static void make_rivals(made *m, const int second[7]) {
    made_init(m);
    const char *const names[] = {"a", "r1", "r2", "r3"};
    const int scores[4][7] = {{80, 82, 78, 85, 79, 90, 84},
                              {70, 75, 69, 74, 70, 79, 77},
                              {second[0], second[1], second[2], second[3], second[4], second[5], second[6]},
                              {60, 61, 66, 62, 70, 69, 65}};
    for (int r = 0; r < 4; r++) {
        made_row(m, names[r]);
        made_run(m, names[r], 0, 1, 'a', scores[r], 7);
    }
}

static void the_highest_is_tested_against_all_rivals_at_once(void **state) {
    (void)state;
    made m;
    /* Max-T: 1/64, 1/16, 1/64; the second row is the one that decides. */
    make_rivals(&m, (const int[]){79, 80, 79, 83, 77, 88, 83});
    claim(&m, "a", NULL);
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_OPEN, "not resolved");
    assert_string_equal(m.table.claims[0].b->spec->label, "r2");
    assert_int_equal(m.table.claims[0].rivals, 3);
    assert_near(m.table.claims[0].p, 0.0625, 1e-12);
    assert_non_null(
        strstr(made_note(&m, "first-ranked row (a)"), "r1 p = 0.016; r2 p = 0.062; r3 p = 0.016."));
    made_deinit(&m);
    make_rivals(&m, (const int[]){75, 76, 74, 79, 73, 84, 77});
    claim(&m, "a", NULL);
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_HOLDS, "holds");
    made_deinit(&m);
    /* Two rivals, each with p = 0.047 by itself: max-T 0.078. */
    made_init(&m);
    made_row(&m, "a");
    made_row(&m, "r1");
    made_row(&m, "r2");
    made_run(&m, "a", 0, 1, 'a', (const int[]){80, 82, 78, 85, 79, 90, 84}, 7);
    made_run(&m, "r1", 0, 1, 'a', (const int[]){77, 84, 72, 84, 73, 82, 77}, 7);
    made_run(&m, "r2", 0, 1, 'a', (const int[]){77, 78, 71, 86, 76, 89, 78}, 7);
    claim(&m, "a", NULL);
    made_table(&m);
    assert_near(m.table.claims[0].result.p, 0.046875, 1e-12);
    assert_near(m.table.claims[0].p, 0.078125, 1e-12);
    assert_verdict(&m, 0, CC_VERDICT_OPEN, "not resolved");
    made_deinit(&m);
    /* One row that is settled to be higher is enough. */
    make_rivals(&m, (const int[]){79, 80, 79, 83, 77, 88, 83});
    claim(&m, "r1", NULL);
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_FAILS, "does not hold");
    made_deinit(&m);
}

static void rows_within_the_stated_margin_are_equivalent(void **state) {
    (void)state;
    made m;
    /* Differences 1, -1, 0, 1, -1, 1, 0, -1 points: TOST p = 0.000243 within 2 points, 0.0852 within half
     * a point. */
    const int a[] = {61, 59, 60, 61, 59, 61, 60, 59}, b[] = {60, 60, 60, 60, 60, 60, 60, 60};
    for (int wide = 0; wide < 2; wide++) {
        make_two(&m, a, b, 8);
        claim(&m, "a", "b");
        m.spec.margin = wide ? 0.02 : 0.005;
        made_table(&m);
        assert_near(m.table.claims[0].p_equivalence, wide ? 0.00024311 : 0.08523533, 1e-7);
        assert_verdict(&m, 0, wide ? CC_VERDICT_EQUIVALENT : CC_VERDICT_OPEN,
                       wide ? "equivalent within ±2 points" : "not resolved");
        made_deinit(&m);
    }
    make_two(&m, a, b, 8);
    claim(&m, "a", "b");
    made_table(&m);
    assert_true(isnan(m.table.claims[0].p_equivalence));
    made_deinit(&m);
}

static void seeds_that_rows_do_not_share_are_averaged(void **state) {
    (void)state;
    made m;
    const int b[] = {50, 50, 50, 50, 50, 50};
    made_init(&m);
    made_row(&m, "a");
    made_row(&m, "b");
    claim(&m, "a", "b");
    made_run(&m, "a", 0, 1, 'a', (const int[]){52, 54, 56, 58, 60, 62}, 6);
    made_run(&m, "a", 0, 2, 'a', (const int[]){54, 56, 58, 60, 62, 64}, 6);
    made_run(&m, "b", 0, 1, 'a', b, 6);
    made_table(&m);
    const cc_table_claim *c = &m.table.claims[0];
    assert_false(c->seeds_matched);
    assert_int_equal(c->result.seeds, 1);
    assert_near(c->result.mean, 0.08, 1e-9);
    assert_non_null(strstr(made_note(&m, "Claim:"), "the rows' seeds differ"));
    made_note(&m, "Rows of different numbers of seeds: a 2, b 1.");
    made_deinit(&m);
}

/* 0/0 of precision: a row that marks nothing on a patient has no precision there. */
static void claims_are_on_patients_that_both_rows_score(void **state) {
    (void)state;
    made m;
    make_two(&m, (const int[]){MISSED, 66, 72, 78, 84, 90, 91}, (const int[]){50, 55, 60, 65, 70, 75, 80}, 7);
    claim(&m, "a", "b");
    claim(&m, "a", "b");
    claims[1].score = CC_SCORE_PRECISION;
    made_table(&m);
    assert_int_equal(m.table.claims[0].result.patients, 7);
    assert_int_equal(m.table.claims[1].result.patients, 6);
    made_deinit(&m);
    /* The same where one seed of two marks nothing. */
    make_two(&m, (const int[]){MISSED, 66, 72, 78, 84, 90, 91}, (const int[]){50, 55, 60, 65, 70, 75, 80}, 7);
    made_run(&m, "a", 0, 2, 'a', (const int[]){60, 66, 72, 78, 84, 90, 91}, 7);
    made_run(&m, "b", 0, 2, 'a', (const int[]){50, 55, 60, 65, 70, 75, 80}, 7);
    claim(&m, "a", "b");
    claims[0].score = CC_SCORE_PRECISION;
    made_table(&m);
    assert_int_equal(m.table.claims[0].result.patients, 6);
    assert_int_equal(m.table.claims[0].result.seeds, 2);
    made_deinit(&m);
}

static void a_claim_without_runs_is_a_line_without_numbers(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    make_two(&m, (const int[]){60, 66}, (const int[]){50, 55}, 2);
    made_row(&m, "c");
    claim(&m, "a", "c");
    claim(&m, "a", "b");
    made_table(&m);
    assert_verdict(&m, 0, CC_VERDICT_UNTESTED, "not tested: no run of c");
    assert_ok(cc_table_listing_claims(&listing, &m.table, m.arena));
    assert_string_equal(listing.id, "claims-made");
    assert_int_equal(listing.rows, 2);
    assert_string_equal(cc_listing_at(&listing, 0, 1)->text, "not tested: no run of c");
    assert_null(cc_listing_at(&listing, 0, 5)->text);
    assert_string_equal(cc_listing_at(&listing, 1, 5)->text, "+10.50");
    assert_string_equal(cc_listing_at(&listing, 1, 8)->text, "2");
    /* One claim was tested: nothing to adjust for. */
    assert_near(m.table.claims[1].p_adjusted, 0.5, 1e-12);
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_flips_with_the_seed_does_not_hold),
        cmocka_unit_test(so_few_patients_are_told_from_so_small_a_difference),
        cmocka_unit_test(a_claim_settled_the_other_way_does_not_hold),
        cmocka_unit_test(all_claims_of_a_table_are_adjusted_together),
        cmocka_unit_test(the_highest_is_tested_against_all_rivals_at_once),
        cmocka_unit_test(rows_within_the_stated_margin_are_equivalent),
        cmocka_unit_test(seeds_that_rows_do_not_share_are_averaged),
        cmocka_unit_test(claims_are_on_patients_that_both_rows_score),
        cmocka_unit_test(a_claim_without_runs_is_a_line_without_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
