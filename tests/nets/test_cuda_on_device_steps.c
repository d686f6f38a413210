/* Whole steps of the CUDA backend, on a GPU; skipped where there is none. */
#include "cuda_steps.h"
#include "on_device.h"

/* Stand-ins take minutes for nets of the paper. */
static void nets_of_the_paper_give_the_same_bytes_again(void **state) {
    (void)state;
    gives_the_same_bytes_again("efficientnet-b0:transpose");
    gives_the_same_bytes_again("resnet-34");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nets_of_the_paper_give_the_same_bytes_again)};
    int failed = RUN_ON_DEVICE(cuda_step_tests);
    return failed + RUN_ON_DEVICE(tests);
}
