/* tests/experiments/planning/test_report_blocks.c -- what configs say of their tables: each experiment once,
 * its variants once, in the order of the matrix. */
#include <string.h>
#include "experiments/planning/report_blocks.h"
#include "support.h"

static cc_config *configs[2];
static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) cc_config_destroy(configs[i]);
    configs[0] = configs[1] = NULL;
    cc_arena_destroy(arena);
    return 0;
}

static void parse(int index, const char *text) {
    assert_ok(cc_config_parse_text(&configs[index], text, strlen(text), "t.yaml", NULL, 0));
}

static void variants_stand_in_the_order_of_the_matrix_each_once(void **state) {
    (void)state;
    cc_report_block *blocks;
    size_t count;
    parse(0, "name: twin/rates\nmatrix: {seed: [1, 2], optimizer.lr: [1.0e-2, 1.0e-4, 1.0e-3], data.fold: "
             "[0, 1]}\n"
             "report: {title: Rates}\n");
    assert_ok(cc_report_blocks_make(&blocks, &count, configs, 1, arena));
    assert_int_equal(count, 1);
    assert_string_equal(blocks[0].experiment, "twin/rates");
    assert_non_null(strstr(blocks[0].text,
                           "variants:\n  - \"lr=1.0e-2\"\n  - \"lr=1.0e-4\"\n  - \"lr=1.0e-3\"\nreport:\n"
                           "  title: Rates\n"));
}

static void each_experiment_has_a_block_of_its_own(void **state) {
    (void)state;
    cc_report_block *blocks;
    size_t count;
    parse(0, "matrix: [{name: a, variant: x}, {name: b, variant: y}, {name: a, variant: z}]\n");
    parse(1, "name: b\nvariant: w\nreport: {title: Second}\n");
    assert_ok(cc_report_blocks_make(&blocks, &count, configs, 2, arena));
    assert_int_equal(count, 2);
    assert_non_null(strstr(blocks[0].text, "variants:\n  - \"x\"\n  - \"z\"\nreport:"));
    assert_non_null(strstr(blocks[1].text, "variants:\n  - \"y\"\n  - \"w\"\nreport:"));
    assert_null(strstr(blocks[1].text, "Second")); /* the first config's block is the experiment's */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(variants_stand_in_the_order_of_the_matrix_each_once),
        CASE(each_experiment_has_a_block_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
