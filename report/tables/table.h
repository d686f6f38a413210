/* report/tables/table.h -- one table: a specification, filled from the runs of one kind. Private to
 * report.
 *
 * All rows of a table are scored on one set of patients (report/tables/patients.h), and every sum or mean
 * over a row's runs weighs each patient, fold and seed once: the mean over a fold's seeds, then over
 * folds. */
#ifndef CC_REPORT_TABLES_TABLE_H
#define CC_REPORT_TABLES_TABLE_H

#include "metrics/paired.h"
#include "report/tables/listing.h"
#include "results/published.h"

/* Rows that one note names; the CSV has them all. */
enum { CC_TABLE_NAMED_MAX = 40 };

/* A patient of a row. */
typedef struct cc_table_patient {
    const char *name;
    bool has_truth;   /* a true pixel in some run of the row */
    bool counted;     /* the table's convention scores it: whoever has truth, or everybody */
    cc_scores scores; /* the mean over the row's runs that tested it; NaN: none */
} cc_table_patient;

/* What the runs of one seed say of one patient: the mean over folds, where several tested it. */
typedef struct cc_table_trial {
    size_t runs;      /* 0: none of them tested it */
    cc_scores scores; /* NaN where a run gives none */
} cc_table_trial;

/* Patients without a true pixel: whatever is marked there is false. */
typedef struct cc_table_without_truth {
    size_t patients;
    double specificity;   /* tn / (tn + fp) of pixels, 0 to 1, the mean over these patients; NaN: none */
    double false_lesions; /* a scan, the mean over these patients; NaN: not known */
} cc_table_without_truth;

typedef struct cc_table_row {
    const cc_spec_row *spec;
    const cc_report_run **runs; /* those the row is made from; none: missing */
    size_t run_count;
    cc_estimate estimates[CC_AVERAGES][CC_EMPTIES]; /* NaN without runs */
    double published[CC_SCORES];                    /* percent, by column; NaN: none */
    const cc_table_patient *patients;               /* of a row of runs: all that it tested, by name */
    size_t patient_count;
    const int64_t *seeds; /* ascending */
    size_t seed_count;
    const cc_table_trial *trials; /* [seed_count][patient_count] */
    bool other_patients;          /* it counts other patients than the table's */
    cc_table_without_truth without_truth;
    /* Filled by cc_table_compare, of the first column; NaN: not compared. */
    double p_reference;         /* against the baseline or the first-ranked row, adjusted for all rows */
    double first_share;         /* of resamples of patients in which it is first */
    double rank_low, rank_high; /* 95 % of its ranks there */
} cc_table_row;

/* What becomes of a claim. */
typedef enum cc_table_verdict {
    CC_VERDICT_HOLDS,
    CC_VERDICT_FAILS,      /* settled the other way */
    CC_VERDICT_EQUIVALENT, /* the rows differ by less than the table's margin */
    CC_VERDICT_TOO_FEW,    /* whatever so few patients show, the test cannot reach its level */
    CC_VERDICT_OPEN,       /* none of these: not resolved */
    CC_VERDICT_UNTESTED,   /* a row of it has no run, or its rows have no patient in common */
    CC_VERDICTS
} cc_table_verdict;

typedef struct cc_table_claim {
    const cc_spec_claim *spec;
    cc_table_verdict verdict;
    const char *verdict_text; /* "holds", "cannot be resolved with n = 7" */
    /* The rows compared, or NULL. Where the claim names no b: of all other rows, the one that decides. */
    const cc_table_row *a, *b;
    size_t rivals;           /* rows that a was compared with; 1 where the claim names b */
    bool seeds_matched;      /* false: each patient's mean over the seeds of each row was compared */
    cc_paired_result result; /* a minus b, of scores from 0 to 1 */
    double p;                /* of the claim: the permutation test, or max-T over all rivals */
    double p_adjusted;       /* by Holm over the table's claims */
    double p_equivalence;    /* the same of equivalence within the table's margin; NaN: no margin is stated */
} cc_table_claim;

typedef struct cc_table {
    const cc_spec *spec;
    const char *kind;
    /* The runs are of patients (kinds paper and real), so that the paper's numbers stand beside theirs. */
    bool beside_paper;
    cc_table_row *rows; /* those of the specification, but for optional ones without a run, and those of the
                           paper alone where it does not stand beside */
    size_t row_count;
    bool folds;                  /* its rows are single folds: each tests patients of its own */
    const char *const *patients; /* that its scores are over, by name; of folds: all of them */
    size_t patient_count;
    const cc_table_claim *claims; /* in the order of the specification; filled by cc_table_judge */
    size_t claim_count;
    cc_notes notes;
} cc_table;

/* Whether a table has a run of this kind, one with a fault too. */
bool cc_table_has_runs(const cc_spec *spec, const char *kind, const cc_report_runs *runs);

/* Fills a specification from the runs of `kind` that have no fault. A row has the runs without folds, or
 * those of every fold where there is none. The arena owns all of it. */
cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena);

/* The row of a label that has runs, or NULL. */
const cc_table_row *cc_table_row_find(const cc_table *table, const char *label);
/* The estimate that the table shows in a row. */
const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row);
/* The row of runs with the highest score, other than `except` (may be NULL); NULL where there is none. A
 * row of other patients has no rank. */
const cc_table_row *cc_table_best(const cc_table *table, cc_score score, const cc_table_row *except);
/* What a run's counts weigh in sums over the row: 1 over the number of its runs of the same fold. The
 * weights of one fold add up to 1, those of all to the number of folds. */
double cc_table_run_weight(const cc_table_row *row, const cc_report_run *run);
/* The number of folds that a row's runs are of. */
size_t cc_table_fold_count(const cc_table_row *row);

/* Ends the caption of a table of counts. */
#define CC_TABLE_COUNTS_CAPTION                                                                              \
    " Of several runs: the mean over the seeds of a fold, summed over folds; each patient counts once."

/* A listing of a table has its id, kind, title and notes. */
void cc_table_name_listing(cc_listing *listing, const cc_table *table);
/* A number links to the runs that it comes from: one cell, or all of a line behind its first. */
void cc_table_link_runs(cc_listing_cell *cell, const cc_table_row *row);
void cc_table_link_line(cc_listing *listing, size_t at, const cc_table_row *row);

/* The convention, in words. */
const char *cc_table_average_words(cc_average average);
const char *cc_table_empty_words(cc_empty empty);

#endif
