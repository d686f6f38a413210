/* One process at a time has a run, whatever the clocks say, whoever is halted, and however many come at once.
 */
#include "experiments/planning/claim.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "support.h"

static char result[CC_PATH_MAX];

static int begin(void **state) {
    (void)state;
    snprintf(result, sizeof result, "%s", cc_test_path(cc_test_folder(), "e/v/fold-0/seed-1.h5"));
    return 0;
}

/* Files beside the result, its own included. */
static int files(void) {
    char folder[CC_PATH_MAX];
    int count = 0;
    assert_ok(cc_path_folder(folder, result));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* A clock that goes on only where somebody waits; a holder that beats meanwhile, or does not. */
typedef struct clockwork {
    double now_s;
    cc_claim *beating;
} clockwork;

static double clock_now(void *context) {
    return ((clockwork *)context)->now_s;
}

static void clock_wait(void *context, double seconds) {
    clockwork *c = context;
    c->now_s += seconds;
    if (c->beating) cc_claim_beat(c->beating);
}

/* Of another machine, whose processes the kernel here knows nothing of. */
static cc_claim_terms elsewhere(clockwork *c, const char *machine) {
    return (cc_claim_terms){.machine = machine,
                            .lease_s = 60,
                            .now_s = clock_now,
                            .wait = clock_wait,
                            .context = c,
                            .beats_by_hand = true};
}

static void a_claim_is_one_file_that_goes_with_it(void **state) {
    (void)state;
    cc_claim *claim;
    cc_claim_note note;
    char path[CC_PATH_MAX];
    assert_false(cc_claim_find(&note, path, result));
    assert_ok(cc_claim_take(&claim, result, NULL));
    assert_int_equal(files(), 1);
    const cc_claim_progress progress = {3, 40, 5, 10, 0.75, 120};
    cc_claim_note_progress(claim, &progress);
    cc_claim_beat(claim);
    assert_true(cc_claim_find(&note, path, result));
    assert_int_equal(note.process, getpid());
    assert_int_equal(note.progress.epoch, 3);
    assert_int_equal(note.progress.steps, 10);
    assert_true(note.progress.score == 0.75);
    assert_false(cc_claim_has_ended(&note));
    assert_ok(cc_claim_check(claim));
    assert_ok(cc_claim_renew(claim));
    assert_int_equal(files(), 1);
    cc_claim_release(claim);
    assert_int_equal(files(), 0);
}

static void a_holder_that_beats_keeps_its_run_and_one_that_does_not_loses_it(void **state) {
    (void)state;
    cc_claim *a, *b;
    clockwork c = {.now_s = 1000};
    cc_claim_terms first = elsewhere(&c, "boot-a"), second = elsewhere(&c, "boot-b");
    assert_ok(cc_claim_take(&a, result, &first));
    c.beating = a;
    assert_error(cc_claim_take(&b, result, &second), CC_EBUSY, "another calcade is at work on this run");
    assert_true(c.now_s < 1000 + 60);
    assert_ok(cc_claim_check(a));
    c.beating = NULL;
    const double before = c.now_s;
    assert_ok(cc_claim_take(&b, result, &second));
    assert_true(c.now_s - before >= 60); /* not before a whole lease, by the observer's own clock */
    assert_error(cc_claim_check(a), CC_EBUSY, "halted for so long");
    assert_error(cc_claim_renew(a), CC_EBUSY, "halted for so long");
    cc_claim_release(a); /* and leaves the other's alone */
    assert_ok(cc_claim_check(b));
    assert_ok(cc_claim_renew(b));
    cc_claim_release(b);
    assert_int_equal(files(), 0);
}

/* Times of files and of machines: none is looked at. */
static void clocks_that_differ_by_minutes_change_nothing(void **state) {
    (void)state;
    static const int offsets_s[] = {-3600, -600, 600, 3600};
    for (size_t i = 0; i < sizeof offsets_s / sizeof *offsets_s; i++) {
        cc_claim *a, *b;
        cc_claim_note note;
        char path[CC_PATH_MAX];
        clockwork c = {.now_s = 5}, late = {.now_s = 5 + offsets_s[i]};
        cc_claim_terms first = elsewhere(&c, "boot-a"), second = elsewhere(&late, "boot-b");
        assert_ok(cc_claim_take(&a, result, &first));
        assert_true(cc_claim_find(&note, path, result));
        const struct timespec times[2] = {{time(NULL) + offsets_s[i], 0}, {time(NULL) + offsets_s[i], 0}};
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        late.beating = a;
        assert_error(cc_claim_take(&b, result, &second), CC_EBUSY, "another calcade");
        late.beating = NULL;
        assert_ok(cc_claim_take(&b, result, &second));
        cc_claim_release(a);
        cc_claim_release(b);
        assert_int_equal(files(), 0);
    }
}

/* The kernel knows at once that a process of this machine has ended, whatever its lease. */
static void what_a_killed_process_held_is_free_at_once(void **state) {
    (void)state;
    cc_claim *claim;
    cc_claim_note note;
    char path[CC_PATH_MAX];
    const cc_claim_terms at_once = {.hurries = true};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (cc_claim_take(&claim, result, NULL) != CC_OK || write(ends[1], "x", 1) != 1) _exit(1);
        pause();
        _exit(1);
    }
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_error(cc_claim_take(&claim, result, &at_once), CC_EBUSY, "another calcade");
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(cc_claim_find(&note, path, result));
    assert_true(cc_claim_has_ended(&note));
    assert_ok(cc_claim_take(&claim, result, &at_once));
    cc_claim_release(claim);
    assert_int_equal(files(), 0);
    close(ends[0]);
    close(ends[1]);
}

/* SIGSTOP past the lease; the process wakes up between two steps of its work, and must not write. */
static void a_halted_holder_that_wakes_up_notices_before_it_writes(void **state) {
    (void)state;
    cc_claim *claim;
    const cc_claim_terms brief = {.lease_s = 0.2};
    int ends[2], back[2], ended;
    char byte;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(back), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (cc_claim_take(&claim, result, &brief) != CC_OK || write(ends[1], "x", 1) != 1) _exit(1);
        if (read(back[0], &byte, 1) != 1) _exit(2);
        _exit(cc_claim_check(claim) == CC_EBUSY && cc_claim_renew(claim) == CC_EBUSY ? 0 : 3);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &ended, WUNTRACED), pid);
    assert_ok(cc_claim_take(&claim, result, &brief));
    assert_int_equal(write(back[1], "x", 1), 1);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 0);
    assert_ok(cc_claim_renew(claim));
    cc_claim_release(claim);
    assert_int_equal(files(), 0);
}

/* What each of several processes finds while it has the run: nobody else within. */
typedef struct shared {
    _Atomic int within, collisions, taken;
} shared;

static _Noreturn void contend(shared *s, const cc_claim_terms *terms, int rounds) {
    for (int i = 0; i < rounds; i++) {
        cc_claim *claim;
        if (cc_claim_take(&claim, result, terms) != CC_OK) continue;
        if (s->within++ > 0) s->collisions++;
        s->taken++;
        for (volatile int k = 0; k < 1000; k++) continue;
        s->within--;
        /* The last time it ends as a killed one would: what it leaves is taken over. */
        if (i + 1 < rounds) cc_claim_release(claim);
    }
    _exit(0);
}

static shared *race(const cc_claim_terms *terms, int processes, int rounds) {
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) contend(s, terms, rounds);
    }
    for (int i = 0; i < processes; i++) {
        int ended;
        assert_true(wait(&ended) > 0);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    }
    return s;
}

static void of_many_that_come_at_once_one_has_it(void **state) {
    (void)state;
    const cc_claim_terms terms = {.hurries = true, .beats_by_hand = true};
    shared *s = race(&terms, 4, 60);
    assert_int_equal(s->collisions, 0);
    assert_true(s->taken > 0);
    munmap(s, sizeof *s);
}

/* The claim of a process that has ended lies there: all see it at the same moment, and one gets it. */
static void of_many_that_take_over_at_once_one_has_it(void **state) {
    (void)state;
    for (int i = 0; i < cc_test_cases(20); i++) {
        pid_t pid = fork();
        if (pid == 0) {
            cc_claim *claim;
            _exit(cc_claim_take(&claim, result, NULL) == CC_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        const cc_claim_terms terms = {.hurries = true, .beats_by_hand = true};
        shared *s = race(&terms, 4, 1);
        assert_int_equal(s->collisions, 0);
        assert_true(s->taken >= 1);
        munmap(s, sizeof *s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_claim_is_one_file_that_goes_with_it, begin),
        cmocka_unit_test_setup(a_holder_that_beats_keeps_its_run_and_one_that_does_not_loses_it, begin),
        cmocka_unit_test_setup(clocks_that_differ_by_minutes_change_nothing, begin),
        cmocka_unit_test_setup(what_a_killed_process_held_is_free_at_once, begin),
        cmocka_unit_test_setup(a_halted_holder_that_wakes_up_notices_before_it_writes, begin),
        cmocka_unit_test_setup(of_many_that_come_at_once_one_has_it, begin),
        cmocka_unit_test_setup(of_many_that_take_over_at_once_one_has_it, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
