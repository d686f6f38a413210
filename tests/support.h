/* tests/support.h -- what every test program shares: cmocka with its prerequisites, real files, temporary
 * folders.
 *
 * Real files lie outside the project, in $CALCADE_SHARED or ../shared; a test that needs one skips with a
 * line where the folder is absent. */
#ifndef CC_TESTS_SUPPORT_H
#define CC_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/status.h"

/* The path of a shared file, e.g. "data/qrm"; skips the running test, with a line, where it is absent.
 * The string lives in one of a few static buffers: valid until eight more calls. */
const char *cc_test_shared(const char *relative);

/* A path inside the project, e.g. "configs/twin". Same lifetime. */
const char *cc_test_source(const char *relative);

/* A fresh empty temporary folder, deleted with all it holds at exit. Same lifetime. */
const char *cc_test_folder(void);

/* DIR/NAME. Same lifetime. */
const char *cc_test_path(const char *dir, const char *name);

/* Fails the test, printing the error message, unless status is CC_OK. */
void cc_test_ok_at(cc_status status, const char *file, int line);
#define assert_ok(expression) cc_test_ok_at((expression), __FILE__, __LINE__)

/* Fails unless status is `want` and the last error's line contains `part`. */
void cc_test_error_at(cc_status status, cc_status want, const char *part, const char *file, int line);
#define assert_error(expression, want, part)                                                                 \
    cc_test_error_at((expression), (want), (part), __FILE__, __LINE__)

/* Runs a shell command; its standard output and error (first 64 KiB, together) go to `output` where not NULL.
 * Returns its exit status, or 128 + signal. */
int cc_test_run(char *output, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reports of programs that this one runs from here on have figures of one pixel, which are drawn at once
 * (tests/quick/gnuplot): for tests that look at the rest. */
void cc_test_draw_quickly(void);

/* Of a test's cases that run the program for long, those to take: sanitized it is several times as slow, and
 * the first stands for all. */
static inline int cc_test_cases(size_t count) {
#ifdef CC_SANITIZED
    return count > 0;
#else
    return (int)count;
#endif
}

/* Whether the program under test is sanitized: what is then looked for is a wrong address, for which one size
 * of a kind, or one of two precisions in turn, will do; the numbers are compared in the other build. */
static inline int cc_test_sanitized(void) {
#ifdef CC_SANITIZED
    return 1;
#else
    return 0;
#endif
}

/* cmocka_run_group_tests of cases for both builds, then of those for the optimised one alone: they train nets
 * or start programs for most of their time, by code that the first run as well. With CALCADE_ALL_CASES in the
 * environment every build runs them (ctest --preset asan-all, tsan, coverage). */
#define cc_test_run_group(tests, optimised, setup, teardown)                                                 \
    (cmocka_run_group_tests(tests, setup, cc_test_is_short() ? teardown : NULL) +                            \
     (cc_test_is_short() ? 0 : cmocka_run_group_tests(optimised, NULL, teardown)))
int cc_test_is_short(void);

#endif
