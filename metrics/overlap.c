/* metrics/overlap.c -- pixel counts of two masks, and their scores averaged over pixels, patients or
 * slices. */
#include "metrics/overlap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

cc_counts cc_counts_from_masks(const uint8_t *prediction, const uint8_t *truth, size_t count) {
    /* tp, tp + fp and tp + fn give all four counts. */
    int64_t both = 0, predicted = 0, true_ones = 0;
    for (size_t i = 0; i < count; i++) {
        both += prediction[i] && truth[i];
        predicted += prediction[i] != 0;
        true_ones += truth[i] != 0;
    }
    return (cc_counts){both, predicted - both, true_ones - both,
                       (int64_t)count - predicted - true_ones + both};
}

void cc_counts_add(cc_counts *sum, const cc_counts *counts) {
    sum->tp += counts->tp;
    sum->fp += counts->fp;
    sum->fn += counts->fn;
    sum->tn += counts->tn;
}

cc_confusion cc_counts_cells(const cc_counts *counts) {
    return (cc_confusion){(double)counts->tp, (double)counts->fp, (double)counts->fn, (double)counts->tn};
}

cc_status cc_scores_from_counts(cc_scores *out, const cc_counts *counts, cc_empty empty) {
    if (counts->tp < 0 || counts->fp < 0 || counts->fn < 0 || counts->tn < 0)
        return cc_fail(CC_EINVAL, "counts", NULL, "tp %lld, fp %lld, fn %lld, tn %lld: a count is negative",
                       (long long)counts->tp, (long long)counts->fp, (long long)counts->fn,
                       (long long)counts->tn);
    const cc_confusion cells = cc_counts_cells(counts);
    for (int k = 0; k < CC_SCORES; k++) out->value[k] = cc_score_ratio((cc_score)k, &cells, empty);
    return CC_OK;
}

/* The mean over rows of their scores, each score over the rows that have it. */
static cc_status mean_of_rows(cc_scores *out, const cc_count_row *rows, size_t count, cc_empty empty) {
    double sum[CC_SCORES] = {0};
    size_t used[CC_SCORES] = {0};
    for (size_t i = 0; i < count; i++) {
        cc_scores row = {{0}};
        CC_TRY(cc_scores_from_counts(&row, &rows[i].counts, empty));
        for (int s = 0; s < CC_SCORES; s++) {
            if (isnan(row.value[s])) continue;
            sum[s] += row.value[s];
            used[s]++;
        }
    }
    for (int s = 0; s < CC_SCORES; s++) out->value[s] = used[s] ? sum[s] / (double)used[s] : NAN;
    return CC_OK;
}

/* For qsort: rows of one patient stand together. */
static int by_patient(const void *a, const void *b) {
    uint32_t p = ((const cc_count_row *)a)->patient, q = ((const cc_count_row *)b)->patient;
    return p < q ? -1 : p > q;
}

/* Joins rows of equal patients (of all, where `all`) in place, and gives the new number of rows. */
static size_t join_rows(cc_count_row *rows, size_t count, bool all) {
    size_t last = 0;
    for (size_t i = 1; i < count; i++)
        if (all || rows[i].patient == rows[last].patient)
            cc_counts_add(&rows[last].counts, &rows[i].counts);
        else
            rows[++last] = rows[i];
    return last + 1;
}

cc_status cc_scores_average(cc_scores *out, const cc_count_row *rows, size_t count,
                            cc_convention convention) {
    cc_scores checked;
    CC_TRY(mean_of_rows(&checked, rows, count, convention.empty)); /* refuses negative counts before sums */
    /* The mean over slices is that of the rows as they are. */
    if (convention.average == CC_AVERAGE_SLICE || count == 0) {
        *out = checked;
        return CC_OK;
    }
    cc_count_row *joined = malloc(count * sizeof *joined);
    if (!joined) return cc_fail_memory("scores", count * sizeof *joined);
    memcpy(joined, rows, count * sizeof *joined);
    /* Join the rows of each patient, or all rows, then take the mean over what is left. */
    qsort(joined, count, sizeof *joined, by_patient);
    size_t groups = join_rows(joined, count, convention.average == CC_AVERAGE_POOLED);
    cc_status status = mean_of_rows(out, joined, groups, convention.empty);
    free(joined);
    return status;
}
