/* nets/optimizers/adam/adam_cuda.cu -- Adam on the GPU: the weight decay is a part of the gradient. */
#include "nets/optimizers/adam/adam.cuh"

using namespace cc;

namespace adam_cuda {

void derive(cc_step_constants *constants, const cc_optimizer_spec *spec) {
    adam_derive(constants, spec, 1);
}

void step(const cc_cuda_optimizer_run *run) {
    step_run(*run, adam{run->spec, run->spec->weight_decay});
}

} // namespace adam_cuda

const cc_optimizer_cuda cc_optimizer_adam_cuda = {.derive = adam_cuda::derive, .step = adam_cuda::step};
