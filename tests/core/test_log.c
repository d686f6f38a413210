/* tests/core/test_log.c -- what goes to standard error, to a file and to a terminal (a pseudo-terminal of
 * the test's own). */
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "support.h"
#include "core/file.h"
#include "core/log.h"

static int kept_stderr;

/* Sends standard error to a file, until released. */
static const char *capture(void) {
    const char *path = cc_test_path(cc_test_folder(), "stderr");
    kept_stderr = dup(STDERR_FILENO);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    close(file);
    return path;
}

static char *release(const char *path, cc_arena *arena) {
    char *text;
    size_t bytes;
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    assert_ok(cc_file_read(&text, &bytes, path, 1 << 20, arena));
    return text;
}

static void a_line_bears_its_level_and_a_quiet_log_holds_it_back(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = capture();
    cc_log(CC_LOG_DEBUG, "unseen");
    cc_log(CC_LOG_INFO, "epoch %d", 3);
    cc_log(CC_LOG_WARNING, "slow");
    cc_log_set_level(CC_LOG_ERROR);
    cc_log(CC_LOG_WARNING, "unseen");
    cc_log(CC_LOG_ERROR, "lost");
    cc_log_set_level(CC_LOG_INFO);
    assert_string_equal(release(path, arena),
                        "calcade: epoch 3\ncalcade: warning: slow\ncalcade: error: lost\n");
    cc_arena_destroy(arena);
}

static void progress_without_a_terminal_is_plain_lines(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = capture();
    cc_progress *progress = cc_progress_create("training", 4);
    for (uint64_t i = 1; i <= 4; i++) cc_progress_update(progress, i, "loss 0.5");
    cc_progress_destroy(progress);
    cc_progress_update(NULL, 1, NULL);
    cc_progress_destroy(NULL);
    const char *text = release(path, arena);
    assert_non_null(strstr(text, "calcade: training: 4/4 in "));
    assert_non_null(strstr(text, "loss 0.5\n"));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\x1b'));
    cc_arena_destroy(arena);
}

static void a_line_makes_a_progress_line_needless(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = capture();
    cc_progress *progress = cc_progress_create("training", 4);
    cc_progress_update(progress, 4, "loss 0.5");
    cc_log(CC_LOG_INFO, "epoch 1/1, loss 0.5");
    cc_progress_destroy(progress);
    assert_string_equal(release(path, arena), "calcade: epoch 1/1, loss 0.5\n");
    cc_arena_destroy(arena);
}

/* The last bar of a progress at 1 of 4, on a terminal of so many columns. */
static void draw_at(char *bar, size_t capacity, unsigned short columns, const char *title, uint64_t skipped) {
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    setenv("TERM", "xterm", 1);
    kept_stderr = dup(STDERR_FILENO);
    dup2(slave, STDERR_FILENO);
    cc_progress *progress = cc_progress_create(title, 4);
    cc_progress_skip(progress, skipped);
    cc_progress_update(progress, 4, "loss 0.1234  F1 0.812"); /* the last step is always drawn */
    cc_progress_destroy(progress);
    assert_int_equal(write(slave, "\n", 1), 1);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    size_t used = 0;
    bar[0] = 0;
    while (!strchr(bar, '\n')) {
        ssize_t got = read(master, bar + used, capacity - 1 - used);
        assert_true(got > 0);
        bar[used += (size_t)got] = 0;
    }
    close(slave);
    close(master);
    /* What stands between the last two erasures: the second takes the bar away. */
    char *last = bar, *end = bar;
    for (char *at = bar; (at = strstr(at, "\r\033[2K"));) {
        last = end;
        end = at;
        at += 5;
    }
    assert_true(end > last);
    *end = 0;
    memmove(bar, last + 5, strlen(last + 5) + 1);
}

static size_t columns_of(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += (*text & 0xc0) != 0x80;
    return count;
}

static void a_bar_gives_up_its_title_before_its_numbers(void **state) {
    (void)state;
    char bar[4096];
    draw_at(bar, sizeof bar, 100, "training of a net", 0);
    assert_in_range(columns_of(bar), 70, 99);
    assert_memory_equal(bar, "training of a net \u2501", 18);
    assert_non_null(strstr(bar, "100%"));
    draw_at(bar, sizeof bar, 60, "training of a net", 0);
    assert_in_range(columns_of(bar), 40, 59);
    assert_null(strstr(bar, "training"));
    assert_non_null(strstr(bar, "loss 0.1234  F1 0.812"));
    draw_at(bar, sizeof bar, 30, "training of a net", 0);
    assert_int_equal(columns_of(bar), 29);
}

static void steps_of_an_earlier_process_do_not_count_for_the_rate(void **state) {
    (void)state;
    char bar[4096];
    draw_at(bar, sizeof bar, 100, "t", 4);
    assert_non_null(strstr(bar, "100%  0.0/s"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_bears_its_level_and_a_quiet_log_holds_it_back),
        cmocka_unit_test(progress_without_a_terminal_is_plain_lines),
        cmocka_unit_test(a_line_makes_a_progress_line_needless),
        cmocka_unit_test(a_bar_gives_up_its_title_before_its_numbers),
        cmocka_unit_test(steps_of_an_earlier_process_do_not_count_for_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
