/* tests/report/test_stored.c -- the report of the stored results (stored/README.md) gives the stored tables,
 * to the byte. */
#include "reports.h"

#define STORED "tests/report/stored"

enum { OUTPUT = 1 << 17 };
static char output[OUTPUT];

static bool is_stored(const char *name) {
    return cc_path_ends_with(name, ".md") || cc_path_ends_with(name, ".csv");
}

/* The names of the tables in a folder, a line each. */
static void list_tables(char *out, size_t capacity, const char *folder, cc_arena *arena) {
    char **names;
    size_t count, used = 0;
    assert_ok(cc_folder_list(&names, &count, folder, arena));
    for (size_t i = 0; i < count; i++)
        if (is_stored(names[i])) used += (size_t)snprintf(out + used, capacity - used, "%s\n", names[i]);
    assert_true(used > 0 && used < capacity);
}

static void stored_results_give_the_stored_tables(void **state) {
    (void)state;
    static char stored[1 << 14], made[1 << 14];
    char tables[CC_PATH_MAX], **names;
    size_t count;
    cc_arena *arena = cc_arena_create();
    const char *out = cc_test_folder();
    snprintf(tables, sizeof tables, "%s", cc_test_path(out, "tables"));
    if (reports_make(output, OUTPUT, STORED "/runs", out, "") != 0) fail_msg("%s", output);
    assert_same_lines("runs.md", reports_read(STORED, "runs.md", arena), reports_read(out, "runs.md", arena));
    list_tables(stored, sizeof stored, STORED "/tables", arena);
    list_tables(made, sizeof made, tables, arena);
    assert_same_lines("the list of tables", stored, made);
    assert_ok(cc_folder_list(&names, &count, tables, arena));
    for (size_t i = 0; i < count; i++)
        if (is_stored(names[i]))
            assert_same_lines(names[i], reports_read(STORED "/tables", names[i], arena),
                              reports_read(tables, names[i], arena));
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stored_results_give_the_stored_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
