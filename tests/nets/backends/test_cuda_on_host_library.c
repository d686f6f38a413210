/* tests/nets/backends/test_cuda_on_host_library.c -- libraries that are loaded when they are first used. */
#include "nets/backends/cuda/library.h"
#include "support.h"

typedef struct table {
    double (*floor)(double), (*ceil)(double);
} table;

static const cc_library_function functions[] = {
    {"floor", offsetof(table, floor)}, {"ceil", offsetof(table, ceil)}, {NULL, 0}};

static void the_first_file_that_is_there_is_taken(void **state) {
    (void)state;
    static const char *const files[] = {"libnowhere.so.1", "libm.so.6", NULL};
    table t = {0};
    const char *missing;
    assert_true(cc_library_load(&t, &missing, files, functions));
    assert_true(t.floor(1.5) == 1 && t.ceil(1.5) == 2);
}

static void what_is_missing_is_named(void **state) {
    (void)state;
    static const char *const nowhere[] = {"libnowhere.so.2", "libnowhere.so.1", NULL}, *const here[] = {
                                                                                           "libm.so.6", NULL};
    static const cc_library_function more[] = {
        {"floor", offsetof(table, floor)}, {"cc_no_such_function", offsetof(table, ceil)}, {NULL, 0}};
    table t;
    const char *missing;
    assert_false(cc_library_load(&t, &missing, nowhere, functions));
    assert_string_equal(missing, "libnowhere.so.2");
    assert_false(cc_library_load(&t, &missing, here, more));
    assert_string_equal(missing, "cc_no_such_function");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_file_that_is_there_is_taken),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
