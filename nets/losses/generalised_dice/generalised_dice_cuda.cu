/* nets/losses/generalised_dice/generalised_dice_cuda.cu -- generalised Dice on the GPU: a kernel that sums
 * over the batch, and one that writes the gradient. Formulas: generalised_dice.c. */
#include "nets/losses/loss_kernels.cuh"

using namespace cc;

namespace generalised_dice_cuda {

struct generalised_dice_loss {
    enum { NEEDS_TOTALS = true, PER_IMAGE = false };
    __device__ void add(float sums[LOSS_SUMS], const loss_images &, int64_t, int64_t, float, float g,
                        const pixel &v) const {
        sums[0] += v.p * g;
        sums[1] += v.p;
        sums[2] += g;
        sums[3] += v.q * (1 - g);
    }
    /* The first image's totals become w1, w0, N / D, D. */
    __device__ double finish(const loss_images &im, const double sums[LOSS_SUMS], double) const {
        double *totals = im.totals, count = (double)im.n * (double)im.pixels;
        double wanted = sums[2], unwanted = count - wanted, predicted = sums[1], rejected = count - predicted;
        double w1 = 1 / (wanted * wanted + 1e-6), w0 = 1 / (unwanted * unwanted + 1e-6);
        double denominator = w1 * (predicted + wanted) + w0 * (rejected + unwanted);
        double ratio = (w1 * sums[0] + w0 * sums[3]) / denominator;
        totals[0] = w1;
        totals[1] = w0;
        totals[2] = ratio;
        totals[3] = denominator;
        return 1 - 2 * ratio;
    }
    __device__ float derivative(const loss_images &im, int64_t, int64_t, float, float g,
                                const pixel &v) const {
        const double *c = im.totals;
        double slope = c[0] * g - c[1] * (1 - g) - c[2] * (c[0] - c[1]);
        return (float)(-2 * slope / c[3] * (v.p * v.q));
    }
};

void run(const cc_cuda_loss_run *run) {
    loss_run(*run, generalised_dice_loss{});
}

} // namespace generalised_dice_cuda

const cc_loss_cuda cc_loss_generalised_dice_cuda = {.run = generalised_dice_cuda::run};
