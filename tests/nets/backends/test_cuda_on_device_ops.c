/* tests/nets/backends/test_cuda_on_device_ops.c -- every op of the CUDA backend, on a GPU; skipped where
 * there is none. */
#include "cuda_ops.h"
#include "on_device.h"

int main(void) {
    return RUN_ON_DEVICE(cuda_op_tests);
}
