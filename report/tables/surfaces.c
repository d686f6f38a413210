/* report/tables/surfaces.c -- HD95, ASSD and NSD of a table's rows (metrics/surfaces.h), as means over
 * patients with the number of patients that each is over.
 *
 * A distance to an empty mask is infinite, and no mean can hold it: a net that misses a patient altogether
 * would be rewarded if nothing were said. So each column has its n, and a column counts the patients left
 * out. NSD is 0 for them and has them in its mean. */
#include "report/tables/surfaces.h"

#include <math.h>
#include "core/sorted.h"
#include "metrics/distributions.h"

enum { HD95, ASSD, NSD, MEASURES, COLUMNS = 2 + 2 * MEASURES };

/* What the runs of a row say of one patient; the seeds that give a value. */
typedef struct subject {
    double sums[MEASURES];
    size_t counts[MEASURES];
    bool apart; /* in some run one of the two masks is empty */
} subject;

static void add(subject *s, int measure, double value) {
    if (!isfinite(value)) return;
    s->sums[measure] += value;
    s->counts[measure]++;
}

/* The patients whose distances a row's runs store. */
typedef struct subjects {
    const char **names; /* [count], sorted */
    subject *items;     /* [count] */
    size_t count;
} subjects;

/* Whether a file has what its patient's surfaces say; it has not where both masks are empty, either. */
static bool is_known(const cc_run_patient *p) {
    return !isnan(p->nsd_1mm);
}

/* Each patient, with the sums over the runs that tested it, seeds and folds alike. */
static cc_status collect(subjects *out, const cc_table_row *row, cc_arena *arena) {
    size_t total = 0, used = 0;
    for (size_t r = 0; r < row->run_count; r++) total += row->runs[r]->patient_count;
    *out = (subjects){.names = cc_arena_get_array(arena, total + 1, sizeof *out->names),
                      .items = cc_arena_get_array(arena, total + 1, sizeof *out->items)};
    if (!out->names || !out->items) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        for (size_t i = 0; i < row->runs[r]->patient_count; i++)
            if (is_known(&row->runs[r]->patient_rows[i]))
                out->names[used++] = row->runs[r]->patient_rows[i].patient;
    out->count = cc_sorted_names(out->names, used);

    for (size_t r = 0; r < row->run_count; r++)
        for (size_t i = 0; i < row->runs[r]->patient_count; i++) {
            const cc_run_patient *p = &row->runs[r]->patient_rows[i];
            if (!is_known(p)) continue;
            subject *s = &out->items[cc_sorted_find(out->names, out->count, p->patient)];
            add(s, HD95, p->hausdorff95_mm);
            add(s, ASSD, p->assd_mm);
            add(s, NSD, 100 * p->nsd_1mm);
            s->apart |= isinf(p->assd_mm);
        }
    return CC_OK;
}

/* The mean of one measure over a patient's runs; NaN: none of them has it. */
static double value_of(const subject *s, int measure) {
    return s->counts[measure] ? s->sums[measure] / (double)s->counts[measure] : NAN;
}

/* A mean over the patients that have the measure, its 95 % interval by Student's t, and their number. */
static void put_measure(cc_listing *listing, size_t at, const subjects *all, int measure) {
    double sum = 0, squares = 0;
    size_t n = 0;
    for (size_t p = 0; p < all->count; p++) {
        const double value = value_of(&all->items[p], measure);
        if (isnan(value)) continue;
        sum += value;
        n++;
    }
    const double mean = n ? sum / (double)n : NAN;
    for (size_t p = 0; p < all->count; p++) {
        const double from = value_of(&all->items[p], measure) - mean;
        squares += isnan(from) ? 0 : from * from;
    }
    const size_t column = 1 + 2 * (size_t)measure;
    cc_listing_cell *cell =
        cc_listing_put_number(listing, at, column, measure == NSD ? "%.1f" : "%.2f", mean);
    if (n > 1) {
        /* mean +- t s / sqrt(n); no distance is below 0, and no share above 100 %. */
        const double half = cc_student_quantile(0.975, (double)n - 1) *
                            sqrt(squares / (double)(n - 1) / (double)n),
                     low = fmax(0, mean - half), high = measure == NSD ? fmin(100, mean + half) : mean + half;
        cell->tail =
            cc_arena_format(listing->arena, measure == NSD ? "[%.1f, %.1f]" : "[%.2f, %.2f]", low, high);
        listing->failed |= !cell->tail;
    }
    cc_listing_put_count(listing, at, column + 1, (double)n);
}

/* One row's line; none where its runs store no distances. */
static cc_status put_row(cc_listing *listing, const cc_table_row *row, cc_arena *arena) {
    subjects all;
    size_t apart = 0;
    CC_TRY(collect(&all, row, arena));
    if (!all.count) return CC_OK;
    const size_t at = listing->rows++;
    cc_listing_put(listing, at, 0, "%s", row->spec->label);
    for (int m = 0; m < MEASURES; m++) put_measure(listing, at, &all, m);
    for (size_t p = 0; p < all.count; p++) apart += all.items[p].apart;
    cc_listing_put_count(listing, at, COLUMNS - 1, (double)apart);
    cc_table_link_line(listing, at, row);
    return CC_OK;
}

cc_status cc_table_listing_surfaces(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const heads[COLUMNS] = {"",  "HD95 (mm)",       "n", "ASSD (mm)",
                                               "n", "NSD at 1 mm (%)", "n", "infinite"};
    CC_TRY(cc_listing_init(out, COLUMNS, table->row_count, arena));
    cc_table_name_listing(out, table);
    out->caption = cc_arena_format(
        arena,
        "%s Surfaces in 3-D, mm between centres of voxels. Means over n patients, of each the mean over its "
        "runs, with 95 %% intervals by Student's t. Infinite: patients of whom a run marks nothing, or marks "
        "something where nothing is true; such a run is in no mean of distances, and counts as 0 in NSD. "
        "Kind of runs: %s.",
        table->spec->caption, table->kind);
    if (!out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (size_t r = 0; r < table->row_count; r++) CC_TRY(put_row(out, &table->rows[r], arena));
    return cc_listing_check(out);
}
