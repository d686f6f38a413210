/* nets/backends/cuda/training.h -- private to nets/: how losses and optimisers run on the device, and the
 * members of cc_arithmetic that are made of them.
 *
 * A loss that has CUDA kernels defines the constant cc_loss_NAME_cuda in nets/losses/NAME/NAME_cuda.cu, an
 * optimiser cc_optimizer_NAME_cuda in nets/optimizers/NAME/NAME_cuda.cu; nets/losses/losses.h and
 * nets/optimizers/optimizers.h say which do. All pointers below are the device's but the specs'. */
#ifndef CC_NETS_BACKENDS_CUDA_TRAINING_H
#define CC_NETS_BACKENDS_CUDA_TRAINING_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/backend.h"
#include "nets/losses/loss.h"
#include "nets/optimizers/optimizer.h"

/* One loss, perhaps a term of another: the arguments of cc_arithmetic.loss, of the head that it looks at, and
 * what the other does with them. */
typedef struct cc_cuda_loss_run {
    const cc_loss_spec *spec;
    const cc_loss_io *io; /* of the whole loss */
    const float *logits, *target;
    float *gradient;
    double *value;
    double weight;             /* value and gradient are multiplied by this, */
    const float *log_variance; /* and by exp(-*log_variance); NULL: not */
    bool add, add_gradient;    /* value, gradient: added to what is there, or in place of it */
    cc_loss_shape shape;
    void *scratch;
} cc_cuda_loss_run;

/* Term number `index` of a loss that is made of others: its spec, weight and head; the gradient of one behind the
 * first is added. */
cc_cuda_loss_run cc_cuda_loss_term(const cc_cuda_loss_run *run, int index);

/* Every loss adds up SUMS numbers over PARTS parts of each image (nets/losses/loss_kernels.cuh). */
enum { CC_CUDA_LOSS_SUMS = 4, CC_CUDA_LOSS_PARTS = 64 };

/* Scratch of every loss: those sums of each part and each image, float64. What a loss has of its own
 * follows. */
static inline size_t cc_cuda_loss_shared_bytes(cc_loss_shape shape) {
    return (size_t)shape.n * (1 + CC_CUDA_LOSS_PARTS) * CC_CUDA_LOSS_SUMS * sizeof(double);
}

typedef struct cc_loss_cuda {
    /* Bytes of scratch that it needs behind the shared ones, or, of a loss that is made of others, before what its
     * terms work in; NULL: none. */
    size_t (*own_bytes)(const cc_loss_spec *spec, cc_loss_shape shape);
    void (*run)(const cc_cuda_loss_run *run); /* starts its kernels */
} cc_loss_cuda;

/* One step: the arguments of cc_arithmetic.optimise. */
typedef struct cc_cuda_optimizer_run {
    const cc_optimizer_spec *spec;
    const cc_step_constants *constants;
    const double *loss;
    float *params;
    const float *grads;
    float *state;
    void *bf16_copy; /* NULL: the backend keeps no copy of the weights in bf16 */
    size_t count;
} cc_cuda_optimizer_run;

typedef struct cc_optimizer_cuda {
    /* As cc_arithmetic.derive. */
    void (*derive)(cc_step_constants *constants, const cc_optimizer_spec *spec);
    void (*step)(const cc_cuda_optimizer_run *run); /* starts its kernel */
} cc_optimizer_cuda;

/* What runs a loss of that name; NULL where there are no kernels of it. */
const cc_loss_cuda *cc_cuda_loss_find(const char *name);

/* The members of that name of cc_arithmetic. */
bool cc_cuda_has_loss(const char *type);
bool cc_cuda_has_optimizer(const char *type);
size_t cc_cuda_loss_bytes(const cc_loss_spec *spec, const cc_loss_heads *heads);
cc_status cc_cuda_loss(double *value, const cc_loss_spec *spec, const cc_loss_io *io);
void cc_cuda_derive(cc_step_constants *constants, const cc_optimizer_spec *spec);
cc_status cc_cuda_optimise(const cc_optimizer_spec *spec, const cc_step_constants *constants, float *params,
                           const float *grads, float *state, void *bf16_copy, size_t count,
                           const double *loss);

/* Tables that a build without CUDA lacks. */
#define CC_KERNELS_cuda(of, name) extern const cc_##of##_cuda cc_##of##_##name##_cuda;
#define CC_KERNELS_host(of, name)
#define X(name, kernels) CC_KERNELS_##kernels(loss, name)
CC_LOSSES(X)
#undef X
#define X(name, kernels) CC_KERNELS_##kernels(optimizer, name)
CC_OPTIMIZERS(X)
#undef X
#undef CC_KERNELS_cuda
#undef CC_KERNELS_host

#ifdef __cplusplus
}
#endif

#endif
