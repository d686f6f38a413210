/* nets/losses/regions.cuh -- losses of how predicted and true regions overlap, class by class, on the GPU: the
 * kernels that nets/losses/NAME/NAME_cuda.cu share. What is computed: nets/losses/regions.h.
 *
 * Two kernels. sum_regions adds up four numbers of each image and class over PARTS parts, a block each; the block
 * that is done last adds the parts in their order, in float64, and lets the loss find its value and its slopes.
 * write_regions then writes the gradient, a thread a pixel. Arithmetic of a pixel is float32.
 *
 * L, a loss with its numbers, has   double finish(const regions &) const
 *   its value from r.totals, having set r.slopes; called by one thread */
#ifndef CC_NETS_LOSSES_REGIONS_CUH
#define CC_NETS_LOSSES_REGIONS_CUH

#include "nets/losses/loss_kernels.cuh"

namespace cc {

enum { REGION_BOTH, REGION_OVER, REGION_UNDER, REGION_SQUARES, REGION_SUMS };
static_assert((int)REGION_SUMS == (int)LOSS_SUMS, "the parts' sums have one room");

struct region_slope {
    double truth, rest, squares;
};

struct regions {
    int64_t n, classes, pixels;
    const float *logits, *target; /* [n][classes][pixels], [n][pixels] */
    float ignore;                 /* 0: no pixel is ignored */
    double *parts;                /* [n][classes][LOSS_PARTS][REGION_SUMS] */
    double *totals;               /* [n][classes][REGION_SUMS] */
    region_slope *slopes;         /* [n][classes] */
};

inline size_t region_bytes(cc_loss_shape s) {
    return (size_t)(s.n * s.classes) *
           ((LOSS_PARTS + 1) * REGION_SUMS * sizeof(double) + sizeof(region_slope));
}

/* Whose scratch begins behind what every loss has. */
inline regions regions_of(const cc_cuda_loss_run &run, cc_loss_shape s) {
    double *parts = (double *)((char *)run.scratch + cc_cuda_loss_shared_bytes(run.shape));
    double *totals = parts + s.n * s.classes * LOSS_PARTS * REGION_SUMS;
    return regions{s.n,        s.classes,  s.pixels,
                   run.logits, run.target, (float)run.spec->ignore,
                   parts,      totals,     (region_slope *)(totals + s.n * s.classes * REGION_SUMS)};
}

/* The softmax of one pixel: the largest logit, and the sum of exp(x - largest). */
struct softmax_pixel {
    const float *x; /* of the first class */
    float most, sum;
};

__device__ inline softmax_pixel softmax_of(const float *logits, int64_t classes, int64_t pixels, int64_t n,
                                           int64_t i) {
    softmax_pixel s = {logits + n * classes * pixels + i, 0, 0};
    s.most = s.x[0];
    for (int64_t c = 1; c < classes; c++) s.most = fmaxf(s.most, s.x[c * pixels]);
    for (int64_t c = 0; c < classes; c++) s.sum += expf(s.x[c * pixels] - s.most);
    return s;
}

/* p of class c, and 1 - p, which is not taken from p where that is near 1. */
struct share {
    float p, rest;
};

__device__ inline share share_of(const softmax_pixel &s, int64_t classes, int64_t pixels, int64_t c) {
    if (classes == 1) {
        const pixel v = pixel_of(*s.x, 0);
        return share{v.p, v.q};
    }
    const float p = expf(s.x[c * pixels] - s.most) / s.sum;
    float others = 0;
    for (int64_t k = 0; p > 0.5f && k < classes; k++)
        if (k != c) others += expf(s.x[k * pixels] - s.most);
    return share{p, p > 0.5f ? others / s.sum : 1 - p};
}

/* g of class c, and how much a pixel counts: 0 where it is ignored, NaN where its target is no class. */
struct truth {
    float g, counts;
};

__device__ inline truth truth_of(float target, int64_t classes, int64_t c, float ignore) {
    if (ignore > 0 && target == ignore) return truth{0, 0};
    const bool known = classes == 1 ? target >= 0 && target <= 1
                                    : target >= 0 && target < (float)classes && target == floorf(target);
    return truth{classes == 1 ? target : target == (float)c ? 1.0f : 0.0f, known ? 1.0f : NAN};
}

/* Grid: parts, images and classes. */
template <class L> __global__ void __launch_bounds__(THREADS) sum_regions(regions r, L loss, loss_result to) {
    __shared__ double room[THREADS / 2 * (int)REGION_SUMS];
    static unsigned ticket;
    const int64_t region = blockIdx.y, n = region / r.classes, c = region % r.classes;
    double sums[REGION_SUMS] = {};
    for (int64_t i = (int64_t)blockIdx.x * THREADS + threadIdx.x; i < r.pixels;
         i += (int64_t)LOSS_PARTS * THREADS) {
        const truth t = truth_of(r.target[n * r.pixels + i], r.classes, c, r.ignore);
        const share s = share_of(softmax_of(r.logits, r.classes, r.pixels, n, i), r.classes, r.pixels, c);
        sums[REGION_BOTH] += t.counts * s.p * t.g;
        sums[REGION_OVER] += t.counts * s.p * (1 - t.g);
        sums[REGION_UNDER] += t.counts * s.rest * t.g;
        sums[REGION_SQUARES] += t.counts * s.p * s.p;
    }
    tree_sum(sums, room, 0, threadIdx.x, 1, THREADS);
    for (int k = 0; threadIdx.x == 0 && k < REGION_SUMS; k++)
        r.parts[(region * LOSS_PARTS + blockIdx.x) * REGION_SUMS + k] = sums[k];
    if (!is_last(&ticket, gridDim.x * gridDim.y, threadIdx.x)) return;
    for (int64_t at = threadIdx.x; at < r.n * r.classes * REGION_SUMS; at += THREADS) {
        double total = 0;
        for (int p = 0; p < LOSS_PARTS; p++)
            total += __ldcg(r.parts + (at / REGION_SUMS * LOSS_PARTS + p) * REGION_SUMS + at % REGION_SUMS);
        r.totals[at] = total;
    }
    __syncthreads();
    if (threadIdx.x > 0) return;
    for (int64_t k = 0; k < r.n * r.classes; k++) r.slopes[k] = region_slope{0, 0, 0};
    *to.value = (to.add ? *to.value : 0) + weight_of(to) * loss.finish(r);
}

/* Grid: pixels of an image, images. With h_c the derivative by p_c: p_c (h_c - sum_k p_k h_k), or p (1 - p) h. */
template <int UNUSED> __global__ void __launch_bounds__(THREADS) write_regions(regions r, loss_result to) {
    const int64_t i = global_index(), n = blockIdx.y;
    if (i >= r.pixels) return;
    const softmax_pixel s = softmax_of(r.logits, r.classes, r.pixels, n, i);
    const float target = r.target[n * r.pixels + i], weight = (float)weight_of(to);
    float mean = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t c = 0; c < r.classes; c++) {
            const region_slope slope = r.slopes[n * r.classes + c];
            const truth t = truth_of(target, r.classes, c, r.ignore);
            const share v = r.classes == 1 ? share_of(s, 1, r.pixels, 0)
                                           : share{expf(s.x[c * r.pixels] - s.most) / s.sum, 0};
            const float h = t.counts * (t.g * (float)slope.truth + (1 - t.g) * (float)slope.rest +
                                        2 * v.p * (float)slope.squares);
            if (pass == 0) {
                mean += v.p * h;
                continue;
            }
            const float d = __fmul_rn(weight, r.classes == 1 ? v.p * v.rest * h : v.p * (h - mean));
            float *out = to.gradient + (n * r.classes + c) * r.pixels + i;
            *out = to.add_gradient ? *out + d : d;
        }
}

/* Starts both. */
template <class L> void run_regions(const cc_cuda_loss_run &run, cc_loss_shape shape, const L &loss) {
    const regions r = regions_of(run, shape);
    const loss_result to = loss_result_of(run);
    auto sum = sum_regions<L>;
    auto write = write_regions<0>;
    CC_LAUNCH_TOGETHER(sum, dim3(LOSS_PARTS, (unsigned)(r.n * r.classes)), dim3(THREADS), r, loss, to);
    CC_LAUNCH(write, dim3(blocks_for(r.pixels), (unsigned)r.n), dim3(THREADS), r, to);
}

} // namespace cc

#endif
