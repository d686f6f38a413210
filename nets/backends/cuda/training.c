/* nets/backends/cuda/training.c -- losses and optimisers on the device, by name.
 *
 * The lists of nets/losses and nets/optimizers say which have kernels. An unknown name, or one without
 * kernels, is refused before any kernel starts: a step would otherwise go on with values that nothing
 * wrote. */
#ifdef CC_HAVE_CUDA
#include "nets/backends/cuda/training.h"

#include <string.h>
#include "nets/backends/cuda/device.h"

/* The second column of the lists: a constant of the .cu file, or none. */
#define KERNELS_cuda(of, name) &cc_##of##_##name##_cuda
#define KERNELS_host(of, name) NULL

/* Every loss, and what runs it here; NULL: it cannot be run here. */
static const struct {
    const cc_loss_kind *kind;
    const cc_loss_cuda *kernels;
} losses[] = {
#define X(name, kernels) {&cc_loss_##name, KERNELS_##kernels(loss, name)},
    CC_LOSSES(X)
#undef X
};

/* The same of the optimisers. */
static const struct {
    const cc_optimizer_kind *kind;
    const cc_optimizer_cuda *kernels;
} optimizers[] = {
#define X(name, kernels) {&cc_optimizer_##name, KERNELS_##kernels(optimizer, name)},
    CC_OPTIMIZERS(X)
#undef X
};

/* By name, of all that this build knows; also for a sum's terms. */
const cc_loss_cuda *cc_cuda_loss_find(const char *name) {
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strcmp(losses[i].kind->name, name) == 0) return losses[i].kernels;
    return NULL;
}

static const cc_optimizer_cuda *find_optimizer(const char *name) {
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++)
        if (strcmp(optimizers[i].kind->name, name) == 0) return optimizers[i].kernels;
    return NULL;
}

bool cc_cuda_has_loss(const char *type) {
    return cc_cuda_loss_find(type) != NULL;
}

bool cc_cuda_has_optimizer(const char *type) {
    return find_optimizer(type) != NULL;
}

size_t cc_cuda_loss_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    const cc_loss_cuda *kernels = cc_cuda_loss_find(spec->type);
    const bool more = kernels && kernels->own_bytes;
    return cc_cuda_loss_shared_bytes(shape) + (more ? kernels->own_bytes(spec, shape) : 0);
}

/* The loss and every term of it. */
static cc_status check_loss(const cc_loss_spec *spec) {
    if (!cc_cuda_has_loss(spec->type))
        return cc_fail(CC_EUNSUPPORTED, "loss.type", NULL, "cuda has no loss \"%s\"", spec->type);
    for (int i = 0; i < spec->term_count; i++) CC_TRY(check_loss(spec->terms + i));
    return CC_OK;
}

cc_status cc_cuda_loss(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                       const float *target, cc_loss_shape shape, void *scratch) {
    const cc_cuda_loss_run run = {.spec = spec,
                                  .logits = logits,
                                  .target = target,
                                  .gradient = gradient,
                                  .value = value,
                                  .weight = 1,
                                  .shape = shape,
                                  .scratch = scratch};
    CC_TRY(check_loss(spec));
    cc_cuda_loss_find(spec->type)->run(&run);
    return cc_cuda_check("the loss");
}

void cc_cuda_derive(cc_step_constants *constants, const cc_optimizer_spec *spec) {
    const cc_optimizer_cuda *kernels = find_optimizer(spec->type);
    if (kernels) kernels->derive(constants, spec); /* else cc_cuda_optimise says so */
}

cc_status cc_cuda_optimise(const cc_optimizer_spec *spec, const cc_step_constants *constants, float *params,
                           const float *grads, float *state, void *bf16_copy, size_t count,
                           const double *loss) {
    const cc_optimizer_cuda *kernels = find_optimizer(spec->type);
    if (!kernels)
        return cc_fail(CC_EUNSUPPORTED, "optimizer.type", NULL, "cuda has no optimiser \"%s\"", spec->type);
    kernels->step(&(cc_cuda_optimizer_run){.spec = spec,
                                           .constants = constants,
                                           .loss = loss,
                                           .params = params,
                                           .grads = grads,
                                           .state = state,
                                           .bf16_copy = bf16_copy,
                                           .count = count});
    return cc_cuda_check("the optimiser");
}
#else
typedef int cc_cuda_training_is_absent;
#endif
