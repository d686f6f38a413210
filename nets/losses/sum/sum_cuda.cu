/* nets/losses/sum/sum_cuda.cu -- a weighted sum of losses on the GPU: the kernels of its terms one after
 * another, in the same scratch memory; weights of sums in sums multiply. Every term but the first adds to
 * value and gradient. */
#include "nets/losses/loss_kernels.cuh"

namespace {

size_t own_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    size_t most = 0;
    for (int i = 0; i < spec->term_count; i++) {
        const cc_loss_cuda *term = cc_cuda_loss_find(spec->terms[i].type);
        size_t bytes = term && term->own_bytes ? term->own_bytes(&spec->terms[i], shape) : 0;
        if (bytes > most) most = bytes;
    }
    return most;
}

void run(const cc_cuda_loss_run *run) {
    for (int i = 0; i < run->spec->term_count; i++) {
        cc_cuda_loss_run term = *run;
        term.spec = &run->spec->terms[i];
        term.weight = run->weight * term.spec->weight;
        term.add = run->add || i > 0;
        cc_cuda_loss_find(term.spec->type)->run(&term);
    }
}

} // namespace

const cc_loss_cuda cc_loss_sum_cuda = {.own_bytes = own_bytes, .run = run};
