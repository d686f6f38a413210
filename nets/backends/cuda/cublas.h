/* nets/backends/cuda/cublas.h -- private to nets/: cuBLAS (its part cublasLt), found when the first product
 * is planned, so that the program starts and runs without it. */
#ifndef CC_NETS_BACKENDS_CUDA_CUBLAS_H
#define CC_NETS_BACKENDS_CUDA_CUBLAS_H

#include <cublasLt.h>
#include "core/status.h"

#define CC_CUBLAS_FUNCTIONS(X)                                                                               \
    X(cublasLtCreate)                                                                                        \
    X(cublasLtGetVersion)                                                                                    \
    X(cublasLtGetStatusString)                                                                               \
    X(cublasLtMatmulDescCreate)                                                                              \
    X(cublasLtMatmulDescDestroy)                                                                             \
    X(cublasLtMatmulDescSetAttribute)                                                                        \
    X(cublasLtMatrixLayoutCreate)                                                                            \
    X(cublasLtMatrixLayoutDestroy)                                                                           \
    X(cublasLtMatmulPreferenceCreate)                                                                        \
    X(cublasLtMatmulPreferenceDestroy)                                                                       \
    X(cublasLtMatmulPreferenceSetAttribute)                                                                  \
    X(cublasLtMatmulAlgoGetHeuristic)                                                                        \
    X(cublasLtMatmulAlgoConfigGetAttribute)                                                                  \
    X(cublasLtMatmul)

typedef struct cc_cublas {
    cublasLtHandle_t handle;
#define X(name) __typeof__(&name) name;
    CC_CUBLAS_FUNCTIONS(X)
#undef X
} cc_cublas;

/* Opens the device too. CC_ENOTFOUND where the library is not there or too old, CC_EDEVICE where it does not
 * start. */
cc_status cc_cublas_open(const cc_cublas **out);
/* A status of what a call returned. */
cc_status cc_cublas_status(const cc_cublas *cublas, cublasStatus_t code);

#endif
