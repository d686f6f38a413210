/* report/tables/numbers.h -- numbers.tex: every number of the tables under a name, so that a paper's prose
 * takes them from here and cannot drift away from its tables. Private to report.
 *
 *     \input{numbers}
 *     ... reaches \calcadeNumber{table1-twin}{Modified U-Net}{f1}\,\%
 *
 * The names are a table's id and kind (its id alone where the report has it for one kind only); the label
 * of a row, or the text of a claim; and
 *     of a row      f1, f1-low, f1-high, f1-interval, and so on for each column, in percent; patients
 *     of a claim    verdict; difference, low, high (points), p, patients
 *     of the report \calcadeNumber{report}{claims}{stated} and {holding}
 * A number that is not there has no name, and an unknown name is an error of TeX. Of the characters that
 * TeX gives a meaning in a name, each of \ { } # % ^ ~ is written as a hyphen. */
#ifndef CC_REPORT_TABLES_NUMBERS_H
#define CC_REPORT_TABLES_NUMBERS_H

#include "report/tables/table.h"
#include "report/text.h"

/* Adds the whole file; CC_ENOMEM is remembered by the text. */
void cc_numbers_add(cc_text *out, const cc_table *tables, size_t count);

#endif
