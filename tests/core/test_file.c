/* tests/core/test_file.c -- whole files: read back as written, never half there, and temporary files of
 * dead processes removed. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "support.h"
#include "core/file.h"

static void a_file_reads_back_with_a_zero_behind(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "a.bin");
    char *bytes;
    size_t count;
    assert_ok(cc_file_write(path, "x\0y", 3));
    assert_ok(cc_file_read(&bytes, &count, path, 3, arena));
    assert_int_equal(count, 3);
    assert_memory_equal(bytes, "x\0y\0", 4);
    cc_arena_destroy(arena);
}

static void a_file_over_the_limit_is_refused(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "a.bin");
    char *bytes;
    size_t count;
    assert_ok(cc_file_write(path, "1234", 4));
    assert_error(cc_file_read(&bytes, &count, path, 3, arena), CC_EFORMAT, "4 bytes");
    assert_error(cc_file_read(&bytes, &count, cc_test_folder(), 3, arena), CC_EIO, "not a regular file");
    assert_error(cc_file_read(&bytes, &count, "/nowhere/a", 3, arena), CC_ENOTFOUND, "/nowhere/a");
    cc_arena_destroy(arena);
}

static void pieces_are_written_one_behind_the_other(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "f");
    const cc_file_piece pieces[] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
    cc_arena *arena = cc_arena_create();
    char *text;
    size_t bytes;
    assert_ok(cc_file_write_pieces(path, pieces, 3));
    assert_ok(cc_file_read(&text, &bytes, path, 10, arena));
    assert_int_equal(bytes, 3);
    assert_string_equal(text, "abc");
    cc_arena_destroy(arena);
}

static void a_failed_write_leaves_nothing_behind(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder(), *path = cc_test_path(folder, "a");
    char **names;
    size_t count;
    assert_ok(cc_folder_make(path)); /* a folder in the way: the rename fails */
    assert_int_not_equal(cc_file_write(path, "new", 3), CC_OK);
    assert_ok(cc_folder_list(&names, &count, folder, arena));
    assert_int_equal(count, 1);
    assert_error(cc_file_write("/nowhere/a", "x", 1), CC_ENOTFOUND, "/nowhere/a");
    cc_arena_destroy(arena);
}

static void a_sweep_takes_the_temporary_files_of_one_path(void **state) {
    (void)state;
    const char *gone[] = {"a.7.tmp", "a.12345-01234567.tmp"},
               *kept[] = {"a", "a.tmp", "a.x.tmp", "a.7.tmp2", "ab.7.tmp"};
    char folder[CC_PATH_MAX];
    strcpy(folder, cc_test_folder());
    for (int i = 0; i < 2; i++) assert_ok(cc_file_write(cc_test_path(folder, gone[i]), "", 0));
    for (int i = 0; i < 5; i++) assert_ok(cc_file_write(cc_test_path(folder, kept[i]), "", 0));
    assert_ok(cc_file_sweep(cc_test_path(folder, "a")));
    for (int i = 0; i < 2; i++) assert_false(cc_file_exists(cc_test_path(folder, gone[i])));
    for (int i = 0; i < 5; i++) assert_true(cc_file_exists(cc_test_path(folder, kept[i])));
}

/* Of a process that is there no file is taken: this one's parent is. */
static void a_write_takes_away_what_dead_processes_left_of_the_file(void **state) {
    (void)state;
    char folder[CC_PATH_MAX], dead[32], alive[32];
    strcpy(folder, cc_test_folder());
    pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    snprintf(dead, sizeof dead, "a.%ld.tmp", (long)child);
    snprintf(alive, sizeof alive, "a.%ld.tmp", (long)getppid());
    const char *names[] = {dead, alive, "b.7.tmp"};
    for (int i = 0; i < 3; i++) assert_ok(cc_file_write(cc_test_path(folder, names[i]), "", 0));
    assert_ok(cc_file_write(cc_test_path(folder, "a"), "x", 1));
    assert_false(cc_file_exists(cc_test_path(folder, dead)));
    assert_true(cc_file_exists(cc_test_path(folder, alive)));
    assert_true(cc_file_exists(cc_test_path(folder, "b.7.tmp")));
}

/* The process of its number that is there is another one. */
static void of_another_machine_it_takes_what_nobody_has_written_for_a_day(void **state) {
    (void)state;
    char folder[CC_PATH_MAX], own[CC_PATH_MAX], dead[64], old[64];
    const struct timespec two_days_ago[] = {{time(NULL) - 172800, 0}, {time(NULL) - 172800, 0}};
    strcpy(folder, cc_test_folder());
    assert_ok(cc_path_temporary(own, "a"));
    pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    /* Another machine, by one digit of its number. */
    const char digit = strchr(own, '-')[1] == '0' ? '1' : '0';
    snprintf(dead, sizeof dead, "a.%ld%s", (long)child, strchr(own, '-'));
    strchr(dead, '-')[1] = digit;
    snprintf(old, sizeof old, "a.%ld%s", (long)getpid(), strchr(dead, '-'));
    assert_ok(cc_file_write(cc_test_path(folder, dead), "", 0));
    assert_ok(cc_file_write(cc_test_path(folder, old), "", 0));
    assert_int_equal(utimensat(AT_FDCWD, cc_test_path(folder, old), two_days_ago, 0), 0);
    assert_ok(cc_file_write(cc_test_path(folder, "a"), "x", 1));
    assert_true(cc_file_exists(cc_test_path(folder, dead)));
    assert_false(cc_file_exists(cc_test_path(folder, old)));
}

static void a_file_is_staged_under_another_name_until_it_is_placed(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const cc_file_piece pieces[] = {{"ab", 2}, {"c", 1}};
    char folder[CC_PATH_MAX], path[CC_PATH_MAX], temporary[CC_PATH_MAX], *bytes;
    size_t count;
    strcpy(folder, cc_test_folder());
    strcpy(path, cc_test_path(folder, "f"));
    assert_ok(cc_path_temporary(temporary, path));
    assert_ok(cc_file_stage(temporary, path, pieces, 2));
    assert_false(cc_file_exists(path));
    assert_ok(cc_file_place(temporary, path));
    assert_false(cc_file_exists(temporary));
    assert_ok(cc_file_read(&bytes, &count, path, 10, arena));
    assert_string_equal(bytes, "abc");
    assert_error(cc_file_place(temporary, path), CC_ENOTFOUND, path);
    cc_arena_destroy(arena);
}

static void folders_are_made_with_their_parents_and_listed_in_order(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder(), *deep = cc_test_path(folder, "x/y/z");
    char **names;
    size_t count;
    assert_ok(cc_folder_make(deep));
    assert_ok(cc_folder_make(deep));
    assert_true(cc_folder_exists(deep));
    assert_false(cc_file_exists(deep));
    assert_ok(cc_file_write(cc_test_path(deep, "b"), "", 0));
    assert_ok(cc_file_write(cc_test_path(deep, "a"), "", 0));
    assert_ok(cc_file_write(cc_test_path(deep, "B"), "", 0));
    assert_ok(cc_folder_list(&names, &count, deep, arena));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "B");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    assert_error(cc_folder_list(&names, &count, "/nowhere", arena), CC_ENOTFOUND, "/nowhere");
    cc_arena_destroy(arena);
}

static void paths_are_joined_and_taken_apart(void **state) {
    (void)state;
    char out[CC_PATH_MAX], longest[CC_PATH_MAX];
    assert_ok(cc_path_join(out, "a", "b"));
    assert_string_equal(out, "a/b");
    assert_ok(cc_path_join(out, "a/", "b"));
    assert_string_equal(out, "a/b");
    assert_ok(cc_path_join(out, "a", "/b"));
    assert_string_equal(out, "/b");
    assert_ok(cc_path_folder(out, "/b"));
    assert_string_equal(out, "/");
    assert_ok(cc_path_folder(out, "b"));
    assert_string_equal(out, ".");
    assert_string_equal(cc_path_name("a/b.yaml"), "b.yaml");
    assert_true(cc_path_ends_with("A.PNG", ".png"));
    assert_false(cc_path_ends_with("g", ".png"));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_error(cc_path_join(out, "a", longest), CC_EINVAL, "too long");
    assert_ok(cc_path_append(out, "a/b.h5", ".lock"));
    assert_string_equal(out, "a/b.h5.lock");
    assert_error(cc_path_append(out, longest, "x"), CC_EINVAL, "too long");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_reads_back_with_a_zero_behind),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(pieces_are_written_one_behind_the_other),
        cmocka_unit_test(a_failed_write_leaves_nothing_behind),
        cmocka_unit_test(a_sweep_takes_the_temporary_files_of_one_path),
        cmocka_unit_test(a_write_takes_away_what_dead_processes_left_of_the_file),
        cmocka_unit_test(of_another_machine_it_takes_what_nobody_has_written_for_a_day),
        cmocka_unit_test(a_file_is_staged_under_another_name_until_it_is_placed),
        cmocka_unit_test(folders_are_made_with_their_parents_and_listed_in_order),
        cmocka_unit_test(paths_are_joined_and_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
