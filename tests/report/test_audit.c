/* tests/report/test_audit.c -- the audit of the paper's own tables and of small ones made for it: what is
 * found, its reason, and the smallest edit. */
#include <string.h>
#include <stdio.h>
#include "report/audit/audit.h"
#include "support.h"

static cc_arena *arena;

static int start(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static cc_audit audit_text(const char *text) {
    cc_published published;
    cc_audit audit;
    cc_published *kept = cc_arena_get(arena, sizeof *kept);
    assert_non_null(kept);
    assert_ok(cc_published_parse(&published, text, strlen(text), "tables.yaml", arena));
    *kept = published;
    assert_ok(cc_audit_make(&audit, kept, arena));
    return audit;
}

static void assert_part(const char *text, const char *part) {
    if (!text || !strstr(text, part)) fail_msg("no \"%s\" in \"%s\"", part, text ? text : "nothing");
}

#define HEAD "columns: [f1, precision, recall]\ntables:\n"

/* Means and deviations of 80, 90, 85 (5 by n - 1, 4.08 by n), and an F1 that is the harmonic mean. */
static void consistent_tables_have_no_findings(void **state) {
    (void)state;
    cc_audit a = audit_text(HEAD "  - id: 1\n    title: folds\n    rows:\n"
                                 "      a: [80.0, 80.0, 80.0]\n      b: [90.0, 90.0, 90.0]\n"
                                 "      c: [85.0, 85.0, 85.0]\n"
                                 "    summary:\n      Mean: [85.0, 85.0, 85.0]\n      SD: [5.0, 4.1, 5.0]\n"
                                 "  - id: 2\n    title: no summary\n    rows:\n      d: [66.7, 50.0, 100.0]\n"
                                 "counts:\n  - {what: slices, sum: [1, 2, 3], equals: 6}\n"
                                 "  - {what: copies, product: [4, 0.5], equals: 2}\n");
    assert_int_equal(a.finding_count, 0);
    assert_int_equal(a.reading_count, 4);
    for (size_t i = 0; i < a.reading_count; i++) assert_int_equal(a.readings[i].possible, CC_AUDIT_F1_EITHER);
}

static void an_f1_is_read_as_pooled_averaged_or_neither(void **state) {
    (void)state;
    cc_audit a = audit_text(HEAD "  - id: 1\n    title: t\n    rows:\n      high: [84.8, 90.0, 80.0]\n"
                                 "      both: [84.7, 90.0, 80.0]\n      averaged: [70.0, 90.0, 80.0]\n"
                                 "      low: [69.8, 90.0, 80.0]\n");
    assert_int_equal(a.readings[0].possible, CC_AUDIT_F1_EITHER); /* 84.706 and its rounding: to 84.78 */
    assert_int_equal(a.readings[1].possible, CC_AUDIT_F1_EITHER);
    assert_int_equal(a.readings[2].possible, CC_AUDIT_F1_AVERAGED);
    assert_int_equal(a.readings[3].possible, CC_AUDIT_F1_NEITHER);
    assert_int_equal(a.finding_count, 1);
    assert_string_equal(a.findings[0].cells[0], "Table 1, low, f1");
    assert_int_equal(a.findings[0].cell_count, 3);
    assert_true(a.findings[0].interval.low > 69.89 && a.findings[0].interval.low < 69.91);
    assert_true(a.findings[0].interval.high > 84.7 && a.findings[0].interval.high < 84.8);
}

static void columns_may_stand_in_any_order(void **state) {
    (void)state;
    cc_audit a = audit_text("columns: [recall, f1, precision]\ntables:\n  - id: 1\n    title: t\n    rows:\n"
                            "      a: [100, 66.7, 50]\n      b: [100, 10.0, 50]\n");
    assert_int_equal(a.finding_count, 1);
    assert_string_equal(a.findings[0].cells[0], "Table 1, b, f1");
    assert_string_equal(a.findings[0].cells[1], "Table 1, b, precision");
}

/* 95 printed without decimals may be 94.5. */
static void fewer_decimals_allow_more(void **state) {
    (void)state;
    cc_audit exact = audit_text(HEAD "  - id: 1\n    title: t\n    rows: {a: [95.0, 95.0, 95.0]}\n"
                                     "    summary: {Mean: [94.6, 95.0, 95.0]}\n");
    cc_audit coarse = audit_text(HEAD "  - id: 1\n    title: t\n    rows: {a: [95, 95, 95]}\n"
                                      "    summary: {Mean: [94.6, 95, 95]}\n");
    assert_int_equal(exact.finding_count, 1);
    assert_int_equal(coarse.finding_count, 0);
}

static void one_digit_that_mends_is_named(void **state) {
    (void)state;
    cc_audit a = audit_text(
        HEAD "  - id: 3\n    title: t\n    rows: {a: [60.0, 90.0, 80.0], b: [84.7, 90.0, 80.0]}\n");
    assert_int_equal(a.finding_count, 1);
    assert_string_equal(a.findings[0].edit, "f1 of row \"a\" read as 70.0, not 60.0");
}

/* Both F1 stand in the other's row. */
static void an_exchange_that_mends_both_goes_before_a_digit_that_mends_one(void **state) {
    (void)state;
    cc_audit a = audit_text(
        HEAD "  - id: 3\n    title: t\n    rows: {a: [20.0, 90.0, 90.0], b: [90.0, 20.0, 20.0]}\n");
    assert_int_equal(a.finding_count, 2);
    for (int i = 0; i < 2; i++)
        assert_string_equal(a.findings[i].edit, "f1 of row \"a\" and of row \"b\" exchanged (20.0 and 90.0); "
                                                "this mends 2 of the table's 2 findings");
}

static void what_nothing_mends_has_no_edit(void **state) {
    (void)state;
    cc_audit a = audit_text(HEAD "  - id: 3\n    title: t\n    rows: {a: [11.1, 99.9, 99.9]}\n");
    assert_int_equal(a.finding_count, 1);
    assert_null(a.findings[0].edit);
}

static void an_edit_breaks_nothing_that_held(void **state) {
    (void)state;
    cc_audit a =
        audit_text(HEAD "  - id: 3\n    title: t\n    rows: {a: [60.0, 90.0, 80.0], b: [95.0, 95.0, 95.0]}\n"
                        "    summary: {Average: [77.5, 92.5, 87.5]}\n");
    assert_int_equal(a.finding_count, 1);
    assert_null(a.findings[0].edit);
}

static void a_deviation_may_be_by_n_or_by_n_minus_1_only(void **state) {
    (void)state;
    cc_audit a =
        audit_text(HEAD "  - id: 3\n    title: t\n    rows: {a: [80.0, 80.0, 80.0], b: [90.0, 90.0, 90.0]}\n"
                        "    summary: {SD: [5.0, 7.1, 6.1], range: [0.0, 0.0, 0.0]}\n");
    assert_int_equal(a.finding_count, 1);
    assert_string_equal(a.findings[0].cells[0], "Table 3, SD, recall");
    assert_part(a.findings[0].reason, "by n - 1 it is 7.000 to 7.142, by n 4.950 to 5.050");
}

static void counts_that_do_not_add_up_are_named(void **state) {
    (void)state;
    cc_audit a = audit_text("columns: [f1, precision, recall]\ntables: []\ncounts:\n"
                            "  - {what: slices, sum: [1519, 506, 506], equals: 2532}\n"
                            "  - {what: copies, product: [158, 4], equals: 540}\n");
    assert_int_equal(a.finding_count, 2);
    assert_string_equal(a.findings[0].cells[0], "slices");
    assert_string_equal(a.findings[0].reason, "1519 + 506 + 506 = 2531, not 2532");
    assert_string_equal(a.findings[1].reason, "158 x 4 = 632, not 540");
}

static void a_number_that_is_no_percentage_is_named_once(void **state) {
    (void)state;
    cc_audit a = audit_text(HEAD "  - id: 1\n    title: t\n    rows: {a: [101.5, 90.0, 80.0]}\n"
                                 "    summary: {Mean: [90.0, 90.0, -1]}\n");
    assert_int_equal(a.finding_count, 2);
    assert_string_equal(a.findings[0].reason, "101.5 is no percentage");
    assert_string_equal(a.findings[1].cells[0], "Table 1, Mean, recall");
}

static const cc_audit_finding *find(const cc_audit *a, const char *cell) {
    for (size_t i = 0; i < a->finding_count; i++)
        if (strcmp(a->findings[i].cells[0], cell) == 0) return &a->findings[i];
    fail_msg("no finding about %s", cell);
    return NULL;
}

static void the_paper_has_the_findings_that_were_checked_by_hand(void **state) {
    (void)state;
    static const char *const folds[] = {"Table 4, Mean, precision", "Table 4, Standard Deviation, precision",
                                        "Table 4, Standard Deviation, recall"};
    cc_published published;
    cc_audit a;
    size_t either = 0, neither = 0;
    assert_ok(cc_published_get(&published, arena));
    assert_ok(cc_audit_make(&a, &published, arena));
    for (int i = 0; i < 3; i++)
        assert_string_equal(
            find(&a, folds[i])->edit,
            "precision and recall of row \"3\" exchanged (98.0 and 97.2); this mends 3 of the table's 4 "
            "findings, and 5 of its 6 means and standard deviations then follow from its rows");
    find(&a, "Table 4, Mean, recall");
    find(&a, "Table 1, Original U-Net, f1");
    find(&a, "Table 7, [2], f1");
    find(&a, "Table 7, [7], f1");
    const cc_audit_finding *fold = find(&a, "Table 4, 3");
    assert_int_equal(fold->table, 4);
    assert_int_equal(fold->cell_count, 3);
    assert_string_equal(fold->cells[1], "Table 3, U-Net + EfficientNetB0");
    assert_string_equal(fold->cells[2], "Table 5, Without false positive removal step");
    assert_int_equal(find(&a, "Table 5, With false positive removal step")->cell_count, 3);
    assert_int_equal(a.finding_count, 17);
    assert_int_equal(a.reading_count, 26);
    for (size_t i = 0; i < a.reading_count; i++) {
        either += a.readings[i].possible == CC_AUDIT_F1_EITHER;
        neither += a.readings[i].possible == CC_AUDIT_F1_NEITHER;
    }
    assert_int_equal(either, 1);
    assert_int_equal(neither, 3);
}

static void the_command_prints_findings_and_ends_well(void **state) {
    (void)state;
    char output[65536];
    assert_int_equal(cc_test_run(output, sizeof output, "%s audit", CC_PROGRAM), 0);
    assert_part(output,
                "**Table 4, Mean, precision**: 95.9 is not the mean of precision over the 4 rows: it is "
                "96.000 to 96.100.");
    assert_part(output, "| 1 | Original U-Net | 63.0 | 87.91 to 88.01 | 76.40 to 88.01 | neither |");
    const char *path = cc_test_shared("paper/tables.yaml");
    assert_int_equal(cc_test_run(output, sizeof output, "%s audit %s --json", CC_PROGRAM, path), 0);
    assert_part(output, "\"findings\":[{\"table\":1,\"cells\":[\"Table 1, Original U-Net, f1\"");
    assert_part(output, "\"edit\":null");
}

static void malformed_tables_are_one_line_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"columns: [f1, precision]\n", "t.yaml:1: wants columns and a list of tables"},
        {"tables:\n  - {id: 1, title: t, rows: {}}\n", "t.yaml:2: wants columns"},
        {"columns: [f1, f1]\ntables:\n  - {id: 1, title: t, rows: {}}\n",
         "t.yaml:1: two columns have the same name"},
        {"columns: []\ntables:\n  - {id: 1, title: t, rows: {}}\n", "t.yaml:1: columns is a list"},
        {"columns: [f1]\nunits: parts\ntables:\n  - {id: 1, title: t, rows: {}}\n",
         "t.yaml:2: units is percent or"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, cases: 0, rows: {}}\n",
         "t.yaml:3: cases is a whole number"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, whole: [x], rows: {}}\n",
         "t.yaml:3: whole names a column"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, rows: {a: [1]}, notes: {b: x}}\n",
         "t.yaml:3: a note is"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, rows: {a: [\"1 ± x\"]}}\n",
         "t.yaml:3: not a mean and its"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, rows: {a: [0x10]}}\n", "t.yaml:3: not a number"},
        {"columns: [f1]\ntables:\n  - {id: 1, title: t, rows: {a: [[1]]}}\n", "t.yaml:3: not a number"},
        {"- a\n", "t.yaml:1: wants columns"},
        {HEAD "  - id: 1\n    title: t\n    rows:\n      a: [1, 2]\n", "t.yaml:6: a row has one number"},
        {HEAD "  - id: 1\n    title: t\n    rows:\n      a: [1, 2, x]\n", "t.yaml:6: not a number"},
        {HEAD "  - id: 1\n    title: t\n    rows:\n      a: [1, 2, 1e300]\n", "t.yaml:6: a percentage"},
        {"columns: [f1, precision, recall]\ntables: []\ncounts:\n  - {what: x, sum: [], equals: 1}\n",
         "t.yaml:4: a count has"},
        {"columns: [f1", "t.yaml:"},
    };
    char output[4096];
    const char *path = cc_test_path(cc_test_folder(), "t.yaml");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(cases[i].text, file);
        fclose(file);
        assert_int_equal(cc_test_run(output, sizeof output, "%s audit %s", CC_PROGRAM, path), 2);
        assert_part(output, cases[i].part);
        assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consistent_tables_have_no_findings),
        cmocka_unit_test(an_f1_is_read_as_pooled_averaged_or_neither),
        cmocka_unit_test(columns_may_stand_in_any_order),
        cmocka_unit_test(fewer_decimals_allow_more),
        cmocka_unit_test(one_digit_that_mends_is_named),
        cmocka_unit_test(an_exchange_that_mends_both_goes_before_a_digit_that_mends_one),
        cmocka_unit_test(what_nothing_mends_has_no_edit),
        cmocka_unit_test(an_edit_breaks_nothing_that_held),
        cmocka_unit_test(a_deviation_may_be_by_n_or_by_n_minus_1_only),
        cmocka_unit_test(counts_that_do_not_add_up_are_named),
        cmocka_unit_test(a_number_that_is_no_percentage_is_named_once),
        cmocka_unit_test(the_paper_has_the_findings_that_were_checked_by_hand),
        cmocka_unit_test(the_command_prints_findings_and_ends_well),
        cmocka_unit_test(malformed_tables_are_one_line_with_their_place),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
