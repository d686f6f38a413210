/* report/tables/calcium.c -- lesions found, missed and false, and how well the calcium scores of truth and
 * prediction agree: ICC(A,1) of the Agatston scores, kappa with linear weights of the risk categories
 * (metrics/agreement.h). Seeds test the same patients: a lesion counts once, however many seeds have
 * looked for it. */
#include "report/tables/calcium.h"

#include <math.h>
#include <string.h>
#include "core/sorted.h"
#include "metrics/agreement.h"
#include "metrics/calcium.h"

enum { COLUMNS = 10 };

/* What is known of one patient: sums over the runs of a seed, or of all seeds. */
typedef struct subject {
    double agatston_true, agatston_predicted;
    size_t runs;
} subject;

/* A row's patients together. */
typedef struct agreement {
    double truth, found, spurious; /* lesions: mean over the seeds of a fold, summed over folds */
    const char **names;            /* [patients] sorted */
    subject *subjects;             /* [patients] over all seeds */
    size_t patients;
    double icc, kappa;
    bool any;
} agreement;

/* Whether a patient's calcium is known; it is not in the roi stage. */
static bool is_known(const cc_run_patient *p) {
    return p->lesions_true >= 0 && p->lesions_found >= 0 && p->lesions_false >= 0 && p->agatston_true >= 0 &&
           p->agatston_predicted >= 0 && isfinite(p->agatston_true + p->agatston_predicted);
}

/* Keeps the runs that know some patient's calcium, and lists the patients known. */
static cc_status list_known(cc_table_row *out, agreement *a, const cc_table_row *row, cc_arena *arena) {
    size_t total = 0, used = 0;
    for (size_t r = 0; r < row->run_count; r++) total += row->runs[r]->patient_count;
    *out = *row;
    out->run_count = 0;
    out->runs = cc_arena_get_array(arena, row->run_count + 1, sizeof *out->runs);
    a->names = cc_arena_get_array(arena, total + 1, sizeof *a->names);
    a->subjects = cc_arena_get_array(arena, total + 1, sizeof *a->subjects);
    if (!out->runs || !a->names || !a->subjects) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++) {
        const size_t before = used;
        for (size_t p = 0; p < row->runs[r]->patient_count; p++)
            if (is_known(&row->runs[r]->patient_rows[p]))
                a->names[used++] = row->runs[r]->patient_rows[p].patient;
        if (used > before) out->runs[out->run_count++] = row->runs[r];
    }
    a->patients = cc_sorted_names(a->names, used);
    return CC_OK;
}

/* Adds the Agatston scores of one run to its patients'. */
static void add_run(subject *subjects, const agreement *a, const cc_report_run *run) {
    for (size_t i = 0; i < run->patient_count; i++) {
        const cc_run_patient *p = &run->patient_rows[i];
        if (!is_known(p)) continue;
        subject *s = &subjects[cc_sorted_find(a->names, a->patients, p->patient)];
        s->agatston_true += p->agatston_true;
        s->agatston_predicted += p->agatston_predicted;
        s->runs++;
    }
}

/* ICC and kappa of some patients, each with the mean of its runs; NaN of too few. */
static cc_status agree(double *icc, double *kappa, const subject *subjects, size_t count, cc_arena *arena) {
    double *scores =
        cc_arena_get_array(arena, count + 1, 2 * sizeof *scores); /* [patients][2], subjects by raters */
    int32_t *truth = cc_arena_get_array(arena, count + 1, sizeof *truth);
    cc_icc of[CC_ICC_KINDS];
    int32_t *predicted = cc_arena_get_array(arena, count + 1, sizeof *predicted);
    if (!scores || !truth || !predicted) return CC_ENOMEM;
    for (size_t p = 0; p < count; p++) {
        scores[2 * p] = subjects[p].agatston_true / (double)subjects[p].runs;
        scores[2 * p + 1] = subjects[p].agatston_predicted / (double)subjects[p].runs;
        truth[p] = cc_calcium_category(scores[2 * p]);
        predicted[p] = cc_calcium_category(scores[2 * p + 1]);
    }
    *icc = *kappa = NAN;
    if (count >= 2) CC_TRY(cc_agreement_icc(of, scores, count, 2));
    if (count >= 2) *icc = of[CC_ICC_AGREEMENT].value;
    if (count >= 1)
        CC_TRY(cc_agreement_kappa(kappa, truth, predicted, count, CC_CALCIUM_CATEGORIES, CC_KAPPA_LINEAR));
    return CC_OK;
}

/* Agreement seed by seed, and its mean over the seeds that tested all patients. The mean of several
 * predictions agrees better than each of them, and is taken only where no seed tested all. */
static cc_status agree_by_seed(agreement *a, const cc_table_row *row, cc_arena *arena) {
    double icc, kappa, icc_sum = 0, kappa_sum = 0;
    size_t whole = 0;
    subject *subjects = cc_arena_get_array(arena, a->patients + 1, sizeof *subjects);
    if (!subjects) return CC_ENOMEM;
    for (size_t s = 0; s < row->seed_count; s++) {
        /* All folds that this seed has run, together. */
        size_t tested = 0;
        memset(subjects, 0, a->patients * sizeof *subjects);
        for (size_t r = 0; r < row->run_count; r++)
            if (row->runs[r]->seed == row->seeds[s]) add_run(subjects, a, row->runs[r]);
        for (size_t p = 0; p < a->patients; p++) tested += subjects[p].runs > 0;
        if (tested < a->patients) continue;
        CC_TRY(agree(&icc, &kappa, subjects, a->patients, arena));
        icc_sum += icc;
        kappa_sum += kappa;
        whole++;
    }
    a->icc = icc_sum / (double)whole;
    a->kappa = kappa_sum / (double)whole;
    return whole ? CC_OK : agree(&a->icc, &a->kappa, a->subjects, a->patients, arena);
}

/* Gathers the patients of all runs of a row. */
static cc_status collect(agreement *a, const cc_table_row *row, cc_arena *arena) {
    cc_table_row known;
    *a = (agreement){0};
    CC_TRY(list_known(&known, a, row, arena));
    for (size_t r = 0; r < known.run_count; r++) {
        const cc_report_run *run = known.runs[r];
        const double weight = cc_table_run_weight(&known, run);
        add_run(a->subjects, a, run);
        for (size_t i = 0; i < run->patient_count; i++) {
            const cc_run_patient *p = &run->patient_rows[i];
            if (!is_known(p)) continue;
            a->truth += weight * (double)p->lesions_true;
            a->found += weight * (double)p->lesions_found;
            a->spurious += weight * (double)p->lesions_false;
            a->any |= p->lesions_true > 0 || p->lesions_predicted > 0 || p->agatston_true > 0;
        }
    }
    return a->any ? agree_by_seed(a, &known, arena) : CC_OK;
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
    double sum_true = 0, sum_predicted = 0;
    CC_TRY(collect(&a, row, arena));
    if (!a.any) return CC_OK;
    /* Each patient once: the mean over the runs that tested it. */
    for (size_t p = 0; p < a.patients; p++) {
        sum_true += a.subjects[p].agatston_true / (double)a.subjects[p].runs;
        sum_predicted += a.subjects[p].agatston_predicted / (double)a.subjects[p].runs;
    }
    const size_t at = listing->rows++;
    const double counts[] = {a.truth, a.found, a.truth - a.found, a.spurious, (double)a.patients};
    cc_listing_put(listing, at, 0, "%s", row->spec->label);
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
        cc_listing_put_count(listing, at, 1 + n, counts[n]);
    cc_listing_put_number(listing, at, 6, "%.1f", sum_true / (double)a.patients);
    cc_listing_put_number(listing, at, 7, "%.1f", sum_predicted / (double)a.patients);
    cc_listing_put_number(listing, at, 8, "%.3f", a.icc);
    cc_listing_put_number(listing, at, 9, "%.3f", a.kappa);
    cc_table_link_line(listing, at, row);
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
    cc_table_name_listing(out, table);
    const char *categories = list_categories(arena);
    if (!categories) return CC_ENOMEM;
    bool several = false;
    for (size_t r = 0; r < table->row_count; r++) several |= table->rows[r].run_count > 1;
    out->caption = cc_arena_format(
        arena, "%s Categories: %s; kappa with linear weights.%s%s Kind of runs: %s.", table->spec->caption,
        categories, several ? CC_TABLE_COUNTS_CAPTION : "",
        several ? " ICC and kappa: the mean over seeds, each over all patients." : "", table->kind);
    if (!out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (size_t r = 0; r < table->row_count; r++) CC_TRY(put_row(out, &table->rows[r], arena));
    return CC_OK;
}
