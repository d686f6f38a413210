/* nets/optimizers/kind.h -- what an optimiser is made of; private to nets/optimizers/. */
#ifndef CC_NETS_OPTIMIZERS_KIND_H
#define CC_NETS_OPTIMIZERS_KIND_H

#include "nets/optimizers/optimizer.h"

/* A step over one block of neighbouring elements. */
typedef struct cc_optimizer_block {
    float *params;
    const float *grads;
    float *state[2]; /* those that there are */
    size_t count;
} cc_optimizer_block;

typedef struct cc_optimizer_kind {
    const char *name;
    cc_status (*check)(const cc_optimizer_spec *spec);
    int (*state_count)(const cc_optimizer_spec *spec);
    void (*step)(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step);
} cc_optimizer_kind;

/* CC_ECONFIG with "optimizer.FIELD" unless min <= value <= max. */
cc_status cc_optimizer_check_range(const char *field, double value, double min, double max);

#endif
