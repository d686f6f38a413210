/* report/tables/spec.h -- which tables the report has: those of a file that names them (configs/README.md has
 * the form), the paper's own, which are inside the program (configs/paper/report.yaml), and what the
 * `report:` block of an experiment says of the table of its variants. Private to report. */
#ifndef CC_REPORT_TABLES_SPEC_H
#define CC_REPORT_TABLES_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/yaml.h"
#include "metrics/overlap.h"
#include "results/published.h"

/* What a row is made of. */
typedef enum cc_spec_source {
    CC_SOURCE_RUNS,       /* the runs of an experiment's variant */
    CC_SOURCE_PUBLISHED,  /* published numbers alone */
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
    const char *kind;       /* RUNS: those of this kind alone; NULL: of any, a table for each kind */
    bool kindless; /* RUNS: the experiment's name has no kind before it ("rates", not "twin/rates") */
    bool
        or_whole; /* RUNS: those too whose experiment's whole name is `experiment`, with a kind in it or without
                      one: of a file that the user names */
} cc_spec_row;

/* Something that is said of two rows. */
typedef struct cc_spec_claim {
    const char *text;
    const char *a, *b; /* labels; b NULL: the best of the other rows */
    cc_score score;
    bool higher; /* a's score is higher than b's; else lower */
} cc_spec_claim;

typedef enum cc_spec_shape {
    CC_SHAPE_SCORES,
    CC_SHAPE_STAGES,    /* where a cascade wins and loses lesions and pixels: its one row's runs */
    CC_SHAPE_CALCIUM,   /* lesions and calcium scores, a line for each row */
    CC_SHAPE_SURFACES,  /* distances of surfaces, a line for each row */
    CC_SHAPE_CHALLENGE, /* lesions and volumes as the orCaScore challenge counts them, by artery */
    CC_SHAPES
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
    double margin;        /* of equivalence, 0 to 1; 0: none stated */
    bool study;           /* made from an experiment, not written in a file of tables */
    bool embedded;        /* of the program's own tables: the paper that it reproduces */
} cc_spec;

/* Parses a file of tables; CC_ECONFIG names file, line and what would be right. The arena owns all of it. */
cc_status cc_specs_parse(cc_spec **out, size_t *count, const char *text, const char *file, cc_arena *arena);
/* Reads such a file, and the published tables that it names, which lie beside it; none where it names none.
 * `path` must live as long as the arena.
 *   CC_ECONFIG also where a table or a row stands beside published numbers that are not there
 *   CC_ENOTFOUND, CC_EIO name the file */
cc_status cc_specs_read(cc_spec **out, size_t *count, cc_published *published, const char *path,
                        cc_arena *arena);
/* The program's own. */
cc_status cc_specs_get(cc_spec **out, size_t *count, cc_published *published, cc_arena *arena);

/* Reads the `report:` block of an experiment (NULL: all that it leaves open) into a specification that has
 * its id and a row for each variant, with its label: columns, convention, baseline row, claims, margin,
 * published; title and caption where it gives them.
 *   CC_ECONFIG as cc_specs_parse; or no row has a variant that is named. *spec is then half filled */
cc_status cc_spec_read_block(cc_spec *spec, const cc_yaml *block, cc_arena *arena);
/* A row of a word of the block's `baselines`: "background", "roi_threshold". CC_ECONFIG */
cc_status cc_spec_read_baseline(cc_spec_row *out, const cc_yaml *word);

/* Whether published numbers stand beside runs of a kind. The paper's stand beside runs on patients, kinds
 * paper and real; those that a user names beside all but runs on phantoms, whose kinds begin with "twin". */
bool cc_spec_is_beside_published(const cc_spec *spec, const char *kind);

#endif
