/* tests/report/gate/test_gate.c -- report --against: what became of each cell and claim since an earlier
 * state, by line and exit status. */
#include "reports.h"

enum { OUTPUT = 1 << 17, PATIENTS = 10 };
static char output[OUTPUT];

/* What a run of table 2 is made of; 0, NULL: as reports_write has it. */
typedef struct make {
    const char *variant, *config;
    const int *percent; /* [PATIENTS]; fp and fn are 100 - tp */
    float weight;       /* of its one tensor; 0: no tensor is stored */
    int64_t seed;
} make;

static const int low[PATIENTS] = {50, 52, 49, 55, 51, 48, 53, 50, 54, 47},
                 high[PATIENTS] = {80, 83, 79, 84, 82, 78, 85, 81, 82, 77};

static void write_run(const char *results, make m) {
    cc_run_slice slices[PATIENTS];
    const cc_run_tensor tensor = {.name = "head.weight", .rank = 1, .dims = {1}, .data = &m.weight};
    for (int p = 0; p < PATIENTS; p++) {
        const int64_t tp = m.percent[p];
        slices[p] = (cc_run_slice){{(char)('a' + p)}, 1, tp, 100 - tp, 100 - tp, 1000, 0, 0, 0};
    }
    reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                    .variant = m.variant,
                                    .seed = m.seed ? m.seed : 1,
                                    .config = m.config,
                                    .slices = slices,
                                    .slice_count = PATIENTS,
                                    .tensors = &tensor,
                                    .tensor_count = m.weight != 0});
}

/* Both rows of table 2, whose claim holds. */
static const char *write_state(void) {
    const char *results = cc_test_folder();
    write_run(results, (make){.variant = "without", .percent = low, .weight = 1});
    write_run(results, (make){.variant = "with", .percent = high, .weight = 1});
    return results;
}

/* The exit status of a report of `now` against `before`. */
static int compare(const char *before, const char *now, const char *flags) {
    char all[2 * CC_PATH_MAX];
    snprintf(all, sizeof all, "--against %s %s", before, flags);
    return reports_make(output, OUTPUT, now, cc_test_folder(), all);
}

static void the_same_results_hold(void **state) {
    (void)state;
    assert_int_equal(compare(write_state(), write_state(), ""), 0);
    /* Two rows of three scores each; of "everything background" F1 and recall, as its precision is 0/0.
     * The rule without a net is in no file. */
    assert_has(output,
               "Holds: 8 of 8 cells hold (8 with the same counts) and 1 of 1 claims keep their verdict");
}

static void a_changed_weight_is_seen_though_the_counts_are_the_same(void **state) {
    (void)state;
    const char *before = write_state(), *now = write_state();
    write_run(now, (make){.variant = "with", .percent = high, .weight = 1.0000001f});
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(output, "| table2-twin | With histogram matching | f1 | changed: seed 1: model: "
                       "head.weight differs | 81.10 | 81.10 | +0.00 |");
    assert_has(output, "calcade: error: report --against: 3 of 8 cells and 0 of 1 claims do not hold");
}

/* A light file has no weights: what both states keep is compared. */
static void a_state_without_weights_is_compared_by_its_counts(void **state) {
    (void)state;
    const char *before = cc_test_folder(), *now = write_state();
    assert_int_equal(
        cc_test_run(output, OUTPUT, "%s export --light %s -o %s", CC_PROGRAM, write_state(), before), 0);
    write_run(now, (make){.variant = "with", .percent = high, .weight = 2});
    assert_int_equal(compare(before, now, ""), 0);
}

static void a_missing_run_is_never_passed(void **state) {
    (void)state;
    const char *before = write_state(), *now = cc_test_folder();
    write_run(now, (make){.variant = "without", .percent = low, .weight = 1});
    assert_int_equal(
        compare(before, now, "--tolerance f1=100 --tolerance precision=100 --tolerance recall=100"), 3);
    assert_has(output,
               "| table2-twin | With histogram matching | f1 | missing: twin/table2-matching, variant "
               "with, fold 0, seed 1 is missing | 81.10 | – |");
    assert_has(output, "not tested: no run of With histogram matching, was: holds");
}

static void a_flipped_claim_is_named(void **state) {
    (void)state;
    const char *before = write_state(), *now = cc_test_folder();
    write_run(now, (make){.variant = "without", .percent = high, .weight = 1});
    write_run(now, (make){.variant = "with", .percent = low, .weight = 1});
    assert_int_equal(
        compare(before, now, "--tolerance f1=100 --tolerance precision=100 --tolerance recall=100"), 3);
    assert_has(output,
               "| table2-twin | Histogram matching helps across scanners | claim | does not hold, was: "
               "holds |");
    assert_has(output, "0 of 8 cells and 1 of 1 claims do not hold");
}

static void a_changed_seed_is_a_lost_run(void **state) {
    (void)state;
    const char *before = write_state(), *now = cc_test_folder();
    write_run(now, (make){.variant = "without", .percent = low, .weight = 1});
    write_run(now, (make){.variant = "with", .percent = high, .weight = 1, .seed = 2});
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(output,
               "With histogram matching | f1 | lost a run: twin/table2-matching, variant with, fold 0, "
               "seed 1 is missing: new here: fold 0, seed 2 | 81.10 | 81.10 |");
}

/* The interval: scipy.stats.ttest_rel(now, before).confidence_interval(0.95) of the two lists. */
static void a_change_has_its_options_and_its_interval(void **state) {
    (void)state;
    static const int moved[PATIENTS] = {81, 83, 80, 84, 84, 78, 85, 80, 84, 78};
    const char *before = write_state(), *now = write_state();
    write_run(before, (make){"with", "optimizer: {lr: 0.001, weight_decay: 0}\n", high, 1, 1});
    write_run(now, (make){"with", "optimizer: {lr: 0.01, weight_decay: 0}\n", moved, 1, 1});
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(output, "slices: row 0 differs: slice 1 of a: optimizer.lr: 0.01, was 0.001 | 81.10 | 81.70 | "
                       "+0.60 | -0.09 | +1.29 | 10 | 0 |");
    assert_int_equal(compare(before, now, "--tolerance f1=0.5 --tolerance precision=1 --tolerance recall=1"),
                     3);
    assert_has(output, "left its tolerance of ±0.5 points");
    assert_has(output, "1 of 8 cells and 0 of 1 claims do not hold");
    assert_int_equal(
        compare(before, now, "--tolerance f1=0.6001 --tolerance precision=1 --tolerance recall=1"), 0);
    assert_has(output, "Holds: 8 of 8 cells hold (5 with the same counts)");
}

/* Two means over different patients differ by whom they are over too: the common patients' interval is not
 * theirs. */
static void a_change_over_other_patients_has_no_interval(void **state) {
    (void)state;
    const char *before = cc_test_folder(), *now = cc_test_folder(), *const variants[] = {"without", "with"};
    for (int v = 0; v < 2; v++) {
        reports_write_scores(before, "twin/table2-matching", variants[v], 0, 'a', (int[]){50, 60, 90}, 3);
        reports_write_scores(now, "twin/table2-matching", variants[v], 0, 'a', (int[]){50, 60}, 2);
    }
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(
        output,
        "changed: over other patients: seed 1: slices: their number differs | 66.67 | 55.00 | -11.67 | – "
        "| – | – | 0 |");
}

/* These runs hold no stages and no lesions: the tables of them have nothing to show, then as now. */
static void a_table_that_shows_nothing_is_no_loss(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    reports_write_scores(results, "twin/table5-cascade", "without", 0, 'a', (int[]){50, 60}, 2);
    reports_write_scores(results, "twin/table5-cascade", "with", 0, 'a', (int[]){70, 80}, 2);
    assert_int_equal(compare(results, results, ""), 0);
}

static void the_page_shows_the_changes(void **state) {
    (void)state;
    char before[CC_PATH_MAX], out[CC_PATH_MAX], flags[2 * CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    snprintf(before, sizeof before, "%s", write_state());
    snprintf(out, sizeof out, "%s", cc_test_folder());
    snprintf(flags, sizeof flags, "--against %s", before);
    const char *now = write_state();
    write_run(now, (make){.variant = "with", .percent = low, .weight = 1});
    assert_int_equal(reports_make(output, OUTPUT, now, out, flags), 3);
    const char *page = reports_read(out, "index.html", arena);
    assert_has(page, "<section id=\"changes\">");
    assert_has(page, "DOES NOT HOLD: 5 of 8 cells hold");
    assert_has(reports_read(out, "tables/changes.csv", arena),
               "table2-twin,Without histogram matching,f1,same,50.90,");
    cc_arena_destroy(arena);
}

/* Of what cannot be read nothing is known to be the same. */
static void an_earlier_run_that_is_damaged_is_not_passed(void **state) {
    (void)state;
    const char *before = write_state(), *now = write_state();
    assert_int_equal(cc_test_run(NULL, 0,
                                 "printf '\\377' | dd of=%s/twin/table2-matching/with/fold-0/seed-1.h5 bs=1 "
                                 "seek=1000 conv=notrunc",
                                 before),
                     0);
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(output, "1 earlier runs cannot be compared");
    assert_has(output, "new, not compared");
}

static void where_nothing_is_compared_nothing_has_passed(void **state) {
    (void)state;
    const char *before = cc_test_folder(), *now = cc_test_folder();
    reports_write_scores(before, "twin/somewhere", "a", 0, 'a', (int[]){50, 60}, 2);
    reports_write_scores(now, "twin/elsewhere", "a", 0, 'a', (int[]){50, 60}, 2);
    assert_int_equal(compare(before, now, ""), 3);
    assert_has(output, "nothing was compared");
}

static void a_tolerance_is_a_score_and_points(void **state) {
    (void)state;
    const char *results = write_state();
    assert_int_equal(compare(results, results, "--tolerance f1"), 2);
    assert_int_equal(compare(results, results, "--tolerance f2=1"), 2);
    assert_int_equal(compare(results, results, "--tolerance f1=-1"), 2);
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), "--tolerance f1=1"), 2);
    assert_has(output, "add --against DIR");
}

static int setup(void **state) {
    (void)state;
    cc_test_draw_quickly();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_results_hold),
        cmocka_unit_test(a_changed_weight_is_seen_though_the_counts_are_the_same),
        cmocka_unit_test(a_state_without_weights_is_compared_by_its_counts),
        cmocka_unit_test(a_missing_run_is_never_passed),
        cmocka_unit_test(a_flipped_claim_is_named),
        cmocka_unit_test(a_changed_seed_is_a_lost_run),
        cmocka_unit_test(a_change_has_its_options_and_its_interval),
        cmocka_unit_test(a_change_over_other_patients_has_no_interval),
        cmocka_unit_test(a_table_that_shows_nothing_is_no_loss),
        cmocka_unit_test(the_page_shows_the_changes),
        cmocka_unit_test(an_earlier_run_that_is_damaged_is_not_passed),
        cmocka_unit_test(where_nothing_is_compared_nothing_has_passed),
        cmocka_unit_test(a_tolerance_is_a_score_and_points),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
