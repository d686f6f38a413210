/* experiments/config/device.c -- from --device to a backend.
 *
 * The probe of CUDA says why a GPU cannot be used: for "cuda" that is the error, for "auto" a line of the
 * log, unless neither the build nor the machine knows GPUs, where nobody expects one. */
#include "experiments/config/device.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "nets/backends/cuda/probe.h"

/* The CUDA backend, where it can be used. */
static cc_status find_cuda(const cc_backend **out) {
    const char *name;
    CC_TRY(cc_cuda_probe(&name));
    *out = cc_backend_find("cuda");
    return CC_OK;
}

/* A build without CUDA says nothing where there is no GPU either. */
static void say_why_cpu(bool built) {
    bool present = access("/dev/nvidiactl", F_OK) == 0;
    if (built || present)
        cc_log(present ? CC_LOG_WARNING : CC_LOG_INFO, "running on the CPU: %s", cc_error_get()->what);
}

/* The GPU, else the CPU. */
static const cc_backend *find_best(void) {
    const cc_backend *out = cc_backend_find("cuda");
    /* Whether this build knows GPUs at all. */
    bool built = out != NULL;
    if (find_cuda(&out) == CC_OK) return out;
    say_why_cpu(built);
    cc_error_clear();
    return cc_backend_find("cpu");
}

cc_status cc_device_find(const cc_backend **out, const char *name) {
    if (strcmp(name, "cuda") == 0) return find_cuda(out);
    *out = strcmp(name, "auto") == 0 ? find_best() : cc_backend_find(name);
    if (*out) return CC_OK;
    return cc_fail(CC_EUSAGE, "--device", "auto, cpu, cuda or reference", "there is no device \"%s\"", name);
}

void cc_device_note_tuning(const cc_backend *backend, cc_tuning tuning) {
    if (tuning == CC_TUNING_FAST && !backend->device)
        cc_log(CC_LOG_INFO, "plan fast is plan timed on the CPU: all of its algorithms give the same bytes");
}

/* The processor's name, as the kernel has it. */
static const char *processor_name(cc_arena *arena) {
    char line[256], name[200] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name : %199[^\n]", name) == 1) break;
    if (file) fclose(file);
    return cc_arena_format(arena, "cpu: %s", name);
}

const char *cc_device_name(const cc_backend *backend, cc_arena *arena) {
    if (!backend->device) return processor_name(arena);
    return cc_arena_format(arena, "%s: %s", backend->name, backend->device());
}
