/* nets/backends/cuda/cublas.c -- cuBLAS loaded at run time (library.h): a product with it is one of the ways
 * to compute a 1x1 convolution, and a machine without it has the others. */
#ifdef CC_HAVE_CUDA
#include "nets/backends/cuda/cublas.h"

#include <stddef.h>
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/library.h"

static cc_cublas library;

/* Not an error of the run: the caller does without products by cuBLAS. */
static cc_status missing(const char *what) {
    return cc_fail(CC_ENOTFOUND, "cuBLAS",
                   "install cuBLAS of CUDA 13 or 12, put its folder into LD_LIBRARY_PATH",
                   "%s cannot be loaded", what);
}

#ifdef CC_CUDA_ON_HOST
static cc_status load(void) {
    if (!cc_on_host_has_cublas()) return missing("libcublasLt");
#define X(name) library.name = name;
    CC_CUBLAS_FUNCTIONS(X)
#undef X
    return CC_OK;
}
#else
/* The newer first; the calls used are the same in both. */
static cc_status load(void) {
    static const char *const files[] = {"libcublasLt.so.13", "libcublasLt.so.12", NULL};
    static const cc_library_function functions[] = {
#define X(name) {#name, offsetof(cc_cublas, name)},
        CC_CUBLAS_FUNCTIONS(X){NULL, 0}
#undef X
    };
    const char *lacking;
    return cc_library_load(&library, &lacking, files, functions) ? CC_OK : missing(lacking);
}
#endif

cc_status cc_cublas_status(const cc_cublas *cublas, cublasStatus_t code) {
    if (code == CUBLAS_STATUS_SUCCESS) return CC_OK;
    return cc_fail(CC_EDEVICE, "cuBLAS", "check nvidia-smi, or use --device cpu", "%s",
                   cublas->cublasLtGetStatusString(code));
}

cc_status cc_cublas_open(const cc_cublas **out) {
    *out = &library;
    if (library.handle) return CC_OK;
    CC_TRY(cc_cuda_open());
    CC_TRY(load());
    return cc_cublas_status(&library, library.cublasLtCreate(&library.handle));
}
#else
typedef int cc_cublas_is_absent;
#endif
