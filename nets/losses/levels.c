/* nets/losses/levels.c -- deep supervision: the weighted sum of one loss over a net's levels, and the target
 * at each level's size. Source: nets/losses/levels.h.
 *
 * Targets are made on the host, from what the loader gives: a coarser level has a quarter of the pixels of
 * the one before, or an eighth of the voxels, so that neither making nor copying them shows beside the
 * net. */
#include "nets/losses/levels.h"

#include <math.h>
#include <string.h>

bool cc_loss_has_levels(const cc_loss_heads *heads) {
    return heads->items[heads->count - 1].auxiliary;
}

cc_status cc_level_loss_init(cc_level_loss *out, cc_loss_heads *heads, const cc_loss_spec *loss) {
    double sum = 0;
    out->whole = *loss;
    if (!cc_loss_has_levels(heads)) return cc_loss_bind(heads, loss);
    if (cc_loss_find(loss->type)->parameters)
        return cc_fail(CC_ECONFIG, "net.deep_supervision", "take a sum with fixed weights, or 0 levels",
                       "the loss %s has numbers that are trained with the net, one set for one output",
                       loss->type);
    for (int i = 0; i < heads->count; i++) sum += exp2(-i);
    for (int i = 0; i < heads->count; i++) {
        out->terms[i] = *loss;
        out->terms[i].weight = exp2(-i) / sum;
        out->terms[i].head = heads->items[i].name; /* the first has none, and is meant by that */
    }
    out->whole = (cc_loss_spec){.type = cc_loss_sum.name, .term_count = heads->count, .terms = out->terms};
    return cc_loss_bind(heads, &out->whole);
}

size_t cc_loss_given_targets(const cc_loss_heads *heads) {
    cc_loss_heads given = *heads;
    while (given.count > 1 && given.items[given.count - 1].auxiliary) given.count--;
    return cc_loss_target_count(&given);
}

/* The element of an axis of `from` that stands for element k of one of `to`: floor((k + 1/2) * from / to). */
static int64_t nearest(int64_t k, int64_t from, int64_t to) {
    return (2 * k + 1) * from / (2 * to);
}

/* One channel of one image: [depth][height][width] of `size` from the same of `from`. */
static void sample(float *to, const float *values, const int64_t *size, const int64_t *from) {
    for (int64_t d = 0; d < size[0]; d++)
        for (int64_t h = 0; h < size[1]; h++) {
            const int64_t row = nearest(d, from[0], size[0]) * from[1] + nearest(h, from[1], size[1]);
            for (int64_t w = 0; w < size[2]; w++)
                *to++ = values[row * from[2] + nearest(w, from[2], size[2])];
        }
}

void cc_level_targets(float *all, const float *given, const cc_loss_heads *heads) {
    const cc_loss_head *first = &heads->items[0];
    const int64_t planes = first->shape.n * first->target_channels;
    memcpy(all, given, (size_t)(planes * first->shape.pixels) * sizeof *all);
    for (int i = 1; i < heads->count; i++) {
        const cc_loss_head *head = &heads->items[i];
        size_t logits, target;
        cc_loss_find_place(&logits, &target, heads, i);
        for (int64_t plane = 0; plane < planes; plane++)
            sample(all + target + (size_t)(plane * head->shape.pixels), given + plane * first->shape.pixels,
                   head->size, first->size);
    }
}
