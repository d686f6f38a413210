/* tests/cuda_on_host/recorded.h -- while a stream is being captured, what is started is kept instead of run.
 * Private to this folder. */
#ifndef CC_CUDA_ON_HOST_RECORDED_H
#define CC_CUDA_ON_HOST_RECORDED_H

#include <functional>

/* Runs `work`, or keeps it where something is being recorded. */
void cc_on_host_start(const std::function<void()> &work);
/* Whether it would be kept: nothing that waits, or copies from or to pageable memory, may be called then. */
bool cc_on_host_is_recording();

#endif
