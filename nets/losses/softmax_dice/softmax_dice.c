/* nets/losses/softmax_dice/softmax_dice.c -- soft Dice of a softmax against class numbers (MONAI's DiceLoss with
 * softmax and to_onehot_y; Milletari, Navab & Ahmadi, V-Net, 2016, for several classes).
 *
 * Of each image and class, with I = sum p g, P = sum p (`squared`: sum p^2), G = sum g:
 *   r = (2 I + s) / (P + G + s),   f = 1 - mean of r over images and classes
 * `batch`: I, P and G are sums over the whole batch, and the mean is over classes. Without `background` class 0
 * is left out of the mean, not of the softmax. dr/dp = (2 g - r) / D; squared: (2 g - 2 p r) / D. */
#include "nets/losses/loss.h"
#include "nets/losses/regions.h"

/* The region's ratio r; its slopes are those of -r times `share`. */
static double ratio_of(cc_region_slope *slope, const cc_region *sum, const cc_loss_spec *spec, double share) {
    const double s = spec->smooth, wanted = sum->both + sum->under,
                 predicted = spec->squared ? sum->squares : sum->both + sum->over,
                 below = predicted + wanted + s, ratio = (2 * sum->both + s) / below;
    *slope = (cc_region_slope){.truth = -share * 2 / below};
    if (spec->squared) {
        slope->squares = share * ratio / below;
    } else {
        slope->truth = -share * (2 - ratio) / below;
        slope->rest = share * ratio / below;
    }
    return ratio;
}

static double evaluate(const cc_loss_run *run) {
    const cc_loss_shape s = run->shape;
    const cc_regions regions = cc_regions_sum(run);
    const int64_t first = run->spec->background ? 0 : 1, images = run->spec->batch ? 1 : s.n;
    const double share = 1 / (double)(images * (s.classes - first));
    double total = 0;
    for (int64_t c = first; c < s.classes; c++) {
        cc_region all = {0};
        for (int64_t i = 0; i < s.n; i++) {
            const cc_region *one = &regions.sums[i * s.classes + c];
            all.both += one->both;
            all.over += one->over;
            all.under += one->under;
            all.squares += one->squares;
            if (!run->spec->batch)
                total += ratio_of(&regions.slopes[i * s.classes + c], one, run->spec, share);
        }
        if (!run->spec->batch) continue;
        cc_region_slope slope;
        total += ratio_of(&slope, &all, run->spec, share);
        for (int64_t i = 0; i < s.n; i++) regions.slopes[i * s.classes + c] = slope;
    }
    cc_regions_write_gradient(run, &regions);
    return 1 - total * share;
}

static cc_status check_shape(const cc_loss_spec *spec, cc_loss_shape shape, const char *where) {
    (void)spec;
    if (shape.classes > 1) return CC_OK;
    return cc_fail(CC_ECONFIG, where, "take dice", "the softmax of one class is always 1");
}

static const cc_hyperparameter background = {.name = "background",
                                             .offset = offsetof(cc_loss_spec, background),
                                             .flag = true,
                                             .initial = "true",
                                             .meaning = "class 0 counts in the mean over the classes"};
static const cc_hyperparameter batch = {
    .name = "batch",
    .offset = offsetof(cc_loss_spec, batch),
    .flag = true,
    .initial = "false",
    .meaning = "overlaps are those of the whole batch, not the mean of each image's"};
static const cc_hyperparameter smooth = {.name = "smooth",
                                         .offset = offsetof(cc_loss_spec, smooth),
                                         .above_min = true,
                                         .max = 1e6,
                                         .initial = "1.0e-5",
                                         .meaning = "added above and below the fraction"};
static const cc_hyperparameter squared = {.name = "squared",
                                          .offset = offsetof(cc_loss_spec, squared),
                                          .flag = true,
                                          .initial = "false",
                                          .meaning =
                                              "probabilities are squared below the fraction, as in V-Net"};

const cc_loss_kind cc_loss_softmax_dice = {
    .name = "softmax-dice",
    .hyperparameters =
        (const cc_hyperparameter *const[]){&background, &batch, &smooth, &squared, &cc_loss_ignore, NULL},
    .target = CC_TARGET_NUMBERS,
    .check_shape = check_shape,
    .scratch_bytes = cc_regions_bytes,
    .evaluate = evaluate};
