/* tests/report/test_page_runs.c -- the runs of the page where there are ten thousand: small enough for a
 * browser, in lists of some hundreds, and each with an end for the links that lead to it. */
#include <stdio.h>
#include <string.h>
#include "support.h"
#include "report/page/page_runs.h"

enum { RUNS = 10000 };

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) count++;
    return count;
}

/* One experiment of 1200 runs, and others of 40; every second run is in a table. */
static void fill_runs(cc_report_run *items, cc_arena *arena) {
    for (int i = 0; i < RUNS; i++) {
        const char *experiment =
            i < 1200 ? "sweep/<large>" : cc_arena_format(arena, "sweep/other-%d", i / 40);
        items[i] = (cc_report_run){.path = "seed-1.h5",
                                   .experiment = experiment,
                                   .variant = "learning-rate=0.001,width=32",
                                   .stage = "calcification",
                                   .kind = "sweep",
                                   .seed = i,
                                   .in_table = i % 2,
                                   .patient_count = 8,
                                   .slice_count = 128,
                                   .config = "a: 1\n",
                                   .fault = i == 7 ? "is stale: <it>" : NULL,
                                   .fault_kind = CC_FAULT_STALE};
    }
}

static void ten_thousand_runs_are_a_small_page(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_text out = {0};
    cc_page_pictures none = {0};
    cc_report_run *items = cc_arena_get_array(arena, RUNS, sizeof *items);
    assert_non_null(items);
    fill_runs(items, arena);
    const cc_report_runs runs = {.items = items, .count = RUNS};
    const cc_page page = {.runs = &runs};
    assert_ok(cc_page_add_runs(&out, &page, &none, arena));
    assert_ok(cc_text_check(&out));
    assert_true(out.length < 8 << 20);
    /* 1200 runs are three lists; 8800 are 220 of 40. All are folded. */
    assert_int_equal(count_of(out.bytes, "<details class=\"experiment\""), 3 + 220);
    assert_int_equal(count_of(out.bytes, "<details class=\"experiment\" open"), 0);
    assert_true(strstr(out.bytes, "runs 501 to 1000: 500 runs") != NULL);
    assert_int_equal(count_of(out.bytes, "<details class=\"run\">"), CC_PAGE_RUNS_MAX);
    assert_int_equal(count_of(out.bytes, " id=\"run-"), RUNS);
    assert_true(strstr(out.bytes, "<span class=\"word fails\">1 stale</span>") != NULL);
    assert_null(strstr(out.bytes, "<large>"));
    assert_null(strstr(out.bytes, "<it>"));
    cc_text_deinit(&out);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_thousand_runs_are_a_small_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
