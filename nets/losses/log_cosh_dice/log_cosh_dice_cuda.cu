/* nets/losses/log_cosh_dice/log_cosh_dice_cuda.cu -- log cosh of the soft Dice loss on the GPU; each class of
 * an image is an image of one class. Formulas: log_cosh_dice.c. */
#include "nets/losses/regions.cuh"

using namespace cc;

namespace log_cosh_dice_cuda {

struct log_cosh_dice {
    double smooth;

    __device__ double finish(const regions &r) const {
        double total = 0;
        for (int64_t n = 0; n < r.n; n++) {
            const double *t = r.totals + n * REGION_SUMS,
                         below = 2 * t[REGION_BOTH] + t[REGION_OVER] + t[REGION_UNDER] + smooth,
                         ratio = (2 * t[REGION_BOTH] + smooth) / below;
            total += ratio;
            r.slopes[n] = region_slope{-(2 - ratio) / below, ratio / below, 0};
        }
        const double dice = 1 - total / (double)r.n, outer = tanh(dice) / (double)r.n;
        for (int64_t n = 0; n < r.n; n++) {
            r.slopes[n].truth *= outer;
            r.slopes[n].rest *= outer;
        }
        return log(cosh(dice));
    }
};

cc_loss_shape by_class(cc_loss_shape s) {
    return cc_loss_shape{s.n * s.classes, 1, s.pixels};
}

size_t own_bytes(const cc_loss_spec *, cc_loss_shape s) {
    return region_bytes(by_class(s));
}

void run(const cc_cuda_loss_run *run) {
    run_regions(*run, by_class(run->shape), log_cosh_dice{run->spec->smooth});
}

} // namespace log_cosh_dice_cuda

const cc_loss_cuda cc_loss_log_cosh_dice_cuda = {.own_bytes = log_cosh_dice_cuda::own_bytes,
                                                 .run = log_cosh_dice_cuda::run};
