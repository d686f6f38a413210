/* tests/nets/backends/test_cuda_probe.c -- what `--device cuda` says where there is no CUDA in the build, no
 * driver or no GPU. */
#include "support.h"
#include <stdio.h>
#include <string.h>
#include "nets/backends/cuda/probe.h"

static void a_machine_without_a_gpu_is_told_what_is_missing(void **state) {
    (void)state;
    const char *name = NULL;
    if (cc_cuda_probe(&name) == CC_OK) {
        printf("skipped: there is a GPU here (%s)\n", name);
        skip();
    }
    assert_int_equal(cc_error_get()->status, CC_EDEVICE);
    assert_string_equal(cc_error_get()->where, "--device cuda");
    assert_true(strlen(cc_error_get()->what) > 10);
    assert_non_null(strstr(cc_error_get()->hint, "--device cpu"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_machine_without_a_gpu_is_told_what_is_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
