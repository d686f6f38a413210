/* nets/ops/conv/cuda/cudnn_pass.h -- one pass of a convolution by cuDNN's graph API.
 *
 * Activations are N,[D,]H,W,C, weights O,[D,]H,W,I/groups, all of the pass's dtype and aligned to 16
 * bytes. */
#ifndef CC_NETS_OPS_CONV_CUDA_CUDNN_PASS_H
#define CC_NETS_OPS_CONV_CUDA_CUDNN_PASS_H

#include "nets/backends/cuda/cudnn.h"
#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* One pass of a convolution.
 *
 * The pass, the shapes and the operands below are those of a convolution, also where the op is a transposed
 * one: that is the input gradient of the convolution with the same weights, from the op's output to its
 * input. So with `input` and `output` always the convolution's,
 *   pass of the op     convolution             transposed convolution
 *   FORWARD            FORWARD: output         BACKWARD_DATA: input
 *   BACKWARD_DATA      BACKWARD_DATA: input    FORWARD: output
 *   BACKWARD_WEIGHTS   BACKWARD_WEIGHTS        BACKWARD_WEIGHTS
 * where what is written beside the pass is what it computes: that array, or its gradient. */
typedef struct cc_cuda_conv {
    cc_pass pass;
    cc_conv_attr attr;
    cc_shape input, output;
    cc_dtype dtype;
    bool tf32;
    bool fused;               /* then + bias by channel, then the activation; not of BACKWARD_WEIGHTS */
    cc_activation activation; /* none, ReLU or SiLU */
} cc_cuda_conv;

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
    cudnnBackendDescriptor_t held[64]; /* descriptors that the ways refer to; destroyed with the pass */
    int held_count;
} cc_cudnn_pass;

/* What a pass is run on, here and in product.h: all on the device. */
typedef struct cc_conv_operands {
    void *input, *output, *weights; /* or their gradients, by pass */
    const void *bias; /* of a fused pass; of its dtype, as libraries have made kernels for that alone */
    void *workspace;  /* anywhere */
} cc_conv_operands;

/* Libraries may expect a workspace on 256 bytes, since cudaMalloc gives memory so. How much is asked for
 * where they want `bytes`, so that there are as many from the next multiple of 256 on; and that place in
 * it. */
enum { CC_CONV_WORKSPACE_ALIGNMENT = 256 };
static inline size_t cc_conv_workspace_bytes(size_t bytes) {
    return bytes ? bytes + CC_CONV_WORKSPACE_ALIGNMENT - 1 : 0;
}
static inline void *cc_conv_workspace(const cc_conv_operands *operands) {
    return (char *)operands->workspace + -(uintptr_t)operands->workspace % CC_CONV_WORKSPACE_ALIGNMENT;
}

/* Lists the ways there are; those that may give other bytes each time are among them where `fast`. A pass of
 * which there is no way has a count of 0. Of fused passes FORWARD alone. The caller deinits *out, after an
 * error too. */
cc_status cc_cudnn_pass_init(cc_cudnn_pass *out, const cc_cuda_conv *conv, bool fast);
void cc_cudnn_pass_deinit(cc_cudnn_pass *pass);
/* Lets go of every way but this, which becomes number 0. */
void cc_cudnn_pass_keep(cc_cudnn_pass *pass, int way);

/* Before a way's workspace is asked for, and before it runs. CC_EUNSUPPORTED: cuDNN cannot after all, or it
 * wants more scratch memory than any way may. */
cc_status cc_cudnn_pass_prepare(cc_cudnn_pass *pass, int way);
cc_status cc_cudnn_pass_run(const cc_cudnn_pass *pass, int way, const cc_conv_operands *operands);

#endif
