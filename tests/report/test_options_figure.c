/* tests/report/test_options_figure.c -- a numeric option gives a curve of the score: of each level of a
 * second option, with the seeds as points, on a logarithmic axis where the values need one; samples of a
 * search give points. */
#include "matrices.h"

static char options[256];

static void write_run(const char *results, const char *variant, int64_t seed, const char *net,
                      const char *rate) {
    static const int permille[] = {500, 600, 700};
    snprintf(options, sizeof options, "net:\n  arch: %s\noptimizer:\n  lr: %s\n", net, rate);
    matrix_write(results, "curve", variant, seed, options, permille, 3);
}

/* How often `part` stands in a text. */
static int count_in(const char *text, const char *part) {
    int count = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) count++;
    return count;
}

static void write_rates(const char *results, const char *net, int seeds, const char *const *rates,
                        int count) {
    for (int r = 0; r < count; r++)
        for (int s = 1; s <= seeds; s++) {
            char variant[64];
            snprintf(variant, sizeof variant, "%s-%s", net, rates[r]);
            write_run(results, variant, s, net, rates[r]);
        }
}

static void a_number_alone_is_one_curve_with_its_seeds(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_rates(results, "unet", 2, (const char *[]){"0.0001", "0.01", "0.001"}, 3);
    const char *out = matrix_report(results);
    const char *svg = reports_read(out, "figures/options-study-curve-other.svg", arena);
    assert_has(svg, ">optimizer.lr<");
    assert_has(svg, ">F1-score (%), mean over patients<");
    assert_has(svg, ">mean<");
    assert_has(svg, ">one seed<");
    assert_has(svg, ">95 % interval<");
    assert_true(is_file(out, "figures/options-study-curve-other.png"));
    assert_has(reports_read(out, "index.html", arena), "small points are single seeds");
    cc_arena_destroy(arena);
}

static void a_second_option_is_a_line_a_level(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    const char *const rates[] = {"1", "2", "3"};
    write_rates(results, "unet", 1, rates, 3);
    write_rates(results, "unet-bn", 1, rates, 3);
    const char *svg = reports_read(matrix_report(results), "figures/options-study-curve-other.svg", arena);
    assert_int_equal(count_in(svg, ">unet<"), 1);
    assert_int_equal(count_in(svg, ">unet-bn<"), 1);
    assert_int_equal(count_in(svg, ">net.arch<"), 1);
    /* One seed is what its mean is. */
    assert_int_equal(count_in(svg, ">one seed<"), 0);
    cc_arena_destroy(arena);
}

/* x of a tic's label in an SVG: gnuplot writes <g transform="translate(X,Y)" ...><text><tspan ...>LABEL. */
static double place_of(const char *svg, const char *label) {
    char text[64];
    double x = 0;
    snprintf(text, sizeof text, ">%s<", label);
    const char *at = strstr(svg, text);
    if (!at) fail_msg("no %s", text);
    while (strncmp(at, "translate(", strlen("translate(")) != 0) at--;
    assert_int_equal(sscanf(at, "translate(%lf,", &x), 1);
    return x;
}

/* Where the middle of three values lies between the outer two. */
static double middle_of(const char *a, const char *b, const char *c) {
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_rates(results, "unet", 1, (const char *[]){a, b, c}, 3);
    const char *svg = reports_read(matrix_report(results), "figures/options-study-curve-other.svg", arena);
    const double middle = (place_of(svg, b) - place_of(svg, a)) / (place_of(svg, c) - place_of(svg, a));
    cc_arena_destroy(arena);
    return middle;
}

static void values_over_a_factor_of_20_have_a_logarithmic_axis(void **state) {
    (void)state;
    assert_float_equal(middle_of("1", "5", "25"), 0.5, 0.02); /* log 5 / log 25 */
    assert_float_equal(middle_of("1", "10", "20"), 9. / 19, 0.02);
    assert_float_equal(middle_of("0", "25", "100"), 0.25, 0.02); /* zero has no logarithm */
}

/* Samples of a search: a rate and a width of their own each, one of two nets. */
static void write_search(const char *results, int samples) {
    for (int i = 0; i < samples; i++) {
        char variant[64];
        const int permille[] = {500 + 20 * i, 600, 700};
        snprintf(variant, sizeof variant, "sample-%d", i);
        snprintf(options, sizeof options, "net:\n  arch: %s\n  width: %d\noptimizer:\n  lr: %.3e\n",
                 i % 3 ? "unet" : "unet-bn", 8 + 7 * i % 10, 1e-5 * (1 + 11 * i));
        matrix_write(results, "curve", variant, 1, options, permille, 3);
    }
}

static void samples_of_a_search_are_points_in_a_panel_an_option(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_search(results, 8);
    const char *out = matrix_report(results);
    const char *svg = reports_read(out, "figures/options-study-curve-other.svg", arena);
    assert_int_equal(count_in(svg, ">optimizer.lr<"), 1);
    assert_int_equal(count_in(svg, ">net.width<"), 1);
    assert_int_equal(count_in(svg, ">net.arch<"), 1); /* of the colours */
    assert_int_equal(count_in(svg, ">unet-bn<"), 1);
    assert_int_equal(count_in(svg, ">mean<"), 0); /* no line */
    cc_arena_destroy(arena);
}

static void one_number_of_many_values_has_no_line_either(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_rates(results, "unet", 1, (const char *[]){"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"},
                11);
    const char *svg = reports_read(matrix_report(results), "figures/options-study-curve-other.svg", arena);
    assert_int_equal(count_in(svg, ">optimizer.lr<"), 1);
    assert_int_equal(count_in(svg, ">mean<"), 0);
    cc_arena_destroy(arena);
}

static void words_alone_have_no_figure(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_rates(results, "unet", 2, (const char *[]){"1"}, 1);
    write_rates(results, "unet-bn", 2, (const char *[]){"1"}, 1);
    assert_false(is_file(matrix_report(results), "figures/options-study-curve-other.png"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_alone_is_one_curve_with_its_seeds),
        cmocka_unit_test(a_second_option_is_a_line_a_level),
        cmocka_unit_test(values_over_a_factor_of_20_have_a_logarithmic_axis),
        cmocka_unit_test(samples_of_a_search_are_points_in_a_panel_an_option),
        cmocka_unit_test(one_number_of_many_values_has_no_line_either),
        cmocka_unit_test(words_alone_have_no_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
