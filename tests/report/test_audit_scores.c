/* tests/report/test_audit_scores.c -- the audit of scores beyond F1: no table of true counts is found wrong,
 * however it is printed, and a number that is changed beyond its rounding is; columns by their names, units,
 * deviations, whole numbers. */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <stdio.h>
#include "report/audit/audit.h"
#include "report/audit/columns.h"
#include "support.h"

enum { MOST = 8, SCORES = 11, TEXT = 1 << 17 };

static const char *const names[SCORES] = {"F1",          "Jaccard index", "Precision", "Sens.",
                                          "Spec. (TNR)", "Acc",           "NPV",       "Balanced accuracy",
                                          "FPR",         "FNR",           "FDR"};
enum { F1, IOU, PRECISION, RECALL, SPECIFICITY, ACCURACY, NPV, BALANCED };

static cc_arena *arena;
static char text[TEXT];
static size_t used;

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

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...) {
    va_list args;
    va_start(args, format);
    used += (size_t)vsnprintf(text + used, TEXT - used, format, args);
    va_end(args);
    assert_true(used < TEXT);
}

static cc_audit audit(void) {
    cc_published *published = cc_arena_get(arena, sizeof *published);
    cc_audit made;
    assert_non_null(published);
    assert_ok(cc_published_parse(published, text, used, "t.yaml", arena));
    assert_ok(cc_audit_make(&made, published, arena));
    return made;
}

/* One table: its columns, what else it states, and rows. */
static cc_audit audit_of(const char *columns, const char *states, const char *rows) {
    used = 0;
    add("tables:\n  - id: 1\n    title: t\n    columns: [%s]\n%s    rows:\n%s", columns, states, rows);
    return audit();
}

static size_t findings_of(const char *columns, const char *states, const char *row) {
    char rows[512];
    snprintf(rows, sizeof rows, "      A: [%s]\n", row);
    return audit_of(columns, states, rows).finding_count;
}

/* Shares of 1; NaN where 0/0. */
static void scores_of(double out[SCORES], double tp, double fp, double fn, double tn) {
    out[F1] = 2 * tp / (2 * tp + fp + fn);
    out[IOU] = tp / (tp + fp + fn);
    out[PRECISION] = tp / (tp + fp);
    out[RECALL] = tp / (tp + fn);
    out[SPECIFICITY] = tn / (tn + fp);
    out[ACCURACY] = (tp + tn) / (tp + tn + fp + fn);
    out[NPV] = tn / (tn + fn);
    out[BALANCED] = 0.5 * (out[RECALL] + out[SPECIFICITY]);
    out[8] = 1 - out[SPECIFICITY];
    out[9] = 1 - out[RECALL];
    out[10] = 1 - out[PRECISION];
}

static void add_head(const char *averaging, int positives, int negatives, const char *units) {
    used = 0;
    add("tables:\n  - id: 1\n    title: t\n    averaging: %s\n", averaging);
    if (units) add("    units: %s\n", units);
    if (positives) add("    positives: %d\n", positives);
    if (negatives) add("    negatives: %d\n", negatives);
    add("    columns: [");
    for (int i = 0; i < SCORES; i++) add("%s\"%s\"", i ? ", " : "", names[i]);
    add("]\n    rows:\n");
}

static void add_row(const double scores[SCORES], double scale, int decimals, const char *label) {
    const double unit = pow(10, decimals);
    add("      %s: [", label);
    for (int i = 0; i < SCORES; i++) {
        if (i) add(", ");
        if (isnan(scores[i]))
            add("null");
        else
            add("%.*f", decimals, floor(scores[i] * scale * unit + 0.5) / unit);
    }
    add("]\n");
}

/* All counts up to MOST of each kind, a table for each number of positives and negatives. */
static void no_table_of_true_counts_is_found_wrong(void **state) {
    (void)state;
    for (int form = 0; form < 4; form++) {
        const double scale = form % 2 ? 100 : 1;
        const int decimals = form < 2 ? 3 : form % 2 ? 1 : 2;
        for (int p = 0; p <= MOST; p++)
            for (int n = 0; n <= MOST; n++) {
                add_head("pooled", p, n, form < 2 ? NULL : scale > 1 ? "percent" : "fraction");
                for (int tp = 0; tp <= p; tp++)
                    for (int fp = 0; fp <= n; fp++) {
                        char label[16];
                        double scores[SCORES];
                        snprintf(label, sizeof label, "r%d-%d", tp, fp);
                        scores_of(scores, tp, fp, p - tp, n - fp);
                        add_row(scores, scale, decimals, label);
                    }
                const cc_audit a = audit();
                if (a.finding_count) fail_msg("%s: %s", a.findings[0].cells[0], a.findings[0].reason);
                assert_string_equal(a.tables[0].mixed, "");
                assert_string_equal(a.tables[0].not_checked, "");
            }
        cc_arena_destroy(arena);
        arena = cc_arena_create();
    }
}

/* Three units of the last decimal away, no other counts of the same items explain all scores. */
static void a_score_that_is_changed_beyond_its_rounding_is_found(void **state) {
    (void)state;
    size_t tried = 0;
    for (int tp = 1; tp <= 5; tp++)
        for (int fp = 1; fp <= 5; fp++)
            for (int i = 0; i < SCORES; i++) {
                double scores[SCORES];
                scores_of(scores, tp, fp, 6 - tp, 7 - fp);
                scores[i] += scores[i] > 0.5 ? -0.03 : 0.03;
                add_head("pooled", 6, 7, NULL);
                add_row(scores, 1, 2, "A");
                const cc_audit a = audit();
                if (!a.finding_count) fail_msg("%s of tp %d, fp %d may be changed", names[i], tp, fp);
                tried++;
            }
    assert_int_equal(tried, 25 * SCORES);
}

/* Means over five cases with their deviations by n - 1, as cells and without the word "mean" anywhere. */
static void no_table_of_means_over_cases_is_found_wrong(void **state) {
    (void)state;
    enum { CASES = 5, TRIALS = 400 };
    uint32_t draw = 7;
    for (int trial = 0; trial < TRIALS; trial++) {
        double sum[BALANCED + 1] = {0}, squares[BALANCED + 1] = {0};
        for (int i = 0; i < CASES; i++) {
            double counts[4], scores[SCORES];
            for (int k = 0; k < 4; k++) {
                draw = draw * 1664525u + 1013904223u;
                counts[k] = 1 + (draw >> 24) % (trial % 2 ? 200 : 3);
            }
            scores_of(scores, counts[0], counts[1], counts[2], counts[3]);
            for (int k = 0; k <= BALANCED; k++) {
                sum[k] += scores[k];
                squares[k] += scores[k] * scores[k];
            }
        }
        used = 0;
        add("columns: [F1, IoU, Precision, Recall, Specificity, Accuracy, NPV, Balanced accuracy]\n"
            "tables:\n  - {id: 1, title: t, cases: %d, rows: {A: [",
            CASES);
        for (int k = 0; k <= BALANCED; k++) {
            const double mean = sum[k] / CASES;
            add("%s%.3f ± %.3f", k ? ", " : "", mean,
                sqrt(fmax(0, squares[k] - CASES * mean * mean) / (CASES - 1)));
        }
        add("]}}\n");
        const cc_audit a = audit();
        if (a.finding_count) fail_msg("%s: %s", a.findings[0].cells[0], a.findings[0].reason);
    }
}

static void names_of_columns_are_known_in_many_spellings(void **state) {
    (void)state;
    static const struct {
        const char *name;
        cc_score_kind kind;
    } cases[] = {
        {"F1", CC_COLUMN_F1},
        {"F1-score", CC_COLUMN_F1},
        {"F1 score (%)", CC_COLUMN_F1},
        {"F1-Score [%] \u2191", CC_COLUMN_F1},
        {"F-measure", CC_COLUMN_F1},
        {"Dice", CC_COLUMN_DICE},
        {"DSC", CC_COLUMN_DICE},
        {"Mean DSC (%)", CC_COLUMN_DICE},
        {"Dice coefficient", CC_COLUMN_DICE},
        {"Dice similarity coefficient", CC_COLUMN_DICE},
        {"S\u00f8rensen\u2013Dice index", CC_COLUMN_DICE},
        {"mDice", CC_COLUMN_DICE},
        {"Dice (mean \u00b1 SD)", CC_COLUMN_DICE},
        {"IoU", CC_COLUMN_IOU},
        {"mIoU", CC_COLUMN_IOU},
        {"Jaccard", CC_COLUMN_IOU},
        {"Jaccard similarity coefficient", CC_COLUMN_IOU},
        {"Sens.", CC_COLUMN_RECALL},
        {"SENSITIVITY", CC_COLUMN_RECALL},
        {"Recall (%)", CC_COLUMN_RECALL},
        {"TPR", CC_COLUMN_RECALL},
        {"PPV", CC_COLUMN_PRECISION},
        {"Positive predictive value", CC_COLUMN_PRECISION},
        {"Prec.", CC_COLUMN_PRECISION},
        {"Spec", CC_COLUMN_SPECIFICITY},
        {"TNR", CC_COLUMN_SPECIFICITY},
        {"Spec. (TNR)", CC_COLUMN_SPECIFICITY},
        {"Recall/Sensitivity (%)", CC_COLUMN_RECALL},
        {"Dice (F1)", CC_COLUMN_DICE},
        {"Recall (lesions)", CC_COLUMN_OTHER},
        {"Precision/Recall", CC_COLUMN_OTHER},
        {"Acc.", CC_COLUMN_ACCURACY},
        {"Overall accuracy", CC_COLUMN_ACCURACY},
        {"95 % HD", CC_COLUMN_OTHER},
        {"HD95", CC_COLUMN_OTHER},
        {"ASD", CC_COLUMN_OTHER},
        {"NSD", CC_COLUMN_OTHER},
        {"Surface Dice", CC_COLUMN_OTHER},
        {"Lesion F1", CC_COLUMN_OTHER},
        {"F2", CC_COLUMN_OTHER},
        {"AUC", CC_COLUMN_OTHER},
        {"p", CC_COLUMN_OTHER},
        {"Mean", CC_COLUMN_OTHER},
        {"%", CC_COLUMN_OTHER},
        {"", CC_COLUMN_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cc_score_column c = cc_score_column_of(cases[i].name);
        if (c.kind != cases[i].kind || c.deviation)
            fail_msg("\"%s\" is %s", cases[i].name, cc_score_kind_name(c.kind));
    }
    const cc_score_column of_dice = cc_score_column_of("Dice SD (%)"),
                          of_last = cc_score_column_of("\u00b1 SD");
    assert_true(of_dice.deviation && of_dice.kind == CC_COLUMN_DICE && of_dice.percent);
    assert_true(of_last.deviation && of_last.of_column_before);
    assert_true(cc_score_column_of("std. of recall").kind == CC_COLUMN_RECALL);
}

static void an_iou_must_fit_its_dice(void **state) {
    (void)state;
    assert_int_equal(findings_of("Dice, IoU", "", "80.0, 66.7"), 0); /* 80 / 1.2 */
    assert_int_equal(findings_of("IoU, DSC", "", "75.0, 80.0"), 0);  /* a mean over cases */
    assert_int_equal(findings_of("Dice, IoU", "", "80.0, 66.5"), 1); /* less than any mean */
    assert_int_equal(findings_of("Dice, IoU", "", "80.0, 80.2"), 1); /* more than Dice */
    assert_int_equal(findings_of("Dice, IoU", "", "0.800, 0.650"), 1);
    assert_int_equal(findings_of("Dice, IoU", "    averaging: pooled\n", "80.0, 75.0"), 1);
    assert_int_equal(findings_of("F1, Jaccard", "", "80.0, 60.0"), 1);
    assert_int_equal(findings_of("IoU, PPV, Sens", "", "85.0, 80.0, 90.0"), 1); /* more than precision */
    assert_int_equal(findings_of("IoU, PPV, Sens", "", "69.0, 80.0, 90.0"), 1); /* less than P + R - 100 */
    assert_int_equal(findings_of("IoU, PPV, Sens", "", "73.5, 80.0, 90.0"), 0);
    const cc_audit a = audit_of("Dice, IoU", "", "      A: [80.0, 60.0]\n");
    assert_string_equal(a.findings[0].cells[0], "Table 1, A, IoU");
    assert_string_equal(a.findings[0].cells[1], "Table 1, A, Dice");
    assert_non_null(
        strstr(a.findings[0].reason, "60.0 cannot be the IoU of Dice 80.0: pooled it is 66.60 to 66.74"));
    assert_non_null(strstr(a.findings[0].reason, "averaged over cases 66.60 to 80.05"));
    assert_string_equal(a.findings[0].edit, "IoU of row \"A\" read as 67.0, not 60.0");
}

static void an_accuracy_lies_between_sensitivity_and_specificity(void **state) {
    (void)state;
    static const char columns[] = "Sensitivity, Specificity, Accuracy";
    assert_int_equal(findings_of(columns, "", "90.0, 80.0, 85.0"), 0);
    assert_int_equal(findings_of(columns, "", "90.0, 80.0, 79.8"), 1);
    assert_int_equal(findings_of(columns, "", "90.0, 80.0, 90.2"), 1);
    assert_int_equal(findings_of(columns, "", "0.90, 0.80, 0.95"), 1);
    assert_int_equal(findings_of(columns, "    averaging: mean\n", "90.0, 80.0, 95.0"), 0);
    assert_int_equal(findings_of(columns, "    averaging: mean\n", "90.0, 80.0, 69.8"), 1);
    assert_int_equal(findings_of(columns, "", "\"90.0 ± 1\", \"80.0 ± 2\", \"95.0 ± 3\""), 0);
    assert_int_equal(findings_of("TPR, TNR, Balanced accuracy", "", "90.0, 80.0, 85.2"), 1);
    assert_int_equal(findings_of("TPR, TNR, FNR", "", "90.0, 80.0, 20.0"), 1);
    assert_int_equal(findings_of("TPR, TNR, FPR", "", "0.90, 0.80, 0.20"), 0);
}

static void a_deviation_must_fit_its_mean(void **state) {
    (void)state;
    assert_int_equal(findings_of("Dice", "", "95.0 ± 20.0"), 0); /* sqrt(95 * 5 * 2) = 30.8 over two cases */
    assert_int_equal(findings_of("Dice", "", "95.0 ± 31.2"), 1);
    assert_int_equal(findings_of("Dice", "    cases: 40\n", "95.0 ± 22.5"), 1); /* 22.07; of 94.95: 22.18 */
    assert_int_equal(findings_of("Dice", "    cases: 40\n", "95.0 ± 22.0"), 0);
    assert_int_equal(findings_of("Dice", "    cases: 40\n", "0.950 ± 0.225"), 1);
    assert_int_equal(findings_of("Dice, SD", "    cases: 40\n", "95.0, 22.5"), 1);
    assert_int_equal(findings_of("Dice SD, Dice", "    cases: 40\n", "22.5, 95.0"), 1);
    assert_int_equal(findings_of("Dice", "    cases: 40\n", "95.0 (22.5)"), 1);
    used = 0;
    add("columns: [Dice, IoU]\ntables:\n  - {id: 1, title: t, cases: 40, rows: {}, summary: {Mean: [0.95, "
        "0.80], SD: "
        "[0.24, 0.10]}}\n");
    const cc_audit a = audit();
    assert_int_equal(a.finding_count, 2); /* the deviation of Dice, and an IoU below 0.95 / 1.05 */
}

static void whole_numbers_have_steps(void **state) {
    (void)state;
    static const char whole[] = "    cases: 28\n    whole: [FP per scan]\n";
    assert_int_equal(findings_of("FP per scan", whole, "5.19"), 1);
    assert_int_equal(findings_of("FP per scan", whole, "5.18"), 0);
    assert_int_equal(findings_of("Sensitivity", "    positives: 12\n", "80.0"), 1);
    assert_int_equal(findings_of("Sensitivity", "    positives: 12\n", "0.833"), 0);
    assert_int_equal(findings_of("Specificity", "    negatives: 7\n", "50.0"), 1);
    const cc_audit a = audit_of("FP per scan", whole, "      A: [5.19]\n");
    assert_non_null(strstr(a.findings[0].reason, "145/28 is 5.179 and 146/28 is 5.214"));
    assert_string_equal(a.findings[0].edit, "FP per scan of row \"A\" read as 5.18, not 5.19");
}

static void units_are_told_apart_or_said(void **state) {
    (void)state;
    static const char columns[] = "f1, precision, recall";
    assert_int_equal(findings_of(columns, "", "0.63, 0.83, 0.93"), 1);
    assert_int_equal(findings_of(columns, "    units: percent\n", "0.63, 0.83, 0.93"),
                     0);                                                                /* a mean may be so */
    assert_int_equal(findings_of("Dice, IoU", "    units: fraction\n", "1.2, 0.8"), 1); /* no fraction */
    assert_int_equal(findings_of(columns, "", "1.05, 0.9, 0.9"), 1);
    assert_int_equal(findings_of("\"f1 (%)\", precision, recall", "", "88.0, 0.832, 0.933"), 0);
    assert_int_equal(findings_of("\"f1 (%)\", precision, recall", "", "63.0, 0.832, 0.933"), 1);
    assert_int_equal(findings_of(columns, "", "\"63.0 %\", 0.832, 0.933"), 1);
    cc_audit a = audit_of("f1, IoU, precision, recall", "", "      A: [88.0, 0.1, 83.2, 93.3]\n");
    assert_int_equal(a.finding_count, 0);
    assert_string_equal(a.tables[0].mixed, "IoU");
    a = audit_of(columns, "", "      A: [88.0, 83.2, 93.3]\n      B: [0.63, 0.832, 0.933]\n");
    assert_int_equal(a.finding_count, 0);
    assert_string_equal(a.tables[0].mixed, "row B");
    assert_non_null(strstr(cc_audit_table_words(&a.tables[0], arena), "percent or fractions"));
}

static void what_is_not_checked_is_named(void **state) {
    (void)state;
    cc_audit a = audit_of("DSC, HD95, \"Sens.\", TPR, p", "", "      A: [80.0, 3.2, 70.0, 70.0, 0.01]\n");
    assert_string_equal(a.tables[0].not_checked, "HD95, TPR, p");
    assert_string_equal(a.tables[0].alone, "DSC, Sens.");
    assert_string_equal(a.tables[0].renamed, "DSC as F1, Sens. as recall");
    const char *words = cc_audit_table_words(&a.tables[0], arena);
    assert_non_null(strstr(words, "columns HD95, TPR, p not checked"));
    a = audit_of("F1, Dice, Precision, Recall", "", "      A: [60.0, 80.0, 60.0, 60.0]\n");
    assert_int_equal(a.finding_count, 0);
    assert_int_equal(a.note_count, 1);
    assert_non_null(strstr(a.notes[0].text, "F1 60.0 and Dice 80.0 are one formula"));
}

static void the_command_says_on_standard_error_what_it_does_not_check(void **state) {
    (void)state;
    char output[8192];
    const char *path = cc_test_path(cc_test_folder(), "t.yaml");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("columns: [HD95, Dice]\nunit: percent\ntables:\n  - {id: 3, title: t, rows: {A: [3.1, 0.9]}}\n",
          file);
    fclose(file);
    assert_int_equal(cc_test_run(output, sizeof output, "%s audit %s --json", CC_PROGRAM, path), 0);
    assert_non_null(strstr(output, "Table 3: column HD95 not checked"));
    assert_non_null(strstr(output, "t.yaml:2: unit is no key that is known here"));
    assert_int_equal(cc_test_run(output, sizeof output, "%s audit %s --json", CC_PROGRAM, path), 0);
    assert_non_null(strstr(output, "\"not_checked\":\"HD95\""));
    assert_non_null(strstr(output, "\"units\":\"fraction\""));
}

static void the_papers_table_7_has_its_notes(void **state) {
    (void)state;
    cc_published published;
    cc_audit a;
    assert_ok(cc_published_get(&published, arena));
    assert_ok(cc_audit_make(&a, &published, arena));
    assert_int_equal(a.note_count, 3);
    assert_non_null(strstr(a.notes[0].text, "by the volume of the lesions"));
    assert_string_equal(a.notes[2].row, "[7]");
    assert_non_null(strstr(a.notes[2].text, "DenseRAUnet"));
    assert_non_null(strstr(a.notes[2].text, "CAC-Net"));
    for (size_t i = 0; i < a.table_count; i++)
        assert_string_equal(cc_audit_table_words(&a.tables[i], arena), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_table_of_true_counts_is_found_wrong),
        cmocka_unit_test(a_score_that_is_changed_beyond_its_rounding_is_found),
        cmocka_unit_test(no_table_of_means_over_cases_is_found_wrong),
        cmocka_unit_test(names_of_columns_are_known_in_many_spellings),
        cmocka_unit_test(an_iou_must_fit_its_dice),
        cmocka_unit_test(an_accuracy_lies_between_sensitivity_and_specificity),
        cmocka_unit_test(a_deviation_must_fit_its_mean),
        cmocka_unit_test(whole_numbers_have_steps),
        cmocka_unit_test(units_are_told_apart_or_said),
        cmocka_unit_test(what_is_not_checked_is_named),
        cmocka_unit_test(the_command_says_on_standard_error_what_it_does_not_check),
        cmocka_unit_test(the_papers_table_7_has_its_notes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
