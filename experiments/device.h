/* experiments/device.h -- what --device means. */
#ifndef CC_EXPERIMENTS_DEVICE_H
#define CC_EXPERIMENTS_DEVICE_H

#include "nets/backend.h"

/* "auto" and "cpu" are the CPU, "reference" the naive reference that every backend is compared with.
 * CC_EDEVICE for "cuda", which this build does not have, CC_EUSAGE for any other name. */
cc_status cc_device_find(const cc_backend **out, const char *name);

#endif
