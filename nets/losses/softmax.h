/* nets/losses/softmax.h -- probabilities of classes on the host, a few pixels at a time; private to
 * nets/losses/. */
#ifndef CC_NETS_LOSSES_SOFTMAX_H
#define CC_NETS_LOSSES_SOFTMAX_H

#include "nets/losses/loss.h"

/* Neighbouring pixels of one image, and the probabilities of their classes: at most 128 KiB, on the stack. */
enum { CC_SOFTMAX_PIXELS = 256 };
typedef double cc_softmax_row[CC_SOFTMAX_PIXELS];

/* Softmax over the classes of `count` pixels; of one class its sigmoid.
 *   p        [classes]: p[c][i]
 *   rest     [classes]: 1 - p, without cancellation where p is near 1; or NULL
 *   log_sum  log of the sum of exp(x) over the classes, which -log p_c = log_sum - x_c is made from; or NULL,
 *            as it is where there is one class
 *   logits   of the first pixel: those of its class c at c * stride */
void cc_softmax(cc_softmax_row *p, cc_softmax_row *rest, double *log_sum, const float *logits,
                int64_t classes, int64_t stride, int count);

/* The pieces of CC_SOFTMAX_PIXELS that an image of so many pixels has; its last one may be shorter. */
int64_t cc_softmax_pieces(int64_t pixels);

/* Whether a pixel's target is the number of a class. */
static inline bool cc_softmax_is_class(float target, int64_t classes) {
    return target >= 0 && target < (float)classes && target == (float)(int)target;
}

/* Writes, or adds, scale * derivative to a run's gradient. */
void cc_softmax_store(const cc_loss_run *run, float *gradient, const double *derivative, int count);

#endif
