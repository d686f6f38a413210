/* tests/report/ci/test_workflows.c -- the steps of the workflow files in configs/studies/ci, run as they
 * stand there in a clean clone of this repository. Steps that install and build are left out: the program
 * is this build's. */
#include "core/yaml.h"
#include "reports.h"

enum { OUTPUT = 1 << 17, STEPS_MAX = 16 };
static char output[OUTPUT];

/* The shell steps of a file, in their order. */
typedef struct steps {
    const char *lines[STEPS_MAX];
    int count;
} steps;

static void add_step(steps *out, const char *line) {
    if (strstr(line, "apt-get") || strstr(line, "./run build")) return;
    assert_true(out->count < STEPS_MAX);
    out->lines[out->count++] = line;
}

static const cc_yaml *get(const cc_yaml *node, const char *key) {
    const cc_yaml *found = cc_yaml_get(node, key);
    if (!found) fail_msg("the file has no key %s", key);
    return found;
}

static const cc_yaml *parse(const char *file, cc_arena *arena) {
    char *text;
    size_t bytes;
    cc_yaml *root;
    assert_ok(cc_file_read(&text, &bytes, cc_test_source(file), 1 << 20, arena));
    assert_ok(cc_yaml_parse(&root, text, bytes, file, arena));
    return root;
}

static void read_github(steps *out, cc_arena *arena) {
    const cc_yaml *list =
        get(get(get(parse("configs/studies/ci/github.yml", arena), "jobs"), "report"), "steps");
    *out = (steps){0};
    for (size_t i = 0; i < list->count; i++) {
        const cc_yaml *run = cc_yaml_get(list->items[i], "run");
        if (run) add_step(out, run->text);
    }
}

static void read_gitlab(steps *out, cc_arena *arena) {
    const cc_yaml *list = get(get(parse("configs/studies/ci/gitlab-ci.yml", arena), "report"), "script");
    *out = (steps){0};
    for (size_t i = 0; i < list->count; i++) add_step(out, list->items[i]->text);
}

/* A clone of this repository whose results are those of one experiment, which is enough to run every step;
 * skips where it is none. */
static void clone(char out[256]) {
    snprintf(out, 256, "%s/clone", cc_test_folder());
    if (cc_test_run(output, OUTPUT, "git -c safe.directory='*' clone -q --no-hardlinks \"$(pwd)\" %s", out) ==
            0 &&
        cc_test_run(NULL, 0, "test -d %s/tests/report/stored/runs", out) == 0) {
        assert_int_equal(
            cc_test_run(output, OUTPUT,
                        "cd %s/tests/report/stored/runs && git rm -qr . && "
                        "git checkout -q HEAD -- twin/table2-matching && "
                        "git -c user.name=test -c user.email=test@localhost commit -qm 'one experiment'",
                        out),
            0);
        return;
    }
    print_message("skipped: the sources are no git repository here\n");
    skip();
}

/* Runs the steps in the clone as CI does: each in a shell of its own that ends where a command fails. The
 * exit status of the first that fails. */
static int run_steps(const char *folder, const steps *all) {
    output[0] = 0;
    for (int i = 0; i < all->count; i++) {
        const char *script = cc_test_path(folder, "step.sh");
        assert_ok(cc_file_write(script, all->lines[i], strlen(all->lines[i])));
        const int status = cc_test_run(
            output, OUTPUT,
            "cd %s && HOME=%s CALCADE=%s RESULTS=tests/report/stored/runs EARLIER=HEAD TOLERANCE= "
            "GITHUB_STEP_SUMMARY=%s/step-summary.md sh -e step.sh",
            folder, folder, CC_PROGRAM, folder);
        if (status != 0) return status;
    }
    return 0;
}

/* Takes a run out of the working tree: HEAD, the earlier state, has it still. */
static void remove_run(const char *folder) {
    assert_int_equal(cc_test_run(NULL, 0,
                                 "rm %s/tests/report/stored/runs/twin/table2-matching/with/fold-0/seed-1.h5",
                                 folder),
                     0);
}

static void check(void (*read)(steps *, cc_arena *), const char *left) {
    char folder[256];
    steps all;
    cc_arena *arena = cc_arena_create();
    read(&all, arena);
    clone(folder);
    const int status = run_steps(folder, &all);
    if (status != 0) fail_msg("exit status %d:\n%s", status, output);
    assert_true(cc_file_exists(cc_test_path(folder, "build/report/index.html")));
    assert_true(cc_file_exists(cc_test_path(folder, "build/report/junit.xml")));
    assert_true(cc_file_exists(cc_test_path(folder, left)));
    remove_run(folder);
    assert_int_equal(run_steps(folder, &all), 3);
    assert_has(
        reports_read(folder, "build/report/tables/changes.md", arena),
        "| table2-twin | With histogram matching | f1 | missing: twin/table2-matching, variant with, fold 0, "
        "seed 1 is missing |");
    cc_arena_destroy(arena);
}

static void the_steps_for_github_run(void **state) {
    (void)state;
    check(read_github, "step-summary.md");
}

static void the_steps_for_gitlab_run(void **state) {
    (void)state;
    check(read_gitlab, "build/report/code-quality.json");
}

static int setup(void **state) {
    (void)state;
    cc_test_draw_quickly();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steps_for_github_run),
        cmocka_unit_test(the_steps_for_gitlab_run),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
