/* metrics/rounding.c -- intervals of all numbers that a printed one may stand for, carried through the
 * arithmetic of scores. metrics/rounding.h has the derivations; here are the two ends of each. */
#include "metrics/rounding.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

cc_range cc_range_printed(double value, int decimals) {
    const double half = 0.5 * pow(10, -decimals);
    return (cc_range){value - half, value + half};
}

bool cc_range_meet(cc_range a, cc_range b) {
    const double slack = 1e-9 * fmax(fmax(fabs(a.low), fabs(a.high)), fmax(fabs(b.low), fabs(b.high)));
    return a.low <= b.high + slack && b.low <= a.high + slack;
}

cc_range cc_range_mean(const cc_range *items, size_t count) {
    assert(count > 0);
    cc_range sum = {0, 0};
    for (size_t i = 0; i < count; i++) {
        sum.low += items[i].low;
        sum.high += items[i].high;
    }
    return (cc_range){sum.low / (double)count, sum.high / (double)count};
}

static double middle(cc_range r) {
    return 0.5 * (r.low + r.high);
}

/* For qsort: ranges in the order of their middles. */
static int by_middle(const void *a, const void *b) {
    double p = middle(*(const cc_range *)a), q = middle(*(const cc_range *)b);
    return p < q ? -1 : p > q;
}

/* The number of a range that is nearest to a value. */
static double nearest_to(double value, cc_range r) {
    return fmin(fmax(value, r.low), r.high);
}

/* The numbers nearest to m have the least sum of squares about m; and that is least where m is their mean:
 * the sum of m - nearest(m) rises with m, so halving finds its zero. */
static double least_squares(const cc_range *items, size_t count) {
    double low = INFINITY, high = -INFINITY, squares = 0;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, items[i].low);
        high = fmax(high, items[i].high);
    }
    for (int step = 0; step < 60; step++) {
        double m = 0.5 * (low + high), sum = 0;
        for (size_t i = 0; i < count; i++) sum += m - nearest_to(m, items[i]);
        *(sum < 0 ? &low : &high) = m;
    }
    for (size_t i = 0; i < count; i++) {
        double away = high - nearest_to(high, items[i]);
        squares += away * away;
    }
    return squares;
}

/* The sum of squares about the mean is convex, so it is greatest with every number at an end of its range;
 * and with ranges of one width, in the order of their middles, the lower ends come first: exchanging the ends
 * of two that are not so keeps the sum and does not lessen the squares. */
static double most_squares(const cc_range *items, size_t count) {
    const double n = (double)count, centre = middle(cc_range_mean(items, count));
    double half = 0, sum = 0, squares = 0, most = 0;
    for (size_t i = 0; i < count; i++) half = fmax(half, 0.5 * (items[i].high - items[i].low));
    for (size_t i = 0; i < count; i++) {
        double x = middle(items[i]) - centre + half;
        sum += x;
        squares += x * x;
    }
    for (size_t i = 0; i < count; i++) {
        double x = middle(items[i]) - centre;
        sum -= 2 * half;
        squares += (x - half) * (x - half) - (x + half) * (x + half);
        most = fmax(most, squares - sum * sum / n);
    }
    return most;
}

cc_range cc_range_deviation(cc_range *items, size_t count, bool sample) {
    const double divisor = (double)count - (sample ? 1 : 0);
    assert(divisor > 0);
    qsort(items, count, sizeof *items, by_middle);
    return (cc_range){sqrt(least_squares(items, count) / divisor),
                      sqrt(most_squares(items, count) / divisor)};
}

/* 0 where either is 0, as F1 is. */
static double harmonic_mean(double a, double b) {
    return a > 0 && b > 0 ? 2 * a * b / (a + b) : 0;
}

cc_range cc_range_f1_pooled(cc_range precision, cc_range recall) {
    return (cc_range){harmonic_mean(precision.low, recall.low), harmonic_mean(precision.high, recall.high)};
}

cc_range cc_range_f1_averaged(cc_range precision, cc_range recall) {
    return (cc_range){fmax(0, precision.low + recall.low - 100), harmonic_mean(precision.high, recall.high)};
}

/* D / (2 - D) in percent; printed values may lie a rounding above 100. */
static double iou_of_dice(double dice) {
    return dice < 200 ? 100 * dice / (200 - dice) : 100;
}

cc_range cc_range_iou_pooled(cc_range dice) {
    return (cc_range){iou_of_dice(dice.low), iou_of_dice(dice.high)};
}

cc_range cc_range_iou_averaged(cc_range dice) {
    return (cc_range){iou_of_dice(dice.low), dice.high};
}

cc_range cc_range_iou_of_pooled(cc_range precision, cc_range recall) {
    return cc_range_iou_pooled(cc_range_f1_pooled(precision, recall));
}

cc_range cc_range_iou_of_averaged(cc_range precision, cc_range recall) {
    return (cc_range){fmax(0, precision.low + recall.low - 100), fmin(precision.high, recall.high)};
}

cc_range cc_range_accuracy_pooled(cc_range sensitivity, cc_range specificity) {
    return (cc_range){fmin(sensitivity.low, specificity.low), fmax(sensitivity.high, specificity.high)};
}

cc_range cc_range_accuracy_averaged(cc_range sensitivity, cc_range specificity) {
    return (cc_range){fmax(0, sensitivity.low + specificity.low - 100),
                      fmin(100, sensitivity.high + specificity.high)};
}

cc_range cc_range_deviation_of_mean(cc_range mean, long long cases) {
    /* The Bhatia-Davis bound m (100 - m) is greatest where the mean may be nearest to 50. */
    const double nearest_half = nearest_to(50, mean), n = cases > 0 ? (double)cases : 2;
    const double most = fmax(0, nearest_half * (100 - nearest_half));
    return (cc_range){0, sqrt(most * (n > 1 ? n / (n - 1) : 1))};
}

bool cc_range_holds_mean_of_whole(cc_range range, long long cases) {
    const double n = (double)cases, slack = 1e-9 * fmax(1, fmax(fabs(range.low), fabs(range.high)) * n);
    return ceil(range.low * n - slack) <= floor(range.high * n + slack);
}
