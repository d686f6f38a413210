/* tests/report/ci/test_ci.c -- what CI is told of a report: annotations, job summary, JUnit XML, badge. */
#include <jansson.h>
#include <libxml/parser.h>
#include "reports.h"
#include "results/manifest.h"

enum { OUTPUT = 1 << 17 };
static char output[OUTPUT];

/* An experiment of so many variants of so many points each, whose report.yaml gives the first a label that
 * every format must escape. */
static const char *write_state(int variants, int percent) {
    const char *results = cc_test_folder();
    char text[4096] = "variants: [v0";
    for (int v = 0; v < variants; v++) {
        char name[16];
        snprintf(name, sizeof name, "v%d", v);
        if (v) snprintf(text + strlen(text), 16, ", %s", name);
        reports_write_scores(results, "real/study", name, 0, 'a', (int[]){percent + v, percent, percent + 1},
                             3);
    }
    snprintf(text + strlen(text), 256,
             "]\nreport: {columns: [f1], labels: {v0: \"<50 %% & \\\"one\\\", a: b\"},\n"
             "  claims: [{text: v1 is higher, a: v1, b: v2, score: f1, direction: higher}]}\n");
    assert_ok(cc_file_write(cc_test_path(results, "real/study/report.yaml"), text, strlen(text)));
    return results;
}

static int count(const char *text, const char *part) {
    int found = 0;
    while ((text = strstr(text, part)) && ++found) text += strlen(part);
    return found;
}

/* The report of one state against another; its exit status. */
static int compare(const char *out, const char *before, const char *now, const char *flags) {
    char all[3 * CC_PATH_MAX];
    snprintf(all, sizeof all, "--against %s %s", before, flags);
    return reports_make(output, OUTPUT, now, out, all);
}

static void github_gets_ten_annotations_and_the_summary(void **state) {
    (void)state;
    const char *out = cc_test_folder();
    char flags[CC_PATH_MAX], summary[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    snprintf(summary, sizeof summary, "%s", cc_test_path(out, "step-summary"));
    assert_ok(cc_file_write(summary, "before\n", 7));
    setenv("GITHUB_STEP_SUMMARY", summary, 1);
    snprintf(flags, sizeof flags, "--ci github");
    assert_int_equal(compare(out, write_state(14, 50), write_state(14, 60), flags), 3);
    unsetenv("GITHUB_STEP_SUMMARY");
    assert_int_equal(count(output, "\n::error "), 10);
    /* 14 cells: nine have a line, the tenth counts five. What a message may not hold is written as %XX. */
    assert_has(
        output,
        "::error title=calcade report%3A study-study-real::study-study-real, <50 %25 & \"one\", a: b, f1: ");
    assert_has(output, "::error title=calcade report::5 more do not hold: see the job summary\n");
    const char *text = reports_read(out, "step-summary", arena);
    assert_true(strncmp(text, "before\n# calcade report: a gate does not hold\n", 40) == 0);
    assert_has(text, "DOES NOT HOLD: 0 of 14 cells hold");
    assert_has(text, "## study-study (real)");
    cc_arena_destroy(arena);
}

static void gitlab_gets_a_code_quality_report(void **state) {
    (void)state;
    const char *out = cc_test_folder(), *const texts[] = {"description", "check_name", "fingerprint",
                                                          "severity"};
    assert_int_equal(compare(out, write_state(3, 50), write_state(3, 60), "--ci gitlab"), 3);
    json_error_t error;
    json_t *list = json_load_file(cc_test_path(out, "code-quality.json"), 0, &error);
    if (!list) fail_msg("%d: %s", error.line, error.text);
    assert_int_equal(json_array_size(list), 3);
    for (size_t i = 0; i < 4; i++)
        assert_true(json_is_string(json_object_get(json_array_get(list, 0), texts[i])));
    assert_has(json_string_value(json_object_get(json_array_get(list, 0), "description")),
               "<50 % & \"one\", a: b");
    const json_t *where = json_object_get(json_array_get(list, 0), "location");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(where, "lines"), "begin")), 1);
    assert_true(strcmp(json_string_value(json_object_get(json_array_get(list, 0), "fingerprint")),
                       json_string_value(json_object_get(json_array_get(list, 1), "fingerprint"))) != 0);
    json_decref(list);
}

/* An attribute of the first element of a name; the caller frees. */
static char *get_attribute(xmlDocPtr document, const char *name) {
    return (char *)xmlGetProp(xmlDocGetRootElement(document), (const xmlChar *)name);
}

static void junit_has_a_case_for_each_cell_and_claim(void **state) {
    (void)state;
    char out[256], flags[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    snprintf(out, sizeof out, "%s", cc_test_folder());
    snprintf(path, sizeof path, "%s", cc_test_path(out, "junit.xml"));
    snprintf(flags, sizeof flags, "--junit %s", path);
    assert_int_equal(compare(out, write_state(3, 50), write_state(3, 60), flags), 3);
    xmlDocPtr document = xmlReadFile(path, NULL, XML_PARSE_NONET);
    assert_non_null(document);
    char *tests = get_attribute(document, "tests"), *failures = get_attribute(document, "failures");
    assert_string_equal(tests, "4"); /* three cells, one claim whose verdict stays */
    assert_string_equal(failures, "3");
    xmlFree(tests);
    xmlFree(failures);
    xmlFreeDoc(document);
    assert_has(reports_read(out, "junit.xml", arena),
               "<testcase classname=\"study-study-real\" name=\"&lt;50 % &amp; &quot;one&quot;, a: b: f1\">");

    /* What is missing is skipped, never passed, and fails where a strict report wants it. */
    const char *results = write_state(3, 50);
    const cc_manifest_entry planned = {"1111111111111111111111111111111111111111111111111111111111111111",
                                       "real/study", "v1", 0, 1};
    assert_ok(cc_manifest_merge(results, &planned, 1));
    assert_int_equal(cc_test_run(NULL, 0, "rm %s/real/study/v1/fold-0/seed-1.h5", results), 0);
    if (reports_make(output, OUTPUT, results, out, flags) != 0) fail_msg("%s", output);
    const char *text = reports_read(out, "junit.xml", arena);
    assert_has(text, "tests=\"4\" failures=\"0\"");
    assert_has(text, "name=\"v1: f1\">\n      <skipped message=\"not measured\"/>");
    assert_has(text, "name=\"claim: v1 is higher\">\n      <skipped message=\"not tested: no run of v1\"/>");
    snprintf(flags, sizeof flags, "--strict --junit %s", path);
    assert_int_equal(reports_make(output, OUTPUT, results, out, flags), 3);
    assert_has(reports_read(out, "junit.xml", arena),
               "<failure type=\"gate\" message=\"study-study (real), row v1: ");
    cc_arena_destroy(arena);
}

static void the_badge_counts_claims_and_runs(void **state) {
    (void)state;
    const char *out = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    assert_int_equal(reports_make(output, OUTPUT, write_state(3, 50), out, ""), 0);
    xmlDocPtr document = xmlReadFile(cc_test_path(out, "badge.svg"), NULL, XML_PARSE_NONET);
    assert_non_null(document);
    xmlFreeDoc(document);
    assert_has(reports_read(out, "badge.svg", arena), ">0 of 1 claims hold, 3 of 3 runs present</text>");
    cc_arena_destroy(arena);
}

static void another_system_is_refused(void **state) {
    (void)state;
    assert_int_equal(reports_make(output, OUTPUT, write_state(2, 50), cc_test_folder(), "--ci jenkins"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(github_gets_ten_annotations_and_the_summary),
        cmocka_unit_test(gitlab_gets_a_code_quality_report),
        cmocka_unit_test(junit_has_a_case_for_each_cell_and_claim),
        cmocka_unit_test(the_badge_counts_claims_and_runs),
        cmocka_unit_test(another_system_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
