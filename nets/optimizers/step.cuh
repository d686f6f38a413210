/* nets/optimizers/step.cuh -- what the optimisers' CUDA kernels share; private to nets/optimizers/NAME/.
 *
 * A step is one map over rows (nets/backends/cuda/map_rows.cuh) over the flat range of all parameters, in
 * packs of N neighbouring values. Each thread first reads the step's constants and the loss from the device's
 * memory: in a recorded step the kernel's arguments never change. Where the loss is NaN or infinite nothing
 * is written, so that the host, which reads the loss later, finds the weights and the state of before. */
#ifndef CC_NETS_OPTIMIZERS_STEP_CUH
#define CC_NETS_OPTIMIZERS_STEP_CUH

#include "nets/backends/cuda/map_rows.cuh"
#include "nets/backends/cuda/training.h"

namespace cc {

struct step_range { /* of the parameters */
    const cc_step_constants *constants;
    const double *loss;
    float *params;      /* [count] */
    const float *grads; /* [count] */
    float *state;       /* [state_count][count] */
    bf16 *bf16_copy;    /* [count], the parameters in bf16; NULL where that is not kept */
    int64_t count;
};

/* What a thread keeps of them. */
struct step_constants {
    bool go; /* the loss is neither NaN nor infinite */
    float derived[3];
};

__device__ inline step_constants step_constants_of(const step_range &r) {
    double loss = *r.loss;
    return step_constants{
        loss - loss == 0,
        {(float)r.constants->derived[0], (float)r.constants->derived[1], (float)r.constants->derived[2]}};
}

template <int N> __device__ void put_params(const step_range &r, int64_t row, const pack<float, N> &p) {
    store(r.params, row, p);
    if (r.bf16_copy) store(r.bf16_copy, row, narrow<bf16>(p.v));
}

/* Starts a map of F::template kernel<N>, made by f.make<N>(range), with the widest pack that divides. */
template <class F> void step_run(const cc_cuda_optimizer_run &run, const F &f) {
    const step_range r = {run.constants,         run.loss,          run.params, run.grads, run.state,
                          (bf16 *)run.bf16_copy, (int64_t)run.count};
    if (run.count % 4 == 0)
        map_rows(row_map_flat(r.count / 4), f.template make<4>(r));
    else
        map_rows(row_map_flat(r.count), f.template make<1>(r));
}

} // namespace cc

#endif
