/* nets/losses/dice/dice_cuda.cu -- soft Dice and soft IoU on the GPU: a kernel that sums I, P and G of each
 * image and works out its ratio r, and one that writes the gradient. Formulas: dice.c. */
#include "nets/losses/loss_kernels.cuh"

using namespace cc;

namespace dice_cuda {

/* r = (a I + s) / (P + G - b I + s): Dice a = 2, b = 0; IoU a = 1, b = 1. They are passed at
 * run time: constants would be folded, and products fused with sums in another way, which rounds
 * otherwise. */
struct overlap_loss {
    enum { NEEDS_TOTALS = true, PER_IMAGE = true };
    float a, b;
    double smooth;
    __device__ void add(float sums[LOSS_SUMS], const loss_images &, int64_t, int64_t, float, float g,
                        const pixel &v) const {
        sums[0] += v.p * g;
        sums[1] += v.p;
        sums[2] += g;
    }
    /* Totals I, P, G become r and its denominator. */
    __device__ double finish_image(double totals[LOSS_SUMS]) const {
        double denominator = totals[1] + totals[2] - (double)b * totals[0] + smooth;
        double ratio = ((double)a * totals[0] + smooth) / denominator;
        totals[0] = ratio;
        totals[1] = denominator;
        return ratio;
    }
    __device__ double finish(const loss_images &im, const double *, double ratios) const {
        return 1 - ratios / (double)im.n;
    }
    __device__ float derivative(const loss_images &im, int64_t n, int64_t, float, float g,
                                const pixel &v) const {
        const double *c = im.totals + n * LOSS_SUMS;
        float ratio = (float)c[0];
        return -(a * g - ratio * (1 - b * g)) * (v.p * v.q) / ((float)im.n * (float)c[1]);
    }
};

void run_dice(const cc_cuda_loss_run *run) {
    loss_run(*run, overlap_loss{2, 0, run->spec->smooth});
}

void run_iou(const cc_cuda_loss_run *run) {
    loss_run(*run, overlap_loss{1, 1, run->spec->smooth});
}

} // namespace dice_cuda

const cc_loss_cuda cc_loss_dice_cuda = {.run = dice_cuda::run_dice};
const cc_loss_cuda cc_loss_iou_cuda = {.run = dice_cuda::run_iou};
