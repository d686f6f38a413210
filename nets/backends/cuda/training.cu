/* Clipping and optimisers, over the flat range of all parameters. Formulas: nets/optimizers/optimizer.h. What
 * depends on the step is in cc_step_constants, on the device, so that a recorded step can be done again. */
#include "nets/backends/cuda/training.h"
#include "nets/backends/cuda/sweep.cuh"

#include <math.h>
#include <string.h>

using namespace cc;

enum { CLIP_PARTS = 256, CLIP_BLOCKS = 1024 };
static_assert(CLIP_PARTS * sizeof(double) <= CC_CLIP_BYTES, "clipping wants more scratch memory");
static_assert((int)CLIP_PARTS == (int)THREADS, "each thread of scale_down adds one part");

template <int N> __global__ void square_parts(double *parts, const float *grads, int64_t packs) {
    __shared__ double room[THREADS];
    double sum = 0;
#pragma unroll 4
    for (int64_t i = global_index(); i < packs; i += (int64_t)CLIP_PARTS * THREADS) {
        pack<float, N> g = load<float, N>(grads, i);
        for (int k = 0; k < N; k++) sum += (double)g.v[k] * g.v[k];
    }
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

template <int N>
__global__ void scale_down(float *grads, const double *parts, int64_t packs, double max_norm) {
    __shared__ double room[THREADS];
    double factor = max_norm / (sqrt(block_sum(parts[threadIdx.x], room)) + 1e-6);
    for (int64_t i = global_index(); !(factor >= 1) && i < packs; i += (int64_t)gridDim.x * THREADS) {
        pack<float, N> g = load<float, N>(grads, i);
        for (int k = 0; k < N; k++) g.v[k] *= (float)factor;
        store(grads, i, g);
    }
}

template <int N> static void run_clip(float *grads, int64_t packs, double max_norm, double *parts) {
    auto square = square_parts<N>;
    auto scale = scale_down<N>;
    unsigned blocks = blocks_for(packs);
    CC_LAUNCH_TOGETHER(square, dim3(CLIP_PARTS), dim3(THREADS), parts, grads, packs);
    CC_LAUNCH_TOGETHER(scale, dim3(blocks < CLIP_BLOCKS ? blocks : (unsigned)CLIP_BLOCKS), dim3(THREADS),
                       grads, parts, packs, max_norm);
}

cc_status cc_cuda_clip(float *grads, size_t count, double max_norm, void *scratch) {
    int64_t n = (int64_t)count;
    if (n % 4 == 0)
        run_clip<4>(grads, n / 4, max_norm, (double *)scratch);
    else
        run_clip<1>(grads, n, max_norm, (double *)scratch);
    return cc_cuda_check("clipping");
}

/* In cc_step_constants.derived. */
enum { SIZE, ROOT, KEEP };

/* The optimisers that there are kernels of. */
struct optimizer_kind {
    const char *name;
    bool adam, decoupled; /* decoupled: the decay is not in the gradient */
};
static const optimizer_kind optimizer_kinds[] = {
    {"sgd", false, false}, {"adam", true, false}, {"adamw", true, true}};

/* NULL where there is none of that name. */
static const optimizer_kind *find_kind(const char *name) {
    for (const optimizer_kind &k : optimizer_kinds)
        if (strcmp(k.name, name) == 0) return &k;
    return NULL;
}

bool cc_cuda_has_optimizer(const char *type) {
    return find_kind(type) != NULL;
}

void cc_cuda_derive(cc_step_constants *pace, const cc_optimizer_spec *spec) {
    const optimizer_kind *kind = find_kind(spec->type);
    if (!kind) return; /* cc_cuda_optimise says so */
    bool adam = kind->adam;
    pace->derived[SIZE] = adam ? pace->lr / (1 - pow(spec->betas[0], (double)pace->step)) : pace->lr;
    pace->derived[ROOT] = adam ? 1 / sqrt(1 - pow(spec->betas[1], (double)pace->step)) : 1;
    pace->derived[KEEP] = kind->decoupled ? 1 - pace->lr * spec->weight_decay : 1;
}

struct range { /* of the parameters */
    const cc_step_constants *pace;
    const double *loss;
    float *params;
    const float *grads;
    float *state;
    bf16 *half; /* NULL where that is not kept */
    int64_t count;
};

struct pace_constants {
    bool go; /* the loss is neither NaN nor infinite */
    float size, root, keep;
};

__device__ static pace_constants constants_of(const range &r) {
    double loss = *r.loss;
    return pace_constants{loss - loss == 0, (float)r.pace->derived[SIZE], (float)r.pace->derived[ROOT],
                          (float)r.pace->derived[KEEP]};
}

template <int N> __device__ void put_params(const range &r, int64_t row, const pack<float, N> &p) {
    store(r.params, row, p);
    if (r.half) store(r.half, row, narrow<bf16>(p.v));
}

template <int N> struct step_adam {
    enum { UNROLL = 1, REVERSED = false };
    typedef pace_constants constants;
    struct packs {
        pack<float, N> p, g, m, v;
    };
    range r;
    float decay, b1, b2, rest1, rest2, eps; /* decay: of the gradient */
    __device__ constants prepare(int64_t, int64_t) const { return constants_of(r); }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.p = load<float, N>(r.params, row);
        p.g = load<float, N>(r.grads, row);
        p.m = load<float, N>(r.state, row);
        p.v = load<float, N>(r.state + r.count, row);
    }
    __device__ void put(packs &p, const constants &c, int64_t row, int64_t) const {
        if (!c.go) return;
        for (int k = 0; k < N; k++) {
            float g = p.g.v[k] + decay * p.p.v[k];
            float m = p.m.v[k] = b1 * p.m.v[k] + rest1 * g, v = p.v.v[k] = b2 * p.v.v[k] + rest2 * (g * g);
            p.p.v[k] = c.keep * p.p.v[k] - c.size * m / (sqrtf(v) * c.root + eps);
        }
        store(r.state, row, p.m);
        store(r.state + r.count, row, p.v);
        put_params(r, row, p.p);
    }
};

template <int N> struct step_sgd {
    enum { UNROLL = 2, REVERSED = false };
    typedef pace_constants constants;
    struct packs {
        pack<float, N> p, g, m;
    };
    range r;
    float decay, momentum;
    __device__ constants prepare(int64_t, int64_t) const { return constants_of(r); }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.p = load<float, N>(r.params, row);
        p.g = load<float, N>(r.grads, row);
        if (momentum != 0) p.m = load<float, N>(r.state, row);
    }
    __device__ void put(packs &p, const constants &c, int64_t row, int64_t) const {
        if (!c.go) return;
        for (int k = 0; k < N; k++) {
            float g = p.g.v[k] + decay * p.p.v[k];
            if (momentum != 0) g = p.m.v[k] = momentum * p.m.v[k] + g;
            p.p.v[k] -= c.size * g;
        }
        if (momentum != 0) store(r.state, row, p.m);
        put_params(r, row, p.p);
    }
};

template <int N>
static void run_step(const cc_optimizer_spec *s, const optimizer_kind &kind, const range &r) {
    sweep all = sweep_flat(r.count / N);
    if (kind.adam)
        sweep_run(all, step_adam<N>{r, kind.decoupled ? 0 : (float)s->weight_decay, (float)s->betas[0],
                                    (float)s->betas[1], (float)(1 - s->betas[0]), (float)(1 - s->betas[1]),
                                    (float)s->eps});
    else
        sweep_run(all, step_sgd<N>{r, (float)s->weight_decay, (float)s->momentum});
}

cc_status cc_cuda_optimise(const cc_optimizer_spec *spec, const cc_step_constants *pace, float *params,
                           const float *grads, float *state, void *half, size_t count, const double *loss) {
    const optimizer_kind *kind = find_kind(spec->type);
    if (!kind)
        return cc_fail(CC_EUNSUPPORTED, "optimizer.type", NULL, "cuda has no optimiser \"%s\"", spec->type);
    range r = {pace, loss, params, grads, state, (bf16 *)half, (int64_t)count};
    if (count % 4 == 0)
        run_step<4>(spec, *kind, r);
    else
        run_step<1>(spec, *kind, r);
    return cc_cuda_check("the optimiser");
}
