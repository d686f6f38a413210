/* nets/backends/cuda/probe.h -- what there is of CUDA: in this build, and on this machine. */
#ifndef CC_NETS_BACKENDS_CUDA_PROBE_H
#define CC_NETS_BACKENDS_CUDA_PROBE_H

#include "core/status.h"

/* CC_OK where a device can be used, with its name in *name (static). Else CC_EDEVICE, saying which is
 * missing: CUDA in this build, a driver, a driver new enough, a device, or one that is new enough. */
cc_status cc_cuda_probe(const char **name);

#endif
