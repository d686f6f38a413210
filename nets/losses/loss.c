/* nets/losses/loss.c -- losses by name: the list of losses.h, what is wrong with a spec, and one evaluation
 * on the host. What a loss computes is in its folder. */
#include "nets/losses/loss.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* In the order of losses.h, which messages and the reference keep. */
static const cc_loss_kind *const kinds[] = {
#define X(name, kernels) &cc_loss_##name,
    CC_LOSSES(X)
#undef X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const cc_hyperparameter cc_loss_positive_weight = {
    .name = "positive_weight",
    .offset = offsetof(cc_loss_spec, positive_weight),
    .above_min = true,
    .max = 1e6,
    .initial_note = "null: 1, all pixels count alike",
    .usual = "null",
    .meaning = "what a true pixel counts of the cross-entropy, others 1 (PyTorch's pos_weight)"};

const cc_loss_kind *cc_loss_at(int index) {
    return index < KINDS ? kinds[index] : NULL;
}

const cc_loss_kind *cc_loss_find(const char *name) {
    for (int i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

const char *cc_loss_name(int index) {
    return index < KINDS ? kinds[index]->name : NULL;
}

/* A config's choices are checked before; this is for specs that come another way (fixtures, tests). */
static cc_status fail_unknown(const char *name, const char *where) {
    char field[256], names[256] = "";
    snprintf(field, sizeof field, "%s.type", where);
    for (int i = 0; i < KINDS; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "one of ", kinds[i]->name);
    }
    if (!name) return cc_fail(CC_ECONFIG, field, names, "is missing");
    return cc_fail(CC_ECONFIG, field, names, "\"%s\" is not a loss", name);
}

cc_status cc_loss_check_at(const cc_loss_spec *spec, const char *where) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    if (!kind) return fail_unknown(spec->type, where);
    /* Ranges first, then what only the loss itself can say, e.g. a sum of its terms. */
    CC_TRY(cc_hyperparameters_check(kind->hyperparameters, spec, where));
    return kind->check ? kind->check(spec, where) : CC_OK;
}

cc_status cc_loss_check(const cc_loss_spec *spec) {
    return cc_loss_check_at(spec, "loss");
}

size_t cc_loss_scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    assert(kind && shape.n > 0 && shape.classes > 0 && shape.pixels > 0);
    return kind->scratch_bytes(spec, shape);
}

cc_status cc_loss_evaluate(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                           const float *target, cc_loss_shape shape, void *scratch) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    if (!kind) return fail_unknown(spec->type, "loss");
    assert(shape.n > 0 && shape.classes > 0 && shape.pixels > 0);
    /* The whole loss: the gradient is neither scaled nor added, as that of a term of a sum would be. */
    *value = kind->evaluate(&(cc_loss_run){.spec = spec,
                                           .logits = logits,
                                           .target = target,
                                           .gradient = gradient,
                                           .scale = 1,
                                           .shape = shape,
                                           .scratch = scratch});
    return CC_OK;
}
