/* Linked with cudart alone, never with libcuda, so that the program starts where there is no driver. */
#include "nets/cuda/probe.h"

#ifdef CC_HAVE_CUDA
#include <cuda_runtime_api.h>
#include <stdio.h>

cc_status cc_cuda_probe(const char **name) {
    static char text[300];
    struct cudaDeviceProp properties;
    int count = 0;
    cudaError_t code = cudaGetDeviceCount(&count);
    if (code == cudaErrorInsufficientDriver || code == cudaErrorNoDevice ||
        (code == cudaSuccess && count == 0))
        return cc_fail(CC_EDEVICE, "--device cuda", "use --device cpu", "%s",
                       cudaGetErrorString(code ? code : cudaErrorNoDevice));
    if (code == cudaSuccess) code = cudaGetDeviceProperties(&properties, 0);
    if (code != cudaSuccess)
        return cc_fail(CC_EDEVICE, "--device cuda", "check nvidia-smi, or use --device cpu", "%s",
                       cudaGetErrorString(code));
    snprintf(text, sizeof text, "%.200s, compute capability %d.%d", properties.name, properties.major,
             properties.minor);
    *name = text;
    return CC_OK;
}
#else
cc_status cc_cuda_probe(const char **name) {
    *name = "";
    return cc_fail(CC_EDEVICE, "--device cuda",
                   "use --device cpu, or build with the preset cuda where CUDA is installed",
                   "this build has no CUDA in it");
}
#endif
