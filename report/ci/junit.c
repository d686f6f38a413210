/* report/ci/junit.c -- a suite for each table, a test case for each cell and claim. */
#include "report/ci/junit.h"

#include <string.h>

/* ` NAME="VALUE"` */
static void add_attribute(cc_text *out, const char *name, const char *value) {
    cc_text_add(out, " %s=\"", name);
    cc_text_add_html(out, value);
    cc_text_add(out, "\"");
}

/* A case that passed has nothing inside; another one the reason, as an attribute, which every reader
 * shows. */
static void add_case(cc_text *out, const cc_ci_case *item) {
    cc_text_add(out, "    <testcase");
    add_attribute(out, "classname", item->suite);
    add_attribute(out, "name", item->name);
    if (item->outcome == CC_CI_PASSED) {
        cc_text_add(out, "/>\n");
        return;
    }
    cc_text_add(out, ">\n      <%s", item->outcome == CC_CI_FAILED ? "failure type=\"gate\"" : "skipped");
    add_attribute(out, "message", item->line);
    cc_text_add(out, "/>\n    </testcase>\n");
}

void cc_junit_add(cc_text *out, const cc_ci_cases *cases) {
    cc_text_add(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"calcade report\" tests=\"%zu\" "
        "failures=\"%zu\" errors=\"0\">\n",
        cases->count, cases->failed);
    /* Suites are runs of cases of one name: their sums stand before them. */
    for (size_t first = 0, end; first < cases->count; first = end) {
        size_t failed = 0, skipped = 0;
        for (end = first;
             end < cases->count && strcmp(cases->items[end].suite, cases->items[first].suite) == 0; end++) {
            failed += cases->items[end].outcome == CC_CI_FAILED;
            skipped += cases->items[end].outcome == CC_CI_SKIPPED;
        }
        cc_text_add(out, "  <testsuite");
        add_attribute(out, "name", cases->items[first].suite);
        cc_text_add(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", end - first,
                    failed, skipped);
        for (size_t i = first; i < end; i++) add_case(out, &cases->items[i]);
        cc_text_add(out, "  </testsuite>\n");
    }
    cc_text_add(out, "</testsuites>\n");
}
