/* The kernels of the CUDA backend, compiled for the host. */
#include "cuda_ops.h"

int main(void) {
    return cmocka_run_group_tests(cuda_op_tests, NULL, NULL);
}
