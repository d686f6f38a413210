#include "experiments/device.h"

#include <string.h>
#include "nets/cuda/probe.h"

/* There are no kernels for CUDA yet; the probe says what else is missing. */
static cc_status refuse_cuda(void) {
    const char *name;
    CC_TRY(cc_cuda_probe(&name));
    return cc_fail(CC_EUNSUPPORTED, "--device cuda", "use --device cpu",
                   "%s is there, but this version has no kernels for it", name);
}

cc_status cc_device_find(const cc_backend **out, const char *name) {
    *out = cc_backend_find(strcmp(name, "auto") == 0 ? "cpu" : name);
    if (*out) return CC_OK;
    if (strcmp(name, "cuda") == 0) return refuse_cuda();
    return cc_fail(CC_EUSAGE, "--device", "auto, cpu or reference", "there is no device \"%s\"", name);
}
