/* nets/losses/regions.c -- the two passes over all pixels, in pieces that threads share.
 *
 * Each piece has sums of its own; they are added in the pieces' order once all are there, so that any number of
 * threads gives the same bytes. With h_c the loss's derivative by p_c, that by the logit is, of a softmax,
 * p_c (h_c - sum_k p_k h_k), of one class's sigmoid p (1 - p) h. */
#include "nets/losses/regions.h"

#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/losses/softmax.h"

enum { SUMS = sizeof(cc_region) / sizeof(double) };

/* One piece of an image: its place, and what is known of its pixels. */
typedef struct piece {
    int64_t image;
    int count;
    const float *logits, *target; /* of its first pixel; logits: in the first class */
    size_t gradient;              /* index of that pixel in the gradient, in the first class */
} piece;

static piece piece_at(const cc_loss_run *run, int64_t index) {
    const cc_loss_shape s = run->shape;
    const int64_t pieces = cc_softmax_pieces(s.pixels), image = index / pieces,
                  first = index % pieces * CC_SOFTMAX_PIXELS, left = s.pixels - first;
    const int64_t at = image * s.classes * s.pixels + first;
    return (piece){.image = image,
                   .count = (int)(left < CC_SOFTMAX_PIXELS ? left : CC_SOFTMAX_PIXELS),
                   .logits = run->logits + at,
                   .target = run->target + image * s.pixels + first,
                   .gradient = (size_t)at};
}

/* What the target says of a class: g, and how much the pixels count: 1, 0 where they are ignored, and NaN where
 * the target is no class. */
static void truth_of(double *g, double *counts, const piece *p, int64_t c, const cc_loss_run *run) {
    const int64_t classes = run->shape.classes;
    for (int i = 0; i < p->count; i++) {
        const float t = p->target[i];
        g[i] = classes == 1 ? t : t == (float)c;
        const bool known = classes == 1 ? t >= 0 && t <= 1 : cc_softmax_is_class(t, classes);
        counts[i] = known ? 1 : NAN;
        if (run->spec->ignore > 0 && t == run->spec->ignore) counts[i] = g[i] = 0;
    }
}

size_t cc_regions_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    (void)spec;
    const size_t regions = (size_t)(shape.n * shape.classes);
    return regions * ((size_t)cc_softmax_pieces(shape.pixels) + 1) * sizeof(cc_region) +
           regions * sizeof(cc_region_slope);
}

/* p, 1 - p, g of a class, and what its pixels count, added up. */
CC_HOT static void add_up(double sums[SUMS], const double *p, const double *rest, const double *g,
                          const double *counts, int count) {
    double both = 0, over = 0, under = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        both += counts[i] * p[i] * g[i];
        over += counts[i] * p[i] * (1 - g[i]);
        under += counts[i] * rest[i] * g[i];
        squares += counts[i] * p[i] * p[i];
    }
    sums[0] = both;
    sums[1] = over;
    sums[2] = under;
    sums[3] = squares;
}

cc_regions cc_regions_sum(const cc_loss_run *run) {
    const cc_loss_shape s = run->shape;
    const int64_t pieces = cc_softmax_pieces(s.pixels), all = s.n * pieces;
    /* Scratch: totals [n][classes], slopes [n][classes], sums of the pieces [n][pieces][classes]. */
    const cc_regions out = {.sums = run->scratch,
                            .slopes = (cc_region_slope *)((cc_region *)run->scratch + s.n * s.classes)};
    double *parts = (double *)(out.slopes + s.n * s.classes);
#pragma omp parallel for schedule(static) if (all > 4)
    for (int64_t index = 0; index < all; index++) {
        cc_softmax_row p[CC_CLASSES_MAX], rest[CC_CLASSES_MAX], g, counts;
        const piece at = piece_at(run, index);
        cc_softmax(p, rest, NULL, at.logits, s.classes, s.pixels, at.count);
        for (int64_t c = 0; c < s.classes; c++) {
            truth_of(g, counts, &at, c, run);
            add_up(parts + (index * s.classes + c) * SUMS, p[c], rest[c], g, counts, at.count);
        }
    }
    memset(run->scratch, 0, (size_t)(s.n * s.classes) * (sizeof(cc_region) + sizeof(cc_region_slope)));
    for (int64_t index = 0; index < all; index++)
        for (int64_t c = 0; c < s.classes; c++) {
            const double *part = parts + (index * s.classes + c) * SUMS;
            cc_region *to = &out.sums[index / pieces * s.classes + c];
            to->both += part[0];
            to->over += part[1];
            to->under += part[2];
            to->squares += part[3];
        }
    return out;
}

void cc_regions_write_gradient(const cc_loss_run *run, const cc_regions *regions) {
    const cc_loss_shape s = run->shape;
    const int64_t all = s.n * cc_softmax_pieces(s.pixels);
    if (!run->gradient) return;
#pragma omp parallel for schedule(static) if (all > 4)
    for (int64_t index = 0; index < all; index++) {
        cc_softmax_row p[CC_CLASSES_MAX], h[CC_CLASSES_MAX], rest[1], mean = {0}, g, counts;
        const piece at = piece_at(run, index);
        cc_softmax(p, s.classes == 1 ? rest : NULL, NULL, at.logits, s.classes, s.pixels, at.count);
        for (int64_t c = 0; c < s.classes; c++) {
            const cc_region_slope slope = regions->slopes[at.image * s.classes + c];
            truth_of(g, counts, &at, c, run);
            for (int i = 0; i < at.count; i++) {
                h[c][i] =
                    counts[i] * (g[i] * slope.truth + (1 - g[i]) * slope.rest + 2 * p[c][i] * slope.squares);
                mean[i] += p[c][i] * h[c][i];
            }
        }
        for (int64_t c = 0; c < s.classes; c++) {
            double derivative[CC_SOFTMAX_PIXELS];
            for (int i = 0; i < at.count; i++)
                derivative[i] =
                    s.classes == 1 ? p[c][i] * rest[c][i] * h[c][i] : p[c][i] * (h[c][i] - mean[i]);
            cc_softmax_store(run, run->gradient + at.gradient + c * s.pixels, derivative, at.count);
        }
    }
}
