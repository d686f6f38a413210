/* nets/backends/cuda/cudnn.h -- private to nets/: cuDNN's graph API, loaded when the first convolution is
 * planned, so that the program starts without it. */
#ifndef CC_NETS_BACKENDS_CUDA_CUDNN_H
#define CC_NETS_BACKENDS_CUDA_CUDNN_H

#include <cudnn.h>
#include "core/status.h"

#define CC_CUDNN_FUNCTIONS(X)                                                                                \
    X(cudnnCreate)                                                                                           \
    X(cudnnSetStream)                                                                                        \
    X(cudnnGetVersion)                                                                                       \
    X(cudnnGetErrorString)                                                                                   \
    X(cudnnGetLastErrorString)                                                                               \
    X(cudnnBackendCreateDescriptor)                                                                          \
    X(cudnnBackendDestroyDescriptor)                                                                         \
    X(cudnnBackendSetAttribute)                                                                              \
    X(cudnnBackendGetAttribute)                                                                              \
    X(cudnnBackendFinalize)                                                                                  \
    X(cudnnBackendExecute)

typedef struct cc_cudnn {
    cudnnHandle_t handle;             /* NULL where plans are for a card that is not there */
    cudnnBackendDescriptor_t pretend; /* that card; else NULL */
#define X(name) __typeof__(&name) name;
    CC_CUDNN_FUNCTIONS(X)
#undef X
} cc_cudnn;

/* Opens the device too. CC_EDEVICE where the library is not there or does not start. */
cc_status cc_cudnn_open(const cc_cudnn **out);
/* For tests: plans from now on are made for the card that cuDNN describes by `properties`, JSON as it prints
 * it (9.8 and later), without a device; none can run. NULL: for the device again. */
cc_status cc_cudnn_pretend(const char *properties);
/* For provenance: device, CUDA, cuDNN; as much as a checkpoint keeps. Static. */
const char *cc_cudnn_describe(void);
/* A status of what a call returned. */
cc_status cc_cudnn_status(const cc_cudnn *cudnn, cudnnStatus_t code);

#endif
