#include "nets/optimizers/optimizer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "nets/optimizers/kind.h"

enum { BLOCK = 1 << 14 };

extern const cc_optimizer_kind cc_optimizer_sgd, cc_optimizer_adam, cc_optimizer_adamw;

static const cc_optimizer_kind *const kinds[] = {
    &cc_optimizer_sgd,
    &cc_optimizer_adam,
    &cc_optimizer_adamw,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static cc_status find(const cc_optimizer_kind **out, const char *name) {
    char names[256] = "";
    for (int i = 0; i < KINDS; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "one of ", kinds[i]->name);
        if (name && strcmp(kinds[i]->name, name) == 0) return *out = kinds[i], CC_OK;
    }
    if (!name) return cc_fail(CC_ECONFIG, "optimizer.type", names, "is missing");
    return cc_fail(CC_ECONFIG, "optimizer.type", names, "\"%s\" is not an optimiser", name);
}

const char *cc_optimizer_name(int index) {
    return index < KINDS ? kinds[index]->name : NULL;
}

cc_status cc_optimizer_check_range(const char *field, double value, double min, double max) {
    if (value >= min && value <= max) return CC_OK;
    char where[64], range[96];
    snprintf(where, sizeof where, "optimizer.%s", field);
    snprintf(range, sizeof range, "from %g to %g", min, max);
    return cc_fail(CC_ECONFIG, where, range, "%g is out of range", value);
}

cc_status cc_optimizer_check(const cc_optimizer_spec *spec) {
    const cc_optimizer_kind *kind;
    CC_TRY(find(&kind, spec->type));
    CC_TRY(cc_optimizer_check_range("lr", spec->lr, 0, 1e6));
    CC_TRY(cc_optimizer_check_range("weight_decay", spec->weight_decay, 0, 1e6));
    return kind->check(spec);
}

int cc_optimizer_state_count(const cc_optimizer_spec *spec) {
    const cc_optimizer_kind *kind;
    cc_status status = find(&kind, spec->type);
    assert(status == CC_OK);
    return status == CC_OK ? kind->state_count(spec) : 0;
}

cc_status cc_optimizer_step(const cc_optimizer_spec *spec, double lr, int64_t step, float *params,
                            const float *grads, float *state, size_t count) {
    const cc_optimizer_kind *kind;
    CC_TRY(find(&kind, spec->type));
    const int states = kind->state_count(spec);
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
