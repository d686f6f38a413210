#include "support.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/file.h"
#include "results/guard.h"

/* What the child saw last, in memory that it shares with the test. */
typedef struct seen {
    pid_t child;
    unsigned parts;
    char path[CC_PATH_MAX];
} seen;
static seen *last;
static bool wounded;

/* The path's last part says what reading it does. */
static bool read_file(const char *path, unsigned parts) {
    const char *name = cc_path_name(path);
    last->child = getpid();
    last->parts = parts;
    strncpy(last->path, path, sizeof last->path - 1);
    if (strcmp(name, "kills") == 0 || wounded) _exit(3);
    wounded = strcmp(name, "wounds") == 0;
    return strcmp(name, "bad") != 0;
}

static int setup(void **state) {
    (void)state;
    last = mmap(NULL, sizeof *last, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return last == MAP_FAILED;
}

static void one_child_reads_good_files_and_another_what_follows_a_bad_one(void **state) {
    (void)state;
    assert_ok(cc_guard_try(read_file, "/good", 5));
    pid_t first = last->child;
    assert_true(first != getpid());
    assert_int_equal(last->parts, 5);
    assert_ok(cc_guard_try(read_file, "/good", 0));
    assert_int_equal(last->child, first);
    assert_ok(cc_guard_try(read_file, "/bad", 0));
    assert_int_equal(last->child, first);
    assert_ok(cc_guard_try(read_file, "/good", 0));
    assert_int_not_equal(last->child, first);
}

static void a_file_that_kills_is_refused_and_the_next_one_read(void **state) {
    (void)state;
    assert_error(cc_guard_try(read_file, "/kills", 0), CC_EFORMAT, "HDF5 breaks down on it");
    assert_ok(cc_guard_try(read_file, "/good", 0));
}

static void a_file_is_not_blamed_for_the_one_before(void **state) {
    (void)state;
    assert_ok(cc_guard_try(read_file, "/wounds", 0));
    pid_t first = last->child;
    assert_ok(cc_guard_try(read_file, "/good", 0));
    assert_int_not_equal(last->child, first);
}

static void a_relative_path_is_found_from_where_the_caller_stands(void **state) {
    (void)state;
    char *before = getcwd(NULL, 0);
    assert_ok(cc_guard_try(read_file, "/good", 0));
    assert_int_equal(chdir("/usr"), 0);
    assert_ok(cc_guard_try(read_file, "runs/good", 0));
    assert_string_equal(last->path, "/usr/runs/good");
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void the_child_keeps_no_lock_of_its_parent(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "lock");
    int held = open(path, O_RDWR | O_CREAT, 0600), again = open(path, O_RDWR);
    assert_int_equal(flock(held, LOCK_EX), 0);
    assert_ok(cc_guard_try(read_file, "/bad", 0)); /* so that the next child starts now */
    assert_ok(cc_guard_try(read_file, "/good", 0));
    close(held);
    assert_int_equal(flock(again, LOCK_EX | LOCK_NB), 0);
    close(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_child_reads_good_files_and_another_what_follows_a_bad_one),
        cmocka_unit_test(a_file_that_kills_is_refused_and_the_next_one_read),
        cmocka_unit_test(a_file_is_not_blamed_for_the_one_before),
        cmocka_unit_test(a_relative_path_is_found_from_where_the_caller_stands),
        cmocka_unit_test(the_child_keeps_no_lock_of_its_parent),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
