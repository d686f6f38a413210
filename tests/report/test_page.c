/* tests/report/test_page.c -- index.html: one page that stands alone, safe against what a run file says, with
 * its verdict first and every number linked. */
#include "reports.h"
#include "results/manifest.h"

enum { OUTPUT = 1 << 16 };
static char output[OUTPUT];

static const cc_run_epoch epochs[] = {{1, 0.9, 0.8, 0.5, 0.5, 0.5, 1e-4, 1},
                                      {2, 0.5, 0.6, 0.75, 0.7, 0.8, 1e-4, 1}};
static const cc_run_slice slices[] = {{"a", 1, 9, 1, 1, 9, 8, 9, 10}, {"b", 1, 5, 5, 5, 9, 4, 9, 10}};
static const float image[12] = {-1000, 40, 50, 60};
static const uint8_t mask[12] = {0, 1, 1};

static const char hostile[] = "a: <script>alert(1)</script>\nb: '\"><img src=http://x>'\ntrain: {batch: 1}\n";

static char *make_page(const char **out, cc_arena *arena) {
    const char *results = cc_test_folder();
    const cc_run_example example = {"roi", "<i>", 1, 3, 4, image, mask, mask, NULL, {0, 0}};
    const cc_run_library library = {"lib<b>", "1 & 2"};
    reports_write(results, (cc_run){.experiment = "paper/table1-roi",
                                    .variant = "original",
                                    .seed = 1,
                                    .stage = "<b>roi</b>",
                                    .config = hostile,
                                    .best_epoch = 2,
                                    .provenance = {.identity = "<u>id</u>",
                                                   .device = "\"&<>'",
                                                   .libraries = &library,
                                                   .library_count = 1},
                                    .epochs = epochs,
                                    .epoch_count = 2,
                                    .slices = slices,
                                    .slice_count = 2,
                                    .examples = &example,
                                    .example_count = 1});
    for (int seed = 1; seed <= 2; seed++)
        reports_write(results, (cc_run){.experiment = "paper/table1-roi",
                                        .variant = "modified",
                                        .seed = seed,
                                        .slices = slices,
                                        .slice_count = 2});
    *out = cc_test_folder();
    if (reports_make(output, OUTPUT, results, *out, "") != 0) fail_msg("%s", output);
    return reports_read(*out, "index.html", arena);
}

static void the_page_needs_no_network(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    static const char *const never[] = {"<link",       "<iframe", "@import", "src=\"http",
                                        "href=\"http", "url(",    "onload=", "style=\""};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) assert_lacks(page, never[i]);
    assert_has(page, "src=\"data:image/svg+xml;base64,");
    cc_arena_destroy(arena);
}

/* The text between two marks, the second behind the first. */
static char *between(const char *text, const char *begin, const char *end, cc_arena *arena) {
    const char *from = strstr(text, begin);
    assert_non_null(from);
    from += strlen(begin);
    const char *to = strstr(from, end);
    assert_non_null(to);
    return cc_arena_copy_n(arena, from, (size_t)(to - from));
}

/* sha256sum and base64 of coreutils, not our own, say what the policy must hold. */
static void assert_allowed(const char *page, const char *content, const char *directive, cc_arena *arena) {
    char hex[128], hash[128], want[256];
    unsigned char bytes[32];
    const char *file = cc_test_path(cc_test_folder(), "content");
    assert_ok(cc_file_write(file, content, strlen(content)));
    assert_int_equal(cc_test_run(hex, sizeof hex, "sha256sum < '%s'", file), 0);
    for (int i = 0; i < 32; i++) assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
    assert_ok(cc_file_write(file, bytes, sizeof bytes));
    assert_int_equal(cc_test_run(hash, sizeof hash, "base64 < '%s' | tr -d '\\n'", file), 0);
    snprintf(want, sizeof want, "%s 'sha256-%s'", directive, hash);
    assert_has(between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\">", arena), want);
}

static void the_policy_lets_through_this_script_and_style_alone(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    assert_allowed(page, between(page, "<script>", "</script>", arena), "script-src", arena);
    assert_allowed(page, between(page, "<style>", "</style>", arena), "style-src", arena);
    assert_lacks(strstr(page, "<script>") + 1, "<script");
    assert_lacks(page, "unsafe-inline");
    assert_has(page, "default-src 'none'");
    cc_arena_destroy(arena);
}

/* Claims of table 1: eight patients, in all of which the modified net is better by 20 points or more. */
static const char *write_claims(void) {
    const char *results = cc_test_folder();
    reports_write_scores(results, "twin/table1-roi", "original", 0, 'a',
                         (int[]){40, 50, 45, 42, 48, 41, 44, 46}, 8);
    reports_write_scores(results, "twin/table1-roi", "modified", 0, 'a',
                         (int[]){70, 72, 71, 69, 73, 75, 70, 71}, 8);
    return results;
}

static void the_verdict_stands_before_the_tables(void **state) {
    (void)state;
    const char *out = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    assert_int_equal(reports_make(output, OUTPUT, write_claims(), out, ""), 0);
    const char *page = reports_read(out, "index.html", arena), *verdict = strstr(page, "id=\"verdict\"");
    assert_true(verdict && verdict < strstr(page, "<section id=\"table1-twin\">"));
    assert_has(page, "<span class=\"word holds\">1 holds</span>");
    assert_has(page,
               "<span class=\"word holds\">holds</span> <span>Batch normalization raises the F1-score <small>"
               "<a href=\"#table1-twin\">Table 1, twin</a>: F1-score +");
    assert_has(
        page,
        "2 runs were read: <span class=\"word holds\">none is missing, stale, damaged or leaking</span>");
    assert_lacks(page, "id=\"gaps\"");
    cc_arena_destroy(arena);
}

static void what_is_not_in_order_is_in_the_verdict(void **state) {
    (void)state;
    const char *results = write_claims(), *out = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    static const char request[] = "1111111111111111111111111111111111111111111111111111111111111111";
    const cc_manifest_entry missing[] = {{request, "twin/table1-roi", "modified", 0, 9},
                                         {request, "twin/other", "a", 0, 1},
                                         {request, "twin/other", "a", 0, 2}};
    assert_ok(cc_manifest_merge(results, missing, 3));
    reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                    .variant = "with",
                                    .seed = 1,
                                    .leaking_split = true,
                                    .slices = slices,
                                    .slice_count = 2});
    reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                    .variant = "without",
                                    .seed = 1,
                                    .provenance = {.numerics_version = 1},
                                    .slices = slices,
                                    .slice_count = 2});
    assert_int_equal(reports_make(output, OUTPUT, results, out, ""), 0);
    const char *verdict =
        between(reports_read(out, "index.html", arena), "<section id=\"verdict\">", "</section>", arena);
    assert_has(verdict, "<span class=\"word fails\">3 missing</span>");
    /* Nothing of that table is on the page. */
    assert_has(verdict, "missing</span> study-other-twin: a (2 runs)</li>");
    assert_has(verdict, "<span class=\"word fails\">1 stale</span>");
    assert_has(verdict, "missing</span> <a href=\"#table1-twin\">Table 1, twin</a>: Modified U-Net</li>");
    assert_has(verdict, "1 run has a split with slices of one patient on both sides");
    assert_has(verdict, "<a href=\"#run-twin-table2-matching-with-fold-0-seed-1\">");
    assert_lacks(verdict, "none is missing");
    cc_arena_destroy(arena);
}

static void tables_have_the_titles_of_a_paper(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    assert_has(page, "<h2>Table 1. Comparison between architectures for ROI extraction "
                     "<span class=\"kind\">paper</span></h2>");
    assert_lacks(page, "<h2>table1");
    cc_arena_destroy(arena);
}

/* Seconds, memory, parameters and operations of both seeds of a row. */
static void a_row_says_what_it_differs_in_and_what_it_took(void **state) {
    (void)state;
    const char *results = cc_test_folder(), *out = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    for (int v = 0; v < 2; v++)
        for (int seed = 1; seed <= 2; seed++)
            reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                            .variant = v ? "with" : "without",
                                            .seed = seed,
                                            .config = v ? "data: {match: '<b>'}\n" : "data: {match: none}\n",
                                            .parameter_count = 2500000,
                                            .multiply_adds = 700000000,
                                            .provenance = {.seconds = 1800 * seed,
                                                           .peak_memory_bytes = seed * (512 << 20)},
                                            .slices = slices,
                                            .slice_count = 2});
    assert_int_equal(reports_make(output, OUTPUT, results, out, ""), 0);
    const char *cost = between(reports_read(out, "index.html", arena),
                               "<summary>Options, runs and cost of each row</summary>", "</details>", arena);
    assert_has(cost, ">data.match</th>");
    assert_has(cost, "&lt;b&gt;");
    /* 1800 s and 3600 s; 2 x 0.7e9 operations; the higher of 512 and 1024 MiB. */
    assert_has(cost, "<td>2.5</td><td>1.4</td><td>1.5</td><td>1024</td></tr>");
    assert_has(cost, " <a href=\"#run-twin-table2-matching-with-fold-0-seed-2\">2</a>)</small></td>");
    cc_arena_destroy(arena);
}

static void what_a_run_file_says_is_text(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    assert_has(page, "a: &lt;script&gt;alert(1)&lt;/script&gt;");
    assert_has(page, "&lt;u&gt;id&lt;/u&gt;");
    assert_has(page, "<dd>&quot;&amp;&lt;&gt;&#39;</dd>");
    assert_has(page, "lib&lt;b&gt; 1 &amp; 2");
    assert_has(page, "&lt;b&gt;roi&lt;/b&gt;");
    assert_lacks(page, "<img src=http");
    cc_arena_destroy(arena);
}

/* Each "#name" that is linked to is the id of something. */
static void every_link_has_its_end(void **state) {
    (void)state;
    const char *out;
    int links = 0;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    for (const char *at = page; (at = strstr(at, "href=\"#")); links++) {
        char end[512];
        at += strlen("href=\"#");
        snprintf(end, sizeof end, " id=\"%.*s\"", (int)strcspn(at, "\""), at);
        assert_has(page, end);
    }
    assert_true(links > 10);
    /* A number of two runs links to both. */
    assert_has(page, "<a href=\"#run-paper-table1-roi-modified-fold-0-seed-1\">");
    assert_has(page, "<sup><a href=\"#run-paper-table1-roi-modified-fold-0-seed-2\">2</a></sup>");
    cc_arena_destroy(arena);
}

static void figures_stand_beside_their_table_and_run(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    const char *curves = strstr(page, "id=\"picture-curves-table1-paper.svg\""),
               *runs = strstr(page, "id=\"runs\""),
               *example = strstr(page, "id=\"picture-examples-paper-table1-roi-original-fold-0-seed-1.svg\""),
               *section = strstr(page, "id=\"run-paper-table1-roi-original-fold-0-seed-1\"");
    assert_true(curves && runs && example && section);
    assert_true(curves < runs && section < example);
    assert_lacks(page, "id=\"picture-curves-table1-paper.png\"");
    cc_arena_destroy(arena);
}

static void pictures_of_an_older_report_are_left_out(void **state) {
    (void)state;
    const char *out, *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    make_page(&out, arena);
    reports_write(results, (cc_run){.experiment = "paper/table2-matching",
                                    .variant = "with",
                                    .seed = 1,
                                    .slices = slices,
                                    .slice_count = 2});
    assert_int_equal(cc_test_run(NULL, 0, "touch -d '1 hour ago' %s/figures/*", out), 0);
    assert_int_equal(reports_make(NULL, 0, results, out, ""), 0);
    assert_lacks(reports_read(out, "index.html", arena), "curves-table1");
    cc_arena_destroy(arena);
}

static void every_convention_is_beside_the_table(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    assert_has(make_page(&out, arena), "The same counts under every convention");
    const char *csv = reports_read(out, "tables/conventions-table1-paper.csv", arena);
    /* Thresholded: 28/40 pooled, 18/20 and 10/20 by patient; soft: 8/9.5 and 4/9.5 by slice; a batch is 1
     * slice. */
    assert_has(csv, "Original U-Net,thresholded,pooled,,70.0,70.0,70.0,+0.0,");
    assert_has(csv, "Original U-Net,thresholded,batch_mean,skip,70.0,");
    assert_has(csv, "Original U-Net,soft,slice_mean,skip,63.2,66.7,60.0,");
    assert_has(reports_read(out, "tables/conventions-table1-paper.md", arena),
               "- Original U-Net: the convention alone moves the F1-score from 63.2 to 70.0.");
    assert_has(reports_read(out, "tables/conventions-table1-paper.md", arena),
               "- All 2 rows under one convention: nearest to the paper: ");
    assert_lacks(csv, "Modified U-Net,thresholded,batch_mean");
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_needs_no_network),
        cmocka_unit_test(the_policy_lets_through_this_script_and_style_alone),
        cmocka_unit_test(the_verdict_stands_before_the_tables),
        cmocka_unit_test(what_is_not_in_order_is_in_the_verdict),
        cmocka_unit_test(tables_have_the_titles_of_a_paper),
        cmocka_unit_test(a_row_says_what_it_differs_in_and_what_it_took),
        cmocka_unit_test(what_a_run_file_says_is_text),
        cmocka_unit_test(every_link_has_its_end),
        cmocka_unit_test(figures_stand_beside_their_table_and_run),
        cmocka_unit_test(pictures_of_an_older_report_are_left_out),
        cmocka_unit_test(every_convention_is_beside_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
