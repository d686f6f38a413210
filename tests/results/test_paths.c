/* tests/results/test_paths.c -- the folder of results that a run file's path was made in. */
#include "support.h"
#include "results/paths.h"

static void the_folder_of_results_is_what_stands_before_a_run_s_names(void **state) {
    (void)state;
    static const struct {
        const char *path, *folder;
    } cases[] = {
        {"out/runs/kind/name/a/fold-0/seed-1.h5", "out/runs/"},
        {"/kind/name/a/fold-0/seed-1.h5", "/"},
        {"kind/name/a/fold-0/seed-1.h5", "."},
        {"out/monkind/name/a/fold-0/seed-1.h5", "out/monkind/name/a/fold-0"},
        {"out/kind/name/a/fold-0/seed-2.h5", "out/kind/name/a/fold-0"},
        {"copies/best.h5", "copies"},
        {"best.h5", "."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[CC_PATH_MAX];
        assert_ok(cc_run_folder(out, cases[i].path, "kind/name", "a", 0, 1));
        assert_string_equal(out, cases[i].folder);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_folder_of_results_is_what_stands_before_a_run_s_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
