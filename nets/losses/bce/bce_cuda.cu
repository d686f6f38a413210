/* nets/losses/bce/bce_cuda.cu -- binary cross-entropy on the GPU: one kernel, which sums and writes the
 * gradient on the way. Formulas: bce.c. */
#include "nets/losses/loss_kernels.cuh"

using namespace cc;

namespace bce_cuda {

struct bce_loss {
    enum { NEEDS_TOTALS = false, PER_IMAGE = false };
    float weight; /* of true pixels; 1: all count alike */
    __device__ void add(float sums[LOSS_SUMS], const loss_images &, int64_t, int64_t, float x, float g,
                        const pixel &v) const {
        sums[0] += weight == 1 ? v.bce : weighted_bce(v, x, g, weight);
    }
    __device__ double finish(const loss_images &im, const double sums[LOSS_SUMS], double) const {
        return sums[0] / ((double)im.n * (double)im.pixels);
    }
    __device__ float derivative(const loss_images &im, int64_t, int64_t, float, float g,
                                const pixel &v) const {
        float share = 1 / ((float)im.n * (float)im.pixels);
        return share * (weight == 1 ? residual(v, g) : weighted_residual(v, g, weight));
    }
};

void run(const cc_cuda_loss_run *run) {
    loss_run(*run, bce_loss{positive_weight(run->spec)});
}

} // namespace bce_cuda

const cc_loss_cuda cc_loss_bce_cuda = {.run = bce_cuda::run};
