/* nets/cuda/conv_pass.h -- private to nets/cuda/: one pass of a convolution by cuDNN.
 *
 * Legacy calls, on N,[D,]H,W,C activations and O,[D,]H,W,I/groups weights. A transposed convolution is the
 * one whose input gradient it is, its passes exchanged. */
#ifndef CC_NETS_CUDA_CONV_PASS_H
#define CC_NETS_CUDA_CONV_PASS_H

#include "nets/cuda/cudnn.h"
#include "nets/kernel.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_conv_cudnn {
    const cc_cudnn *cudnn;
    cudnnTensorDescriptor_t wide, narrow; /* the convolution's input and output */
    cudnnFilterDescriptor_t weights;
    cudnnConvolutionDescriptor_t convolution;
} cc_conv_cudnn;

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
cc_status cc_conv_cudnn_init(cc_conv_cudnn *out, const cc_conv_attr *attr, const cc_shape *wide,
                             const cc_shape *narrow, cc_dtype dtype, bool tf32);
void cc_conv_cudnn_deinit(cc_conv_cudnn *c);

/* The ways there are, those first that cuDNN thinks fastest; those that may give other bytes each time are
 * among them where `fast`. */
enum { CC_CONV_WAYS_MAX = 8 };
cc_status cc_conv_cudnn_ways(cc_conv_way out[CC_CONV_WAYS_MAX], int *count, const cc_conv_cudnn *c,
                             cc_conv_part part, bool fast);
const char *cc_conv_way_name(cc_conv_part part, int algorithm);

cc_status cc_conv_cudnn_run(const cc_conv_cudnn *c, cc_conv_part part, const cc_conv_way *way,
                            const cc_conv_operands *operands);

#endif
