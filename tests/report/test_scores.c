/* tests/report/test_scores.c -- every convention of averaging against scikit-learn's numbers in
 * golden/scores.h5. */
#include "support.h"
#include <math.h>
#include "metrics/overlap.h"
#include "results/hdf_read.h"

enum { SLICES = 25, PIXELS = 48 * 48 };

typedef struct golden {
    hid_t file, expect;
    cc_arena *arena;
    const uint8_t *prediction, *truth;
    cc_count_row rows[SLICES];
} golden;

static void *get(golden *g, hid_t group, const char *name, hid_t type, size_t bytes) {
    void *out;
    int rank;
    hsize_t dims[3];
    assert_ok(cc_hdf_get_array(&out, &rank, dims, group, name, type, bytes, 3, 1 << 20, g->arena));
    return out;
}

static void open_golden(golden *g) {
    const char *path = cc_test_shared("golden/scores.h5");
    g->arena = cc_arena_create();
    cc_hdf_lock();
    assert_ok(cc_hdf_open(&g->file, path));
    assert_ok(cc_hdf_open_group(&g->expect, g->file, "expect"));
    g->prediction = get(g, g->file, "prediction", H5T_NATIVE_UINT8, 1);
    g->truth = get(g, g->file, "truth", H5T_NATIVE_UINT8, 1);
    const int64_t *patient = get(g, g->file, "patient", H5T_NATIVE_INT64, 8);
    for (int i = 0; i < SLICES; i++)
        g->rows[i] =
            (cc_count_row){(uint32_t)patient[i],
                           cc_counts_from_masks(g->prediction + i * PIXELS, g->truth + i * PIXELS, PIXELS)};
}

static void close_golden(golden *g) {
    H5Gclose(g->expect);
    H5Fclose(g->file);
    cc_hdf_unlock();
    cc_arena_destroy(g->arena);
}

static void counts_equal_the_golden_ones_exactly(void **state) {
    (void)state;
    golden g;
    open_golden(&g);
    const int64_t *want = get(&g, g.expect, "confusion_tp_fp_fn_tn", H5T_NATIVE_INT64, 8);
    for (int i = 0; i < SLICES; i++) assert_memory_equal(&g.rows[i].counts, want + 4 * i, 4 * sizeof *want);
    close_golden(&g);
}

static void every_convention_equals_the_golden_scores(void **state) {
    (void)state;
    static const struct {
        const char *name;
        cc_convention convention;
    } cases[] = {
        {"pooled_f1_precision_recall", {CC_AVERAGE_POOLED, CC_EMPTY_SKIP}},
        {"patient_mean_f1_precision_recall", {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}},
        {"slice_mean_empty_skipped_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_SKIP}},
        {"slice_mean_empty_zero_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_ZERO}},
        {"slice_mean_empty_one_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_ONE}},
    };
    golden g;
    open_golden(&g);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const double *want = get(&g, g.expect, cases[c].name, H5T_NATIVE_DOUBLE, 8);
        cc_scores got;
        assert_ok(cc_scores_average(&got, g.rows, SLICES, cases[c].convention));
        for (int s = 0; s < 3; s++)
            if (!(fabs(got.value[s] - want[s]) <= 1e-6 * fabs(want[s])))
                fail_msg("%s: %s is %.9g, not %.9g", cases[c].name, cc_score_name((cc_score)s), got.value[s],
                         want[s]);
    }
    close_golden(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_equal_the_golden_ones_exactly),
        cmocka_unit_test(every_convention_equals_the_golden_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
