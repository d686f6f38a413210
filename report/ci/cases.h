/* report/ci/cases.h -- what CI is told of a report: a case for each cell and each claim, with what became
 * of it. Private to report.
 *
 * A case fails where the program's exit status would be 3 for it: a gap of a strict report, or a cell or
 * claim that does not hold against an earlier state. What was not measured, or not compared, is skipped
 * and never passed; so is a claim that does not hold by its data, as that is a result and no fault. */
#ifndef CC_REPORT_CI_CASES_H
#define CC_REPORT_CI_CASES_H

#include "report/check.h"
#include "report/gate/gate.h"

typedef enum cc_ci_outcome { CC_CI_PASSED, CC_CI_SKIPPED, CC_CI_FAILED } cc_ci_outcome;

typedef struct cc_ci_case {
    const char *suite; /* "table2-twin"; "runs"; "earlier state" */
    const char *name;  /* "With histogram matching: f1", "claim: ..." */
    const char *line;  /* what became of it, in one line */
    cc_ci_outcome outcome;
} cc_ci_case;

typedef struct cc_ci_cases {
    cc_ci_case *items; /* those of a suite follow each other */
    size_t count, failed, skipped;
} cc_ci_cases;

/* What a report has found. */
typedef struct cc_ci_findings {
    const cc_table *tables;
    size_t table_count;
    const cc_report_runs *runs;
    const cc_report_gaps *gaps;
    const cc_gate *gate;            /* NULL: no earlier state was named */
    const cc_listing *changes;      /* of the gate */
    const cc_listing *const *shown; /* table_count: the tables as they are shown */
    bool strict;
} cc_ci_findings;

/* The arena owns the cases, which borrow from the findings. CC_ENOMEM */
cc_status cc_ci_cases_make(cc_ci_cases *out, const cc_ci_findings *findings, cc_arena *arena);

#endif
