/* tests/experiments/commands/test_disk.c -- a disk too small for the results, one that cannot be written to,
 * and folders and files that go or change while a run reads and writes them: one error that says what is
 * wrong, no half file under a final name, and the same command goes on once there is room again.
 *
 * The small disks are memory (tmpfs) in a mount namespace of their own (unshare(1)), which takes root;
 * without it those tests skip. Of root a read-only folder is no test, so a read-only disk stands for it. */
#include "runs.h"

static char whole_run[CC_PATH_MAX]; /* made on a disk that is sound */

static int setup(void **state) {
    outcome o;
    runs_setup(state);
    const char *out = runs_folder();
    runs_ok(&o, out, "");
    snprintf(whole_run, sizeof whole_run, "%s", runs_path(out, 1));
    return 0;
}

/* Skips where this machine lets nobody mount. */
static void needs_mounts(void) {
    if (cc_test_run(NULL, 0, "unshare -m mount -t tmpfs -o size=64k tmpfs /mnt") == 0) return;
    print_message("skipped: no disk can be mounted here\n");
    skip();
}

/* A shell line in a namespace where $m is an empty disk of `kilobytes`, and $run the command that fills
 * it. */
static void on_small_disk(outcome *o, int kilobytes, const char *line) {
    char whole[4096];
    const char *mount = runs_folder();
    snprintf(whole, sizeof whole,
             "unshare -m sh -c 'm=%s; run=\"%s run %s --device cpu --out %s/runs\"; "
             "mount -t tmpfs -o size=%dk tmpfs $m && { %s\n}'",
             mount, CC_PROGRAM, runs_config, mount, kilobytes, line);
    runs_shell(o, whole);
}

static void a_disk_that_is_full_ends_a_run_which_goes_on_with_more_room(void **state) {
    (void)state;
    needs_mounts();
    /* Too small for the list of runs, for the first checkpoint, for the second beside the first, for the
     * result. Sanitized, every other one. */
    static const int sizes[] = {4, 32, 96, 160, 224};
    int failed = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i += cc_test_sanitized() ? 2 : 1) {
        outcome o;
        char line[1024], copy[256];
        snprintf(copy, sizeof copy, "%s", runs_folder());
        /* The first status, what has a final name then, the second status, and all that is there in the
         * end. */
        snprintf(line, sizeof line,
                 "$run; echo status $?; find $m -name \"*.h5\"; mount -o remount,size=64m $m; "
                 "$run >/dev/null 2>&1; echo again $?; find $m/runs -name \"seed-*\" | sed s:.*/::; "
                 "cp $m/runs/test/small/a/fold-0/seed-1.h5 %s/",
                 copy);
        on_small_disk(&o, sizes[i], line);
        const char *again = strstr(o.out, "again 0\nseed-1.h5\n");
        if (!again || again[strlen("again 0\nseed-1.h5\n")]) fail_msg("%d KiB: %s%s", sizes[i], o.out, o.err);
        assert_same_run(cc_test_path(copy, "seed-1.h5"), whole_run);
        if (strstr(o.out, "status 0\n")) continue; /* there was room */
        failed++;
        assert_says(o.out, "status 1\nagain");
        o.status = 1;
        assert_failed(&o, 1, "No space left on device");
    }
    assert_true(failed >= (cc_test_sanitized() ? 2 : 3));
}

static void a_disk_that_is_read_only_is_one_error(void **state) {
    (void)state;
    needs_mounts();
    outcome o;
    on_small_disk(&o, 1024, "mount -o remount,ro $m; $run; echo status $?");
    assert_says(o.out, "status 1\n");
    o.status = 1;
    assert_failed(&o, 1, "Read-only file system");
}

/* Of its own checkpoint and claim too: it cannot know that nobody else is at work elsewhere. */
static void a_results_folder_that_goes_during_a_run_is_one_error(void **state) {
    (void)state;
    outcome o;
    char result[CC_PATH_MAX], change[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    snprintf(change, sizeof change, "rm -rf %s/test", out);
    held_through(&o, out, change);
    assert_failed(&o, 1, "somebody has removed files of results during the run");
    assert_int_equal(runs_count(out, "*.h5*"), 0);
    runs_ok(&o, out, "");
    assert_same_run(result, whole_run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_is_full_ends_a_run_which_goes_on_with_more_room),
        cmocka_unit_test(a_disk_that_is_read_only_is_one_error),
        cmocka_unit_test(a_results_folder_that_goes_during_a_run_is_one_error),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
