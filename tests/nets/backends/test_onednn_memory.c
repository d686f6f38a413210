/* tests/nets/backends/test_onednn_memory.c -- requests for memory fail, one after the other, within calls of
 * oneDNN, or all beyond a bound: a status, no exception that ends the program, and the next call does its
 * work. */
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "failing_allocations.h"
#include "nets/backends/cpu/onednn_library.h"
#include "support.h"

enum { CHANNELS = 16, SIZE = 8, KERNEL = 3 };
enum { HELD, BROKEN, NO_MORE }; /* exit status of a child */

static const int64_t pixels[] = {1, CHANNELS, SIZE, SIZE}, kernel[] = {CHANNELS, CHANNELS, KERNEL, KERNEL};
static float x[CHANNELS * SIZE * SIZE], w[CHANNELS * CHANNELS * KERNEL * KERNEL], y[CHANNELS * SIZE * SIZE];
static float blocked[CHANNELS * SIZE * SIZE];
static char scratch_bytes[1 << 20];

/* A convolution of blocked layouts, with its input brought there by a reorder, as ops/conv/cpu/ uses them. */
static cc_status convolve(void) {
    cc_status status = CC_OK;
    cc_onednn_layout *plain = NULL, *in = NULL, *weights = NULL, *out = NULL;
    cc_onednn_desc *desc = NULL;
    cc_onednn_primitive *reorder = NULL, *primitive = NULL;
    cc_onednn_memory *from = NULL, *operands[CC_CONV_OPERANDS] = {NULL}, *scratch = NULL;
    CC_CHECK(cc_onednn_layout_create(&plain, CC_ONEDNN_ACTIVATION, 4, pixels, CC_F32, CC_ONEDNN_PLAIN));
    CC_CHECK(cc_onednn_layout_create(&in, CC_ONEDNN_ACTIVATION, 4, pixels, CC_F32, CC_ONEDNN_BLOCKED_8));
    CC_CHECK(cc_onednn_layout_copy(&out, in));
    CC_CHECK(cc_onednn_layout_create(&weights, CC_ONEDNN_WEIGHTS, 4, kernel, CC_F32, CC_ONEDNN_BLOCKED_8));
    const cc_onednn_problem problem = {.pass = CC_PASS_FORWARD,
                                       .stride = {1, 1},
                                       .padding = {1, 1},
                                       .padding_end = {1, 1},
                                       .x = in,
                                       .w = weights,
                                       .y = out,
                                       .end = {.kind = CC_ACTIVATION_RELU}};
    CC_CHECK(cc_onednn_desc_create(&desc, &problem));
    CC_CHECK(cc_onednn_primitive_create(&primitive, desc));
    CC_CHECK(cc_onednn_primitive_create_reorder(&reorder, plain, in));
    assert_true(cc_onednn_layout_bytes(cc_onednn_desc_scratch(desc)) <= sizeof scratch_bytes);
    CC_CHECK(cc_onednn_memory_create(&from, plain));
    CC_CHECK(cc_onednn_memory_create(&operands[CC_CONV_X], in));
    CC_CHECK(cc_onednn_memory_create(&operands[CC_CONV_W], weights));
    CC_CHECK(cc_onednn_memory_create(&operands[CC_CONV_Y], out));
    CC_CHECK(cc_onednn_memory_create(&scratch, cc_onednn_desc_scratch(desc)));
    CC_CHECK(cc_onednn_memory_set(from, x));
    CC_CHECK(cc_onednn_memory_set(operands[CC_CONV_X], blocked));
    CC_CHECK(cc_onednn_memory_set(operands[CC_CONV_W], w));
    CC_CHECK(cc_onednn_memory_set(operands[CC_CONV_Y], y));
    CC_CHECK(cc_onednn_memory_set(scratch, scratch_bytes));
    CC_CHECK(cc_onednn_execute_reorder(reorder, from, operands[CC_CONV_X]));
    CC_CHECK(cc_onednn_execute(primitive, CC_PASS_FORWARD, operands, scratch));
done:
    cc_onednn_memory_destroy(scratch);
    cc_onednn_memory_destroy(from);
    for (int i = 0; i < CC_CONV_OPERANDS; i++) cc_onednn_memory_destroy(operands[i]);
    cc_onednn_primitive_destroy(primitive);
    cc_onednn_primitive_destroy(reorder);
    cc_onednn_desc_destroy(desc);
    cc_onednn_layout_destroy(plain);
    cc_onednn_layout_destroy(in);
    cc_onednn_layout_destroy(weights);
    cc_onednn_layout_destroy(out);
    return status;
}

enum { REQUEST, LIMIT }; /* what fails: one request, or all that do not fit a bound on memory */

/* As much memory as the process has, and so much more (setrlimit(2)); negative: any. */
static void bound_memory(int64_t bytes) {
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    struct rlimit limit;
    if (!file || fscanf(file, "%lld", &pages) != 1 || getrlimit(RLIMIT_AS, &limit) != 0) _exit(BROKEN);
    fclose(file);
    limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)(pages * sysconf(_SC_PAGESIZE) + bytes);
    setrlimit(RLIMIT_AS, &limit);
}

/* In a child, so that each time oneDNN has made nothing yet. */
static _Noreturn void fail_at(int way, int64_t at) {
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    alarm(20); /* a call that waits for one that failed would wait for ever */
    omp_set_num_threads(1);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = 1;
    for (size_t i = 0; i < sizeof w / sizeof *w; i++) w[i] = 1;
    if (cc_onednn_start() != CC_OK) _exit(BROKEN);
    if (way == REQUEST) failing_start(FAILING_ALL, at, false);
    if (way == LIMIT) bound_memory(at);
    const cc_status status = convolve();
    if (way == LIMIT) bound_memory(-1);
    const failing_counts counts = failing_stop();
    if (way == REQUEST && counts.failed == 0) _exit(status == CC_OK ? NO_MORE : BROKEN);
    if (status != CC_OK && !cc_error_get()->what[0]) _exit(BROKEN);
    /* A corner of the output sums 2 x 2 pixels, the next one on the diagonal 3 x 3, of all channels. */
    if (convolve() != CC_OK || y[0] != 4 * CHANNELS || y[(SIZE + 1) * 8] != 9 * CHANNELS) _exit(BROKEN);
    _exit(way == LIMIT && status == CC_OK ? NO_MORE : HELD);
}

/* How the child ended: its exit status, or a signal. */
static int try_once(int way, int64_t at) {
    int how;
    const pid_t child = fork();
    if (child == 0) fail_at(way, at);
    assert_int_equal(waitpid(child, &how, 0), child);
    return how;
}

/* Objects that oneDNN uses without a look whether it got memory end the child by SIGSEGV, which the reserve
 * is for; all else is a status, and leaves oneDNN able to work. */
static void after_a_request_that_failed_the_next_convolution_is_made(void **state) {
    (void)state;
    int statuses = 0, crashes = 0;
    for (int64_t at = 1;; at++) {
        const int how = try_once(REQUEST, at);
        if (WIFEXITED(how) && WEXITSTATUS(how) == NO_MORE) break;
        crashes += WIFSIGNALED(how) && WTERMSIG(how) == SIGSEGV;
        statuses += WIFEXITED(how) && WEXITSTATUS(how) == HELD;
        if (WIFSIGNALED(how) && WTERMSIG(how) == SIGSEGV) continue;
        if (!WIFEXITED(how) || WEXITSTATUS(how) != HELD) print_error("request %d\n", (int)at);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), HELD);
    }
    print_message("%d requests that failed, of which %d ended the program\n", statuses + crashes, crashes);
    assert_true(statuses > 10 * crashes);
}

static void where_memory_is_short_a_convolution_is_a_status(void **state) {
    (void)state;
    enum { STEP = 64 << 10, MOST = 64 << 20 };
    int refused = 0, made = 0;
    for (int64_t bytes = 0; bytes < MOST && made < 8; bytes += STEP) {
        const int how = try_once(LIMIT, bytes);
        if (!WIFEXITED(how)) print_error("%d KiB: %s\n", (int)(bytes >> 10), strsignal(WTERMSIG(how)));
        assert_true(WIFEXITED(how));
        assert_int_not_equal(WEXITSTATUS(how), BROKEN);
        refused += WEXITSTATUS(how) == HELD;
        made += WEXITSTATUS(how) == NO_MORE;
    }
    print_message("%d bounds that refused it\n", refused);
    assert_true(refused > 0 && made == 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_request_that_failed_the_next_convolution_is_made),
        cmocka_unit_test(where_memory_is_short_a_convolution_is_a_status)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
