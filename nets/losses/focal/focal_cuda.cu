/* nets/losses/focal/focal_cuda.cu -- the focal loss on the GPU: one kernel, which sums and writes the
 * gradient on the way. Formulas: focal.c. */
#include "nets/losses/loss_kernels.cuh"

using namespace cc;

namespace focal_cuda {

struct focal_loss {
    enum { NEEDS_TOTALS = false, PER_IMAGE = false };
    double alpha, gamma;
    /* a qt^gamma, with qt^gamma as exp(gamma log sigmoid(-y)): nothing overflows for any logit. */
    __device__ float weight(float x, float g, const pixel &v) const {
        float y = g > 0.5f ? x : -x, a = (float)(g > 0.5f ? alpha : 1 - alpha);
        return a * expf((float)gamma * (-fmaxf(y, 0) - v.softplus));
    }
    __device__ void add(float sums[LOSS_SUMS], const loss_images &, int64_t, int64_t, float x, float g,
                        const pixel &v) const {
        sums[0] += weight(x, g, v) * v.bce;
    }
    __device__ double finish(const loss_images &im, const double sums[LOSS_SUMS], double) const {
        return sums[0] / ((double)im.n * (double)im.pixels);
    }
    __device__ float derivative(const loss_images &im, int64_t, int64_t, float x, float g,
                                const pixel &v) const {
        float share = 1 / ((float)im.n * (float)im.pixels), sign = g > 0.5f ? 1 : -1;
        return share * weight(x, g, v) *
               (residual(v, g) - sign * (float)gamma * (g > 0.5f ? v.p : v.q) * v.bce);
    }
};

void run(const cc_cuda_loss_run *run) {
    loss_run(*run, focal_loss{run->spec->alpha, run->spec->gamma});
}

} // namespace focal_cuda

const cc_loss_cuda cc_loss_focal_cuda = {.run = focal_cuda::run};
