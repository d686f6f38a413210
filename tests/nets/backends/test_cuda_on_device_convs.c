/* Every way of every kind of convolution, on a GPU; skipped where there is none. */
#include "cuda_convs.h"
#include "on_device.h"

int main(void) {
    return RUN_ON_DEVICE(cuda_conv_tests);
}
