/* nets/losses/tversky/tversky.c -- the Tversky loss (Salehi, Erdogmus & Gholipour, Tversky loss function for image
 * segmentation using 3D fully convolutional deep networks, 2017), and the focal one (Abraham & Khan 2019), as
 * segmentation_models.pytorch has them.
 *
 * Over the whole batch, of each class (one class: the foreground), TP = sum p g, FP = sum p (1 - g),
 * FN = sum (1 - p) g:
 *   t = (TP + s) / D,   D = max(TP + alpha FP + beta FN + s, 1e-7),   f = (mean over classes of 1 - t)^gamma
 * A class without truth counts as 0 in that mean. dt/dp = (1 - t (1 - beta)) / D where g is 1,
 * -t alpha / D where it is 0. A power below 1 has no derivative at a loss of 0: there it is 0. */
#include <math.h>
#include "nets/losses/loss.h"
#include "nets/losses/regions.h"

#define LEAST 1e-7 /* of a denominator */

static double evaluate(const cc_loss_run *run) {
    const cc_loss_shape s = run->shape;
    const cc_loss_spec *spec = run->spec;
    const cc_regions regions = cc_regions_sum(run);
    double total = 0;
    for (int64_t c = 0; c < s.classes; c++) {
        double both = 0, over = 0, under = 0;
        for (int64_t i = 0; i < s.n; i++) {
            const cc_region *one = &regions.sums[i * s.classes + c];
            both += one->both;
            over += one->over;
            under += one->under;
        }
        if (both + under == 0) continue; /* no truth; NaN goes on */
        const double below = both + spec->alpha * over + spec->beta * under + spec->smooth;
        const double d = below < LEAST ? LEAST : below, t = (both + spec->smooth) / d,
                     moves = below < LEAST ? 0 : 1; /* whether D follows p */
        total += 1 - t;
        for (int64_t i = 0; i < s.n; i++)
            regions.slopes[i * s.classes + c] = (cc_region_slope){
                .truth = -(1 - moves * t * (1 - spec->beta)) / d, .rest = moves * t * spec->alpha / d};
    }
    const double mean = total > 0 || isnan(total) ? total / (double)s.classes : 0, gamma = spec->gamma;
    const double outer = mean == 0 && gamma < 1 ? 0 : gamma * pow(mean, gamma - 1); /* of the power */
    for (int64_t i = 0; i < s.n * s.classes; i++) {
        regions.slopes[i].truth *= outer / (double)s.classes;
        regions.slopes[i].rest *= outer / (double)s.classes;
    }
    cc_regions_write_gradient(run, &regions);
    return pow(mean, gamma);
}

static const cc_hyperparameter alpha = {.name = "alpha",
                                        .offset = offsetof(cc_loss_spec, alpha),
                                        .max = 100,
                                        .initial = "0.5",
                                        .meaning = "weight of false positives; 0.5 with 0.5 is Dice"};
static const cc_hyperparameter beta = {.name = "beta",
                                       .offset = offsetof(cc_loss_spec, beta),
                                       .max = 100,
                                       .initial = "0.5",
                                       .meaning = "weight of false negatives"};
static const cc_hyperparameter power = {.name = "gamma",
                                        .offset = offsetof(cc_loss_spec, gamma),
                                        .above_min = true,
                                        .max = 100,
                                        .initial = "1",
                                        .meaning = "the power that the loss is raised to"};
static const cc_hyperparameter smooth = {.name = "smooth",
                                         .offset = offsetof(cc_loss_spec, smooth),
                                         .max = 1e6,
                                         .initial = "0",
                                         .meaning = "added above and below the fraction"};

const cc_loss_kind cc_loss_tversky = {
    .name = "tversky",
    .hyperparameters =
        (const cc_hyperparameter *const[]){&alpha, &beta, &power, &smooth, &cc_loss_ignore, NULL},
    .target = CC_TARGET_NUMBERS,
    .scratch_bytes = cc_regions_bytes,
    .evaluate = evaluate};
