/* tests/report/test_rows.c -- runs and rows found by name are those that looking at every row and run
 * finds. */
#include "support.h"
#include "report/rows.h"
#include "report/runs.h"

enum { SPECS = 12, ROWS = 30, RUNS = 400 };

static const char *const experiments[] = {"x",       "x/y", "twin/x", "paper/x", "twin/x/y",
                                          "twin/xy", "xy",  "y",      "twin/y",  "real/x"};
static const char *const groups[] = {"x", "x/y", "xy", "y", "twin/x", "real/x"};
static const char *const variants[] = {"a", "b", "ab"};
static const char *const kinds[] = {NULL, NULL, "twin", "real"};

/* The same numbers every time (Knuth's MMIX generator). */
static size_t draw(size_t count) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % count;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

static cc_spec_row rows[SPECS][ROWS];
static cc_spec specs[SPECS];

static void fill_specs(void) {
    for (int s = 0; s < SPECS; s++) {
        specs[s] = (cc_spec){.rows = rows[s], .row_count = ROWS};
        for (int r = 0; r < ROWS; r++)
            rows[s][r] = (cc_spec_row){.source = draw(5) ? CC_SOURCE_RUNS : CC_SOURCE_MEAN,
                                       .experiment = PICK(groups),
                                       .variant = PICK(variants),
                                       .kind = PICK(kinds),
                                       .fold = (long long)draw(3),
                                       .kindless = draw(2),
                                       .or_whole = draw(3) == 0};
    }
}

static void the_first_row_in_the_order_of_tables_is_found(void **state) {
    (void)state;
    cc_row_index index;
    cc_arena *arena = cc_arena_create();
    int found = 0;
    fill_specs();
    assert_ok(cc_row_index_make(&index, specs, SPECS, arena));
    for (int i = 0; i < RUNS; i++) {
        const char *experiment = PICK(experiments), *variant = PICK(variants);
        const int64_t fold = (int64_t)draw(3);
        const cc_spec_row *first = NULL;
        for (int s = 0; s < SPECS && !first; s++)
            for (int r = 0; r < ROWS && !first; r++)
                if (cc_report_row_takes(&rows[s][r], experiment, variant, fold)) first = &rows[s][r];
        const cc_table_place *place = cc_row_index_find(&index, experiment, variant, fold);
        assert_ptr_equal(place ? place->row : NULL, first);
        found += first != NULL;
    }
    assert_true(found > RUNS / 4);
    assert_null(cc_row_index_find(&index, "twin/none", "a", 0));
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_row_in_the_order_of_tables_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
