/* nets/losses/loss.h -- losses of logits against a target, and their gradients.
 *
 * Every loss is that of PyTorch in the same words (tests compare with its float64 results): p = sigmoid(x) of
 * the logits x, target g in [0, 1]; arithmetic in double, results stored as float32. Values and gradients
 * are finite for every finite logit and do not depend on the number of threads.
 *
 *   bce               mean of -g log p - (1 - g) log(1 - p)
 *   focal             mean of a_t (1 - p_t)^gamma bce                       (Lin et al. 2017, eq. 5)
 *   dice, iou         1 - mean over images of (2I + s) / (P + G + s), (I + s) / (P + G - I + s)
 *   generalised-dice  two classes, over the whole batch                     (Sudre et al. 2017, eq. 1)
 *   bootstrap-bce     mean bce of the hardest fraction of each image        (Wu et al. 2016)
 *   sum               of its terms, each times its weight; a term may be a sum
 *
 * A loss is one file in nets/losses/ and one line in nets/losses/loss.c. */
#ifndef CC_NETS_LOSSES_LOSS_H
#define CC_NETS_LOSSES_LOSS_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "nets/engine/spec.h"

/* Logits, target and gradient are plain float32 [n][classes][pixels]; every dimension is at least 1. */
typedef struct cc_loss_shape {
    int64_t n, classes, pixels;
} cc_loss_shape;

/* Whether the loss exists and its values make sense; call it before anything runs.
 *   CC_ECONFIG  with the field ("loss.terms[1].alpha") and the words or range allowed */
cc_status cc_loss_check(const cc_loss_spec *spec);

/* The name of loss number `index`, from 0; NULL after the last. */
const char *cc_loss_name(int index);

/* Bytes that cc_loss_evaluate needs to work in; `spec` has passed cc_loss_check. */
size_t cc_loss_scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape);

/* The value of a loss, and its gradient with respect to the logits. Allocates nothing.
 *   gradient  overwritten; NULL where it is not wanted; may not overlap logits or target
 *   scratch   cc_loss_scratch_bytes bytes, aligned to 8; its content does not matter
 *   CC_ECONFIG  no such loss; nothing is written */
cc_status cc_loss_evaluate(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                           const float *target, cc_loss_shape shape, void *scratch);

#endif
