/* tests/results/test_report_block.c -- report.yaml lies beside an experiment's runs, whole or not at all, and
 * comes back as it was written. */
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "results/report_block.h"
#include "support.h"

static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static cc_report_block block_of(const char *experiment, const char *text) {
    return (cc_report_block){.experiment = experiment, .text = text};
}

static void a_block_comes_back_as_it_was_written(void **state) {
    (void)state;
    cc_report_block back;
    const char *folder = cc_test_folder();
    const cc_report_block block = block_of("twin/a/b", "variants: [x, \"y,z=1\"]\n");
    assert_ok(cc_report_block_write(folder, &block));
    assert_ok(cc_report_block_read(&back, folder, "twin/a/b", arena));
    assert_string_equal(back.text, block.text);
    assert_string_equal(back.experiment, "twin/a/b");
    assert_string_equal(back.where, cc_test_path(folder, "twin/a/b/report.yaml"));
    assert_ok(cc_report_block_read(&back, folder, "twin/a", arena));
    assert_null(back.text);
}

/* The file is not touched: another process may be reading it, or writing the same. */
static void the_same_text_is_not_written_again(void **state) {
    (void)state;
    struct stat first, second;
    cc_report_block back;
    const char *folder = cc_test_folder();
    const cc_report_block block = block_of("rates", "variants: [x]\n"),
                          other = block_of("rates", "variants: [y]\n");
    assert_ok(cc_report_block_write(folder, &block));
    assert_int_equal(stat(cc_test_path(folder, "rates/report.yaml"), &first), 0);
    assert_ok(cc_report_block_write(folder, &block));
    assert_int_equal(stat(cc_test_path(folder, "rates/report.yaml"), &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);
    assert_ok(cc_report_block_write(folder, &other));
    assert_ok(cc_report_block_read(&back, folder, "rates", arena));
    assert_string_equal(back.text, other.text);
}

static void no_experiment_leads_out_of_the_folder(void **state) {
    (void)state;
    cc_report_block back;
    const char *folder = cc_test_folder();
    static const char *const names[] = {"../x", "a/../../x", "/tmp/x", "", "a//b", ".hidden"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cc_report_block block = block_of(names[i], "variants: []\n");
        assert_error(cc_report_block_write(folder, &block), CC_EINVAL, "cannot be a name");
        assert_error(cc_report_block_read(&back, folder, names[i], arena), CC_EINVAL, "cannot be a name");
    }
}

static void a_folder_that_cannot_be_made_is_an_error_with_its_name(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_report_block block = block_of("twin/a", "variants: []\n");
    assert_ok(cc_file_write(cc_test_path(folder, "twin"), "x", 1));
    assert_error(cc_report_block_write(folder, &block), CC_ENOTFOUND, "twin");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_block_comes_back_as_it_was_written),
        CASE(the_same_text_is_not_written_again),
        CASE(no_experiment_leads_out_of_the_folder),
        CASE(a_folder_that_cannot_be_made_is_an_error_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
