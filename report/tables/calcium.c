/* report/tables/calcium.c -- lesions found, missed and false, and how well the calcium scores of truth and
 * prediction agree: ICC(A,1) of the Agatston scores, kappa with linear weights of the risk categories
 * (metrics/agreement.h). */
#include "report/tables/calcium.h"

#include <math.h>
#include "metrics/agreement.h"
#include "metrics/calcium.h"

enum { COLUMNS = 10 };

/* The patients of a row's runs together. */
typedef struct agreement {
    double truth, found, spurious; /* lesions */
    double *scores; /* true and predicted Agatston score of each patient, one behind the other */
    int32_t *true_category, *category;
    size_t patients;
    double sum_true, sum_predicted;
    bool any;
} agreement;

/* Adds one patient; one whose calcium is not known (the roi stage) is left out. */
static void add_patient(agreement *a, const cc_run_patient *p) {
    if (p->lesions_true < 0 || p->lesions_found < 0 || p->lesions_false < 0 || !(p->agatston_true >= 0) ||
        !(p->agatston_predicted >= 0) || !isfinite(p->agatston_true + p->agatston_predicted))
        return;
    a->truth += (double)p->lesions_true;
    a->found += (double)p->lesions_found;
    a->spurious += (double)p->lesions_false;
    /* [patients][2], as the ICC wants subjects by raters. */
    a->scores[2 * a->patients] = p->agatston_true;
    a->scores[2 * a->patients + 1] = p->agatston_predicted;
    a->true_category[a->patients] = cc_calcium_category(p->agatston_true);
    a->category[a->patients] = cc_calcium_category(p->agatston_predicted);
    a->sum_true += p->agatston_true;
    a->sum_predicted += p->agatston_predicted;
    a->any |= p->lesions_true > 0 || p->lesions_predicted > 0 || p->agatston_true > 0;
    a->patients++;
}

/* Gathers the patients of all runs of a row. */
static cc_status collect(agreement *a, const cc_table_row *row, cc_arena *arena) {
    size_t total = 0;
    for (size_t r = 0; r < row->run_count; r++) total += row->runs[r]->patient_count;
    *a = (agreement){.scores = cc_arena_get_array(arena, total + 1, 2 * sizeof *a->scores),
                     .true_category = cc_arena_get_array(arena, total + 1, sizeof *a->true_category),
                     .category = cc_arena_get_array(arena, total + 1, sizeof *a->category)};
    if (!a->scores || !a->true_category || !a->category) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        for (size_t p = 0; p < row->runs[r]->patient_count; p++)
            add_patient(a, &row->runs[r]->patient_rows[p]);
    return CC_OK;
}

/* "0; 1-10; ..." */
static const char *list_categories(cc_arena *arena) {
    const char *list = "";
    for (int c = 0; c < CC_CALCIUM_CATEGORIES && list; c++)
        list = cc_arena_format(arena, "%s%s%s", list, c ? "; " : "", cc_calcium_category_name(c));
    return list;
}

/* One row's line; none where nobody has a lesion. */
static cc_status put_row(cc_listing *listing, const cc_table_row *row, cc_arena *arena) {
    agreement a;
    cc_icc icc[CC_ICC_KINDS] = {[CC_ICC_AGREEMENT] = {.value = NAN}};
    double kappa = NAN;
    CC_TRY(collect(&a, row, arena));
    if (!a.any) return CC_OK;
    if (a.patients >= 2) CC_TRY(cc_agreement_icc(icc, a.scores, a.patients, 2));
    CC_TRY(cc_agreement_kappa(&kappa, a.true_category, a.category, a.patients, CC_CALCIUM_CATEGORIES,
                              CC_KAPPA_LINEAR));
    const size_t at = listing->rows++;
    const double counts[] = {a.truth, a.found, a.truth - a.found, a.spurious, (double)a.patients};
    cc_listing_put(listing, at, 0, "%s", row->spec->label);
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
        cc_listing_put_number(listing, at, 1 + n, "%.0f", counts[n]);
    cc_listing_put_number(listing, at, 6, "%.1f", a.sum_true / (double)a.patients);
    cc_listing_put_number(listing, at, 7, "%.1f", a.sum_predicted / (double)a.patients);
    cc_listing_put_number(listing, at, 8, "%.3f", icc[CC_ICC_AGREEMENT].value);
    cc_listing_put_number(listing, at, 9, "%.3f", kappa);
    for (size_t c = 1; c < COLUMNS; c++) {
        cc_listing_at(listing, at, c)->runs = row->runs;
        cc_listing_at(listing, at, c)->run_count = row->run_count;
    }
    return CC_OK;
}

cc_status cc_table_listing_calcium(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const heads[COLUMNS] = {"",
                                               "true lesions",
                                               "found",
                                               "missed",
                                               "false",
                                               "patients",
                                               "mean Agatston, truth",
                                               "mean Agatston, prediction",
                                               "ICC(A,1)",
                                               "kappa of categories"};
    CC_TRY(cc_listing_init(out, COLUMNS, table->row_count, arena));
    out->id = table->spec->id;
    out->kind = table->kind;
    out->title = table->spec->title;
    out->notes = table->notes;
    const char *categories = list_categories(arena);
    if (!categories) return CC_ENOMEM;
    out->caption = cc_arena_format(arena, "%s Categories: %s; kappa with linear weights. Kind of runs: %s.",
                                   table->spec->caption, categories, table->kind);
    if (!out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (size_t r = 0; r < table->row_count; r++) CC_TRY(put_row(out, &table->rows[r], arena));
    return CC_OK;
}
