/* nets/cuda/cudnn.h -- private to nets/cuda/: cuDNN, found when the first convolution is planned, so that the
 * program starts without it. */
#ifndef CC_NETS_CUDA_CUDNN_H
#define CC_NETS_CUDA_CUDNN_H

#include <cudnn.h>
#include "core/status.h"

#define CC_CUDNN_FUNCTIONS(X)                                                                                \
    X(cudnnCreate)                                                                                           \
    X(cudnnSetStream)                                                                                        \
    X(cudnnGetVersion)                                                                                       \
    X(cudnnGetErrorString)                                                                                   \
    X(cudnnCreateTensorDescriptor)                                                                           \
    X(cudnnDestroyTensorDescriptor)                                                                          \
    X(cudnnSetTensorNdDescriptorEx)                                                                          \
    X(cudnnCreateFilterDescriptor)                                                                           \
    X(cudnnDestroyFilterDescriptor)                                                                          \
    X(cudnnSetFilterNdDescriptor)                                                                            \
    X(cudnnCreateConvolutionDescriptor)                                                                      \
    X(cudnnDestroyConvolutionDescriptor)                                                                     \
    X(cudnnSetConvolutionNdDescriptor)                                                                       \
    X(cudnnSetConvolutionGroupCount)                                                                         \
    X(cudnnSetConvolutionMathType)                                                                           \
    X(cudnnGetConvolutionForwardAlgorithm_v7)                                                                \
    X(cudnnGetConvolutionBackwardDataAlgorithm_v7)                                                           \
    X(cudnnGetConvolutionBackwardFilterAlgorithm_v7)                                                         \
    X(cudnnGetConvolutionForwardWorkspaceSize)                                                               \
    X(cudnnGetConvolutionBackwardDataWorkspaceSize)                                                          \
    X(cudnnGetConvolutionBackwardFilterWorkspaceSize)                                                        \
    X(cudnnConvolutionForward)                                                                               \
    X(cudnnConvolutionBackwardData)                                                                          \
    X(cudnnConvolutionBackwardFilter)

typedef struct cc_cudnn {
    cudnnHandle_t handle;
#define X(name) __typeof__(&name) name;
    CC_CUDNN_FUNCTIONS(X)
#undef X
} cc_cudnn;

/* Opens the device too. CC_EDEVICE where the library is not there or does not start. */
cc_status cc_cudnn_open(const cc_cudnn **out);
/* For provenance: device, CUDA, cuDNN; as much as a checkpoint keeps. Static. */
const char *cc_cudnn_describe(void);
/* A status of what a call returned. */
cc_status cc_cudnn_status(const cc_cudnn *cudnn, cudnnStatus_t code);

#endif
