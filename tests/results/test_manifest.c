/* tests/results/test_manifest.c -- the list of planned runs: read, merged, searched, and refused where it is
 * no list. */
#include "support.h"
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "results/manifest.h"

static const char one[] = "1111111111111111111111111111111111111111111111111111111111111111";
static const char two[] = "2222222222222222222222222222222222222222222222222222222222222222";

static void merging_adds_replaces_and_keeps_the_rest(void **state) {
    (void)state;
    cc_manifest manifest;
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_path(cc_test_folder(), "deep/runs");
    const cc_manifest_entry first[] = {{one, "twin/b", "x", 0, 1}, {one, "twin/a", "x", 2, 1}};
    const cc_manifest_entry second[] = {{two, "twin/b", "x", 0, 1}, {two, "twin/b", "x", 0, 2}};
    assert_ok(cc_manifest_read(&manifest, folder, arena));
    assert_int_equal(manifest.count, 0);
    assert_null(cc_manifest_find(&manifest, "twin/a", "x", 2, 1));
    assert_ok(cc_manifest_merge(folder, first, 2));
    assert_ok(cc_manifest_merge(folder, second, 2));
    assert_ok(cc_manifest_read(&manifest, folder, arena));
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.entries[0].experiment, "twin/a");
    assert_string_equal(cc_manifest_find(&manifest, "twin/a", "x", 2, 1)->identity, one);
    assert_string_equal(cc_manifest_find(&manifest, "twin/b", "x", 0, 1)->identity, two);
    assert_string_equal(cc_manifest_find(&manifest, "twin/b", "x", 0, 2)->identity, two);
    assert_null(cc_manifest_find(&manifest, "twin/b", "x", 1, 1));
    cc_arena_destroy(arena);
}

static void refuse_text(const char *text, const char *part) {
    cc_manifest manifest;
    cc_arena *arena = cc_arena_create();
    const char *folder = cc_test_folder();
    assert_ok(cc_file_write(cc_test_path(folder, "planned.tsv"), text, strlen(text)));
    assert_error(cc_manifest_read(&manifest, folder, arena), CC_EFORMAT, part);
    cc_arena_destroy(arena);
}

#define HEAD "identity\texperiment\tvariant\tfold\tseed\n"
#define ONE  "1111111111111111111111111111111111111111111111111111111111111111"

static void a_merge_takes_away_what_killed_processes_left(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_manifest_entry entry = {one, "twin/a", "x", 0, 1};
    assert_ok(cc_file_write(cc_test_path(folder, "planned.tsv.7.tmp"), "half", 4));
    assert_ok(cc_manifest_merge(folder, &entry, 1));
    assert_false(cc_file_exists(cc_test_path(folder, "planned.tsv.7.tmp")));
    assert_true(cc_file_exists(cc_test_path(folder, "planned.tsv")));
}

static void malformed_lines_are_refused_with_their_number(void **state) {
    (void)state;
    refuse_text("", "planned.tsv: is no list of runs");
    refuse_text(HEAD ONE "\ttwin/a\tx\t0\t1\n" ONE "\ttwin/a\tx\t0\n", "planned.tsv:3");
    refuse_text(HEAD "abc\ttwin/a\tx\t0\t1\n", "planned.tsv:2");
    refuse_text(HEAD ONE "\ttwin/../a\tx\t0\t1\n", "planned.tsv:2");
    refuse_text(HEAD ONE "\ttwin/a\tx\t-1\t1\n", "planned.tsv:2");
    refuse_text(HEAD ONE "\ttwin/a\tx\t0\t99999999999999999999\n", "planned.tsv:2");
    refuse_text(HEAD ONE "\ttwin/a\tx\t0\t1\tmore\n", "planned.tsv:2");
    refuse_text(HEAD "\n", "planned.tsv:2");
    refuse_text(HEAD ONE "\ttwin/a\tx\t0\t1\n" ONE "\ttwin/a\tx\t0\t1\n", "is there twice");
}

static void what_no_path_could_have_is_not_merged(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    assert_error(cc_manifest_merge(folder, &(cc_manifest_entry){one, "twin/a", "x\ty", 0, 1}, 1), CC_EINVAL,
                 "variant");
    assert_error(cc_manifest_merge(folder, &(cc_manifest_entry){"", "twin/a", "x", 0, 1}, 1), CC_EINVAL,
                 "identity");
    assert_false(cc_file_exists(cc_test_path(folder, "planned.tsv")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_adds_replaces_and_keeps_the_rest),
        cmocka_unit_test(a_merge_takes_away_what_killed_processes_left),
        cmocka_unit_test(malformed_lines_are_refused_with_their_number),
        cmocka_unit_test(what_no_path_could_have_is_not_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
