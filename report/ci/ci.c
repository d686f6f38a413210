/* report/ci/ci.c -- the files for CI, one after another. */
#include "report/ci/ci.h"

#include "core/file.h"
#include "report/ci/badge.h"
#include "report/ci/junit.h"
#include "report/ci/summary.h"

/* Saves a text below a folder, and empties it. */
static cc_status save(cc_text *text, const char *folder, const char *name) {
    char path[CC_PATH_MAX];
    cc_status status = cc_path_join(path, folder, name);
    if (status == CC_OK) status = cc_text_save(text, path);
    cc_text_deinit(text);
    return status;
}

/* The job summary, for either system. */
static cc_status write_summary(const cc_report_options *o, const cc_ci_cases *cases,
                               const cc_ci_findings *findings) {
    cc_text text = {0};
    cc_status status = cc_ci_summary_add(&text, cases, findings);
    if (status == CC_OK && o->ci == CC_CI_GITHUB) status = cc_ci_summary_append(&text);
    if (status == CC_OK) return save(&text, o->out, "summary.md");
    cc_text_deinit(&text);
    return status;
}

/* The failing cases, where the system shows them beside the sources. */
static cc_status write_annotations(const cc_report_options *o, const cc_ci_cases *cases) {
    cc_text text = {0};
    /* GitLab reads a file, GitHub what a step prints. */
    if (o->ci == CC_CI_GITLAB) {
        char file[CC_PATH_MAX];
        CC_TRY(cc_path_join(file, o->out, "summary.md"));
        cc_ci_annotations_add_gitlab(&text, cases, file);
        return save(&text, o->out, "code-quality.json");
    }
    cc_ci_annotations_add_github(&text, cases);
    const cc_status status = cc_text_check(&text);
    if (status == CC_OK && text.bytes && o->print) fputs(text.bytes, o->print);
    cc_text_deinit(&text);
    return status;
}

cc_status cc_ci_write(const cc_report_options *options, const cc_ci_findings *findings, cc_arena *arena) {
    cc_ci_cases cases;
    cc_text text = {0};
    CC_TRY(cc_ci_cases_make(&cases, findings, arena));
    /* Costs nothing and needs no flag. */
    cc_badge_add(&text, &cases, findings);
    CC_TRY(save(&text, options->out, "badge.svg"));
    if (options->junit) {
        /* A relative path is the user's own, not one below the report's folder. */
        cc_junit_add(&text, &cases);
        CC_TRY(save(&text, ".", options->junit));
    }
    if (options->ci == CC_CI_NONE) return CC_OK;
    CC_TRY(write_summary(options, &cases, findings));
    return write_annotations(options, &cases);
}
