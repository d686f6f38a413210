/* tests/report/test_effects.c -- the main effect of each option: which cells are compared, against which
 * level, and the numbers.
 *
 * Expected values are NumPy's and SciPy's over the table of scores below, of two nets at three learning
 * rates with two seeds each: differences[seeds][patients], the mean over cells;
 * scipy.stats.permutation_test(permutation_type= "samples", n_resamples=inf) of the patients' means; the
 * interval from the mean squares of the two-way layout with scipy.stats.t (seeds differ less than the rest
 * here, so that 5 degrees of freedom remain); Holm by hand. */
#include "matrices.h"
#include "report/tables/effects.h"
#include "report/tables/render.h"

enum { PATIENTS = 6, NETS = 2, RATES = 3, SEEDS = 2 };

static const char *const nets[] = {"unet", "unet-bn"}, *const rates[] = {"0.001", "0.01", "0.1"};
static const int permille[NETS][RATES][SEEDS][PATIENTS] = {
    {{{492, 640, 518, 622, 572, 686}, {484, 666, 570, 580, 579, 684}},
     {{588, 737, 616, 637, 633, 711}, {555, 762, 612, 638, 651, 726}},
     {{494, 688, 557, 589, 543, 622}, {502, 709, 526, 599, 596, 643}}},
    {{{529, 745, 616, 667, 658, 668}, {594, 713, 618, 669, 634, 728}},
     {{646, 791, 655, 716, 637, 733}, {584, 805, 613, 696, 651, 775}},
     {{579, 762, 639, 706, 651, 728}, {630, 739, 648, 675, 651, 749}}}};

/* Writes the run of a net, rate and seed; its variant is "NET-at-RATE". */
static void write_run(const char *results, int net, int rate, int seed, int64_t name_of_seed) {
    char variant[64], options[256];
    snprintf(variant, sizeof variant, "%s-at-%s", nets[net], rates[rate]);
    snprintf(options, sizeof options, "net:\n  arch: %s\noptimizer:\n  lr: %s\n", nets[net], rates[rate]);
    matrix_write(results, "twin/factors", variant, name_of_seed, options, permille[net][rate][seed],
                 PATIENTS);
}

/* Every net at every rate; its seeds are 1, 2, ..., more by `of_net` a net and by `of_rate` a rate. */
static void write_grid(const char *results, int of_net, int of_rate) {
    for (int n = 0; n < NETS; n++)
        for (int r = 0; r < RATES; r++)
            for (int s = 0; s < SEEDS; s++) write_run(results, n, r, s, of_net * n + of_rate * r + s + 1);
}

/* The effects of the table of all variants, as CSV and Markdown. */
static void make(cc_text *csv, cc_text *markdown, const char *results, const char *baseline) {
    cc_spec_row rows[NETS * RATES];
    char labels[NETS * RATES][64];
    for (int i = 0; i < NETS * RATES; i++) {
        snprintf(labels[i], sizeof labels[i], "%s-at-%s", nets[i / RATES], rates[i % RATES]);
        rows[i] = (cc_spec_row){.source = CC_SOURCE_RUNS,
                                .label = labels[i],
                                .experiment = "factors",
                                .variant = labels[i],
                                .published = labels[i],
                                .optional = true};
    }
    const cc_spec spec = {.id = "factors",
                          .title = "factors",
                          .caption = "",
                          .columns = {CC_SCORE_F1},
                          .column_count = 1,
                          .convention = {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP},
                          .rows = rows,
                          .row_count = NETS * RATES,
                          .baseline = baseline};
    cc_arena *arena = cc_arena_create();
    cc_report_runs runs;
    cc_table table;
    cc_differences differences;
    cc_design design;
    cc_listing shown, data;
    *csv = *markdown = (cc_text){0};
    assert_ok(cc_report_runs_read(&runs, results, &spec, 1, arena));
    assert_ok(cc_table_build(&table, &spec, "twin", &runs, &(cc_published){0}, arena));
    assert_ok(cc_differences_find(&differences, &table, arena));
    assert_ok(cc_design_find(&design, &table, &differences, arena));
    assert_ok(cc_table_listing_effects(&shown, &data, &table, &design, arena));
    if (shown.rows) {
        assert_ok(cc_render(csv, &data, &cc_format_csv));
        assert_ok(cc_render(markdown, &shown, &cc_format_markdown));
    }
    cc_arena_destroy(arena);
}

static void end(cc_text *csv, cc_text *markdown) {
    cc_text_deinit(csv);
    cc_text_deinit(markdown);
}

static void each_level_is_compared_with_the_first_over_all_cells(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    write_grid(results, 0, 0);
    make(&csv, &markdown, results, NULL);
    /* Mean, that of the reference, difference, interval, p, p by Holm. */
    assert_has(csv.bytes,
               "\nnet.arch,unet-bn,unet,f1,67.494444,61.186111,6.308333,5.132801,7.483865,0.031250,"
               "0.093750,0.031250,");
    assert_has(csv.bytes,
               "\noptimizer.lr,0.01,0.001,f1,67.366667,62.216667,5.150000,3.078195,7.221805,0.031250,"
               "0.093750,0.031250,");
    assert_has(csv.bytes,
               "\noptimizer.lr,0.1,0.001,f1,63.437500,62.216667,1.220833,-0.384873,2.826540,0.125000,"
               "0.125000,0.031250,");
    assert_has(markdown.bytes, "| net.arch | unet | 61.2 |  | reference |  |  |  |  |\n");
    assert_has(markdown.bytes,
               "| net.arch | unet-bn | 67.5 | 61.2 | +6.3 [+5.1, +7.5] | 0.094 | 3 of 3 | 6 | 2 |\n");
    assert_has(markdown.bytes,
               "| optimizer.lr | 0.1 | 63.4 | 62.2 | +1.2 [-0.4, +2.8] | 0.125 | 2 of 2 | 6 | 2 |\n");
    /* 6 patients: 2 of 2^6 patterns, times 3 comparisons. */
    assert_has(markdown.bytes, "the smallest p that they can reach is 0.031, after Holm's adjustment for 3 "
                               "comparisons 0.094");
    end(&csv, &markdown);
}

/* Without the last net's last rate, the nets are compared at the two rates that both have. */
static void only_cells_with_a_match_are_compared(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    for (int n = 0; n < NETS; n++)
        for (int r = 0; r < RATES; r++)
            for (int s = 0; s < SEEDS && (n == 0 || r < 2); s++) write_run(results, n, r, s, s + 1);
    make(&csv, &markdown, results, NULL);
    assert_has(csv.bytes,
               "\nnet.arch,unet-bn,unet,f1,67.254167,62.329167,4.925000,3.169978,6.680022,0.031250,");
    assert_has(markdown.bytes, " 2 of 3 | 6 | 2 |\n");
    assert_has(markdown.bytes, " 1 of 2 | 6 | 2 |\n");
    end(&csv, &markdown);
}

static void the_baseline_s_levels_are_the_reference(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    write_grid(results, 0, 0);
    make(&csv, &markdown, results, "unet-bn-at-0.01");
    assert_has(csv.bytes, "\nnet.arch,unet,unet-bn,f1,61.186111,67.494444,-6.308333,-7.483865,-5.132801,");
    assert_has(csv.bytes, "\noptimizer.lr,0.001,0.01,f1,62.216667,67.366667,-5.150000,-7.221805,-3.078195,");
    assert_has(csv.bytes, "\noptimizer.lr,0.1,0.01,f1,63.437500,67.366667,-3.929167,-4.910461,-2.947872,");
    end(&csv, &markdown);
}

/* Other seeds are other runs: there is no difference seed by seed, and the mean difference is the same. */
static void without_a_common_seed_the_means_over_seeds_are_compared(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    write_grid(results, 10, 0);
    make(&csv, &markdown, results, NULL);
    assert_has(csv.bytes, "\nnet.arch,unet-bn,unet,f1,67.494444,61.186111,6.308333,");
    assert_has(markdown.bytes, " 0.094 | 3 of 3 | 6 | – |\n");
    assert_has(markdown.bytes, "Seeds: a dash where");
    end(&csv, &markdown);
}

/* Both nets have the same two seeds at a rate, but other ones at the next rate: over the rates there is no
 * common seed. */
static void seeds_of_other_cells_are_not_mixed(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    write_grid(results, 0, 1);
    make(&csv, &markdown, results, NULL);
    assert_has(csv.bytes, "\nnet.arch,unet-bn,unet,f1,67.494444,61.186111,6.308333,");
    assert_has(markdown.bytes, " 0.094 | 3 of 3 | 6 | – |\n");
    end(&csv, &markdown);
}

static void one_option_alone_has_no_table_of_effects(void **state) {
    (void)state;
    cc_text csv, markdown;
    const char *results = cc_test_folder();
    for (int r = 0; r < RATES; r++) write_run(results, 0, r, 0, 1);
    make(&csv, &markdown, results, NULL);
    assert_null(csv.bytes);
    end(&csv, &markdown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_is_compared_with_the_first_over_all_cells),
        cmocka_unit_test(only_cells_with_a_match_are_compared),
        cmocka_unit_test(the_baseline_s_levels_are_the_reference),
        cmocka_unit_test(without_a_common_seed_the_means_over_seeds_are_compared),
        cmocka_unit_test(seeds_of_other_cells_are_not_mixed),
        cmocka_unit_test(one_option_alone_has_no_table_of_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
