/* nets/optimizers/adam/adam.cuh -- the step of Adam and AdamW on the GPU; private to nets/optimizers/.
 * Formulas: adam.c.
 *
 * Moments are float32, as on the host; the bias corrections come from the host in double (derive) and are
 * rounded once. */
#ifndef CC_NETS_OPTIMIZERS_ADAM_ADAM_CUH
#define CC_NETS_OPTIMIZERS_ADAM_ADAM_CUH

#include <math.h>
#include "nets/optimizers/step.cuh"

namespace cc {

/* In cc_step_constants.derived: lr / (1 - b1^t); 1 / sqrt(1 - b2^t); what the parameter is multiplied by. */
enum { ADAM_SIZE, ADAM_ROOT, ADAM_KEEP };

inline void adam_derive(cc_step_constants *constants, const cc_optimizer_spec *spec, double keep) {
    constants->derived[ADAM_SIZE] = constants->lr / (1 - pow(spec->betas[0], (double)constants->step));
    constants->derived[ADAM_ROOT] = 1 / sqrt(1 - pow(spec->betas[1], (double)constants->step));
    constants->derived[ADAM_KEEP] = keep;
}

template <int N> struct adam_step {
    enum { UNROLL = 1, REVERSED = false };
    typedef step_constants constants;
    struct packs {
        pack<float, N> p, g, m, v;
    };
    step_range r;
    float decay, b1, b2, rest1, rest2, eps; /* decay: of the gradient */
    __device__ constants prepare(int64_t, int64_t) const { return step_constants_of(r); }
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
            p.p.v[k] = c.derived[ADAM_KEEP] * p.p.v[k] -
                       c.derived[ADAM_SIZE] * m / (sqrtf(v) * c.derived[ADAM_ROOT] + eps);
        }
        store(r.state, row, p.m);
        store(r.state + r.count, row, p.v);
        put_params(r, row, p.p);
    }
};

/* `decay` times the parameter is added to the gradient. */
struct adam {
    const cc_optimizer_spec *spec;
    double decay;
    template <int N> adam_step<N> make(const step_range &r) const {
        const double b1 = spec->betas[0], b2 = spec->betas[1];
        return {r, (float)decay, (float)b1, (float)b2, (float)(1 - b1), (float)(1 - b2), (float)spec->eps};
    }
};

} // namespace cc

#endif
