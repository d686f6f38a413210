/* nets/losses/focal/focal.c -- focal loss (Lin et al., Focal Loss for Dense Object Detection, 2017, eq. 5),
 * mean over all pixels and classes.
 *
 * With g > 0.5 as positive, y = x there and -x elsewhere, pt = sigmoid(y), qt = 1 - pt:
 *   f = a qt^gamma bce,   df/dx = a qt^gamma (-+ gamma pt bce + p - g)
 * as d qt^gamma / dy = -gamma qt^gamma pt. No power gamma - 1 and no 1 / qt remain, and qt^gamma is taken as
 * exp(gamma log sigmoid(-y)): nothing overflows for any logit and any gamma. */
#include "core/hot.h"
#include "nets/losses/map.h"
#include "nets/losses/logit.h"

typedef struct focal_context {
    double alpha, gamma, share;
} focal_context;

CC_HOT static void chunk_focal(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                               const void *context) {
    const focal_context c = *(const focal_context *)context;
    double values[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        double x = chunk->logits[i], g = chunk->target[i];
        cc_logit l = cc_logit_of(x);
        double softplus = cc_logit_log1p(l.e);
        double bce = 0.5 * (x + fabs(x)) - x * g + softplus;
        double sign = g > 0.5 ? 1 : -1, a = g > 0.5 ? c.alpha : 1 - c.alpha;
        double pt = g > 0.5 ? l.p : l.q, y = sign * x;
        double weight = a * cc_logit_exp(c.gamma * (-0.5 * (y + fabs(y)) - softplus));
        values[i] = weight * bce;
        derivative[i] = c.share * weight * (cc_logit_residual(l, g) - sign * c.gamma * pt * bce);
    }
    sums[0] = cc_loss_sum_values(values, chunk->count);
}

static double evaluate(const cc_loss_run *run) {
    double *sums = run->scratch, total[CC_LOSS_SUMS];
    const double share = 1 / ((double)run->shape.n * (double)cc_loss_image_pixels(run->shape));
    focal_context context = {run->spec->alpha, run->spec->gamma, share};
    cc_loss_map(sums, run, chunk_focal, &context, true);
    cc_loss_add_images(total, sums, run->shape.n);
    return total[0] * share;
}

static const cc_hyperparameter alpha = {.name = "alpha",
                                        .offset = offsetof(cc_loss_spec, alpha),
                                        .max = 1,
                                        .initial = "0.25",
                                        .meaning = "weight of the foreground; the background's is 1 - alpha"};
static const cc_hyperparameter focusing = {.name = "gamma",
                                           .offset = offsetof(cc_loss_spec, gamma),
                                           .max = 100,
                                           .initial = "2",
                                           .meaning = "focusing exponent"};

const cc_loss_kind cc_loss_focal = {.name = "focal",
                                    .hyperparameters =
                                        (const cc_hyperparameter *const[]){&alpha, &focusing, NULL},
                                    .scratch_bytes = cc_loss_sums_bytes,
                                    .evaluate = evaluate};
