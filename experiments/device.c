#include "experiments/device.h"

#include <string.h>

cc_status cc_device_find(const cc_backend **out, const char *name) {
    *out = cc_backend_find(strcmp(name, "auto") == 0 ? "cpu" : name);
    if (*out) return CC_OK;
    if (strcmp(name, "cuda") == 0)
        return cc_fail(CC_EDEVICE, "--device cuda", "use --device cpu", "this build has no CUDA backend");
    return cc_fail(CC_EUSAGE, "--device", "auto, cpu or reference", "there is no device \"%s\"", name);
}
