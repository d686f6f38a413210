/* experiments/cascade/truth.h -- whether a training can work on what is true in its data. */
#ifndef CC_EXPERIMENTS_CASCADE_TRUTH_H
#define CC_EXPERIMENTS_CASCADE_TRUTH_H

#include "experiments/cascade/net_view.h"

/* Whether there is something true to learn from, and to choose the epoch by. What is looked at is what the
 * net is shown, up to the first slice with truth of each part. A test part without truth is a warning, as is,
 * for a run that is chosen by its loss, a validation part without.
 *   CC_EINVAL        no true pixel in the training part, or in the validation part where its F1 chooses
 *   CC_EINTERRUPTED  a signal came
 *   others           as cc_slice_set_read */
cc_status cc_truth_check(const cc_net_view *view);

#endif
