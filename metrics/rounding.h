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

#endif
