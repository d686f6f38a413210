/* nets/backends/cuda/device.h -- the GPU: opened once a process, one stream that computes, one that brings
 * data.
 *
 * Linked with cudart alone, never with libcuda, so that the program starts where there is no driver. */
#ifndef CC_NETS_BACKENDS_CUDA_DEVICE_H
#define CC_NETS_BACKENDS_CUDA_DEVICE_H

#include "nets/engine/backend.h"

/* Opens the device where that has not been done. CC_EDEVICE says in one line what is missing. */
cc_status cc_cuda_open(void);

/* A cudaStream_t: where kernels run, in their order. */
void *cc_cuda_stream(void);
/* The card's name; static; "" before it is open. */
const char *cc_cuda_card(void);
/* Compute capability, as 10 major + minor; 0 where no device could be opened. */
int cc_cuda_capability(void);
/* For provenance: the card's name, its compute capability, the driver. Static. */
const char *cc_cuda_device(void);

/* The first fault of what was started since the last call, as far as it is known without waiting. Kernels
 * report through this, so that their callers need not look at each launch. */
cc_status cc_cuda_check(const char *what);
/* A status of a cudaError_t (0: CC_OK). */
cc_status cc_cuda_status(int code, const char *what);

/* Milliseconds that `work` takes where it is recorded, the least of `runs` after some to warm up. Where once
 * takes more than `limit_ms` it is left at that. */
cc_status cc_cuda_time(double *ms, int runs, double limit_ms, cc_status (*work)(void *context),
                       void *context);

/* Starts writing zeros; may be recorded. */
cc_status cc_cuda_clear(void *memory, size_t bytes);

extern const cc_storage cc_storage_cuda;
cc_status cc_cuda_run(cc_sequence **sequence, cc_status (*work)(void *context), void *context);
void cc_cuda_forget(cc_sequence *sequence);

#endif
