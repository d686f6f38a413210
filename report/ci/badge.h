/* report/ci/badge.h -- an SVG badge for a README: claims that hold, runs that are there. Private to
 * report. */
#ifndef CC_REPORT_CI_BADGE_H
#define CC_REPORT_CI_BADGE_H

#include "report/ci/cases.h"
#include "report/text.h"

/* Green where no case fails and no run is missing, stale or damaged; else red. That a claim does not hold
 * is a result and changes no colour. */
void cc_badge_add(cc_text *out, const cc_ci_cases *cases, const cc_ci_findings *findings);

#endif
