/* nets/backends/host.c -- memory and arithmetic of the backends that work in the host's memory: the CPU and
 * the naive reference.
 *
 * put, fetch and feed are copies within that memory, which callers skip where device_memory is false. Losses
 * and optimisers are the folders' own evaluations on the host, in float64, which other backends' kernels are
 * compared with. Kernels are called directly, so there is nothing to record. */
#include "nets/backends/host.h"

#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/engine/memory.h"
#include "nets/optimizers/optimizer.h"

/* Values that a thread averages at a time. */
enum { CHUNK = 1 << 14 };

static cc_status copy_bytes(void *to, const void *from, size_t bytes) {
    if (bytes > 0) memcpy(to, from, bytes);
    return CC_OK;
}

static cc_status wait(void) {
    return CC_OK;
}

/* Unknown: the operating system hands out more than there is, and counts what a process takes by itself. */
static size_t unknown(void) {
    return 0;
}

const cc_storage cc_storage_host = {.get = cc_memory_get,
                                    .free = cc_memory_free,
                                    .get_host = cc_memory_get,
                                    .free_host = cc_memory_free,
                                    .put = copy_bytes,
                                    .fetch = copy_bytes,
                                    .feed = copy_bytes,
                                    .wait = wait,
                                    .available = unknown,
                                    .peak = unknown};

static cc_status clip(float *grads, size_t count, double max_norm, void *scratch) {
    (void)scratch;
    cc_optimizer_clip(grads, count, max_norm);
    return CC_OK;
}

static cc_status optimise(const cc_optimizer_spec *spec, const cc_step_constants *constants, float *params,
                          const float *grads, float *state, void *bf16_copy, size_t count,
                          const double *loss) {
    (void)bf16_copy;
    if (!isfinite(*loss)) return CC_OK; /* weights and state stay those before the step */
    return cc_optimizer_step(spec, constants->lr, constants->step, params, grads, state, count);
}

/* The three of cc_averaging, over one chunk; decay in double, as the reference has it. */
CC_HOT static void copy(float *restrict a, const float *restrict w, size_t count) {
    for (size_t i = 0; i < count; i++) a[i] = w[i];
}

CC_HOT static void blend(float *restrict a, const float *restrict w, size_t count, double decay) {
    for (size_t i = 0; i < count; i++) a[i] = (float)(decay * a[i] + (1 - decay) * w[i]);
}

CC_HOT static void swap(float *restrict a, float *restrict w, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float kept = a[i];
        a[i] = w[i];
        w[i] = kept;
    }
}

static void average_chunk(cc_averaging how, float *a, float *w, size_t count, double decay) {
    if (how == CC_AVERAGING_COPY) copy(a, w, count);
    if (how == CC_AVERAGING_BLEND) blend(a, w, count, decay);
    if (how == CC_AVERAGING_SWAP) swap(a, w, count);
}

static cc_status average(cc_averaging how, float *a, float *w, size_t count, double decay) {
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i += CHUNK)
        average_chunk(how, a + i, w + i, count - i < CHUNK ? count - i : CHUNK, decay);
    return CC_OK;
}

/* The host has every loss and optimiser that there is. */
static bool has_loss(const char *type) {
    return cc_loss_find(type) != NULL;
}

static bool has_optimizer(const char *type) {
    return cc_optimizer_find(type) != NULL;
}

const cc_arithmetic cc_arithmetic_host = {.has_loss = has_loss,
                                          .has_optimizer = has_optimizer,
                                          .loss_bytes = cc_loss_scratch_bytes_of,
                                          .loss = cc_loss_evaluate_heads,
                                          .clip = clip,
                                          .optimise = optimise,
                                          .average = average};

cc_status cc_host_run(cc_sequence **sequence, cc_status (*work)(void *context), void *context) {
    (void)sequence;
    return work(context);
}

void cc_host_forget(cc_sequence *sequence) {
    (void)sequence;
}
