/* nets/losses/sum/sum_cuda.cu -- a weighted sum of losses on the GPU: the kernels of its terms one after
 * another, in the same scratch memory; weights of sums in sums multiply. Every term but the first adds to
 * the value, and to the gradient of its head. */
#include "nets/losses/loss_kernels.cuh"

namespace sum_cuda {

void run(const cc_cuda_loss_run *run) {
    for (int i = 0; i < run->spec->term_count; i++) {
        cc_cuda_loss_run term = cc_cuda_loss_term(run, i);
        term.add = run->add || i > 0;
        cc_cuda_loss_find(term.spec->type)->run(&term);
    }
}

} // namespace sum_cuda

const cc_loss_cuda cc_loss_sum_cuda = {.own_bytes = NULL, .run = sum_cuda::run};
