/* nets/losses/bce/bce.c -- binary cross-entropy of logits (torch.nn.BCEWithLogitsLoss), mean over all pixels
 * and classes.
 *
 *   f = -g log p - (1 - g) log(1 - p),   df/dx = p - g   with p = sigmoid(x)
 * Value and derivative of a pixel do not depend on other pixels: one pass writes both. */
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

static double evaluate(const cc_loss_run *run) {
    double *sums = run->scratch, total[CC_LOSS_SUMS];
    const double share = 1 / ((double)run->shape.n * (double)cc_loss_image_pixels(run->shape));
    cc_loss_map(sums, run, chunk_bce, &share, true);
    cc_loss_add_images(total, sums, run->shape.n);
    return total[0] * share;
}

const cc_loss_kind cc_loss_bce = {.name = "bce", .scratch_bytes = cc_loss_sums_bytes, .evaluate = evaluate};
