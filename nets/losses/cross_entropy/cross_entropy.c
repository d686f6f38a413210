/* nets/losses/cross_entropy/cross_entropy.c -- cross-entropy of a softmax against class numbers
 * (torch.nn.functional.cross_entropy, reduction "mean").
 *
 * Over the pixels that are not ignored, with l_c = -log p_c, weights w of the classes (1 where there are none),
 * g the true class, e label_smoothing and C classes:
 *   f = ((1 - e) sum w_g l_g + e / C sum_c w_c l_c) / W,   W = sum w_g
 *   df/dx_c = ((1 - e) w_g (p_c - [c = g]) + e / C (p_c sum_k w_k - w_c)) / W
 * Label smoothing: Szegedy et al. 2016, section 7. Where W is 0, all being ignored, f and its gradient are 0
 * (PyTorch's are NaN). Two passes, as the gradient needs W. */
#include <math.h>
#include "nets/losses/loss.h"
#include "nets/losses/softmax.h"

/* The weight of a class. */
static double weight_of(const cc_loss_spec *spec, int64_t c) {
    return spec->class_weight_count > 0 ? spec->class_weights[c] : 1;
}

static double weight_sum(const cc_loss_spec *spec, int64_t classes) {
    double sum = 0;
    for (int64_t c = 0; c < classes; c++) sum += weight_of(spec, c);
    return sum;
}

/* The true class; -1: ignored. NaN weight where it is none. */
static int64_t class_of(double *weight, const cc_loss_spec *spec, float target, int64_t classes) {
    *weight = 0;
    if (spec->ignore > 0 && target == spec->ignore) return -1;
    *weight = NAN;
    if (!cc_softmax_is_class(target, classes)) return -1;
    *weight = weight_of(spec, (int64_t)target);
    return (int64_t)target;
}

/* One piece of one image: adds f's numerator and W. */
static void sum_piece(double sums[2], const cc_loss_run *run, int64_t image, int64_t first, int count) {
    const cc_loss_shape s = run->shape;
    const cc_loss_spec *spec = run->spec;
    const float *logits = run->logits + image * s.classes * s.pixels + first,
                *target = run->target + image * s.pixels + first;
    const double smoothing = spec->label_smoothing, share = smoothing / (double)s.classes;
    cc_softmax_row p[CC_CLASSES_MAX];
    double log_sum[CC_SOFTMAX_PIXELS], weight;
    cc_softmax(p, NULL, log_sum, logits, s.classes, s.pixels, count);
    sums[0] = sums[1] = 0;
    for (int i = 0; i < count; i++) {
        const int64_t g = class_of(&weight, spec, target[i], s.classes);
        sums[1] += weight;
        if (g < 0) continue;
        sums[0] += (1 - smoothing) * weight * (log_sum[i] - logits[g * s.pixels + i]);
        for (int64_t c = 0; smoothing > 0 && c < s.classes; c++)
            sums[0] += share * weight_of(spec, c) * (log_sum[i] - logits[c * s.pixels + i]);
    }
}

/* One piece's gradient; `all` is W. */
static void write_piece(const cc_loss_run *run, int64_t image, int64_t first, int count, double all) {
    const cc_loss_shape s = run->shape;
    const cc_loss_spec *spec = run->spec;
    const float *target = run->target + image * s.pixels + first;
    const int64_t at = image * s.classes * s.pixels + first;
    const double smoothing = spec->label_smoothing, share = smoothing / (double)s.classes,
                 weights = weight_sum(spec, s.classes);
    cc_softmax_row p[CC_CLASSES_MAX];
    double derivative[CC_SOFTMAX_PIXELS], weight;
    cc_softmax(p, NULL, NULL, run->logits + at, s.classes, s.pixels, count);
    for (int64_t c = 0; c < s.classes; c++) {
        for (int i = 0; i < count; i++) {
            const int64_t g = class_of(&weight, spec, target[i], s.classes);
            derivative[i] = 0;
            if (g < 0 || !(all > 0)) continue;
            derivative[i] = ((1 - smoothing) * weight * (p[c][i] - (c == g)) +
                             share * (p[c][i] * weights - weight_of(spec, c))) /
                            all;
        }
        cc_softmax_store(run, run->gradient + at + c * s.pixels, derivative, count);
    }
}

/* Pieces in parallel, their sums in order: any number of threads gives the same bytes. */
static double evaluate(const cc_loss_run *run) {
    const cc_loss_shape s = run->shape;
    const int64_t pieces = cc_softmax_pieces(s.pixels), all = s.n * pieces;
    double *sums = run->scratch, total = 0, weight = 0;
    for (int pass = 0; pass < (run->gradient ? 2 : 1); pass++) {
#pragma omp parallel for schedule(static) if (all > 4)
        for (int64_t index = 0; index < all; index++) {
            const int64_t first = index % pieces * CC_SOFTMAX_PIXELS, left = s.pixels - first;
            const int count = (int)(left < CC_SOFTMAX_PIXELS ? left : CC_SOFTMAX_PIXELS);
            if (pass == 0)
                sum_piece(sums + 2 * index, run, index / pieces, first, count);
            else
                write_piece(run, index / pieces, first, count, weight);
        }
        for (int64_t index = 0; pass == 0 && index < all; index++) {
            total += sums[2 * index];
            weight += sums[2 * index + 1];
        }
    }
    return weight == 0 ? 0 : total / weight;
}

static size_t scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    (void)spec;
    return (size_t)(shape.n * cc_softmax_pieces(shape.pixels)) * 2 * sizeof(double);
}

static cc_status check_shape(const cc_loss_spec *spec, cc_loss_shape shape, const char *where) {
    if (shape.classes < 2)
        return cc_fail(CC_ECONFIG, where, "take bce", "cross-entropy of one class is always 0");
    if (spec->class_weight_count > 0 && spec->class_weight_count != shape.classes)
        return cc_fail(CC_ECONFIG, where, "give one for each class, the background's first",
                       "%d class_weights for %lld classes", spec->class_weight_count,
                       (long long)shape.classes);
    return CC_OK;
}

static const cc_hyperparameter class_weights = {
    .name = "class_weights",
    .offset = offsetof(cc_loss_spec, class_weights),
    .count = CC_CLASSES_MAX,
    .count_offset = offsetof(cc_loss_spec, class_weight_count),
    .max = 1e6,
    .initial_note = "null: all classes count alike",
    .meaning = "what a pixel counts by its true class, the background's first"};
static const cc_hyperparameter label_smoothing = {
    .name = "label_smoothing",
    .offset = offsetof(cc_loss_spec, label_smoothing),
    .max = 1,
    .below_max = true,
    .initial = "0",
    .meaning = "share of the target that is spread evenly over all classes"};

const cc_loss_kind cc_loss_cross_entropy = {
    .name = "cross-entropy",
    .hyperparameters =
        (const cc_hyperparameter *const[]){&class_weights, &cc_loss_ignore, &label_smoothing, NULL},
    .target = CC_TARGET_NUMBERS,
    .check_shape = check_shape,
    .scratch_bytes = scratch_bytes,
    .evaluate = evaluate};
