/* nets/losses/tversky/tversky_cuda.cu -- the Tversky loss on the GPU. Formulas: tversky.c. */
#include "nets/losses/regions.cuh"

using namespace cc;

namespace tversky_cuda {

struct tversky {
    double alpha, beta, gamma, smooth;

    __device__ double finish(const regions &r) const {
        const double least = 1e-7;
        double total = 0;
        for (int64_t c = 0; c < r.classes; c++) {
            double all[REGION_SUMS] = {};
            for (int64_t n = 0; n < r.n; n++)
                for (int k = 0; k < REGION_SUMS; k++)
                    all[k] += r.totals[(n * r.classes + c) * REGION_SUMS + k];
            if (all[REGION_BOTH] + all[REGION_UNDER] == 0) continue; /* no truth */
            const double below =
                all[REGION_BOTH] + alpha * all[REGION_OVER] + beta * all[REGION_UNDER] + smooth;
            const double d = below < least ? least : below, t = (all[REGION_BOTH] + smooth) / d,
                         moves = below < least ? 0 : 1;
            total += 1 - t;
            for (int64_t n = 0; n < r.n; n++)
                r.slopes[n * r.classes + c] =
                    region_slope{-(1 - moves * t * (1 - beta)) / d, moves * t * alpha / d, 0};
        }
        const double mean = total > 0 || isnan(total) ? total / (double)r.classes : 0;
        const double outer = mean == 0 && gamma < 1 ? 0 : gamma * pow(mean, gamma - 1) / (double)r.classes;
        for (int64_t k = 0; k < r.n * r.classes; k++) {
            r.slopes[k].truth *= outer;
            r.slopes[k].rest *= outer;
        }
        return pow(mean, gamma);
    }
};

size_t own_bytes(const cc_loss_spec *, cc_loss_shape s) {
    return region_bytes(s);
}

void run(const cc_cuda_loss_run *run) {
    const cc_loss_spec *s = run->spec;
    run_regions(*run, run->shape, tversky{s->alpha, s->beta, s->gamma, s->smooth});
}

} // namespace tversky_cuda

const cc_loss_cuda cc_loss_tversky_cuda = {.own_bytes = tversky_cuda::own_bytes, .run = tversky_cuda::run};
