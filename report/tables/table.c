/* report/tables/table.c -- a table's rows filled from runs: which runs a row is made of, their counts with
 * patients numbered alike, estimates under every convention, and notes for the reader.
 *
 * A row of several runs (seeds, or folds) is the mean over them, with one interval over all their patients
 * (metrics/interval.h). Summaries and baselines borrow the runs of the rows above them. */
#include "report/tables/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "metrics/statistics.h"

static const char *const average_words[CC_AVERAGES] = {"pooled over all pixels", "mean over patients",
                                                       "mean over slices"};
static const char *const empty_words[CC_EMPTIES] = {"0/0 left out", "0/0 counted as 0", "0/0 counted as 1"};

const char *cc_table_average_words(cc_average average) {
    return average_words[average];
}
const char *cc_table_empty_words(cc_empty empty) {
    return empty_words[empty];
}

const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row) {
    return &row->estimates[table->spec->convention.average][table->spec->convention.empty];
}

const cc_table_row *cc_table_best(const cc_table *table, cc_score score, const cc_table_row *except) {
    const cc_table_row *best = NULL;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        double value = cc_table_estimate(table, row)->value.value[score];
        if (row->spec->source != CC_SOURCE_RUNS || row == except || row->run_count == 0 || isnan(value))
            continue;
        if (!best || value > cc_table_estimate(table, best)->value.value[score]) best = row;
    }
    return best;
}

/* --- which runs a row has --- */

/* The runs of a row: those without folds, else those of every fold. */
static size_t collect_runs(cc_table_row *row, const char *kind, const cc_report_runs *runs) {
    size_t found = 0;
    /* First those without folds; those of folds only where there are none. */
    for (int folded = 0; folded < 2 && found == 0; folded++)
        for (size_t i = 0; i < runs->count; i++) {
            const cc_report_run *run = &runs->items[i];
            if (strcmp(run->kind, kind) != 0 || (run->fold > 0) != folded || run->fault ||
                !cc_report_run_matches(run, row->spec))
                continue;
            if (found < CC_TABLE_RUNS_MAX) row->runs[row->run_count++] = run;
            found++;
        }
    return found;
}

/* Adds another row's runs to this one's, as far as there is room. */
static void borrow_runs(cc_table_row *row, const cc_table_row *from) {
    for (size_t r = 0; r < from->run_count && row->run_count < CC_TABLE_RUNS_MAX; r++)
        row->runs[row->run_count++] = from->runs[r];
}

/* A summary is over the runs of all rows; a baseline is scored on the test sets of all folds, or on that of
 * the first row that has runs. */
static void collect_borrowed(cc_table_row *row, const cc_table *table) {
    for (const cc_table_row *from = table->rows; from < row; from++) {
        /* Only rows above can be borrowed from: they are filled already. */
        bool summary = row->spec->source == CC_SOURCE_MEAN || row->spec->source == CC_SOURCE_SD;
        if (from->spec->source != CC_SOURCE_RUNS) continue;
        if (summary || from->spec->fold || row->run_count == 0) borrow_runs(row, from);
    }
}

/* --- the counts of a row's runs --- */

/* For qsort and bsearch over names. */
static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All runs' patients, each name once, sorted. */
static cc_status collect_patients(const char ***out, size_t *count, const cc_table_row *row,
                                  cc_arena *arena) {
    size_t total = 0, used = 0;
    for (size_t r = 0; r < row->run_count; r++) total += row->runs[r]->patient_count;
    const char **names = cc_arena_get_array(arena, total + 1, sizeof *names);
    if (!names) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        for (size_t p = 0; p < row->runs[r]->patient_count; p++) names[used++] = row->runs[r]->patients[p];
    qsort(names, total, sizeof *names, by_text);
    *count = 0;
    for (size_t i = 0; i < total; i++)
        if (i == 0 || strcmp(names[i], names[*count - 1]) != 0) names[(*count)++] = names[i];
    *out = names;
    return CC_OK;
}

/* The patients of a row, sorted: a patient's number is its place. */
typedef struct naming {
    const char **names;
    size_t count;
} naming;

/* The number of a name; false where it is none of the patients. */
static bool find_patient(uint32_t *out, const naming *names, const char *name) {
    const char **found = bsearch(&name, names->names, names->count, sizeof *names->names, by_text);
    if (found) *out = (uint32_t)(found - names->names);
    return found != NULL;
}

/* The counts of a baseline of one run; none where the run does not store it. */
static cc_status sample_baseline(cc_sample *out, const cc_report_run *run, const char *name,
                                 const naming *names, cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, run->baseline_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    *out = (cc_sample){rows, 0};
    for (size_t i = 0; i < run->baseline_count; i++) {
        const cc_run_baseline *b = &run->baselines[i];
        cc_count_row row = {0, {b->tp, b->fp, b->fn, b->tn}};
        /* A patient that no slice of the row has is in no sample. */
        if (strcmp(b->name, name) == 0 && find_patient(&row.patient, names, b->patient))
            rows[out->count++] = row;
    }
    return CC_OK;
}

/* The counts of one run's slices; `background`: as if nothing had been predicted. */
static cc_status sample_slices(cc_sample *out, const cc_report_run *run, bool background, const naming *names,
                               cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, run->slice_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < run->slice_count; i++) {
        const cc_counts *c = &run->rows[i].counts;
        /* Marking nothing turns tp into fn and fp into tn. */
        rows[i].counts = background ? (cc_counts){0, 0, c->tp + c->fn, c->fp + c->tn} : *c;
        (void)find_patient(&rows[i].patient, names, run->patients[run->rows[i].patient]);
    }
    *out = (cc_sample){rows, run->slice_count};
    return CC_OK;
}

/* One sample a run, with patients numbered alike in all. A run without the row's baseline is dropped. */
static cc_status make_samples(cc_sample *samples, cc_table_row *row, const naming *names, cc_arena *arena) {
    size_t kept = 0;
    for (size_t r = 0; r < row->run_count; r++) {
        cc_sample *sample = &samples[kept];
        if (row->spec->source == CC_SOURCE_BASELINE)
            CC_TRY(sample_baseline(sample, row->runs[r], row->spec->baseline, names, arena));
        else
            CC_TRY(
                sample_slices(sample, row->runs[r], row->spec->source == CC_SOURCE_BACKGROUND, names, arena));
        if (row->spec->source == CC_SOURCE_BASELINE && sample->count == 0) continue;
        row->runs[kept++] = row->runs[r];
    }
    row->run_count = kept;
    return CC_OK;
}

/* --- the scores of a row --- */

/* A row without runs has no scores. */
static void clear_estimates(cc_table_row *row) {
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int s = 0; s < CC_SCORES; s++) row->estimates[a][e].value.value[s] = NAN;
}

/* Of one run: sums and numbers of scores by patient. */
static cc_status add_patients(cc_scores *sums, cc_scores *used, const cc_sample *sample, size_t patients,
                              cc_empty empty, cc_arena *arena) {
    cc_counts *counts = cc_arena_get_array(arena, patients + 1, sizeof *counts);
    bool *here = cc_arena_get_array(arena, patients + 1, sizeof *here);
    if (!counts || !here) return CC_ENOMEM;
    for (size_t i = 0; i < sample->count; i++) {
        /* A patient's slices are pooled before it is scored. */
        cc_counts_add(&counts[sample->rows[i].patient], &sample->rows[i].counts);
        here[sample->rows[i].patient] = true;
    }
    for (size_t p = 0; p < patients; p++) {
        cc_scores scores;
        if (!here[p]) continue;
        CC_TRY(cc_scores_from_counts(&scores, &counts[p], empty));
        for (int s = 0; s < CC_SCORES; s++) {
            if (isnan(scores.value[s])) continue;
            sums[p].value[s] += scores.value[s];
            used[p].value[s]++;
        }
    }
    return CC_OK;
}

/* Each patient's scores under the table's convention, the mean over the runs that tested it. */
static cc_status score_patients(cc_table_row *row, const cc_sample *samples, const naming *names,
                                cc_empty empty, cc_arena *arena) {
    cc_scores *sums = cc_arena_get_array(arena, names->count + 1, sizeof *sums);
    cc_scores *used = cc_arena_get_array(arena, names->count + 1, sizeof *used);
    cc_table_patient *patients = cc_arena_get_array(arena, names->count + 1, sizeof *patients);
    if (!sums || !used || !patients) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        CC_TRY(add_patients(sums, used, &samples[r], names->count, empty, arena));
    for (size_t p = 0; p < names->count; p++) {
        patients[p].name = names->names[p];
        for (int s = 0; s < CC_SCORES; s++)
            patients[p].scores.value[s] = used[p].value[s] > 0 ? sums[p].value[s] / used[p].value[s] : NAN;
    }
    row->patients = patients;
    row->patient_count = names->count;
    return CC_OK;
}

/* Scores and intervals of a row under every convention, and its patients' own. */
static cc_status estimate_row(cc_table_row *row, cc_empty empty, cc_arena *arena) {
    naming names;
    cc_sample samples[CC_TABLE_RUNS_MAX];
    CC_TRY(collect_patients(&names.names, &names.count, row, arena));
    CC_TRY(make_samples(samples, row, &names, arena));
    if (row->run_count == 0) return CC_OK;
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            CC_TRY(cc_estimate_bootstrap(&row->estimates[a][e], samples, row->run_count,
                                         (cc_convention){(cc_average)a, (cc_empty)e},
                                         CC_BOOTSTRAP_RESAMPLES));
    return score_patients(row, samples, &names, empty, arena);
}

/* The standard deviation over the rows of runs above. */
static cc_status deviate(cc_table_row *row, const cc_table *table, cc_average average, cc_empty empty,
                         cc_score score, double *values) {
    double mean;
    size_t count = 0;
    for (const cc_table_row *from = table->rows; from < row; from++) {
        double value = from->estimates[average][empty].value.value[score];
        if (from->spec->source == CC_SOURCE_RUNS && from->run_count && !isnan(value)) values[count++] = value;
    }
    if (count == 0) return CC_OK;
    return cc_statistics_mean_sd(&mean, &row->estimates[average][empty].value.value[score], values, count);
}

/* The same for every score under every convention. */
static cc_status fill_deviation(cc_table_row *row, const cc_table *table, cc_arena *arena) {
    double *values = cc_arena_get_array(arena, table->row_count + 1, sizeof *values);
    if (!values) return CC_ENOMEM;
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int s = 0; s < CC_SCORES; s++)
                CC_TRY(deviate(row, table, (cc_average)a, (cc_empty)e, (cc_score)s, values));
    return CC_OK;
}

/* --- notes --- */

/* Names the runs that a row is the mean of. */
static void note_seeds(cc_table *table, const cc_table_row *row, size_t found) {
    char list[1024] = "";
    size_t used = 0;
    for (size_t r = 0; r < row->run_count && used < sizeof list - 64; r++) {
        const cc_report_run *run = row->runs[r];
        char fold[40] = "";
        if (run->fold) snprintf(fold, sizeof fold, "fold %lld ", (long long)run->fold);
        used += (size_t)snprintf(list + used, 64, "%s%sseed %lld", r ? ", " : "", fold, (long long)run->seed);
    }
    cc_notes_add(&table->notes, "%s: the mean of n = %zu runs (%s)%s.", row->spec->label, row->run_count,
                 list, found > row->run_count ? "; more were found and left out" : "");
}

/* Names the files that a row leaves out, and why. */
static void note_faults(cc_table *table, const cc_spec_row *spec, const cc_report_runs *runs) {
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        if (run->fault && strcmp(run->kind, table->kind) == 0 && cc_report_run_matches(run, spec))
            cc_notes_add(&table->notes, "%s: %s %s.", spec->label, run->path, run->fault);
    }
}

/* A stage 3 that has learnt from findings which are better than those that it meets. */
static void note_in_sample(cc_table *table, const cc_table_row *row) {
    bool any = false;
    for (size_t r = 0; r < row->run_count; r++) any = any || row->runs[r]->in_sample_upstream;
    if (any)
        cc_notes_add(
            &table->notes,
            "%s: stage 3 has learnt from what stage 2 says of its own training patients, not out of fold.",
            row->spec->label);
}

/* What a reader must know of a row's runs: faults, none, several, a leaking split. */
static void note_runs(cc_table *table, const cc_table_row *row, size_t found, const cc_report_runs *runs) {
    const cc_spec_row *spec = row->spec;
    note_faults(table, spec, runs);
    if (found == 0) {
        char fold[40] = "";
        if (spec->fold) snprintf(fold, sizeof fold, ", fold %lld", spec->fold);
        cc_notes_add(&table->notes, "%s: no run of %s/%s, variant %s%s, was found.", spec->label, table->kind,
                     spec->experiment, spec->variant, fold);
    }
    if (found > 1) note_seeds(table, row, found);
    note_in_sample(table, row);
    for (size_t r = 0; r < row->run_count; r++)
        if (row->runs[r]->leaking_split) {
            cc_notes_add(&table->notes,
                         "%s: LEAKING SPLIT: slices of one patient lie on both sides of the split.",
                         spec->label);
            break;
        }
}

/* Says once why intervals are missing. */
static void note_patients(cc_table *table) {
    for (size_t r = 0; r < table->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        if (row->spec->source != CC_SOURCE_RUNS || !row->run_count || row->patient_count > 1) continue;
        cc_notes_add(&table->notes, "No interval where the test set has fewer than two patients.");
        return;
    }
}

/* A summary of fewer rows than the table has is not what the paper's is. */
static void note_summary(cc_table *table, const cc_table_row *summary) {
    size_t rows = 0, there = 0;
    for (const cc_table_row *row = table->rows; row < summary; row++) {
        rows += row->spec->source == CC_SOURCE_RUNS;
        there += row->spec->source == CC_SOURCE_RUNS && row->run_count > 0;
    }
    if (summary->spec->source == CC_SOURCE_MEAN && there > 0)
        cc_notes_add(
            &table->notes,
            "%s: the mean of the rows above; its interval is by bootstrap over the patients of all of them, "
            "each row weighing alike.",
            summary->spec->label);
    if (there < rows)
        cc_notes_add(&table->notes, "%s: over %zu of %zu rows.", summary->spec->label, there, rows);
}

/* --- all of it --- */

/* Fills one row by its source. */
static cc_status fill_row(cc_table *table, cc_table_row *row, const cc_report_runs *runs, cc_arena *arena) {
    size_t found = 0;
    cc_spec_source source = row->spec->source;
    if (source == CC_SOURCE_PUBLISHED) return CC_OK;
    if (source == CC_SOURCE_RUNS)
        found = collect_runs(row, table->kind, runs);
    else
        collect_borrowed(row, table);
    /* A deviation is over rows, anything else over the runs of the row. */
    if (row->run_count && source == CC_SOURCE_SD)
        CC_TRY(fill_deviation(row, table, arena));
    else if (row->run_count && table->spec->shape == CC_SHAPE_SCORES)
        CC_TRY(estimate_row(row, table->spec->convention.empty, arena));
    if (source == CC_SOURCE_RUNS && (found || !row->spec->optional)) note_runs(table, row, found, runs);
    if (source == CC_SOURCE_MEAN || source == CC_SOURCE_SD) note_summary(table, row);
    if (source == CC_SOURCE_BASELINE && row->run_count == 0)
        cc_notes_add(&table->notes, "%s: the run files do not store it.", row->spec->label);
    return CC_OK;
}

cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena) {
    *out = (cc_table){.spec = spec,
                      .kind = kind,
                      .beside_paper = strcmp(kind, "paper") == 0 || strcmp(kind, "real") == 0,
                      .notes = {.arena = arena}};
    out->rows = cc_arena_get_array(arena, spec->row_count + 1, sizeof *out->rows);
    if (!out->rows) return CC_ENOMEM;
    for (size_t r = 0; r < spec->row_count; r++) {
        cc_table_row *row = &out->rows[out->row_count];
        if (spec->rows[r].source == CC_SOURCE_PUBLISHED && !out->beside_paper) continue;
        *row = (cc_table_row){.spec = &spec->rows[r]};
        clear_estimates(row);
        CC_TRY(fill_row(out, row, runs, arena));
        for (int c = 0; c < spec->column_count; c++)
            row->published[c] = !out->beside_paper
                                    ? NAN
                                    : cc_published_value(published, spec->published, spec->rows[r].published,
                                                         cc_score_name(spec->columns[c]));
        /* An optional row without runs gives its place to the next one. */
        out->row_count += !spec->rows[r].optional || row->run_count > 0;
    }
    if (spec->shape == CC_SHAPE_SCORES) note_patients(out);
    return out->notes.failed ? CC_ENOMEM : CC_OK;
}
