/* tests/report/tables/test_compare.c -- what the notes say of rows against the baseline and of the order
 * of rows. Tests by SciPy's permutation_test over all patterns of signs, Holm by statsmodels. */
#include "made_tables.h"

static void make_three(made *m) {
    made_init(m);
    made_row(m, "plain");
    made_row(m, "better");
    made_row(m, "mixed");
    made_run(m, "plain", 0, 1, 'a', (const int[]){50, 55, 60, 65, 70, 75, 70, 66}, 8);
    made_run(m, "better", 0, 1, 'a', (const int[]){60, 66, 72, 78, 84, 90, 84, 79}, 8);
    made_run(m, "mixed", 0, 1, 'a', (const int[]){40, 65, 50, 75, 60, 85, 60, 76}, 8);
}

static void a_named_baseline_is_what_rows_are_compared_with(void **state) {
    (void)state;
    made m;
    make_three(&m);
    m.spec.baseline = "plain";
    made_table(&m);
    /* p = 2 / 2^8 and 1; Holm doubles the smaller. */
    const char *note = made_note(&m, "minus that of the baseline row (plain)");
    assert_non_null(
        strstr(note, ": better +12.8 [+11.4, +14.1] p = 0.016 (n = 8); mixed +0.0 [-8.9, +8.9] "));
    assert_non_null(strstr(note, "p = 1.000 (n = 8)."));
    for (size_t n = 0; n < m.table.notes.count; n++)
        assert_null(strstr(m.table.notes.items[n], "of the first-ranked row (better) against"));
    made_deinit(&m);
}

static void without_a_baseline_the_first_ranked_row_meets_all_others(void **state) {
    (void)state;
    made m;
    make_three(&m);
    made_table(&m);
    made_note(&m, "F1-score of the first-ranked row (better) against the others, n = 8 patients");
    made_deinit(&m);
}

static void ranks_come_with_their_stability(void **state) {
    (void)state;
    made m;
    make_three(&m);
    made_table(&m);
    const char *note = made_note(&m, "Ranks when the patients are drawn anew");
    /* It leads by 4 to 24 points on every patient: no drawing of patients puts another row first. */
    assert_non_null(strstr(note, "better 100 %, ranks 1 to 1"));
    assert_non_null(strstr(note, "not the best: 0 %."));
    made_deinit(&m);

    /* One patient of four against three of four: mixed is first where the first is drawn at least twice,
     * and a tie counts half: P(2+) = 1 - (3/4)^4 - (3/4)^3 = 26.2 %. */
    made_init(&m);
    made_row(&m, "x");
    made_row(&m, "y");
    made_run(&m, "x", 0, 1, 'a', (const int[]){50, 60, 60, 60}, 4);
    made_run(&m, "y", 0, 1, 'a', (const int[]){75, 50, 50, 50}, 4);
    made_table(&m);
    note = made_note(&m, "Ranks when the patients are drawn anew");
    assert_non_null(strstr(note, "not the best: 26 %."));
    made_deinit(&m);
}

static void few_patients_are_said_to_be_few(void **state) {
    (void)state;
    made m;
    made_init(&m);
    made_row(&m, "x");
    made_row(&m, "y");
    made_run(&m, "x", 0, 1, 'a', (const int[]){90, 91, 92, 93, 94}, 5);
    made_run(&m, "y", 0, 1, 'a', (const int[]){50, 52, 54, 56, 58}, 5);
    made_table(&m);
    assert_non_null(
        strstr(made_note(&m, "first-ranked row (x)"), "y p = 0.062. So few patients cannot reach 0.05"));
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_baseline_is_what_rows_are_compared_with),
        cmocka_unit_test(without_a_baseline_the_first_ranked_row_meets_all_others),
        cmocka_unit_test(ranks_come_with_their_stability),
        cmocka_unit_test(few_patients_are_said_to_be_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
