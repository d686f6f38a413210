/* report/page/page_runs.h -- all runs as the last section of the page, folded by experiment. Private to
 * report. */
#ifndef CC_REPORT_PAGE_PAGE_RUNS_H
#define CC_REPORT_PAGE_PAGE_RUNS_H

#include "report/page/page.h"
#include "report/page/pictures.h"

enum {
    CC_PAGE_RUNS_MAX = 500,  /* runs whose provenance, history and config are shown */
    CC_PAGE_RUNS_OPEN = 60,  /* lists of so many runs in all are not folded */
    CC_PAGE_RUNS_LIST = 500, /* runs of one list: an experiment of more has several */
    CC_PAGE_GAPS_MAX = 1000  /* gaps that are listed */
};

/* Adds the section "runs": what is missing, stale or damaged ("gaps"), then each experiment's runs as a
 * table with their sections and pictures behind it. Every run has an end for links to it. CC_EIO,
 * CC_ENOMEM */
cc_status cc_page_add_runs(cc_text *out, const cc_page *page, cc_page_pictures *pictures, cc_arena *arena);

#endif
