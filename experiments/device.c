#include "experiments/device.h"

#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "nets/cuda/probe.h"

static cc_status find_cuda(const cc_backend **out) {
    const char *name;
    CC_TRY(cc_cuda_probe(&name));
    *out = cc_backend_find("cuda");
    return CC_OK;
}

/* The GPU, or the CPU; where the machine has a GPU that cannot be used, a line says why. */
static const cc_backend *find_best(void) {
    const cc_backend *out = cc_backend_find("cuda");
    if (out && find_cuda(&out) == CC_OK) return out;
    if (out && access("/dev/nvidiactl", F_OK) == 0)
        cc_log(CC_LOG_WARNING, "running on the CPU: %s", cc_error_get()->what);
    cc_error_clear();
    return cc_backend_find("cpu");
}

cc_status cc_device_find(const cc_backend **out, const char *name) {
    if (strcmp(name, "cuda") == 0) return find_cuda(out);
    *out = strcmp(name, "auto") == 0 ? find_best() : cc_backend_find(name);
    if (*out) return CC_OK;
    return cc_fail(CC_EUSAGE, "--device", "auto, cpu, cuda or reference", "there is no device \"%s\"", name);
}
