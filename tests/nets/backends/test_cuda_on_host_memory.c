/* tests/nets/backends/test_cuda_on_host_memory.c -- what the stand-in for CUDA's memory does with an access
 * that a kernel should not make: the process ends, as the GPU would report a fault. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cuda_runtime_api.h"
#include "support.h"

enum { BYTES = 1000 }; /* 24 bytes short of the alignment */

static void write_at(ptrdiff_t place) {
    void *memory;
    if (cudaMalloc(&memory, BYTES) != cudaSuccess) _exit(1);
    *((volatile char *)memory + place) = 1;
    (void)cudaFree(memory);
    _exit(0);
}

/* How a process ends that writes at a place of a buffer: its signal, or 0. */
static int signal_of(ptrdiff_t place) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        /* The address sanitizer has a handler of its own. */
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        write_at(place);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_write_inside_of_a_buffer_is_allowed(void **state) {
    (void)state;
    assert_int_equal(signal_of(0), 0);
    assert_int_equal(signal_of(BYTES - 1), 0);
}

static void a_write_past_a_buffer_ends_the_process(void **state) {
    (void)state;
    assert_int_equal(signal_of(1024), SIGSEGV);
    assert_int_equal(signal_of(BYTES), SIGABRT); /* in what alignment leaves: when it is given back */
    assert_int_equal(signal_of(1023), SIGABRT);
}

static void a_write_before_a_buffer_ends_the_process(void **state) {
    (void)state;
    assert_int_equal(signal_of(1024 - 4096 - 1), SIGSEGV);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_inside_of_a_buffer_is_allowed),
        cmocka_unit_test(a_write_past_a_buffer_ends_the_process),
        cmocka_unit_test(a_write_before_a_buffer_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
