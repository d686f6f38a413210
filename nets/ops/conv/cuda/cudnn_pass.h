/* nets/ops/conv/cuda/cudnn_pass.h -- private to nets/: one pass of a convolution by cuDNN's graph API.
 *
 * Activations are N,[D,]H,W,C, weights O,[D,]H,W,I/groups, all of the pass's dtype and aligned to 16 bytes. A
 * transposed convolution is the one whose input gradient it is, its passes exchanged. */
#ifndef CC_NETS_OPS_CONV_CUDA_CUDNN_PASS_H
#define CC_NETS_OPS_CONV_CUDA_CUDNN_PASS_H

#include "nets/backends/cuda/cudnn.h"
#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* Which of the three the pass computes. */
typedef enum cc_conv_part { CC_CONV_NARROW, CC_CONV_WIDE, CC_CONV_WEIGHTS } cc_conv_part;

/* What is computed. */
typedef struct cc_conv_sum {
    cc_conv_part part;
    cc_conv_attr attr;
    cc_shape wide, narrow; /* the convolution's input and output */
    cc_dtype dtype;
    bool tf32;
    bool fused;               /* then + bias by channel, then the activation; of CC_CONV_NARROW alone */
    cc_activation activation; /* none, ReLU or SiLU */
} cc_conv_sum;

/* One way to compute it: an engine of cuDNN with its settings. */
enum { CC_CONV_WAYS_MAX = 96, CC_CONV_NAME_MAX = 96 };
typedef struct cc_conv_way {
    char name[CC_CONV_NAME_MAX]; /* "eng62_k2=5_k13=1": the engine, settings and their values, as cuDNN
                                    numbers them */
    int64_t engine;
    bool compiled;    /* when it is prepared, which takes tenths of a second */
    bool direct;      /* multiplies and adds as the definition does: no FFT, no Winograd */
    size_t workspace; /* once prepared */
    cudnnBackendDescriptor_t config, plan; /* plan: NULL until prepared */
} cc_conv_way;

/* The ways there are, those first that cuDNN thinks fastest. */
typedef struct cc_cudnn_pass {
    const cc_cudnn *cudnn;
    cc_conv_way *ways;
    int count;
    bool fused;
    cudnnBackendDescriptor_t held[64]; /* what the ways stand on */
    int held_count;
} cc_cudnn_pass;

/* What a pass is run on, here and in product.h. */
typedef struct cc_conv_operands {
    void *wide, *narrow, *weights;
    const void *bias; /* of a fused pass; of its dtype, as libraries have made kernels for that alone */
    void *workspace;  /* anywhere */
} cc_conv_operands;

/* Libraries get their scratch memory as cudaMalloc would have it: how much is asked for where they want
 * `bytes`, and where in it they get that. */
enum { CC_CONV_WORKSPACE_ALIGNMENT = 256 };
static inline size_t cc_conv_workspace_bytes(size_t bytes) {
    return bytes ? bytes + CC_CONV_WORKSPACE_ALIGNMENT - 1 : 0;
}
static inline void *cc_conv_workspace(const cc_conv_operands *operands) {
    return (char *)operands->workspace + -(uintptr_t)operands->workspace % CC_CONV_WORKSPACE_ALIGNMENT;
}

/* Those ways that may give other bytes each time are there where `fast`. A pass of which there is no way has
 * a count of 0. The caller deinits *out, after an error too. */
cc_status cc_cudnn_pass_init(cc_cudnn_pass *out, const cc_conv_sum *sum, bool fast);
void cc_cudnn_pass_deinit(cc_cudnn_pass *pass);
/* Lets go of every way but this, which becomes number 0. */
void cc_cudnn_pass_keep(cc_cudnn_pass *pass, int way);

/* Before a way's workspace is asked for, and before it runs. CC_EUNSUPPORTED: cuDNN cannot after all, or it
 * wants more scratch memory than any way may. */
cc_status cc_cudnn_pass_prepare(cc_cudnn_pass *pass, int way);
cc_status cc_cudnn_pass_run(const cc_cudnn_pass *pass, int way, const cc_conv_operands *operands);

#endif
