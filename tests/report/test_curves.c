/* tests/report/test_curves.c -- training curves: a colour for each row, its runs counted, and what is left
 * out said. */
#include "matrices.h"

enum { EPOCHS = 3 };

static void write_run(const char *results, const char *variant, int64_t seed) {
    static const cc_run_slice slices[] = {{"a", 1, 5, 5, 0, 9, 0, 0, 0}, {"b", 1, 6, 4, 0, 9, 0, 0, 0}};
    cc_run_epoch epochs[EPOCHS];
    for (int e = 0; e < EPOCHS; e++)
        epochs[e] = (cc_run_epoch){e + 1, 0.9 - 0.2 * e, 0.8 - 0.1 * e, 0.2 * e, 0.5, 0.5, 1e-3, 1};
    reports_write(results, (cc_run){.experiment = "training",
                                    .variant = variant,
                                    .seed = seed,
                                    .slices = slices,
                                    .slice_count = 2,
                                    .epochs = epochs,
                                    .epoch_count = EPOCHS,
                                    .best_epoch = EPOCHS});
}

static void the_runs_of_a_row_share_a_line_of_the_key(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_run(results, "loss.type=focal,optimizer.lr=3.0e-4,net.width=32", 1);
    write_run(results, "loss.type=focal,optimizer.lr=3.0e-4,net.width=32", 2);
    write_run(results, "plain", 1);
    const char *svg = reports_read(matrix_report(results), "figures/curves-study-training-other.svg", arena);
    assert_has(svg, ">loss.type=focal,optimizer.lr=3.0e-4,net.width=32 (2 runs)<");
    assert_has(svg, ">plain<");
    /* As wide as the longest label needs: 900 + 8 * 58, about 8 pixels a letter. */
    assert_has(svg, "width=\"1364\" height=\"420\"");
    assert_lacks(svg, " of 2 rows");
    cc_arena_destroy(arena);
}

static void rows_without_a_colour_of_their_own_are_counted(void **state) {
    (void)state;
    char variant[16];
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    for (int v = 0; v < 10; v++) {
        snprintf(variant, sizeof variant, "v%d", v);
        write_run(results, variant, 1);
    }
    const char *svg = reports_read(matrix_report(results), "figures/curves-study-training-other.svg", arena);
    assert_has(svg, ">v7<");
    assert_lacks(svg, ">v8<");
    assert_has(svg, ">shown: 8 of 10 rows, 8 of 10 runs<");
    assert_has(svg, "width=\"1100\" height=\"420\"");
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_runs_of_a_row_share_a_line_of_the_key),
        cmocka_unit_test(rows_without_a_colour_of_their_own_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
