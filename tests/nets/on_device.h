/* tests/nets/on_device.h -- tests that want a GPU: all of a group, or one that is skipped with a line. */
#ifndef CC_TESTS_NETS_ON_DEVICE_H
#define CC_TESTS_NETS_ON_DEVICE_H

#include "support.h"
#include <stdio.h>
#include "nets/backends/cuda/probe.h"

static void there_is_a_gpu(void **state) {
    (void)state;
    print_message("skipped: %s\n", cc_error_get()->what);
    skip();
}

#define RUN_ON_DEVICE(tests) run_on_device(#tests, tests, sizeof(tests) / sizeof *(tests))

static int run_on_device(const char *name, const struct CMUnitTest *tests, size_t count) {
    static const struct CMUnitTest absent[] = {cmocka_unit_test(there_is_a_gpu)};
    const char *device;
    if (cc_cuda_probe(&device) != CC_OK) return cmocka_run_group_tests(absent, NULL, NULL);
    print_message("%s\n", device);
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

#endif
