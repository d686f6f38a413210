/* report/ci/junit.h -- the cases as JUnit XML, which GitHub's and GitLab's test views, Jenkins and others
 * read. Private to report.
 *
 * There is no standard: this keeps to what the schema of Jenkins' xUnit plugin (junit-10.xsd) and Maven's
 * Surefire have in common. */
#ifndef CC_REPORT_CI_JUNIT_H
#define CC_REPORT_CI_JUNIT_H

#include "report/ci/cases.h"
#include "report/text.h"

void cc_junit_add(cc_text *out, const cc_ci_cases *cases);

#endif
