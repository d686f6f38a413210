/* report/report.h -- from run files to tables and figures; reads results, trains nothing.
 *
 * Below `out`: index.html, one page with all of it; tables/ID-KIND.md, .csv (every convention), .tex and
 * .html (the table alone), .body.tex (for \input); tables/conventions-ID-KIND.*, the same counts under every
 * convention; numbers.tex (tables/numbers.h); badge.svg and what CI is told (ci/ci.h); where a table's rows
 * differ in two options or more, tables/pivot-ID-KIND.* (two, as rows and columns) and
 * tables/effects-ID-KIND.* (what each changes); figures/; runs.md, which lists every run. Where an earlier
 * state is named, tables/changes.*: what changed since then (report/gate/gate.h). */
#ifndef CC_REPORT_REPORT_H
#define CC_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include "core/status.h"
#include "metrics/score.h"
#include "results/manifest.h"
#include "results/report_block.h"

/* Whose job page a report writes for. */
typedef enum cc_ci_system { CC_CI_NONE, CC_CI_GITHUB, CC_CI_GITLAB } cc_ci_system;

typedef struct cc_report_options {
    const char *results; /* folder of run files */
    const char *out;     /* folder for the report */
    const char *kind;    /* tables of that kind of runs only; NULL: of all */
    const char
        *tables; /* a file of tables, with the published tables that it names (configs/README.md); NULL: the
                           program's own */
    const cc_report_block
        *blocks; /* what configs say of their experiments' tables, in place of what lies beside the
                                      runs */
    size_t block_count;
    const cc_manifest_entry *planned; /* runs that are wanted besides those of the folder's own list, and with
                                         what identity */
    size_t planned_count;
    bool strict; /* fail where a cell stays empty (report/check.h), the report being made all the same */
    const char *against; /* run files of an earlier state, which the tables are compared with; NULL: none */
    double tolerances[CC_SCORES]; /* points that a score may have moved by since then; 0: the same counts */
    cc_ci_system ci;
    const char *junit; /* a file for JUnit XML: a case for each cell and claim; NULL: none */
    FILE *print;       /* tables in Markdown, and where the files are; NULL: nothing */
} cc_report_options;

/* Makes the whole report; each file is there whole or not at all. A run file that cannot be read is named
 * by a warning and in runs.md, and its cell stays empty.
 *   CC_ENOTFOUND  no run file below `results`
 *   CC_ECONFIG    the file of tables, or its published tables, cannot be read
 *   CC_EGATE      `strict`, and a run is missing, stale, damaged or of the wrong kind: a line each; or
 *                 `against`, and a number is not what it was, within its tolerance, or a claim's verdict is
 *                 another one
 *   CC_EIO        a file of the report cannot be written, or gnuplot fails */
cc_status cc_report_make(const cc_report_options *options);

#endif
