/* metrics/rounding.h -- what printed numbers allow: interval arithmetic on their rounding.
 *
 * A number printed as 95.8 may be any from 95.75 to 95.85, both ends included, however halves were rounded.
 * What follows from such numbers is a range too, and a printed result is possible where the two meet. */
#ifndef CC_METRICS_ROUNDING_H
#define CC_METRICS_ROUNDING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cc_range {
    double low, high; /* low <= high; both included */
} cc_range;

/* Of a number printed with so many decimals: value -+ half a unit of the last. */
cc_range cc_range_printed(double value, int decimals);
/* Whether two ranges share a point, to one part in 10^9 of their size. */
bool cc_range_meet(cc_range a, cc_range b);

/* Of the mean of numbers, each anywhere in its range; at least one. */
cc_range cc_range_mean(const cc_range *items, size_t count);
/* Of their standard deviation: divided by n - 1 where `sample` (at least two numbers), else by n. Sorts
 * items by their middles. The low end is exact; so is the high one where all ranges are equally wide, and
 * else that of the widest, which lies above. */
cc_range cc_range_deviation(cc_range *items, size_t count, bool sample);

/* Of an F1 with this precision and recall, in percent, all from the same counts: their harmonic mean, which
 * rises with both. Also of an F1 that was computed from a mean precision and a mean recall. */
cc_range cc_range_f1_pooled(cc_range precision, cc_range recall);
/* Of the mean of F1 over items (patients, slices) whose precisions and recalls have these means, in percent,
 * all three over the same items. F1 = h(p, r), the harmonic mean, is concave on the unit square, so that
 *   mean h <= h(mean p, mean r)        (Jensen's inequality);
 * and the greatest convex function below a concave one on a square is that through its values at the corners,
 * h(1,1) = 1 and h = 0 at the other three, which is max(0, p + r - 1), so that
 *   mean h >= max(0, mean p + mean r - 1).
 * Items at the corners come as near to the lower end as one likes. */
cc_range cc_range_f1_averaged(cc_range precision, cc_range recall);

/* Of an IoU whose Dice (F1) is known, in percent, of the same counts: f(D) = D / (2 - D), which rises. */
cc_range cc_range_iou_pooled(cc_range dice);
/* Of the mean IoU over cases whose mean Dice is known. f is convex on [0, 1], as f'' = 4 / (2 - D)^3 > 0, so
 *   mean f(D) >= f(mean D)             (Jensen's inequality);
 * and f lies below its chord from f(0) = 0 to f(1) = 1, so that
 *   mean f(D) <= mean D.
 * Equal cases reach the lower end, cases of Dice 0 and 1 the upper one. */
cc_range cc_range_iou_averaged(cc_range dice);

/* Of an IoU whose precision and recall are known, in percent, of the same counts: f of their harmonic
 * mean. */
cc_range cc_range_iou_of_pooled(cc_range precision, cc_range recall);
/* Of the mean IoU over cases of these mean precision and recall. Case by case
 *   p + r - 1 <= p r <= pr / (p + r - pr) = IoU <= min(p, r),
 * the first as (1 - p)(1 - r) >= 0, the second as p + r - pr <= 1; and the mean of a minimum is at most the
 * minimum of the means. Cases at the corners of the unit square come as near to either end as one likes. */
cc_range cc_range_iou_of_averaged(cc_range precision, cc_range recall);

/* Of an accuracy whose sensitivity and specificity are known, in percent, of the same counts: at a prevalence
 * of pi it is pi * sensitivity + (1 - pi) * specificity, hence between the two. */
cc_range cc_range_accuracy_pooled(cc_range sensitivity, cc_range specificity);
/* Of the mean accuracy over cases, each of its own prevalence: case by case between min(s, c) and max(s, c),
 *   mean min(s, c) >= max(0, mean s + mean c - 1),   mean max(s, c) <= min(1, mean s + mean c). */
cc_range cc_range_accuracy_averaged(cc_range sensitivity, cc_range specificity);

/* Of the standard deviation of scores from 0 to 100 percent whose mean is known: by n at most
 * sqrt(m * (100 - m)) (Bhatia & Davis, Amer. Math. Monthly 107, 2000), by n - 1 at most sqrt(n / (n - 1))
 * times that; `cases` is n, or 0 where it is not known: then the factor is that of two cases, the largest. */
cc_range cc_range_deviation_of_mean(cc_range mean, long long cases);

/* Whether a mean of `cases` whole numbers can lie in the range: whether it holds a multiple of 1 / cases
 * (Brown & Heathers, "The GRIM test", Soc. Psychol. Personal. Sci. 8, 2017). */
bool cc_range_holds_mean_of_whole(cc_range range, long long cases);

#endif
