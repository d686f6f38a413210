/* nets/optimizers/sgd/sgd_cuda.cu -- gradient descent with momentum on the GPU. Formulas: sgd.c. */
#include "nets/optimizers/step.cuh"

using namespace cc;

namespace sgd_cuda {

enum { SIZE }; /* in cc_step_constants.derived: the learning rate */

template <int N> struct sgd_step {
    enum { UNROLL = 2, REVERSED = false };
    typedef step_constants constants;
    struct packs {
        pack<float, N> p, g, m;
    };
    step_range r;
    float decay, momentum;
    bool nesterov;
    __device__ constants prepare(int64_t, int64_t) const { return step_constants_of(r); }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.p = load<float, N>(r.params, row);
        p.g = load<float, N>(r.grads, row);
        if (momentum != 0) p.m = load<float, N>(r.state, row);
    }
    __device__ void put(packs &p, const constants &c, int64_t row, int64_t) const {
        if (!c.go) return;
        for (int k = 0; k < N; k++) {
            float g = p.g.v[k] + decay * p.p.v[k];
            float along = g; /* the gradient, the buffer, or one momentum ahead of it */
            if (momentum != 0) along = p.m.v[k] = momentum * p.m.v[k] + g;
            if (nesterov) along = g + momentum * along;
            p.p.v[k] -= c.derived[SIZE] * along;
        }
        if (momentum != 0) store(r.state, row, p.m);
        put_params(r, row, p.p);
    }
};

struct sgd {
    const cc_optimizer_spec *spec;
    template <int N> sgd_step<N> make(const step_range &r) const {
        return {r, (float)spec->weight_decay, (float)spec->momentum, spec->nesterov};
    }
};

void derive(cc_step_constants *constants, const cc_optimizer_spec *) {
    constants->derived[SIZE] = constants->lr;
}

void step(const cc_cuda_optimizer_run *run) {
    step_run(*run, sgd{run->spec});
}

} // namespace sgd_cuda

const cc_optimizer_cuda cc_optimizer_sgd_cuda = {.derive = sgd_cuda::derive, .step = sgd_cuda::step};
