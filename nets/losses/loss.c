#include "nets/losses/kind.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

extern const cc_loss_kind cc_loss_bce, cc_loss_focal, cc_loss_dice, cc_loss_iou, cc_loss_generalised_dice,
    cc_loss_bootstrap_bce, cc_loss_sum;

static const cc_loss_kind *const kinds[] = {
    &cc_loss_bce,           &cc_loss_focal, &cc_loss_dice, &cc_loss_iou, &cc_loss_generalised_dice,
    &cc_loss_bootstrap_bce, &cc_loss_sum,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const cc_loss_kind *cc_loss_find(const char *name) {
    for (int i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

const char *cc_loss_name(int index) {
    return index < KINDS ? kinds[index]->name : NULL;
}

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
    return kind->check ? kind->check(spec, where) : CC_OK;
}

cc_status cc_loss_check_range(const char *where, const char *field, double value, double min, double max) {
    if (value >= min && value <= max) return CC_OK;
    char place[256], range[96];
    snprintf(place, sizeof place, "%s.%s", where, field);
    snprintf(range, sizeof range, "from %g to %g", min, max);
    return cc_fail(CC_ECONFIG, place, range, "%g is out of range", value);
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
    *value = kind->evaluate(&(cc_loss_run){.spec = spec,
                                           .logits = logits,
                                           .target = target,
                                           .gradient = gradient,
                                           .scale = 1,
                                           .shape = shape,
                                           .scratch = scratch});
    return CC_OK;
}
