/* tests/cuda_on_host/quotient.cpp -- the kernels' division by a multiplication, for a test in C. */
#include "nets/backends/cuda/kernels.cuh"

extern "C" long long cc_on_host_quotient(long long n, long long by) {
    return cc::quotient(n, cc::divide_by(by));
}
