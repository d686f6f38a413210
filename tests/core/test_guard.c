/* tests/core/test_guard.c -- work in a child process: its result comes back, its crash becomes a status,
 * and its memory and time are bounded. */
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/guard.h"

enum { HALF_GIGABYTE = 1 << 29 };

static cc_status increment(void *context, size_t bytes, const char *path) {
    (void)bytes, (void)path;
    ++*(int *)context;
    return CC_OK;
}

static cc_status refuse(void *context, size_t bytes, const char *path) {
    (void)bytes;
    *(int *)context = 9;
    return cc_fail(CC_EUNSUPPORTED, path, "another", "no good");
}

static cc_status die(void *context, size_t bytes, const char *path) {
    (void)bytes, (void)path;
    if (*(int *)context == 0) _exit(3);
    fprintf(stderr, "not to be seen\n");
    raise(*(int *)context);
    return CC_OK;
}

static cc_status name_child(void *context, size_t bytes, const char *path) {
    (void)bytes;
    *(int *)context = getpid();
    if (strcmp(path, "kills") == 0) _exit(3);
    return access(path, F_OK) == 0 ? CC_OK : cc_fail_errno(path, "find");
}

static cc_status look_for_descriptor(void *context, size_t bytes, const char *path) {
    (void)bytes, (void)path;
    int *descriptor = context;
    *descriptor = fcntl(*descriptor, F_GETFD) < 0 && errno == EBADF;
    return CC_OK;
}

static cc_status take_memory(void *context, size_t bytes, const char *path) {
    (void)bytes, (void)path;
    void *volatile block = malloc(HALF_GIGABYTE); /* or clang takes none, having no use for it */
    *(int *)context = block != NULL;
    free(block);
    return CC_OK;
}

static cc_status run(int *context, cc_guard_work work, unsigned long long allowance) {
    const cc_guard_job job = {.work = work, .bytes = sizeof *context, .allowance = allowance};
    return cc_guard_run(context, &job, "f");
}

static void the_work_is_given_a_context_and_gives_it_back(void **state) {
    (void)state;
    int number = 41;
    assert_ok(run(&number, increment, 0));
    assert_int_equal(number, 42);
}

static void its_error_is_the_callers_and_the_context_stays(void **state) {
    (void)state;
    int number = 41;
    assert_error(run(&number, refuse, 0), CC_EUNSUPPORTED, "f: no good (another)");
    assert_int_equal(number, 41);
}

static void work_that_dies_is_an_error_and_the_next_is_done(void **state) {
    (void)state;
    int number = SIGABRT;
    assert_error(run(&number, die, 0), CC_EFORMAT, "f: the decoder gave up on it (Aborted)");
    number = SIGSEGV;
    assert_error(run(&number, die, 0), CC_EFORMAT, "(Segmentation fault)");
    number = 0;
    assert_error(run(&number, die, 0), CC_EFORMAT, "(it ended early)");
    assert_ok(run(&number, increment, 0));
}

static void the_work_has_none_of_the_callers_files(void **state) {
    (void)state;
    int held = open("/dev/null", O_RDONLY), seen = held;
    assert_ok(run(&seen, look_for_descriptor, 0));
    assert_int_equal(seen, 1);
    close(held);
}

static void the_work_has_the_memory_that_it_is_allowed(void **state) {
    (void)state;
#ifdef CC_SANITIZED
    skip();
#endif
    int got = -1;
    assert_ok(run(&got, take_memory, 2ULL * HALF_GIGABYTE));
    assert_int_equal(got, 1);
    assert_ok(run(&got, take_memory, HALF_GIGABYTE / 2));
    assert_int_equal(got, 0);
}

static cc_status never_end(void *context, size_t bytes, const char *path) {
    (void)bytes, (void)path;
    for (volatile int *number = context; *number >= 0;) *number = 1;
    return CC_OK;
}

static double processor_s_of_children(void) {
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* In a thread that blocks all signals, as those of a loader do. */
static void work_without_end_is_ended_by_the_size_of_its_file(void **state) {
    (void)state;
    const cc_guard_job job = {.work = never_end, .bytes = sizeof(int), .by_size = true};
    const char *path = cc_test_path(cc_test_folder(), "half");
    int number = 0;
    cc_guard_fate fate;
    cc_guard *guard;
    sigset_t all, before;
    assert_int_equal(cc_test_run(NULL, 0, "truncate -s 512K %s", path), 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const double start = processor_s_of_children();
    assert_ok(cc_guard_start(&guard, &job));
    assert_error(cc_guard_ask(&fate, guard, &number, path), CC_EFORMAT, "half: reading it came to no end");
    cc_guard_end(guard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    const double used = processor_s_of_children() - start;
    assert_int_equal(fate, CC_GUARD_RAN_OUT);
    if (!(used > 1 && used < 3)) print_error("%.3f s\n", used);
    assert_true(used > 1 && used < 3);
    assert_int_equal(number, 0);
}

static void memory_is_bounded_by_the_size_of_the_file(void **state) {
    (void)state;
#ifdef CC_SANITIZED
    skip();
#endif
    const cc_guard_job job = {.work = take_memory, .bytes = sizeof(int), .by_size = true};
    const char *folder = cc_test_folder();
    int got = -1;
    assert_int_equal(cc_test_run(NULL, 0, "cd %s && truncate -s 1M small && truncate -s 32M large", folder),
                     0);
    assert_ok(cc_guard_run(&got, &job, cc_test_path(folder, "small")));
    assert_int_equal(got, 0);
    assert_ok(cc_guard_run(&got, &job, cc_test_path(folder, "large")));
    assert_int_equal(got, 1);
}

static void a_child_that_lives_on_does_many_files(void **state) {
    (void)state;
    const cc_guard_job job = {.work = name_child, .bytes = sizeof(int)};
    int first = 0, next = 0;
    cc_guard_fate fate;
    cc_guard *guard;
    assert_ok(cc_guard_start(&guard, &job));
    assert_ok(cc_guard_ask(&fate, guard, &first, "/"));
    assert_int_not_equal(first, getpid());
    assert_error(cc_guard_ask(&fate, guard, &next, "/no-such"), CC_ENOTFOUND, "/no-such");
    assert_int_equal(fate, CC_GUARD_LIVES);
    assert_ok(cc_guard_ask(&fate, guard, &next, "/"));
    assert_int_equal(next, first);
    assert_error(cc_guard_ask(&fate, guard, &next, "kills"), CC_EFORMAT, "kills");
    assert_int_equal(fate, CC_GUARD_DIED);
    assert_int_equal(kill(first, 0), -1);
    cc_guard_end(guard);
}

static void a_relative_path_is_found_from_where_the_caller_stands(void **state) {
    (void)state;
    const cc_guard_job job = {.work = name_child, .bytes = sizeof(int)};
    char *before = getcwd(NULL, 0);
    int child = 0;
    cc_guard_fate fate;
    cc_guard *guard;
    assert_ok(cc_guard_start(&guard, &job));
    assert_int_equal(chdir("/usr"), 0);
    assert_ok(cc_guard_ask(&fate, guard, &child, "bin"));
    assert_int_equal(chdir(before), 0);
    cc_guard_end(guard);
    free(before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_work_is_given_a_context_and_gives_it_back),
        cmocka_unit_test(its_error_is_the_callers_and_the_context_stays),
        cmocka_unit_test(work_that_dies_is_an_error_and_the_next_is_done),
        cmocka_unit_test(the_work_has_none_of_the_callers_files),
        cmocka_unit_test(the_work_has_the_memory_that_it_is_allowed),
        cmocka_unit_test(work_without_end_is_ended_by_the_size_of_its_file),
        cmocka_unit_test(memory_is_bounded_by_the_size_of_the_file),
        cmocka_unit_test(a_child_that_lives_on_does_many_files),
        cmocka_unit_test(a_relative_path_is_found_from_where_the_caller_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
