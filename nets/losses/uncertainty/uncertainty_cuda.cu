/* nets/losses/uncertainty/uncertainty_cuda.cu -- losses weighed by trained variances on the GPU: each term
 * leaves its weighed value in a place of its own, the factor exp(-s) being read from the device's memory,
 * where the optimiser changes s; a last kernel adds them up. Formulas: uncertainty.c. */
#include "nets/losses/loss_kernels.cuh"

namespace uncertainty_cuda {

struct uncertain {
    int count;
    const double *values;    /* exp(-s) w L of each term */
    const float *parameters; /* s */
    float *gradients;        /* by s */
    double *value;
};

/* One thread. */
__global__ void add_terms(uncertain u) {
    double total = 0;
    for (int i = 0; i < u.count; i++) {
        total += u.values[i] + u.parameters[i] / 2.0;
        u.gradients[i] = (float)(0.5 - u.values[i]);
    }
    *u.value = total;
}

/* The terms' values; what the terms work in lies behind. */
size_t own_bytes(const cc_loss_spec *, cc_loss_shape) {
    return CC_LOSS_TERMS_MAX * sizeof(double);
}

void run(const cc_cuda_loss_run *run) {
    const uncertain u = {run->spec->term_count, (const double *)run->scratch, run->io->parameters,
                         run->io->parameter_gradients, run->value};
    for (int i = 0; i < u.count; i++) {
        cc_cuda_loss_run term = cc_cuda_loss_term(run, i);
        term.value = (double *)run->scratch + i;
        term.add = false;
        term.log_variance = u.parameters + i;
        term.scratch = (char *)run->scratch + own_bytes(run->spec, run->shape);
        cc_cuda_loss_find(term.spec->type)->run(&term);
    }
    CC_LAUNCH(add_terms, dim3(1), dim3(1), u);
}

} // namespace uncertainty_cuda

const cc_loss_cuda cc_loss_uncertainty_cuda = {.own_bytes = uncertainty_cuda::own_bytes,
                                               .run = uncertainty_cuda::run};
