/* nets/losses/log_cosh_dice/log_cosh_dice.c -- log cosh of the soft Dice loss (Jadon, A survey of loss functions
 * for semantic segmentation, 2020, section III-L), of masks, each class by itself.
 *
 * d = 1 - the mean over images and classes of r = (2 I + s) / (P + G + s), as MONAI's DiceLoss with sigmoid has
 * it;  f = log cosh d,  df/dd = tanh d,  dr/dp = (2 g - r) / (P + G + s). */
#include <math.h>
#include "nets/losses/loss.h"
#include "nets/losses/regions.h"

/* A class of an image is an image of one class to whoever adds up. */
static cc_loss_shape by_class(cc_loss_shape shape) {
    return (cc_loss_shape){shape.n * shape.classes, 1, shape.pixels};
}

static double evaluate(const cc_loss_run *whole) {
    cc_loss_run run = *whole;
    run.shape = by_class(whole->shape);
    const cc_regions regions = cc_regions_sum(&run);
    const double s = run.spec->smooth, n = (double)run.shape.n;
    double total = 0;
    for (int64_t i = 0; i < run.shape.n; i++) {
        const cc_region *sum = &regions.sums[i];
        const double below = 2 * sum->both + sum->over + sum->under + s, ratio = (2 * sum->both + s) / below;
        total += ratio;
        regions.slopes[i] = (cc_region_slope){.truth = -(2 - ratio) / below, .rest = ratio / below};
    }
    const double dice = 1 - total / n, outer = tanh(dice) / n;
    for (int64_t i = 0; i < run.shape.n; i++) {
        regions.slopes[i].truth *= outer;
        regions.slopes[i].rest *= outer;
    }
    cc_regions_write_gradient(&run, &regions);
    return log(cosh(dice));
}

static size_t scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    return cc_regions_bytes(spec, by_class(shape));
}

static const cc_hyperparameter smooth = {.name = "smooth",
                                         .offset = offsetof(cc_loss_spec, smooth),
                                         .above_min = true,
                                         .max = 1e6,
                                         .initial = "1",
                                         .meaning = "added above and below the fraction"};

const cc_loss_kind cc_loss_log_cosh_dice = {.name = "log-cosh-dice",
                                            .hyperparameters =
                                                (const cc_hyperparameter *const[]){&smooth, NULL},
                                            .target = CC_TARGET_MASKS,
                                            .scratch_bytes = scratch_bytes,
                                            .evaluate = evaluate};
