/* tests/report/test_page.c -- index.html: one page that stands alone, safe against what a run file says, with
 * every number linked. */
#include "reports.h"

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

static void the_page_needs_no_network_and_no_script(void **state) {
    (void)state;
    const char *out;
    cc_arena *arena = cc_arena_create();
    const char *page = make_page(&out, arena);
    static const char *const never[] = {"<script",    "<link",       "<iframe", "@import",
                                        "src=\"http", "href=\"http", "url(",    "onload="};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) assert_lacks(page, never[i]);
    assert_has(page, "src=\"data:image/svg+xml;base64,");
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
        cmocka_unit_test(the_page_needs_no_network_and_no_script),
        cmocka_unit_test(what_a_run_file_says_is_text),
        cmocka_unit_test(every_link_has_its_end),
        cmocka_unit_test(figures_stand_beside_their_table_and_run),
        cmocka_unit_test(pictures_of_an_older_report_are_left_out),
        cmocka_unit_test(every_convention_is_beside_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
