/* report/tables/stages.c -- where a cascade wins and loses.
 *
 * Each true lesion (and pixel) is lost at the first stage after which it is not found; each false one is made
 * by stage 2 and may be removed by stage 3. Runs store what is found after every stage, so that losses are
 * differences of neighbouring stages. Seeds test the same patients: their counts are averaged, those of folds
 * summed. */
#include "report/tables/stages.h"

#include <string.h>

enum { ROI, CALCIFICATION, FALSE_POSITIVE, STAGES };
enum { PATIENTS_MAX = 200 }; /* with a row of their own */
static const char *const stage_names[STAGES] = {"roi", "calcification", "false_positive"};

/* What is there after a stage. Real numbers, since a file may state counts whose sum no integer holds. */
typedef struct after {
    double truth, found, spurious;
} after;

/* What passes through the stages, of one patient or of all. */
typedef struct flow {
    after lesions[STAGES], pixels[STAGES];
    size_t rows[STAGES];
    bool no_lesions; /* some row has none counted */
} flow;

/* The sums over folds of the mean over each fold's seeds, of one patient or (NULL) of all. */
static flow sum_stages(const cc_table_row *row, const char *patient) {
    flow f = {0};
    for (size_t r = 0; r < row->run_count; r++) {
        const double weight = cc_table_run_weight(row, row->runs[r]);
        for (size_t i = 0; i < row->runs[r]->stage_count; i++) {
            const cc_run_stage *s = &row->runs[r]->stages[i];
            int stage = 0;
            /* A stage of another name is none of the three, and passed over. */
            while (stage < STAGES && strcmp(stage_names[stage], s->stage) != 0) stage++;
            if (stage == STAGES || (patient && strcmp(patient, s->patient) != 0)) continue;
            after *lesions = &f.lesions[stage], *pixels = &f.pixels[stage];
            lesions->truth += weight * (double)s->lesions_true;
            lesions->found += weight * (double)s->lesions_found;
            lesions->spurious += weight * (double)s->lesions_false;
            pixels->truth += weight * ((double)s->tp + (double)s->fn);
            pixels->found += weight * (double)s->tp;
            pixels->spurious += weight * (double)s->fp;
            f.rows[stage]++;
            f.no_lesions |= s->lesions_true < 0 || s->lesions_found < 0 || s->lesions_false < 0;
        }
    }
    return f;
}

/* A stage that a cascade lacks changes nothing. */
static void pass_missing_stages(flow *f) {
    if (!f->rows[CALCIFICATION]) return;
    if (!f->rows[ROI]) {
        f->lesions[ROI] = (after){f->lesions[CALCIFICATION].truth, f->lesions[CALCIFICATION].truth, 0};
        f->pixels[ROI] = (after){f->pixels[CALCIFICATION].truth, f->pixels[CALCIFICATION].truth, 0};
    }
    if (!f->rows[FALSE_POSITIVE]) {
        f->lesions[FALSE_POSITIVE] = f->lesions[CALCIFICATION];
        f->pixels[FALSE_POSITIVE] = f->pixels[CALCIFICATION];
    }
}

/* One line: truth, what each stage loses of it, what is found; false findings made, removed and left. */
static void put_flow(cc_listing *listing, const char *what, const after stages[STAGES],
                     const cc_table_row *row) {
    const after *roi = &stages[ROI], *second = &stages[CALCIFICATION], *third = &stages[FALSE_POSITIVE];
    /* true; lost at stage 1, 2, 3; found; false: made, removed, left. */
    const double numbers[] = {roi->truth,
                              roi->truth - roi->found,
                              roi->found - second->found,
                              second->found - third->found,
                              third->found,
                              second->spurious,
                              second->spurious - third->spurious,
                              third->spurious};
    const size_t at = listing->rows++;
    cc_listing_put(listing, at, 0, "%s", what);
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        cc_listing_cell *cell = cc_listing_put_count(listing, at, 1 + n, numbers[n]);
        cc_table_link_runs(cell, row);
    }
}

/* Each patient once, in the order of the runs; none where they are too many for a table. */
static cc_status list_patients(const char ***out, size_t *count, const cc_table_row *row, cc_arena *arena) {
    const char **names = cc_arena_get_array(arena, PATIENTS_MAX, sizeof *names);
    if (!names) return CC_ENOMEM;
    *out = names;
    *count = 0;
    for (size_t r = 0; r < row->run_count; r++)
        for (size_t p = 0; p < row->runs[r]->patient_count; p++) {
            size_t known = 0;
            while (known < *count && strcmp(names[known], row->runs[r]->patients[p]) != 0) known++;
            if (known < *count) continue;
            if (*count == PATIENTS_MAX) {
                *count = 0;
                return CC_OK;
            }
            names[(*count)++] = row->runs[r]->patients[p];
        }
    return CC_OK;
}

/* All patients together, then each on its own. */
static cc_status put_row(cc_listing *listing, const cc_table_row *row, const char *const *patients,
                         size_t count) {
    flow all = sum_stages(row, NULL);
    if (!all.rows[CALCIFICATION]) return CC_OK;
    pass_missing_stages(&all);
    if (!all.no_lesions) put_flow(listing, "Lesions, all patients", all.lesions, row);
    put_flow(listing, "Pixels, all patients", all.pixels, row);
    for (size_t p = 0; p < count; p++) {
        flow one = sum_stages(row, patients[p]);
        const char *label = cc_arena_format(listing->arena, "Lesions, %s", patients[p]);
        if (!label) return CC_ENOMEM;
        if (!one.rows[CALCIFICATION] || all.no_lesions) continue;
        pass_missing_stages(&one);
        listing->rules[listing->rows] = p == 0;
        put_flow(listing, label, one.lesions, row);
    }
    return CC_OK;
}

/* A run without stages has no part in a fold's mean. */
static cc_status keep_stages(cc_table_row *out, const cc_table_row *row, cc_arena *arena) {
    out->runs = cc_arena_get_array(arena, row->run_count + 1, sizeof *out->runs);
    out->run_count = 0;
    if (!out->runs) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        if (row->runs[r]->stage_count) out->runs[out->run_count++] = row->runs[r];
    return CC_OK;
}

cc_status cc_table_listing_stages(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const heads[] = {"",
                                        "true",
                                        "lost at ROI",
                                        "lost at stage 2",
                                        "lost at stage 3",
                                        "found",
                                        "false made at stage 2",
                                        "removed at stage 3",
                                        "false left"};
    const size_t columns = sizeof heads / sizeof *heads;
    cc_table_row stored = table->rows[0]; /* those of its runs that store stages */
    const cc_table_row *row = &stored;
    const char **patients;
    size_t count;
    CC_TRY(keep_stages(&stored, &table->rows[0], arena));
    CC_TRY(list_patients(&patients, &count, row, arena));
    CC_TRY(cc_listing_init(out, columns, 2 + count, arena));
    cc_table_name_listing(out, table);
    out->caption = cc_arena_format(arena, "%s%s Kind of runs: %s.", table->spec->caption,
                                   row->run_count > 1 ? CC_TABLE_COUNTS_CAPTION : "", table->kind);
    if (!out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < columns; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    return put_row(out, row, patients, count);
}
