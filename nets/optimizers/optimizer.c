/* nets/optimizers/optimizer.c -- optimisers by name, and what they share: the numbers that all have,
 * clipping, and a step over the flat range of all parameters in blocks that threads share out. */
#include "nets/optimizers/optimizer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/hot.h"

/* Elements that a thread steps at a time: weights, gradients and two arrays of state of 256 KiB together. */
enum { BLOCK = 1 << 14 };

/* In the order of optimizers.h, which messages and the reference keep. */
static const cc_optimizer_kind *const kinds[] = {
#define X(name, kernels) &cc_optimizer_##name,
    CC_OPTIMIZERS(X)
#undef X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const cc_hyperparameter cc_optimizer_lr = {.name = "lr",
                                           .offset = offsetof(cc_optimizer_spec, lr),
                                           .above_min = true,
                                           .max = 1000,
                                           .initial = "1.0e-3",
                                           .meaning = "learning rate"};
const cc_hyperparameter cc_optimizer_weight_decay = {.name = "weight_decay",
                                                     .offset = offsetof(cc_optimizer_spec, weight_decay),
                                                     .max = 1000,
                                                     .initial = "0",
                                                     .meaning = "added to the gradient, times the weight"};
const cc_hyperparameter cc_optimizer_clip_norm = {
    .name = "clip_norm",
    .offset = offsetof(cc_optimizer_spec, clip_norm),
    .above_min = true,
    .max = 1e12,
    .initial_note = "null: gradients are taken as they are",
    .meaning = "a gradient whose Euclidean norm, over all weights, is larger is scaled down to it"};

const cc_optimizer_kind *cc_optimizer_at(int index) {
    return index < KINDS ? kinds[index] : NULL;
}

const cc_optimizer_kind *cc_optimizer_find(const char *name) {
    for (int i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

const char *cc_optimizer_name(int index) {
    return index < KINDS ? kinds[index]->name : NULL;
}

bool cc_optimizer_takes(const char *name, const char *hyperparameter) {
    const cc_optimizer_kind *kind = cc_optimizer_find(name);
    for (int i = 0; kind && kind->hyperparameters && kind->hyperparameters[i]; i++)
        if (strcmp(kind->hyperparameters[i]->name, hyperparameter) == 0) return true;
    return false;
}

/* A config's choices are checked before; this is for specs that come another way (fixtures, tests). */
static cc_status fail_unknown(const char *name) {
    char names[256] = "";
    for (int i = 0; i < KINDS; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "one of ", kinds[i]->name);
    }
    if (!name) return cc_fail(CC_ECONFIG, "optimizer.type", names, "is missing");
    return cc_fail(CC_ECONFIG, "optimizer.type", names, "\"%s\" is not an optimiser", name);
}

cc_status cc_optimizer_check(const cc_optimizer_spec *spec) {
    static const cc_hyperparameter *const of_all[] = {&cc_optimizer_lr, &cc_optimizer_clip_norm, NULL};
    const cc_optimizer_kind *kind = cc_optimizer_find(spec->type);
    if (!kind) return fail_unknown(spec->type);
    CC_TRY(cc_hyperparameters_check(of_all, spec, "optimizer"));
    CC_TRY(cc_hyperparameters_check(kind->hyperparameters, spec, "optimizer"));
    return kind->check ? kind->check(spec) : CC_OK;
}

int cc_optimizer_state_count(const cc_optimizer_spec *spec) {
    const cc_optimizer_kind *kind = cc_optimizer_find(spec->type);
    assert(kind);
    return kind ? kind->state_count(spec) : 0;
}

/* Clipping: squares are summed over CLIP_PARTS parts of the range, then over the parts in order, however many
 * threads there are. */
enum { CLIP_PARTS = 256 };

CC_HOT static double squares_of(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * values[i];
    return sum;
}

CC_HOT static void scale(float *values, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) values[i] *= factor;
}

/* Where part number `part` of the range begins; parts behind a short range are empty. */
static size_t part_start(size_t part, size_t count) {
    size_t start = part * ((count + CLIP_PARTS - 1) / CLIP_PARTS);
    return start < count ? start : count;
}

void cc_optimizer_clip(float *grads, size_t count, double max_norm) {
    double squares[CLIP_PARTS], sum = 0;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < CLIP_PARTS; p++)
        squares[p] =
            squares_of(grads + part_start(p, count), part_start(p + 1, count) - part_start(p, count));
    for (int p = 0; p < CLIP_PARTS; p++) sum += squares[p];
    double factor = max_norm / (sqrt(sum) + 1e-6); /* 1e-6: PyTorch's guard against a norm of 0 */
    if (factor >= 1) return;                       /* a norm that is NaN makes all NaN, as PyTorch's */
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < CLIP_PARTS; p++)
        scale(grads + part_start(p, count), part_start(p + 1, count) - part_start(p, count), (float)factor);
}

cc_status cc_optimizer_step(const cc_optimizer_spec *spec, double lr, int64_t step, float *params,
                            const float *grads, float *state, size_t count) {
    const cc_optimizer_kind *kind = cc_optimizer_find(spec->type);
    if (!kind) return fail_unknown(spec->type);
    const int states = kind->state_count(spec); /* state: [states][count] */
    assert(step > 0 && (state || states == 0));
#pragma omp parallel for schedule(static) if (count > BLOCK)
    for (size_t first = 0; first < count; first += BLOCK) {
        cc_optimizer_block block = {.params = params + first,
                                    .grads = grads + first,
                                    .count = count - first < BLOCK ? count - first : BLOCK};
        for (int i = 0; i < states; i++) block.state[i] = state + (size_t)i * count + first;
        kind->step(&block, spec, lr, step);
    }
    return CC_OK;
}
