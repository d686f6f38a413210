/* report/tables/patients.h -- whom a table's scores are over: each row's patients one by one, the one set
 * that all rows are scored on, and rows paired patient by patient. Private to report.
 *
 * A mean over patients compares variants only where it is over the same patients. Where 0/0 is skipped row
 * by row, a correct empty prediction counts for nothing and one false pixel on a patient without truth as
 * 0, so that rows average different patients. A table's patients are therefore those with truth, whatever
 * is predicted there; the others are reported apart. */
#ifndef CC_REPORT_TABLES_PATIENTS_H
#define CC_REPORT_TABLES_PATIENTS_H

#include "report/tables/table.h"

/* Fills a row's patients, trials and what is marked in patients without truth; its runs and seeds are there.
 *   samples  [row->run_count], in the order of its runs; a row of counts is of the patient names[its number]
 *   names    [count], sorted, each once */
cc_status cc_table_patients_fill(cc_table_row *row, const cc_sample *samples, const char *const *names,
                                 size_t count, cc_convention convention, cc_arena *arena);

/* Sets the table's patients and marks the rows that count others: the set that most rows of runs count, of
 * several such sets the first; of folds, the patients of all. Notes name the marked rows, and the patients
 * without truth. */
cc_status cc_table_patients_fix(cc_table *table, cc_arena *arena);

/* The patients that several rows have a score of, sorted: those to whom every run that tested them gives
 * one. Only these are compared. */
cc_status cc_table_common_patients(const char *const **names, size_t *count, const cc_table_row *const *rows,
                                   size_t row_count, cc_score score, cc_arena *arena);

/* Two rows on the same patients. */
typedef struct cc_table_pairs {
    const double *differences; /* [seeds][patients], a minus b */
    size_t seeds, patients;
    /* A line for each seed that both rows have; false: one line, of means over each row's seeds. */
    bool seeds_matched;
} cc_table_pairs;

/* Pairs two rows on `names`, patients that both have (cc_table_common_patients). Seeds are matched where
 * both rows share at least two that tested all of them, or where each has one, the same; else each
 * patient's means over seeds are paired. */
cc_status cc_table_pair(cc_table_pairs *out, const cc_table_row *a, const cc_table_row *b,
                        const char *const *names, size_t count, cc_score score, cc_arena *arena);

/* A patient's place in a row; row->patient_count where it is none of the row's. */
size_t cc_table_patient_find(const cc_table_row *row, const char *name);

#endif
