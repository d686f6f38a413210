/* report/ci/summary.h -- what a person sees of a report on the page of a CI job. Private to report. */
#ifndef CC_REPORT_CI_SUMMARY_H
#define CC_REPORT_CI_SUMMARY_H

#include <stdio.h>
#include "report/ci/cases.h"
#include "report/text.h"

/* Annotations of one job: GitHub shows no more of a step. */
enum { CC_CI_ANNOTATIONS = 10 };

/* The job summary in Markdown: verdict, changes, what is missing, the tables; cut behind a table before it is
 * larger than GitHub takes (1 MiB). CC_ENOMEM */
cc_status cc_ci_summary_add(cc_text *out, const cc_ci_cases *cases, const cc_ci_findings *findings);

/* GitHub's workflow commands, `::error title=...::...`: one for each case that failed, CC_CI_ANNOTATIONS
 * at most, of which the last then counts the rest. */
void cc_ci_annotations_add_github(cc_text *out, const cc_ci_cases *cases);

/* The same as GitLab's Code Quality report: a JSON array. `file`: what an entry points to, relative to the
 * repository. */
void cc_ci_annotations_add_gitlab(cc_text *out, const cc_ci_cases *cases, const char *file);

/* Adds the text to the end of the file that $GITHUB_STEP_SUMMARY names; nothing where it names none.
 * CC_EIO */
cc_status cc_ci_summary_append(const cc_text *text);

#endif
