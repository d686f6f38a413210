#include <fcntl.h>
#include <string.h>
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
    assert_non_null(strstr(text, "calcade: training 4/4 in "));
    assert_non_null(strstr(text, "loss 0.5\n"));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\x1b'));
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_bears_its_level_and_a_quiet_log_holds_it_back),
        cmocka_unit_test(progress_without_a_terminal_is_plain_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
