/* experiments/config/device.h -- what --device means. */
#ifndef CC_EXPERIMENTS_CONFIG_DEVICE_H
#define CC_EXPERIMENTS_CONFIG_DEVICE_H

#include "core/arena.h"
#include "nets/engine/backend.h"

/* "cpu", "cuda" (the first GPU) or "reference", the naive reference that every backend is compared with;
 * "auto" is the GPU where one can be used, else the CPU, and a line of the log says why, except where neither
 * the build knows GPUs nor the machine has one. CC_EDEVICE for "cuda" where it cannot be used, saying what is
 * missing; CC_EUSAGE for any other name.
 */
cc_status cc_device_find(const cc_backend **out, const char *name);

/* Where "fast" is asked of a backend that has no such algorithms, a line says what it means there. */
void cc_device_note_tuning(const cc_backend *backend, cc_tuning tuning);

/* "cuda: NVIDIA H100 ..., compute capability 9.0, driver 580.65", "cpu: AMD EPYC ...": what computes. NULL
 * where memory is out. */
const char *cc_device_name(const cc_backend *backend, cc_arena *arena);

#endif
