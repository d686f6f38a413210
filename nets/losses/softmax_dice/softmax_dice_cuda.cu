/* nets/losses/softmax_dice/softmax_dice_cuda.cu -- soft Dice of a softmax on the GPU. Formulas:
 * softmax_dice.c. */
#include "nets/losses/regions.cuh"

using namespace cc;

namespace softmax_dice_cuda {

struct softmax_dice {
    double smooth;
    int64_t first; /* 1: without the background */
    bool batch, squared;

    /* The ratio of sums t; its slopes are those of -ratio times `share`. */
    __device__ double ratio_of(region_slope &slope, const double *t, double share) const {
        const double wanted = t[REGION_BOTH] + t[REGION_UNDER],
                     predicted = squared ? t[REGION_SQUARES] : t[REGION_BOTH] + t[REGION_OVER],
                     below = predicted + wanted + smooth, ratio = (2 * t[REGION_BOTH] + smooth) / below;
        slope = squared ? region_slope{-share * 2 / below, 0, share * ratio / below}
                        : region_slope{-share * (2 - ratio) / below, share * ratio / below, 0};
        return ratio;
    }
    __device__ double finish(const regions &r) const {
        const double share = 1 / (double)((batch ? 1 : r.n) * (r.classes - first));
        double total = 0;
        for (int64_t c = first; c < r.classes; c++) {
            double all[REGION_SUMS] = {};
            region_slope slope;
            for (int64_t n = 0; n < r.n; n++) {
                const double *one = r.totals + (n * r.classes + c) * REGION_SUMS;
                for (int k = 0; k < REGION_SUMS; k++) all[k] += one[k];
                if (!batch) total += ratio_of(r.slopes[n * r.classes + c], one, share);
            }
            if (!batch) continue;
            total += ratio_of(slope, all, share);
            for (int64_t n = 0; n < r.n; n++) r.slopes[n * r.classes + c] = slope;
        }
        return 1 - total * share;
    }
};

size_t own_bytes(const cc_loss_spec *, cc_loss_shape s) {
    return region_bytes(s);
}

void run(const cc_cuda_loss_run *run) {
    const cc_loss_spec *s = run->spec;
    run_regions(*run, run->shape, softmax_dice{s->smooth, s->background ? 0 : 1, s->batch, s->squared});
}

} // namespace softmax_dice_cuda

const cc_loss_cuda cc_loss_softmax_dice_cuda = {.own_bytes = softmax_dice_cuda::own_bytes,
                                                .run = softmax_dice_cuda::run};
