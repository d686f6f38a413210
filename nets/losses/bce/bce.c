/* nets/losses/bce/bce.c -- binary cross-entropy of logits (torch.nn.BCEWithLogitsLoss), mean over all pixels
 * and classes.
 *
 *   f = -w g log p - (1 - g) log(1 - p),   df/dx = (1 - g) p - w g (1 - p)   with p = sigmoid(x)
 * w, positive_weight, is what a true pixel counts; where it is not given f is written without it, as it was
 * before there was one, so that its rounding stays. Value and derivative of a pixel do not depend on other
 * pixels: one pass writes both. */
#include "core/hot.h"
#include "nets/losses/map.h"
#include "nets/losses/logit.h"

CC_HOT static void chunk_bce(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                             const void *context) {
    const double share = *(const double *)context;
    double values[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        double x = chunk->logits[i], g = chunk->target[i];
        cc_logit l = cc_logit_of(x);
        values[i] = cc_logit_cross_entropy(x, g, l.e);
        derivative[i] = share * cc_logit_residual(l, g);
    }
    sums[0] = cc_loss_sum_values(values, chunk->count);
}

typedef struct weighted_context {
    double share, weight;
} weighted_context;

CC_HOT static void chunk_weighted(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                                  const void *context) {
    const weighted_context c = *(const weighted_context *)context;
    double values[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        double x = chunk->logits[i], g = chunk->target[i];
        cc_logit l = cc_logit_of(x);
        values[i] = cc_logit_weighted_cross_entropy(x, g, l.e, c.weight);
        derivative[i] = c.share * cc_logit_weighted_residual(l, g, c.weight);
    }
    sums[0] = cc_loss_sum_values(values, chunk->count);
}

static double evaluate(const cc_loss_run *run) {
    double *sums = run->scratch, total[CC_LOSS_SUMS];
    const double share = 1 / ((double)run->shape.n * (double)cc_loss_image_pixels(run->shape));
    const weighted_context weighted = {share, run->spec->positive_weight};
    if (weighted.weight > 0)
        cc_loss_map(sums, run, chunk_weighted, &weighted, true);
    else
        cc_loss_map(sums, run, chunk_bce, &share, true);
    cc_loss_add_images(total, sums, run->shape.n);
    return total[0] * share;
}

const cc_loss_kind cc_loss_bce = {.name = "bce",
                                  .hyperparameters =
                                      (const cc_hyperparameter *const[]){&cc_loss_positive_weight, NULL},
                                  .scratch_bytes = cc_loss_sums_bytes,
                                  .evaluate = evaluate};
