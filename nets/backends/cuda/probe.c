/* nets/backends/cuda/probe.c -- what there is of CUDA, asked of cudart alone: the program is never linked
 * with libcuda, so that it starts where there is no driver. */
#include "nets/backends/cuda/probe.h"

#ifdef CC_HAVE_CUDA
#include <cuda_runtime_api.h>
#include <stdio.h>

/* The least that kernels are compiled for (cmake/Dependencies.cmake). */
enum { CAPABILITY_LEAST = 75 };

/* cudart says the same of a driver that is not there and of one that is too old. */
static cc_status fail_driver(void) {
    int has = 0, wants = 0;
    cudaDriverGetVersion(&has);
    cudaRuntimeGetVersion(&wants);
    if (has == 0)
        return cc_fail(CC_EDEVICE, "--device cuda", "install NVIDIA's driver, or use --device cpu",
                       "there is no NVIDIA driver");
    return cc_fail(CC_EDEVICE, "--device cuda", "install a newer driver, or use --device cpu",
                   "the NVIDIA driver is too old: it is for CUDA %d.%d, this build wants %d.%d", has / 1000,
                   has % 1000 / 10, wants / 1000, wants % 1000 / 10);
}

cc_status cc_cuda_probe(const char **name) {
    static char text[300];
    struct cudaDeviceProp properties;
    int count = 0;
    cudaError_t code = cudaGetDeviceCount(&count);
    if (code == cudaErrorInsufficientDriver) return fail_driver();
    if (code == cudaErrorNoDevice || (code == cudaSuccess && count == 0))
        return cc_fail(CC_EDEVICE, "--device cuda",
                       "check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu", "there is no GPU");
    if (code == cudaSuccess) code = cudaGetDeviceProperties(&properties, 0);
    if (code != cudaSuccess)
        return cc_fail(CC_EDEVICE, "--device cuda", "check nvidia-smi, or use --device cpu", "%s",
                       cudaGetErrorString(code));
    if (properties.major * 10 + properties.minor < CAPABILITY_LEAST)
        return cc_fail(CC_EDEVICE, "--device cuda", "use --device cpu",
                       "%.200s has compute capability %d.%d; this build wants at least %d.%d",
                       properties.name, properties.major, properties.minor, CAPABILITY_LEAST / 10,
                       CAPABILITY_LEAST % 10);
#ifdef CC_KERNELS_UNOPTIMISED
    return cc_fail(CC_EDEVICE, "--device cuda", "build anew with ./run build, or use --device cpu",
                   "the kernels of this build are not optimised: ./run test has compiled them without a GPU");
#endif
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
