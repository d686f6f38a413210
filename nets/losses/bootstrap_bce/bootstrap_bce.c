/* nets/losses/bootstrap_bce/bootstrap_bce.c -- bootstrapped cross-entropy (Wu, Shen & van den Hengel,
 * Bridging category-level and instance-level semantic image segmentation, 2016): the mean over the k =
 * ceil(fraction * pixels) hardest pixels of each image, at least one. Among equals the first are taken. With
 * positive_weight a true pixel's error counts so many times, before the hardest are chosen, as in the top-k
 * loss of nnU-Net on a weighted cross-entropy.
 *
 * Three passes: the cross-entropy of every pixel; the k-th largest of each image by radix selection on its
 * bits; the gradient of the pixels that lie above. */
#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/losses/map.h"
#include "nets/losses/logit.h"

enum { RADIX_BITS = 11 };

/* What is taken of an image: keys above `key`, and those equal to it up to index `last`. */
typedef struct cut {
    uint64_t key;
    size_t last;
} cut;

typedef struct bootstrap_context {
    double *errors; /* [n][pixels] */
    cut *cuts;      /* [n] */
    size_t pixels;  /* of an image */
    double share;   /* 1 / (n k) */
    double weight;  /* of true pixels; 0: not given */
} bootstrap_context;

/* The bits of a number as an integer that sorts as the numbers do: all bits of a negative number are
 * inverted, of a positive one the sign bit alone. */
CC_LOGIT_INLINE uint64_t key_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

/* Each kernel is made twice, with and without a weight of true pixels, so that without one no product by 1
 * stands where there was none: bytes of before there were weights stay. `weighted` is a constant where it is
 * inlined. */
CC_LOGIT_INLINE void write_errors(const cc_loss_chunk *chunk, const bootstrap_context *c, bool weighted) {
    double *errors = c->errors + (size_t)chunk->image * c->pixels + chunk->first;
    for (size_t i = 0; i < chunk->count; i++) {
        double x = chunk->logits[i], g = chunk->target[i], e = cc_logit_of(x).e;
        errors[i] =
            weighted ? cc_logit_weighted_cross_entropy(x, g, e, c->weight) : cc_logit_cross_entropy(x, g, e);
    }
}

CC_HOT static void chunk_errors(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                                const void *context) {
    (void)sums, (void)derivative;
    write_errors(chunk, context, false);
}

CC_HOT static void chunk_weighted_errors(double sums[CC_LOSS_SUMS], double *derivative,
                                         const cc_loss_chunk *chunk, const void *context) {
    (void)sums, (void)derivative;
    write_errors(chunk, context, true);
}

/* The digit of the k-th largest of the keys that start with `prefix` (as far as `mask` goes); *k becomes its
 * rank among those that share the digit. */
static uint64_t select_digit(size_t *k, const double *errors, size_t count, uint64_t prefix, uint64_t mask,
                             int shift) {
    size_t histogram[1 << RADIX_BITS] = {0};
    for (size_t i = 0; i < count; i++) {
        uint64_t key = key_of(errors[i]);
        if ((key & mask) == prefix) histogram[key >> shift & ((1 << RADIX_BITS) - 1)]++;
    }
    uint64_t digit = (1 << RADIX_BITS) - 1;
    for (; *k > histogram[digit]; digit--) *k -= histogram[digit];
    return digit;
}

static cut select_cut(const double *errors, size_t count, size_t k) {
    /* The last digit overlaps the one before: its high bits are fixed by the prefix already. */
    static const int shifts[] = {53, 42, 31, 20, 9, 0};
    uint64_t prefix = 0, mask = 0;
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        prefix |= select_digit(&k, errors, count, prefix, mask, shifts[i]) << shifts[i];
        mask |= (uint64_t)((1 << RADIX_BITS) - 1) << shifts[i];
    }
    size_t last = 0;
    for (size_t i = 0; k > 0; i++)
        if (key_of(errors[i]) == prefix) last = i, k--;
    return (cut){prefix, last};
}

CC_LOGIT_INLINE void write_derivative(double sums[CC_LOSS_SUMS], double *derivative,
                                      const cc_loss_chunk *chunk, const bootstrap_context *c, bool weighted) {
    const double *errors = c->errors + (size_t)chunk->image * c->pixels + chunk->first;
    const cut limit = c->cuts[chunk->image];
    const double share = c->share;
    double values[CC_LOSS_CHUNK];
    for (size_t i = 0; i < chunk->count; i++) {
        uint64_t key = key_of(errors[i]);
        int hard = (key > limit.key) | ((key == limit.key) & (chunk->first + i <= limit.last));
        double taken = hard ? share : 0;
        cc_logit l = cc_logit_of(chunk->logits[i]);
        values[i] = taken * errors[i];
        derivative[i] = taken * (weighted ? cc_logit_weighted_residual(l, chunk->target[i], c->weight)
                                          : cc_logit_residual(l, chunk->target[i]));
    }
    sums[0] = cc_loss_sum_values(values, chunk->count);
}

CC_HOT static void chunk_derivative(double sums[CC_LOSS_SUMS], double *derivative, const cc_loss_chunk *chunk,
                                    const void *context) {
    write_derivative(sums, derivative, chunk, context, false);
}

CC_HOT static void chunk_weighted_derivative(double sums[CC_LOSS_SUMS], double *derivative,
                                             const cc_loss_chunk *chunk, const void *context) {
    write_derivative(sums, derivative, chunk, context, true);
}

static size_t hardest(double fraction, size_t pixels) {
    double k = ceil(fraction * (double)pixels);
    return k < 1 ? 1 : k > (double)pixels ? pixels : (size_t)k;
}

/* Scratch: sums, then errors [n][pixels], then cuts [n]. */
static double evaluate(const cc_loss_run *run) {
    const cc_loss_shape shape = run->shape;
    const size_t pixels = cc_loss_image_pixels(shape), k = hardest(run->spec->fraction, pixels);
    double *sums = run->scratch, total[CC_LOSS_SUMS];
    double *errors = sums + cc_loss_sums_bytes(run->spec, shape) / sizeof *sums;
    cut *cuts = (cut *)(errors + (size_t)shape.n * pixels);
    bootstrap_context context = {errors, cuts, pixels, 1 / ((double)shape.n * (double)k),
                                 run->spec->positive_weight};
    const bool weighted = context.weight > 0;
    cc_loss_map(NULL, run, weighted ? chunk_weighted_errors : chunk_errors, &context, false);
#pragma omp parallel for schedule(static) if (pixels > CC_LOSS_CHUNK)
    for (int64_t image = 0; image < shape.n; image++)
        cuts[image] = select_cut(errors + (size_t)image * pixels, pixels, k);
    cc_loss_map(sums, run, weighted ? chunk_weighted_derivative : chunk_derivative, &context, true);
    cc_loss_add_images(total, sums, shape.n);
    return total[0];
}

static size_t scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    return cc_loss_sums_bytes(spec, shape) +
           (size_t)shape.n * (cc_loss_image_pixels(shape) * sizeof(double) + sizeof(cut));
}

static const cc_hyperparameter fraction = {.name = "fraction",
                                           .offset = offsetof(cc_loss_spec, fraction),
                                           .above_min = true,
                                           .max = 1,
                                           .initial = "0.25",
                                           .meaning =
                                               "share of each image's pixels, the hardest, that count"};

const cc_loss_kind cc_loss_bootstrap_bce = {
    .name = "bootstrap-bce",
    .hyperparameters = (const cc_hyperparameter *const[]){&fraction, &cc_loss_positive_weight, NULL},
    .scratch_bytes = scratch_bytes,
    .evaluate = evaluate};
