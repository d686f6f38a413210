/* nets/ops/conv/cpu/gemm_conv.h -- private to nets/: convolutions as matrix products (im2col with BLAS's
 * sgemm).
 *
 * A second implementation, independent of oneDNN: for what that has only a naive one, for shapes where a
 * product wins, and to be compared with. Products are of float32; any rank, stride, dilation and number of
 * groups. Source: Chellapilla, Puri & Simard 2006. */
#ifndef CC_NETS_OPS_CONV_CPU_GEMM_CONV_H
#define CC_NETS_OPS_CONV_CPU_GEMM_CONV_H

#include "nets/engine/kernel.h"
#include "nets/ops/conv/conv.h"

typedef enum cc_gemm_kind { CC_GEMM_FORWARD, CC_GEMM_BACKWARD_DATA, CC_GEMM_BACKWARD_WEIGHTS } cc_gemm_kind;

typedef struct cc_gemm_conv {
    cc_gemm_kind kind;
    const cc_conv_attr *attr;
    bool transposed;
    const cc_shape *x_shape, *y_shape;
    int64_t x_block, y_block;
    cc_dtype dtype; /* of x, y and their gradients */
    void *x, *y;    /* or their gradients, by kind; one is written */
    float *w;       /* plain, PyTorch's order; its gradient by kind */
    float *bias;    /* or NULL; read by forward, its gradient written with that of the weights */
    float *scratch;
} cc_gemm_conv;

/* Floats of scratch memory that a run wants; its pointers are not looked at. */
size_t cc_gemm_conv_scratch(const cc_gemm_conv *conv);
/* Overwrites what it computes. BLAS uses OpenMP's threads. */
void cc_gemm_conv_run(const cc_gemm_conv *conv);

#endif
