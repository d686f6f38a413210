/* tests/nets/backends/test_cuda_on_device_steps.c -- whole steps of the CUDA backend, on a GPU; skipped
 * where there is none. */
#include "cuda_steps.h"
#include "on_device.h"

static void gives_the_same_bytes_again(const char *name) {
    static const cc_dtype dtypes[] = {CC_F32, CC_BF16};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        run one, two;
        if (!cc_backend_cuda.has(dtypes[i])) continue;
        train(&one, &cc_backend_cuda, name, &dice, &adam, dtypes[i]);
        train(&two, &cc_backend_cuda, name, &dice, &adam, dtypes[i]);
        assert_memory_equal(one.losses, two.losses, sizeof one.losses);
        assert_memory_equal(one.logits, two.logits, pixels * sizeof(float));
        assert_memory_equal(one.values, two.values, one.count * sizeof(float));
        free(one.values), free(one.logits), free(two.values), free(two.logits);
    }
}

static void the_same_seed_gives_the_same_bytes(void **state) {
    (void)state;
    gives_the_same_bytes_again("unet-bn:8x3");
    gives_the_same_bytes_again("efficientnet-b0:transpose");
    gives_the_same_bytes_again("resnet-34");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_seed_gives_the_same_bytes)};
    int failed = RUN_ON_DEVICE(cuda_step_tests);
    return failed + RUN_ON_DEVICE(tests);
}
