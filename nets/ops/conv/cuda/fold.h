/* nets/ops/conv/cuda/fold.h -- weights and bias of a convolution with the batch norm that is folded into them
 * (nets/ops/conv/fold.h has the formula), on the device. Pointers are the device's. */
#ifndef CC_NETS_OPS_CONV_CUDA_FOLD_H
#define CC_NETS_OPS_CONV_CUDA_FOLD_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/kernel.h"

typedef struct cc_cuda_fold {
    int64_t channels;    /* of the output */
    int64_t count, run;  /* weights; weight i belongs to channel i / run % channels */
    const float *values; /* [count] */
    const float *bias;   /* [channels], the convolution's own; NULL: none */
    const float *norm_weight, *norm_bias, *mean, *variance; /* [channels]; NULL: there is no batch norm */
    double epsilon;
    float *scale, *shift; /* [channels]; shift is the folded bias */
    void *folded;         /* [count] */
    cc_dtype dtype;       /* of that */
} cc_cuda_fold;

void cc_cuda_fold_weights(const cc_cuda_fold *fold);

#ifdef __cplusplus
}
#endif

#endif
