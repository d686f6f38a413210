/* nets/ops/conv/cuda/fold.cu -- batch norm folded into a convolution's weights, in two kernels: scale and
 * shift of each output channel in float64, then each weight times its channel's scale. */
#include "nets/ops/conv/cuda/fold.h"
#include "nets/backends/cuda/kernels.cuh"

using namespace cc;

namespace fold {

/* Thread c: scale[c] and shift[c] of output channel c. */
static __global__ void fold_channels(cc_cuda_fold f) {
    int64_t c = global_index();
    if (c >= f.channels) return;
    double own = f.bias ? f.bias[c] : 0, scale = 1;
    if (f.mean) {
        scale = f.norm_weight[c] / sqrt(f.variance[c] + f.epsilon);
        own = (own - f.mean[c]) * scale + f.norm_bias[c];
    }
    f.scale[c] = (float)scale;
    f.shift[c] = (float)own;
}

/* Thread i: weight i, of output channel i / run % channels. */
template <class T> __global__ void scale_weights(cc_cuda_fold f) {
    int64_t i = global_index();
    if (i < f.count) ((T *)f.folded)[i] = from_float<T>(f.values[i] * f.scale[i / f.run % f.channels]);
}

extern "C" void cc_cuda_fold_weights(const cc_cuda_fold *f) {
    auto scale = f->dtype == CC_BF16 ? scale_weights<bf16> : scale_weights<float>;
    CC_LAUNCH(fold_channels, dim3(blocks_for(f->channels)), dim3(THREADS), *f);
    CC_LAUNCH(scale, dim3(blocks_for(f->count)), dim3(THREADS), *f);
}

} // namespace fold
