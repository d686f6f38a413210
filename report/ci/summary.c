/* report/ci/summary.c -- job summary and annotations for GitHub Actions and GitLab CI.
 *
 * Sources: GitHub, "Workflow commands for GitHub Actions" (%, CR and LF are escaped in a message, colon
 * and comma too in a property; ten errors a step; a step's summary of at most 1 MiB); GitLab, "Code
 * Quality report format" (description, check_name, fingerprint, severity, location.path,
 * location.lines.begin). */
#include "report/ci/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/digest.h"
#include "core/file.h"
#include "report/gate/changes.h"
#include "report/tables/claims.h"
#include "report/tables/render.h"

enum { GAPS_SHOWN = 50, SUMMARY_MAX = 900 << 10 };

/* --- the summary --- */

/* "5 of 9 claims hold; 26 runs were read, 2 cells stay empty". */
static void add_counts(cc_text *out, const cc_ci_findings *f) {
    size_t stated = 0, holding = 0;
    for (size_t t = 0; t < f->table_count; t++)
        for (size_t c = 0; c < f->tables[t].claim_count; c++, stated++)
            holding += f->tables[t].claims[c].verdict == CC_VERDICT_HOLDS;
    cc_text_add(out, "%zu of %zu claims hold; %zu runs were read, %zu missing, stale or damaged.\n\n",
                holding, stated, f->runs->count, f->gaps->count);
}

cc_status cc_ci_summary_add(cc_text *out, const cc_ci_cases *cases, const cc_ci_findings *findings) {
    const cc_ci_findings *f = findings;
    size_t left_out = 0;
    cc_text_add(out, "# calcade report: %s\n\n",
                cases->failed ? "a gate does not hold"
                : f->gate     ? "as it was"
                : f->strict   ? "complete"
                              : "made");
    add_counts(out, f);
    if (f->changes) CC_TRY(cc_render(out, f->changes, &cc_format_markdown));
    if (f->gaps->count) cc_text_add(out, "\n## What is missing, stale or damaged\n\n");
    for (size_t i = 0; i < f->gaps->count && i < GAPS_SHOWN; i++) {
        cc_text_add(out, "- ");
        cc_text_add_markdown(out, f->gaps->items[i].line);
        cc_text_add(out, "\n");
    }
    if (f->gaps->count > GAPS_SHOWN) cc_text_add(out, "- and %zu more\n", f->gaps->count - GAPS_SHOWN);
    /* Table by table while there is room: GitHub drops a summary that is too large as a whole. */
    for (size_t t = 0; t < f->table_count; t++) {
        cc_text table = {0};
        cc_status status = cc_render(&table, f->shown[t], &cc_format_markdown);
        if (status == CC_OK && out->length + table.length < SUMMARY_MAX)
            cc_text_add(out, "\n%s", table.bytes);
        else
            left_out++;
        cc_text_deinit(&table);
        CC_TRY(status);
    }
    if (left_out) cc_text_add(out, "\n%zu more tables stand on the page.\n", left_out);
    return cc_text_check(out);
}

cc_status cc_ci_summary_append(const cc_text *text) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (!path || !path[0]) return CC_OK;
    /* Other steps' words stand before these, so the file is not replaced. */
    const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return cc_fail_errno(path, "open");
    cc_status status = cc_file_put(file, path, text->bytes, text->length);
    if (close(file) != 0 && status == CC_OK) status = cc_fail_errno(path, "write");
    return status;
}

/* --- annotations --- */

/* What a workflow command may not hold as it is; a property less than a message. */
static void add_escaped(cc_text *out, const char *text, bool property) {
    for (; *text; text++)
        if (*text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ',')))
            cc_text_add(out, "%%%02X", (unsigned)*text);
        else
            cc_text_add_bytes(out, text, 1);
}

/* How many cases that failed have a line of their own. */
static size_t count_own(const cc_ci_cases *cases) {
    return cases->failed > CC_CI_ANNOTATIONS ? CC_CI_ANNOTATIONS - 1 : cases->failed;
}

void cc_ci_annotations_add_github(cc_text *out, const cc_ci_cases *cases) {
    size_t said = 0;
    const size_t own = count_own(cases);
    for (size_t i = 0; i < cases->count && said < own; i++) {
        if (cases->items[i].outcome != CC_CI_FAILED) continue;
        cc_text_add(out, "::error title=calcade report%%3A ");
        add_escaped(out, cases->items[i].suite, true);
        cc_text_add(out, "::");
        add_escaped(out, cases->items[i].line, false);
        cc_text_add(out, "\n");
        said++;
    }
    if (said < cases->failed)
        cc_text_add(out, "::error title=calcade report::%zu more do not hold: see the job summary\n",
                    cases->failed - said);
}

/* One entry; its fingerprint stays the same from job to job while the same case fails. */
static void add_entry(cc_text *out, bool first, const char *suite, const char *name, const char *line,
                      const char *file) {
    cc_text key = {0};
    cc_text_add(&key, "%s\n%s", suite, name);
    const cc_digest_text digest = cc_digest_of(key.bytes ? key.bytes : "", key.length);
    out->failed = out->failed || key.failed;
    cc_text_deinit(&key);
    cc_text_add(out, "%s\n  {\"description\": \"", first ? "" : ",");
    cc_text_add_json(out, line);
    cc_text_add(out, "\", \"check_name\": \"calcade report: ");
    cc_text_add_json(out, suite);
    cc_text_add(out, "\", \"fingerprint\": \"%s\", \"severity\": \"major\", \"location\": {\"path\": \"",
                digest.hex);
    cc_text_add_json(out, file);
    cc_text_add(out, "\", \"lines\": {\"begin\": 1}}}");
}

void cc_ci_annotations_add_gitlab(cc_text *out, const cc_ci_cases *cases, const char *file) {
    size_t said = 0;
    char rest[128];
    const size_t own = count_own(cases);
    cc_text_add(out, "[");
    for (size_t i = 0; i < cases->count && said < own; i++) {
        const cc_ci_case *item = &cases->items[i];
        if (item->outcome == CC_CI_FAILED)
            add_entry(out, said++ == 0, item->suite, item->name, item->line, file);
    }
    snprintf(rest, sizeof rest, "%zu more do not hold: see summary.md", cases->failed - said);
    if (said < cases->failed) add_entry(out, said == 0, "report", "more", rest, file);
    cc_text_add(out, "\n]\n");
}
