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

/* Of a loss, or a term, that looks at head `head`. Terms run one after another in the same scratch. */
static size_t loss_bytes(const cc_loss_spec *spec, const cc_loss_heads *heads, int head) {
    const cc_loss_cuda *kernels = cc_cuda_loss_find(spec->type);
    if (spec->head) head = cc_loss_find_head(heads, spec->head);
    const cc_loss_shape shape = heads->items[head].shape;
    size_t own = kernels && kernels->own_bytes ? kernels->own_bytes(spec, shape) : 0, most = 0;
    for (int i = 0; i < spec->term_count; i++) {
        size_t bytes = loss_bytes(spec->terms + i, heads, head);
        if (bytes > most) most = bytes;
    }
    return own + (spec->term_count > 0 ? most : cc_cuda_loss_shared_bytes(shape));
}

size_t cc_cuda_loss_bytes(const cc_loss_spec *spec, const cc_loss_heads *heads) {
    return loss_bytes(spec, heads, 0);
}

/* Lets a run look at the head of that number. */
static void look_at(cc_cuda_loss_run *run, int head) {
    size_t logits, target;
    cc_loss_find_place(&logits, &target, run->io->heads, head);
    run->shape = run->io->heads->items[head].shape;
    run->logits = run->io->logits + logits;
    run->target = run->io->target + target;
    run->gradient = run->io->gradient + logits;
}

cc_cuda_loss_run cc_cuda_loss_term(const cc_cuda_loss_run *run, int index) {
    cc_cuda_loss_run term = *run;
    term.spec = &run->spec->terms[index];
    term.weight = run->weight * term.spec->weight;
    term.add_gradient = run->add_gradient || index > 0;
    if (term.spec->head) look_at(&term, cc_loss_find_head(run->io->heads, term.spec->head));
    return term;
}

/* The loss and every term of it. */
static cc_status check_loss(const cc_loss_spec *spec) {
    if (!cc_cuda_has_loss(spec->type))
        return cc_fail(CC_EUNSUPPORTED, "loss.type", NULL, "cuda has no loss \"%s\"", spec->type);
    for (int i = 0; i < spec->term_count; i++) CC_TRY(check_loss(spec->terms + i));
    return CC_OK;
}

/* Of several heads a term writes to one: all gradients start from 0, and every term adds. */
cc_status cc_cuda_loss(double *value, const cc_loss_spec *spec, const cc_loss_io *io) {
    const bool several = io->heads->count > 1;
    cc_cuda_loss_run run = {
        .spec = spec, .io = io, .value = value, .weight = 1, .add_gradient = several, .scratch = io->scratch};
    CC_TRY(check_loss(spec));
    look_at(&run, 0);
    if (several) CC_TRY(cc_cuda_clear(io->gradient, cc_loss_logits_count(io->heads) * sizeof *io->gradient));
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
