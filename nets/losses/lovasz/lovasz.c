/* nets/losses/lovasz/lovasz.c -- the Lovasz hinge (Berman, Rannen Triki & Blaschko, The Lovasz-Softmax loss, CVPR
 * 2018, algorithm 1 and eq. 10), of one class; segmentation_models.pytorch's LovaszLoss("binary").
 *
 * Errors m = 1 - x s, s = 1 where the pixel is true, else -1, in falling order; J_k the Jaccard loss of the
 * first k of them as mistakes, with G true pixels of which t lie among those k:
 *   J_k = 1 - (G - t) / (G + k - t),   f = sum of max(m_k, 0) (J_k - J_(k-1)),   df/dx = -s (J_k - J_(k-1)), m > 0
 * Of all pixels of the batch, or `per_image` the mean of each image's. Among equal errors the earlier pixel
 * comes first: f does not depend on it, the gradient does.
 *
 * On the host alone: it needs a sort of all pixels. */
#include <string.h>
#include "nets/losses/loss.h"

typedef struct error {
    uint32_t key;  /* of x s, which rises as the error falls; exact, where the error may be rounded */
    uint32_t at;   /* the pixel */
    double margin; /* the error */
} error;

enum { DIGITS = 256 };

/* The bits of a float as a number that rises with it: a negative one's are turned over. */
static uint32_t rising_key(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/* By the key, digit after digit (a radix sort: stable, and without memory of its own); four passes leave the
 * result in `items`. */
static void sort(error *items, error *room, size_t count) {
    for (int shift = 0; shift < 32; shift += 8) {
        size_t starts[DIGITS + 1] = {0};
        for (size_t i = 0; i < count; i++) starts[(items[i].key >> shift) % DIGITS + 1]++;
        for (int d = 0; d < DIGITS; d++) starts[d + 1] += starts[d];
        for (size_t i = 0; i < count; i++) room[starts[(items[i].key >> shift) % DIGITS]++] = items[i];
        error *swap = items;
        items = room;
        room = swap;
    }
}

/* The hinge of `count` pixels; gradient (or NULL) as of a loss that counts `share`. */
static double hinge(const cc_loss_run *run, size_t first, size_t count, double share) {
    const float *x = run->logits + first, *g = run->target + first;
    error *items = run->scratch;
    double truth = 0, seen = 0, before = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        const float agreement = x[i] * (2 * g[i] - 1);
        items[i] = (error){.key = rising_key(agreement), .at = (uint32_t)i, .margin = 1 - (double)agreement};
        truth += g[i];
    }
    sort(items, items + count, count);
    for (size_t k = 0; k < count; k++) {
        const uint32_t at = items[k].at;
        seen += g[at];
        const double jaccard = 1 - (truth - seen) / (truth + (double)(k + 1) - seen), step = jaccard - before;
        before = jaccard;
        const bool wrong = !(items[k].margin <= 0); /* NaN goes on */
        if (wrong) total += items[k].margin * step;
        if (!run->gradient) continue;
        float *to = run->gradient + first + at;
        const double derivative = wrong ? -(2 * (double)g[at] - 1) * step * share : 0;
        *to = (float)((run->add ? *to : 0) + run->scale * derivative);
    }
    return total * share;
}

static double evaluate(const cc_loss_run *run) {
    const size_t images = run->spec->per_image ? (size_t)run->shape.n : 1,
                 count = (size_t)(run->shape.n * run->shape.pixels) / images;
    double total = 0;
    for (size_t i = 0; i < images; i++) total += hinge(run, i * count, count, 1 / (double)images);
    return total;
}

/* The errors, and as much to sort them in. */
static size_t scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    return 2 * (size_t)((spec->per_image ? 1 : shape.n) * shape.pixels) * sizeof(error);
}

static cc_status check_shape(const cc_loss_spec *spec, cc_loss_shape shape, const char *where) {
    (void)spec;
    if (shape.classes != 1)
        return cc_fail(CC_ECONFIG, where, "take softmax-dice or tversky", "lovasz is of one class, not %lld",
                       (long long)shape.classes);
    if (shape.n > UINT32_MAX / shape.pixels)
        return cc_fail(CC_ECONFIG, where, "set per_image", "lovasz sorts at most 2^32 pixels");
    return CC_OK;
}

static const cc_hyperparameter per_image = {
    .name = "per_image",
    .offset = offsetof(cc_loss_spec, per_image),
    .flag = true,
    .initial = "true",
    .meaning = "the mean of each image's loss, not that of all pixels of the batch together"};

const cc_loss_kind cc_loss_lovasz = {.name = "lovasz",
                                     .hyperparameters = (const cc_hyperparameter *const[]){&per_image, NULL},
                                     .target = CC_TARGET_MASKS,
                                     .check_shape = check_shape,
                                     .scratch_bytes = scratch_bytes,
                                     .evaluate = evaluate};
