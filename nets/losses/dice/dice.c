/* nets/losses/dice/dice.c -- soft Dice (Milletari, Navab & Ahmadi, V-Net, 2016) and soft IoU (Rahman & Wang,
 * Optimizing Intersection-Over-Union in Deep Neural Networks for Image Segmentation, 2016): 1 - the mean of a
 * ratio of each image, all its classes together. Two losses in one folder, as they are one formula.
 *
 * With I = sum p g, P = sum p, G = sum g, both are r = (a I + s) / (P + G - b I + s): Dice a = 2, b = 0; IoU
 * a = 1, b = 1. dr/dp = (a g - r (1 - b g)) / (P + G - b I + s), dp/dx = p (1 - p). */
#include "core/hot.h"
#include "nets/losses/map.h"
#include "nets/losses/logit.h"

typedef struct overlap_context {
    double a, b, smooth;
    int64_t n;
    const double *sums; /* [n][CC_LOSS_SUMS]: I, P, G */
} overlap_context;

typedef struct overlap {
    double ratio, denominator;
} overlap;

CC_HOT static void chunk_sums(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                              const void *context) {
    (void)derivative, (void)context;
    double both[CC_LOSS_CHUNK], predicted[CC_LOSS_CHUNK], wanted[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        double p = cc_logit_of(chunk->logits[i]).p, g = chunk->target[i];
        both[i] = p * g;
        predicted[i] = p;
        wanted[i] = g;
    }
    sums[0] = cc_loss_sum_values(both, chunk->count);
    sums[1] = cc_loss_sum_values(predicted, chunk->count);
    sums[2] = cc_loss_sum_values(wanted, chunk->count);
}

/* The ratio r of an image, and its denominator P + G - b I + s. */
static overlap image_overlap(const overlap_context *c, int64_t image) {
    const double *sums = c->sums + image * CC_LOSS_SUMS;
    double denominator = sums[1] + sums[2] - c->b * sums[0] + c->smooth;
    return (overlap){(c->a * sums[0] + c->smooth) / denominator, denominator};
}

CC_HOT static void chunk_derivative(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                                    const void *context) {
    (void)sums;
    const overlap_context *c = context;
    const overlap o = image_overlap(c, chunk->image);
    const double a = c->a, b = c->b, share = -1 / (double)c->n; /* dloss/dr of one image */
    for (size_t i = 0; i < chunk->count; i++) {
        double g = chunk->target[i];
        cc_logit l = cc_logit_of(chunk->logits[i]);
        derivative[i] = share * (a * g - o.ratio * (1 - b * g)) * (l.p * l.q / o.denominator);
    }
}

static double evaluate(const cc_loss_run *run, double a, double b) {
    const int64_t n = run->shape.n;
    overlap_context context = {a, b, run->spec->smooth, n, run->scratch};
    /* Two passes: a pixel's derivative needs the sums of its whole image. */
    cc_loss_map(run->scratch, run, chunk_sums, NULL, false);
    if (run->gradient) cc_loss_map(NULL, run, chunk_derivative, &context, true);
    double total = 0;
    for (int64_t image = 0; image < n; image++) total += image_overlap(&context, image).ratio;
    return 1 - total / (double)n;
}

static const cc_hyperparameter smooth = {.name = "smooth",
                                         .offset = offsetof(cc_loss_spec, smooth),
                                         .max = 1e6,
                                         .initial = "1",
                                         .meaning = "added above and below the fraction"};
static const cc_hyperparameter *const hyperparameters[] = {&smooth, NULL};

static double evaluate_dice(const cc_loss_run *run) {
    return evaluate(run, 2, 0);
}

static double evaluate_iou(const cc_loss_run *run) {
    return evaluate(run, 1, 1);
}

const cc_loss_kind cc_loss_dice = {.name = "dice",
                                   .hyperparameters = hyperparameters,
                                   .scratch_bytes = cc_loss_sums_bytes,
                                   .evaluate = evaluate_dice};
const cc_loss_kind cc_loss_iou = {.name = "iou",
                                  .hyperparameters = hyperparameters,
                                  .scratch_bytes = cc_loss_sums_bytes,
                                  .evaluate = evaluate_iou};
