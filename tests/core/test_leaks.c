/* tests/core/test_leaks.c -- the sanitized build looks for leaks (LeakSanitizer, a part of AddressSanitizer):
 * with an option in the environment that switches it off, tests would pass that lose memory. */
#include "support.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef CC_SANITIZED
#include <sanitizer/lsan_interface.h>

/* A function of its own, so that no place on the caller's stack holds the address afterwards. */
static void __attribute__((noinline)) lose(size_t bytes) {
    void *volatile lost = malloc(bytes);
    memset(lost, 1, bytes);
    lost = NULL;
}
#endif

/* In a child, as what is lost would be reported of this program too. */
static void memory_that_is_lost_is_found(void **state) {
    (void)state;
#ifndef CC_SANITIZED
    skip();
#else
    int how;
    const pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO); /* where the report goes */
        if (__lsan_do_recoverable_leak_check()) _exit(3);
        for (size_t bytes = 1000; bytes < 1010; bytes++) lose(bytes);
        _exit(__lsan_do_recoverable_leak_check() ? 0 : 4);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_is_lost_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
