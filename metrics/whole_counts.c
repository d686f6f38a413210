/* metrics/whole_counts.c -- whether whole counts give the printed scores.
 *
 * With tp fixed, fn follows from the number of positive items, and every printed score leaves a range of
 * false positives; counts exist where a whole number lies in all of these ranges at once. All tp that the
 * sensitivity allows are tried. */
#include "metrics/whole_counts.h"

#include <math.h>

static const double MOST_TRIED = 1e7;

/* Narrows [out->low, out->high] to [low, high]. */
static void narrow(cc_range *out, double low, double high) {
    out->low = fmax(out->low, low);
    out->high = fmin(out->high, high);
}

/* The false positives with which `part` of `whole` + fp lies in the range of a score: part / (whole + fp), in
 * percent, which falls with fp. Nothing of nothing may be printed as anything. */
static void narrow_to_share(cc_range *fp, cc_range score, double part, double whole) {
    if (part > 0) {
        narrow(fp, score.high > 0 ? 100 * part / score.high - whole : INFINITY,
               score.low > 0 ? 100 * part / score.low - whole : INFINITY);
    } else if (score.low > 0) { /* the score is 0, or 0/0 with fp = 0 */
        if (whole > 0) fp->high = -1;
        narrow(fp, 0, 0);
    }
}

/* The false positives that the scores allow beside so many true positives. */
static cc_range false_positives(const cc_counted_row *row, double tp) {
    const double p = (double)row->positives, n = (double)row->negatives, fn = p - tp;
    const cc_range *score = row->range;
    const bool *given = row->given;
    cc_range fp = {0, n};
    if (given[CC_COUNTED_SPECIFICITY] && n > 0)
        narrow(&fp, n * (1 - score[CC_COUNTED_SPECIFICITY].high / 100),
               n * (1 - score[CC_COUNTED_SPECIFICITY].low / 100));
    if (given[CC_COUNTED_ACCURACY] && p + n > 0)
        narrow(&fp, tp + n - (p + n) * score[CC_COUNTED_ACCURACY].high / 100,
               tp + n - (p + n) * score[CC_COUNTED_ACCURACY].low / 100);
    if (given[CC_COUNTED_BALANCED_ACCURACY] && p > 0 && n > 0)
        narrow(&fp, n * (1 + tp / p - score[CC_COUNTED_BALANCED_ACCURACY].high / 50),
               n * (1 + tp / p - score[CC_COUNTED_BALANCED_ACCURACY].low / 50));
    if (given[CC_COUNTED_PRECISION]) narrow_to_share(&fp, score[CC_COUNTED_PRECISION], tp, tp);
    if (given[CC_COUNTED_F1]) narrow_to_share(&fp, score[CC_COUNTED_F1], 2 * tp, tp + p);
    if (given[CC_COUNTED_IOU]) narrow_to_share(&fp, score[CC_COUNTED_IOU], tp, p);
    if (given[CC_COUNTED_NPV]) { /* tn / (tn + fn) = q, so tn = fn q / (1 - q) */
        const cc_range q = score[CC_COUNTED_NPV];
        const double most = q.high < 100 ? fn * q.high / (100 - q.high) : INFINITY;
        const double least = q.low < 100 ? fn * q.low / (100 - q.low) : INFINITY;
        if (fn > 0)
            narrow(&fp, n - most, n - least);
        else if (q.high < 100) /* tn / tn is 1, or 0/0 with no tn */
            narrow(&fp, n, n);
    }
    return fp;
}

/* Whether a range holds a whole number; `size` is that of the counts, for the slack of their rounding. */
static bool holds_whole(cc_range r, double size) {
    const double slack = 1e-9 * fmax(1, size);
    return ceil(r.low - slack) <= floor(r.high + slack);
}

bool cc_whole_counts_possible(const cc_counted_row *row) {
    const double p = (double)row->positives, size = p + (double)row->negatives;
    /* The true positives that the printed sensitivity allows. */
    cc_range tp = {0, p};
    if (row->given[CC_COUNTED_SENSITIVITY] && p > 0)
        tp = (cc_range){fmax(0, p * row->range[CC_COUNTED_SENSITIVITY].low / 100),
                        fmin(p, p * row->range[CC_COUNTED_SENSITIVITY].high / 100)};
    if (tp.high - tp.low > MOST_TRIED) return true;
    const double slack = 1e-9 * fmax(1, p), last = floor(tp.high + slack);
    for (double t = ceil(tp.low - slack); t <= last; t++) {
        cc_range fp = false_positives(row, t);
        if (fp.low <= fp.high + 1e-9 * fmax(1, size) && holds_whole(fp, size)) return true;
    }
    return false;
}
