/* metrics/whole_counts.h -- whether printed scores can come from whole counts of so many positive and
 * negative items: tp, fn of the positives, fp, tn of the negatives.
 *
 * With 12 positive items a sensitivity of 80.0 % cannot be (9 are 75.0 %, 10 are 83.3 %), and scores that are
 * possible one by one need not be so together. Sources: Brown & Heathers, "The GRIM test", Soc. Psychol.
 * Personal. Sci. 8, 2017, for one number; Fazekas & Kovacs, "Testing the consistency of performance scores
 * reported for binary classification problems", Appl. Soft Comput. 164, 2024 (the package mlscorecheck), for
 * several. */
#ifndef CC_METRICS_WHOLE_COUNTS_H
#define CC_METRICS_WHOLE_COUNTS_H

#include "metrics/rounding.h"

typedef enum cc_counted_score {
    CC_COUNTED_SENSITIVITY,
    CC_COUNTED_SPECIFICITY,
    CC_COUNTED_PRECISION,
    CC_COUNTED_NPV,
    CC_COUNTED_ACCURACY,
    CC_COUNTED_BALANCED_ACCURACY,
    CC_COUNTED_F1,
    CC_COUNTED_IOU,
    CC_COUNTED_SCORES
} cc_counted_score;

/* What is printed of one row, in percent. */
typedef struct cc_counted_row {
    bool given[CC_COUNTED_SCORES];
    cc_range range[CC_COUNTED_SCORES];
    long long positives, negatives; /* at least 0, at most INT_MAX */
} cc_counted_row;

/* Whether there are whole counts that give every score which is given. A score 0/0 may be printed as
 * anything. true, too, where more than ten million numbers of true positives would have to be tried. */
bool cc_whole_counts_possible(const cc_counted_row *row);

#endif
