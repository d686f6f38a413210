/* nets/optimizers/adamw/adamw_cuda.cu -- AdamW on the GPU: the weight decay multiplies the parameter
 * itself. */
#include "nets/optimizers/adam/adam.cuh"

using namespace cc;

namespace adamw_cuda {

void derive(cc_step_constants *constants, const cc_optimizer_spec *spec) {
    adam_derive(constants, spec, 1 - constants->lr * spec->weight_decay);
}

void step(const cc_cuda_optimizer_run *run) {
    step_run(*run, adam{run->spec, 0});
}

} // namespace adamw_cuda

const cc_optimizer_cuda cc_optimizer_adamw_cuda = {.derive = adamw_cuda::derive, .step = adamw_cuda::step};
