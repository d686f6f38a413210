/* metrics/conventions.c -- scores of one test set under every grouping of its slices.
 *
 * A grouping gives each row a group's number; rows are sorted by it, the cells of each group are added, and
 * the scores of the groups are averaged. "Pooled" is one group, "slice mean" as many as rows. */
#include "metrics/conventions.h"

#include <math.h>
#include <stdlib.h>

static const char *const grouping_names[CC_GROUPINGS] = {"pooled", "patient_mean", "slice_mean",
                                                         "batch_mean"};

const char *cc_grouping_name(cc_grouping grouping) {
    return grouping_names[grouping];
}

/* A row with its group, to be sorted. */
typedef struct grouped {
    uint64_t group;
    cc_overlap_row row;
} grouped;

static int by_group(const void *a, const void *b) {
    uint64_t p = ((const grouped *)a)->group, q = ((const grouped *)b)->group;
    return p < q ? -1 : p > q;
}

/* The number of the group of row `at`. Batches are runs of rows in the order in which they were given. */
static uint64_t find_group(const cc_overlap_row *row, size_t at, cc_grouping grouping, size_t batch) {
    switch (grouping) {
    case CC_GROUP_PATIENT:
        return row->patient;
    case CC_GROUP_SLICE:
        return at;
    case CC_GROUP_BATCH:
        return at / batch;
    default:
        return 0;
    }
}

/* Adds one group's scores to the sums; a score that is 0/0 and skipped takes no part in its mean. */
static void add_group(double sum[CC_SCORES], size_t used[CC_SCORES], const cc_confusion *cells,
                      cc_empty empty) {
    for (int s = 0; s < CC_SCORES; s++) {
        const double score = cc_score_ratio((cc_score)s, cells, empty);
        if (isnan(score)) continue;
        sum[s] += score;
        used[s]++;
    }
}

/* Negative or infinite cells would give scores outside [0, 1]. */
static cc_status check_rows(const cc_overlap_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cc_confusion *c = &rows[i].cells;
        if (!(c->tp >= 0 && c->fp >= 0 && c->fn >= 0 && c->tn >= 0) ||
            !isfinite(c->tp + c->fp + c->fn + c->tn))
            return cc_fail(CC_EINVAL, "scores", NULL, "row %zu: tp %g, fp %g, fn %g: no sums of pixels", i,
                           c->tp, c->fp, c->fn);
    }
    return CC_OK;
}

cc_status cc_scores_group(cc_scores *out, const cc_overlap_row *rows, size_t count, cc_grouping grouping,
                          size_t batch, cc_empty empty) {
    double sum[CC_SCORES] = {0};
    size_t used[CC_SCORES] = {0};
    if (grouping == CC_GROUP_BATCH && batch < 1)
        return cc_fail(CC_EINVAL, "scores", NULL, "a batch of no slices");
    CC_TRY(check_rows(rows, count));
    grouped *all = malloc((count + 1) * sizeof *all);
    if (!all) return cc_fail_memory("scores", count * sizeof *all);
    for (size_t i = 0; i < count; i++) all[i] = (grouped){find_group(&rows[i], i, grouping, batch), rows[i]};
    /* Cells are added in the order that sorting leaves: counts are whole numbers, whose sums do not depend on
     * it. */
    qsort(all, count, sizeof *all, by_group);
    for (size_t i = 0; i < count;) {
        cc_confusion group = {0};
        const uint64_t number = all[i].group;
        for (; i < count && all[i].group == number; i++) {
            group.tp += all[i].row.cells.tp;
            group.fp += all[i].row.cells.fp;
            group.fn += all[i].row.cells.fn;
            group.tn += all[i].row.cells.tn;
        }
        add_group(sum, used, &group, empty);
    }
    free(all);
    for (int s = 0; s < CC_SCORES; s++) out->value[s] = used[s] ? sum[s] / (double)used[s] : NAN;
    return CC_OK;
}
