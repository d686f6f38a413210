/* metrics/score.c -- the rows of metrics/score.h as a table, and the names of scores and conventions.
 *
 * A score's ratio is taken from the coefficients of its row. They are 0, 1 and 2, so that every product is
 * exact and the sums are those of the formulas as they are written: tp first, then fp, fn, tn. */
#include "metrics/score.h"

#include <math.h>
#include <string.h>

typedef struct score_row {
    const char *name, *word, *heading;
    double numerator[4], denominator[4]; /* coefficients of tp, fp, fn, tn */
} score_row;

#define COEFFICIENTS(tp, fp, fn, tn)                                                                         \
    { tp, fp, fn, tn }
#define TABLE_ROW(id, name, word, heading, numerator, denominator)                                           \
    {name, word, heading, COEFFICIENTS numerator, COEFFICIENTS denominator},
static const score_row rows[CC_SCORES] = {CC_SCORE_ROWS(TABLE_ROW)};

static const char *const average_names[CC_AVERAGES] = {"pooled", "patient_mean", "slice_mean"};
static const char *const empty_names[CC_EMPTIES] = {"skip", "zero", "one", "with_truth"};

const char *cc_score_name(cc_score score) {
    return rows[score].name;
}
const char *cc_score_word(cc_score score) {
    return rows[score].word;
}
const char *cc_score_heading(cc_score score) {
    return rows[score].heading;
}
const char *cc_average_name(cc_average average) {
    return average_names[average];
}
const char *cc_empty_name(cc_empty empty) {
    return empty_names[empty];
}

static cc_status find_name(int *out, const char *const *names, int count, const char *name,
                           const char *what) {
    for (*out = 0; *out < count; ++*out)
        if (strcmp(names[*out], name) == 0) return CC_OK;
    return cc_fail(CC_EINVAL, what, NULL, "\"%s\" is unknown (the first of %d known is \"%s\")", name, count,
                   names[0]);
}

cc_status cc_score_find(cc_score *out, const char *name) {
    const char *names[CC_SCORES];
    int found;
    for (int s = 0; s < CC_SCORES; s++) names[s] = rows[s].name;
    CC_TRY(find_name(&found, names, CC_SCORES, name, "score"));
    *out = (cc_score)found;
    return CC_OK;
}

cc_status cc_average_find(cc_average *out, const char *name) {
    int found;
    CC_TRY(find_name(&found, average_names, CC_AVERAGES, name, "average"));
    *out = (cc_average)found;
    return CC_OK;
}

cc_status cc_empty_find(cc_empty *out, const char *name) {
    int found;
    CC_TRY(find_name(&found, empty_names, CC_EMPTIES, name, "empty"));
    *out = (cc_empty)found;
    return CC_OK;
}

static double weigh(const double coefficients[4], const cc_confusion *cells) {
    return coefficients[0] * cells->tp + coefficients[1] * cells->fp + coefficients[2] * cells->fn +
           coefficients[3] * cells->tn;
}

void cc_score_terms(double *numerator, double *denominator, cc_score score, const cc_confusion *cells) {
    *numerator = weigh(rows[score].numerator, cells);
    *denominator = weigh(rows[score].denominator, cells);
}

double cc_score_ratio(cc_score score, const cc_confusion *cells, cc_empty empty) {
    double numerator, denominator;
    if (empty == CC_EMPTY_WITH_TRUTH && !(cells->tp + cells->fn > 0)) return NAN;
    cc_score_terms(&numerator, &denominator, score, cells);
    return denominator > 0 ? numerator / denominator : cc_empty_value(empty);
}

double cc_empty_value(cc_empty empty) {
    return empty == CC_EMPTY_ZERO ? 0 : empty == CC_EMPTY_ONE ? 1 : NAN;
}
