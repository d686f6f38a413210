/* nets/losses/cross_entropy/cross_entropy_cuda.cu -- cross-entropy of a softmax on the GPU: a kernel that
 * adds up the loss and the weights of the pixels, and one that writes the gradient. Formulas:
 * cross_entropy.c. */
#include "nets/losses/regions.cuh"

using namespace cc;

namespace cross_entropy_cuda {

struct cross_entropy {
    int64_t classes;
    float smoothing, ignore, all_weights; /* ignore 0: no pixel is; all_weights: of all classes together */
    float weights[CC_CLASSES_MAX];
};

/* The true class; -1: ignored, or none, the weight being 0 or NaN. */
__device__ int64_t class_of(float *weight, const cross_entropy &e, float target) {
    *weight = 0;
    if (e.ignore > 0 && target == e.ignore) return -1;
    *weight = NAN;
    if (!(target >= 0 && target < (float)e.classes && target == floorf(target))) return -1;
    *weight = e.weights[(int64_t)target];
    return (int64_t)target;
}

/* Grid: parts, images. Leaves the batch's weight in the first image's totals. */
__global__ void __launch_bounds__(THREADS) sum_pixels(loss_images im, cross_entropy e, loss_result to) {
    __shared__ double room[THREADS / 2 * (int)LOSS_SUMS];
    static unsigned ticket;
    const int64_t n = blockIdx.y;
    double sums[LOSS_SUMS] = {};
    for (int64_t i = (int64_t)blockIdx.x * THREADS + threadIdx.x; i < im.pixels;
         i += (int64_t)LOSS_PARTS * THREADS) {
        float weight, spread = 0;
        const int64_t g = class_of(&weight, e, im.target[n * im.pixels + i]);
        sums[1] += weight;
        if (g < 0) continue;
        const softmax_pixel s = softmax_of(im.logits, e.classes, im.pixels, n, i);
        const float log_sum =
            logf(s.sum); /* over the largest logit, which both differences below are taken from */
        for (int64_t c = 0; e.smoothing > 0 && c < e.classes; c++)
            spread += e.weights[c] * (log_sum - (s.x[c * im.pixels] - s.most));
        sums[0] += (1 - e.smoothing) * weight * (log_sum - (s.x[g * im.pixels] - s.most)) +
                   e.smoothing / (float)e.classes * spread;
    }
    tree_sum(sums, room, 0, threadIdx.x, 1, THREADS);
    for (int k = 0; threadIdx.x == 0 && k < LOSS_SUMS; k++)
        im.parts[(n * LOSS_PARTS + blockIdx.x) * LOSS_SUMS + k] = sums[k];
    if (!is_last(&ticket, gridDim.x * gridDim.y, threadIdx.x)) return;
    total_images(im, threadIdx.x);
    if (threadIdx.x > 0) return;
    double total = 0, weight = 0;
    for (int64_t k = 0; k < im.n; k++) {
        total += im.totals[k * LOSS_SUMS];
        weight += im.totals[k * LOSS_SUMS + 1];
    }
    im.totals[0] = weight;
    *to.value = (to.add ? *to.value : 0) + weight_of(to) * (weight == 0 ? 0 : total / weight);
}

/* Grid: pixels of an image, images. */
__global__ void __launch_bounds__(THREADS) write_pixels(loss_images im, cross_entropy e, loss_result to) {
    const int64_t i = global_index(), n = blockIdx.y;
    if (i >= im.pixels) return;
    const double all = im.totals[0];
    const softmax_pixel s = softmax_of(im.logits, e.classes, im.pixels, n, i);
    float weight;
    const int64_t g = class_of(&weight, e, im.target[n * im.pixels + i]);
    for (int64_t c = 0; c < e.classes; c++) {
        float d = 0;
        if (g >= 0 && all > 0) {
            const float p = expf(s.x[c * im.pixels] - s.most) / s.sum;
            /* p - 1 of the true class, without cancellation where p is near 1. */
            const share v = c == g ? share_of(s, e.classes, im.pixels, c) : share{p, 0};
            d = (1 - e.smoothing) * weight * (c == g ? -v.rest : p) +
                e.smoothing / (float)e.classes * (p * e.all_weights - e.weights[c]);
            d = __fmul_rn((float)weight_of(to), d / (float)all);
        }
        float *out = to.gradient + (n * e.classes + c) * im.pixels + i;
        *out = to.add_gradient ? *out + d : d;
    }
}

void run(const cc_cuda_loss_run *run) {
    const cc_loss_spec *spec = run->spec;
    loss_images im = loss_images_of(*run);
    im.pixels = run->shape.pixels; /* of one class */
    cross_entropy e = {run->shape.classes, (float)spec->label_smoothing, (float)spec->ignore, 0, {}};
    for (int64_t c = 0; c < e.classes; c++) {
        e.weights[c] = spec->class_weight_count > 0 ? (float)spec->class_weights[c] : 1;
        e.all_weights += e.weights[c];
    }
    const loss_result to = loss_result_of(*run);
    CC_LAUNCH_TOGETHER(sum_pixels, dim3(LOSS_PARTS, (unsigned)im.n), dim3(THREADS), im, e, to);
    CC_LAUNCH(write_pixels, dim3(blocks_for(im.pixels), (unsigned)im.n), dim3(THREADS), im, e, to);
}

} // namespace cross_entropy_cuda

const cc_loss_cuda cc_loss_cross_entropy_cuda = {.own_bytes = NULL, .run = cross_entropy_cuda::run};
