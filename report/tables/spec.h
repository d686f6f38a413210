/* report/tables/spec.h -- which tables the report has (tables.yaml, inside the program). Private to
 * report. */
#ifndef CC_REPORT_TABLES_SPEC_H
#define CC_REPORT_TABLES_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "metrics/overlap.h"

/* What a row is made of. */
typedef enum cc_spec_source {
    CC_SOURCE_RUNS,       /* the runs of an experiment's variant */
    CC_SOURCE_PUBLISHED,  /* the paper's numbers alone */
    CC_SOURCE_MEAN,       /* the mean over the rows of runs above */
    CC_SOURCE_SD,         /* their standard deviation, n - 1 */
    CC_SOURCE_BACKGROUND, /* a prediction that marks nothing, on the test set of the rows above */
    CC_SOURCE_BASELINE,   /* a rule without a net, whose counts the runs store (cc_run_baseline) */
} cc_spec_source;

typedef struct cc_spec_row {
    cc_spec_source source;
    const char *label;
    const char *experiment; /* RUNS: without its kind, "table1-roi" */
    const char *variant;    /* RUNS */
    const char *baseline;   /* BASELINE: its name in the run files */
    const char *published;  /* the row of the published table; the label where nothing else is said */
    long long fold;         /* RUNS: that fold alone; 0: the runs without folds, else those of every fold */
    bool optional;          /* RUNS: left out where there is no run */
    bool kindless; /* RUNS: the experiment's name has no kind before it ("rates", not "twin/rates") */
} cc_spec_row;

/* Something that the paper says of two rows. */
typedef struct cc_spec_claim {
    const char *text;
    const char *a, *b; /* labels; b NULL: the best of the other rows */
    cc_score score;
    bool higher; /* a's score is higher than b's; else lower */
} cc_spec_claim;

typedef enum cc_spec_shape {
    CC_SHAPE_SCORES,
    CC_SHAPE_STAGES,  /* where a cascade wins and loses lesions and pixels: its one row's runs */
    CC_SHAPE_CALCIUM, /* lesions and calcium scores, a line for each row */
} cc_spec_shape;

typedef struct cc_spec {
    cc_spec_shape shape;
    const char *id, *title, *caption;
    int published; /* the published table beside it; 0: none */
    cc_score columns[CC_SCORES];
    int column_count;
    cc_convention convention;
    const cc_spec_row *rows;
    size_t row_count;
    const cc_spec_claim *claims;
    size_t claim_count;
    const char *baseline; /* label of the row that all others are compared with; NULL: the first-ranked */
    double margin;        /* of equivalence, 0 to 1 (percent points in YAML); 0: none stated */
    bool study;           /* made from an experiment, not written in a file of tables */
} cc_spec;

/* Parses specifications; CC_ECONFIG names file and line. The arena owns all of it. */
cc_status cc_specs_parse(cc_spec **out, size_t *count, const char *text, const char *file, cc_arena *arena);
/* The program's own. */
cc_status cc_specs_get(cc_spec **out, size_t *count, cc_arena *arena);

#endif
