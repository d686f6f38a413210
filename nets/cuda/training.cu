/* Clipping and optimisers, over the flat range of all parameters. Formulas: nets/optimizer.h. What depends on
 * the step is derived on the device from cc_pace, so that a recorded step can be done again. */
#include "nets/cuda/training.h"
#include "nets/cuda/kernels.cuh"

#include <string.h>

using namespace cc;

enum { CLIP_PARTS = 256 };
static_assert(CLIP_PARTS * sizeof(double) <= CC_CLIP_BYTES, "clipping wants more scratch memory");

static __global__ void square_parts(double *parts, const float *grads, int64_t count) {
    __shared__ double room[THREADS];
    double sum = 0;
    for (int64_t i = global_index(); i < count; i += (int64_t)CLIP_PARTS * THREADS)
        sum += (double)grads[i] * grads[i];
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

static __global__ void scale_down(float *grads, const double *parts, int64_t count, double max_norm) {
    __shared__ double room[THREADS];
    double factor = max_norm / (sqrt(block_sum(parts[threadIdx.x], room)) + 1e-6);
    int64_t i = global_index();
    if (factor < 1 && i < count) grads[i] *= (float)factor;
}

cc_status cc_cuda_clip(float *grads, size_t count, double max_norm, void *scratch) {
    int64_t n = (int64_t)count;
    CC_LAUNCH_TOGETHER(square_parts, dim3(CLIP_PARTS), dim3(THREADS), (double *)scratch, grads, n);
    CC_LAUNCH_TOGETHER(scale_down, dim3(blocks_for(n)), dim3(THREADS), grads, (const double *)scratch, n,
                       max_norm);
    return cc_cuda_check("clipping");
}

struct rule { /* of the spec */
    bool adam, decoupled;
    double momentum, decay, b1, b2, eps;
};

enum { SIZE, ROOT, KEEP, GO };

static __global__ void derive(cc_pace *pace, rule r, const double *loss) {
    pace->derived[GO] = *loss - *loss == 0; /* neither NaN nor infinite */
    pace->derived[SIZE] = r.adam ? pace->lr / (1 - pow(r.b1, (double)pace->step)) : pace->lr;
    pace->derived[ROOT] = r.adam ? 1 / sqrt(1 - pow(r.b2, (double)pace->step)) : 1;
    pace->derived[KEEP] = r.decoupled ? 1 - pace->lr * r.decay : 1;
}

static __global__ void step_adam(float *params, const float *grads, float *state, int64_t count,
                                 const cc_pace *pace, rule r) {
    int64_t i = global_index();
    if (i >= count || pace->derived[GO] == 0) return;
    const float b1 = (float)r.b1, b2 = (float)r.b2, rest1 = (float)(1 - r.b1), rest2 = (float)(1 - r.b2);
    float p = params[i], g = grads[i] + (r.decoupled ? 0 : (float)r.decay) * p;
    float m = b1 * state[i] + rest1 * g, v = b2 * state[count + i] + rest2 * (g * g);
    state[i] = m;
    state[count + i] = v;
    params[i] = (float)pace->derived[KEEP] * p -
                (float)pace->derived[SIZE] * m / (sqrtf(v) * (float)pace->derived[ROOT] + (float)r.eps);
}

static __global__ void step_sgd(float *params, const float *grads, float *buffer, int64_t count,
                                const cc_pace *pace, rule r) {
    int64_t i = global_index();
    if (i >= count || pace->derived[GO] == 0) return;
    float p = params[i], g = grads[i] + (float)r.decay * p;
    if (r.momentum != 0) g = buffer[i] = (float)r.momentum * buffer[i] + g;
    params[i] = p - (float)pace->derived[SIZE] * g;
}

cc_status cc_cuda_optimise(const cc_optimizer_spec *spec, cc_pace *pace, float *params, const float *grads,
                           float *state, size_t count, const double *loss) {
    rule r = {strcmp(spec->type, "sgd") != 0,
              strcmp(spec->type, "adamw") == 0,
              spec->momentum,
              spec->weight_decay,
              spec->betas[0],
              spec->betas[1],
              spec->eps};
    auto step = r.adam ? step_adam : step_sgd;
    CC_LAUNCH(derive, dim3(1), dim3(1), pace, r, loss);
    CC_LAUNCH(step, dim3(blocks_for((int64_t)count)), dim3(THREADS), params, grads, state, (int64_t)count,
              pace, r);
    return cc_cuda_check("the optimiser");
}
