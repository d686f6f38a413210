/* nets/losses/generalised_dice/generalised_dice.c -- generalised Dice (Sudre et al., Generalised Dice overlap
 * as a deep learning loss function for highly unbalanced segmentations, 2017, eq. 1): two classes, foreground
 * and background, each weighted by 1 / (its volume^2 + 1e-6), over the whole batch.
 *
 * With p, q = 1 - p against g, 1 - g:
 *   N = w1 sum p g + w0 sum q (1 - g),   D = w1 sum (p + g) + w0 sum (q + 1 - g),   loss = 1 - 2 N / D
 *   dN/dp = w1 g - w0 (1 - g),   dD/dp = w1 - w0,   dloss/dp = -2 (dN/dp - N/D dD/dp) / D */
#include "core/hot.h"
#include "nets/losses/map.h"
#include "nets/losses/logit.h"

typedef struct generalised_context {
    double w1, w0, ratio, denominator;
} generalised_context;

CC_HOT static void chunk_sums(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                              const void *context) {
    (void)derivative, (void)context;
    double both[CC_LOSS_CHUNK], neither[CC_LOSS_CHUNK], predicted[CC_LOSS_CHUNK], wanted[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        double g = chunk->target[i];
        cc_logit l = cc_logit_of(chunk->logits[i]);
        both[i] = l.p * g;
        neither[i] = l.q * (1 - g);
        predicted[i] = l.p;
        wanted[i] = g;
    }
    sums[0] = cc_loss_sum_values(both, chunk->count);
    sums[1] = cc_loss_sum_values(neither, chunk->count);
    sums[2] = cc_loss_sum_values(predicted, chunk->count);
    sums[3] = cc_loss_sum_values(wanted, chunk->count);
}

/* sums: p g, (1 - p)(1 - g), p, g, each over the batch of `count` pixels. 1e-6 keeps the weight of a class
 * that does not occur finite. */
static generalised_context weigh(const double sums[CC_LOSS_SUMS], double count) {
    double wanted = sums[3], unwanted = count - wanted, predicted = sums[2], rejected = count - predicted;
    double w1 = 1 / (wanted * wanted + 1e-6), w0 = 1 / (unwanted * unwanted + 1e-6);
    double denominator = w1 * (predicted + wanted) + w0 * (rejected + unwanted);
    return (generalised_context){w1, w0, (w1 * sums[0] + w0 * sums[1]) / denominator, denominator};
}

CC_HOT static void chunk_derivative(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                                    const void *context) {
    (void)sums;
    const generalised_context c = *(const generalised_context *)context;
    for (size_t i = 0; i < chunk->count; i++) {
        double g = chunk->target[i];
        cc_logit l = cc_logit_of(chunk->logits[i]);
        double slope = c.w1 * g - c.w0 * (1 - g) - c.ratio * (c.w1 - c.w0);
        derivative[i] = -2 * slope / c.denominator * (l.p * l.q);
    }
}

static double evaluate(const cc_loss_run *run) {
    double total[CC_LOSS_SUMS];
    cc_loss_map(run->scratch, run, chunk_sums, NULL, false);
    cc_loss_add_images(total, run->scratch, run->shape.n);
    generalised_context context =
        weigh(total, (double)run->shape.n * (double)cc_loss_image_pixels(run->shape));
    if (run->gradient) cc_loss_map(NULL, run, chunk_derivative, &context, true);
    return 1 - 2 * context.ratio;
}

const cc_loss_kind cc_loss_generalised_dice = {
    .name = "generalised-dice", .scratch_bytes = cc_loss_sums_bytes, .evaluate = evaluate};
