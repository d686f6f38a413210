/* experiments/device.h -- what --device means. */
#ifndef CC_EXPERIMENTS_DEVICE_H
#define CC_EXPERIMENTS_DEVICE_H

#include "nets/backend.h"

/* "cpu", "cuda" (the first GPU) or "reference", the naive reference that every backend is compared with;
 * "auto" is the GPU where one can be used, else the CPU; where the machine has one all the same, the log says
 * why. CC_EDEVICE for "cuda" where it cannot be used, saying what is missing; CC_EUSAGE for any other name.
 */
cc_status cc_device_find(const cc_backend **out, const char *name);

#endif
