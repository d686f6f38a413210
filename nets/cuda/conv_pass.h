/* nets/cuda/conv_pass.h -- private to nets/cuda/: one pass of a convolution by cuDNN.
 *
 * Legacy calls, on N,[D,]H,W,C activations and O,[D,]H,W,I/groups weights. A transposed convolution is the
 * one whose input gradient it is, its passes exchanged. */
#ifndef CC_NETS_CUDA_CONV_PASS_H
#define CC_NETS_CUDA_CONV_PASS_H

#include "nets/cuda/cudnn.h"
#include "nets/kernel.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_conv_cuda {
    const cc_cudnn *cudnn;
    cudnnTensorDescriptor_t wide, narrow; /* the convolution's input and output */
    cudnnFilterDescriptor_t weights;
    cudnnConvolutionDescriptor_t convolution;
} cc_conv_cuda;

/* Which of the three the convolution computes. */
typedef enum cc_conv_part { CC_CONV_NARROW, CC_CONV_WIDE, CC_CONV_WEIGHTS } cc_conv_part;

/* How a part is computed. */
typedef struct cc_conv_way {
    int algorithm; /* cuDNN's number */
    size_t workspace;
} cc_conv_way;

typedef struct cc_conv_operands {
    void *wide, *narrow, *weights; /* of the plan's dtype */
    void *workspace;
} cc_conv_operands;

/* CC_EUNSUPPORTED or CC_EDEVICE; the caller deinits *out also then. */
cc_status cc_conv_cuda_init(cc_conv_cuda *out, const cc_conv_attr *attr, const cc_shape *wide,
                            const cc_shape *narrow, cc_dtype dtype);
void cc_conv_cuda_deinit(cc_conv_cuda *c);

/* The ways there are, those first that cuDNN thinks fastest; without those that may give other bytes each
 * time, unless they are allowed. */
enum { CC_CONV_WAYS_MAX = 8 };
cc_status cc_conv_cuda_ways(cc_conv_way out[CC_CONV_WAYS_MAX], int *count, const cc_conv_cuda *c,
                            cc_conv_part part);
const char *cc_conv_way_name(cc_conv_part part, int algorithm);

cc_status cc_conv_cuda_run(const cc_conv_cuda *c, cc_conv_part part, const cc_conv_way *way,
                           const cc_conv_operands *operands);

#endif
