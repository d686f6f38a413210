/* tests/experiments/planning/test_planned.c -- processes that plan at once into one folder of results, on a
 * disk without flock. */
#include "experiments/planning/planned.h"
#include <errno.h>
#include "runs.h"

/* Stands before the C library's, and says what disks without locks do (flock(2), NFS before Linux 2.6.12). */
int flock(int descriptor, int how);
int flock(int descriptor, int how) {
    (void)descriptor, (void)how;
    errno = ENOLCK;
    return -1;
}

enum { PROCESSES = 6, ROUNDS = 8 };

/* Plans a run of its own name and saves it again and again; it must be in the list each time. */
static int save_and_look(const char *results, int process, int gate) {
    char file[64], text[2 * CC_PATH_MAX], name[32], byte;
    cc_config *config;
    cc_run_plan *plan;
    int lost = 0;
    snprintf(name, sizeof name, "t/p%d", process);
    snprintf(file, sizeof file, "%d.yaml", process);
    snprintf(text, sizeof text, "{extends: %s, name: %s}\n", runs_config, name);
    const char *path = cc_test_path(results, file);
    if (cc_file_write(path, text, strlen(text)) != CC_OK) return 101;
    if (cc_config_load(&config, path, NULL, 0, CC_CONFIG_RUNNABLE) != CC_OK) return 102;
    if (cc_run_plan_create_unread(&plan, &config, 1, results) != CC_OK) return 103;
    (void)!read(gate, &byte, 1); /* until all are there */
    for (int i = 0; i < ROUNDS; i++) {
        cc_manifest list;
        cc_arena *arena = cc_arena_create();
        if (cc_planned_save(plan, results) != CC_OK) return 104;
        if (cc_manifest_read(&list, results, arena) != CC_OK) return 105;
        lost += !cc_manifest_find(&list, name, "a", 0, 1);
        cc_arena_destroy(arena);
    }
    cc_run_plan_destroy(plan);
    cc_config_destroy(config);
    return lost;
}

static void processes_that_plan_at_once_are_all_in_the_list(void **state) {
    (void)state;
    const char *results = runs_folder();
    int gate[2], ended;
    assert_int_equal(pipe(gate), 0);
    for (int p = 0; p < PROCESSES; p++)
        if (fork() == 0) {
            close(gate[1]);
            _exit(save_and_look(results, p, gate[0]));
        }
    usleep(500000);
    close(gate[0]);
    close(gate[1]);
    for (int p = 0; p < PROCESSES; p++) {
        assert_true(wait(&ended) > 0);
        assert_int_equal(WEXITSTATUS(ended), 0);
    }
    assert_int_equal(runs_count(results, "planned.tsv*"), 1);
}

/* A process that was killed in its turn leaves its claim. */
static void what_a_killed_one_left_is_taken_over(void **state) {
    (void)state;
    const char *results = runs_folder();
    assert_int_equal(save_and_look(results, 0, -1), 0);
    runs_write(cc_test_path(results, "planned.tsv.77.tmp"), "half");
    assert_int_equal(
        cc_test_run(NULL, 0, "cd %s && cp planned.tsv before && (echo '{}' > planned.tsv.3.claim)", results),
        0);
    setenv("CALCADE_LEASE", "0.2", 1);
    assert_int_equal(save_and_look(results, 1, -1), 0);
    unsetenv("CALCADE_LEASE");
    assert_int_equal(runs_count(results, "planned.tsv*"), 1);
    assert_int_equal(cc_test_run(NULL, 0, "cd %s && grep -q t/p0 planned.tsv", results), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(processes_that_plan_at_once_are_all_in_the_list),
                                       cmocka_unit_test(what_a_killed_one_left_is_taken_over)};
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
