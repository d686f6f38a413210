/* report/ci/ci.h -- what a report leaves for continuous integration. Private to report. */
#ifndef CC_REPORT_CI_CI_H
#define CC_REPORT_CI_CI_H

#include <stdio.h>
#include "report/ci/cases.h"
#include "report/report.h"

/* Writes badge.svg into the report's folder; where options->junit names a file, JUnit XML; and for
 * options->ci
 *   GITHUB  summary.md, which is added to $GITHUB_STEP_SUMMARY too, and annotations on standard output
 *   GITLAB  summary.md and code-quality.json
 * Each file is there whole or not at all, but for GitHub's own. CC_EIO, CC_ENOMEM */
cc_status cc_ci_write(const cc_report_options *options, const cc_ci_findings *findings, cc_arena *arena);

#endif
