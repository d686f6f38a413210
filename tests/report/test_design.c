/* tests/report/test_design.c -- rows as a factorial design: which options there are, their levels in order,
 * and when the rows are a grid. */
#include "support.h"
#include "report/tables/design.h"

enum { ROWS_MAX = 8 };

static cc_arena *arena;
static cc_design design;

static int start(void **state) {
    (void)state;
    arena = cc_arena_create();
    return !arena;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

/* The design of rows with these values, [rows][keys]. */
static void make(const char *const *keys, size_t key_count, const char *const *values, size_t rows) {
    static cc_table_row made[ROWS_MAX];
    assert_true(rows <= ROWS_MAX);
    const cc_table table = {.rows = made, .row_count = rows};
    const cc_differences differences = {keys, key_count, values};
    assert_ok(cc_design_find(&design, &table, &differences, arena));
}

static void numbers_ascend_and_words_stay_in_the_order_of_rows(void **state) {
    (void)state;
    make((const char *[]){"lr", "arch"}, 2,
         (const char *[]){"0.01", "unet-bn", "0.01", "unet", "1.0e-05", "unet-bn", "1.0e-05", "unet", "0.002",
                          "unet-bn", "0.002", "unet"},
         6);
    assert_int_equal(design.option_count, 2);
    assert_true(design.is_grid);
    const cc_design_option *lr = &design.options[0], *arch = &design.options[1];
    assert_string_equal(lr->levels[0], "1.0e-05");
    assert_string_equal(lr->levels[1], "0.002");
    assert_string_equal(lr->levels[2], "0.01");
    assert_true(lr->numbers[1] == 0.002);
    assert_int_equal(lr->level_of[0], 2);
    assert_int_equal(lr->level_of[4], 1);
    assert_string_equal(arch->levels[0], "unet-bn");
    assert_null(arch->numbers);
    /* The row like row 0 (0.01, unet-bn) with lr = 0.002 is row 4. */
    assert_int_equal(cc_design_match(&design, 0, 0, 1), 4);
    assert_int_equal(cc_design_match(&design, 0, 1, 1), 1);
}

/* The samples of a search: each option has a value of its own in every row, and no order in common. */
static void numbers_drawn_apart_are_options_of_their_own(void **state) {
    (void)state;
    make((const char *[]){"width", "lr"}, 2,
         (const char *[]){"8", "0.3", "12", "0.1", "20", "0.4", "9", "0.2"}, 4);
    assert_int_equal(design.option_count, 2);
    assert_false(design.is_grid);
    /* Rising or falling together they may be one setting. */
    make((const char *[]){"width", "lr"}, 2,
         (const char *[]){"8", "0.3", "12", "0.2", "20", "0.1", "7", "0.4"}, 4);
    assert_int_equal(design.option_count, 1);
}

/* Of two options that always change together neither has an effect of its own. */
static void options_that_change_together_are_one(void **state) {
    (void)state;
    make((const char *[]){"depth", "width", "lr"}, 3,
         (const char *[]){"4", "32", "1", "4", "32", "2", "5", "16", "1", "5", "16", "2"}, 4);
    assert_int_equal(design.option_count, 2);
    assert_string_equal(design.options[0].name, "depth, width");
    assert_string_equal(design.options[0].levels[1], "5, 16");
    assert_null(design.options[0].numbers);
    assert_non_null(design.options[1].numbers);
}

static void a_grid_has_three_quarters_of_its_cells_each_once(void **state) {
    (void)state;
    const char *keys[] = {"a", "b"};
    make(keys, 2, (const char *[]){"1", "x", "1", "y", "2", "x"}, 3);
    assert_true(design.is_grid);
    assert_int_equal(cc_design_match(&design, 2, 1, 1), CC_DESIGN_NONE);
    /* One option at a time: 4 of 6. */
    make(keys, 2, (const char *[]){"1", "x", "2", "x", "2", "y", "2", "z"}, 4);
    assert_false(design.is_grid);
    /* Two rows of one combination. */
    make(keys, 2, (const char *[]){"1", "x", "1", "y", "2", "x", "2", "y", "2", "y"}, 5);
    assert_false(design.is_grid);
}

static void a_row_without_a_run_takes_no_part(void **state) {
    (void)state;
    make((const char *[]){"a", "b"}, 2, (const char *[]){"1", "x", "1", "y", NULL, NULL, "2", "x", "2", NULL},
         5);
    assert_int_equal(design.options[0].level_of[2], CC_DESIGN_NONE);
    assert_int_equal(design.options[1].level_count, 3);
    assert_string_equal(design.options[1].levels[2], "not set");
    assert_null(design.options[1].numbers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_ascend_and_words_stay_in_the_order_of_rows),
        cmocka_unit_test(numbers_drawn_apart_are_options_of_their_own),
        cmocka_unit_test(options_that_change_together_are_one),
        cmocka_unit_test(a_grid_has_three_quarters_of_its_cells_each_once),
        cmocka_unit_test(a_row_without_a_run_takes_no_part),
    };
    return cmocka_run_group_tests(tests, start, end);
}
