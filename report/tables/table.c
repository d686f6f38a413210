/* report/tables/table.c -- a table's rows filled from runs: which runs a row is made of, their counts with
 * patients numbered alike, estimates under every convention, and notes for the reader.
 *
 * A row of several runs is the mean over folds of the mean over each fold's seeds, with one interval over
 * seeds and patients (metrics/interval.h). Summaries and baselines borrow the runs of the rows above them;
 * as copies of a run are seeds of its fold there too, a baseline counts each patient once. */
#include "report/tables/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sorted.h"
#include "metrics/statistics.h"
#include "report/tables/patients.h"

enum {
    RUNS_NAMED = 12,  /* a row of more runs has them counted in its note */
    BCA_ROWS_MAX = 64 /* resampling a larger table would take longer than all the rest of a report */
};

static const char *const average_words[CC_AVERAGES] = {"pooled over all pixels", "mean over patients",
                                                       "mean over slices"};
static const char *const empty_words[CC_EMPTIES] = {"0/0 left out", "0/0 counted as 0", "0/0 counted as 1",
                                                    "those without truth left out"};

const char *cc_table_average_words(cc_average average) {
    return average_words[average];
}
const char *cc_table_empty_words(cc_empty empty) {
    return empty_words[empty];
}

void cc_table_name_listing(cc_listing *listing, const cc_table *table) {
    listing->id = table->spec->id;
    listing->kind = table->kind;
    listing->title = table->spec->title;
    listing->notes = table->notes;
}

void cc_table_link_runs(cc_listing_cell *cell, const cc_table_row *row) {
    cell->runs = row->runs;
    cell->run_count = row->run_count;
}

void cc_table_link_line(cc_listing *listing, size_t at, const cc_table_row *row) {
    for (size_t c = 1; c < listing->columns; c++) cc_table_link_runs(cc_listing_at(listing, at, c), row);
}

const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row) {
    return &row->estimates[table->spec->convention.average][table->spec->convention.empty];
}

const cc_table_row *cc_table_row_find(const cc_table *table, const char *label) {
    for (size_t r = 0; r < table->row_count; r++)
        if (strcmp(table->rows[r].spec->label, label) == 0 && table->rows[r].run_count)
            return &table->rows[r];
    return NULL;
}

const cc_table_row *cc_table_best(const cc_table *table, cc_score score, const cc_table_row *except) {
    const cc_table_row *best = NULL;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        double value = cc_table_estimate(table, row)->value.value[score];
        if (row->spec->source != CC_SOURCE_RUNS || row == except || row->run_count == 0 ||
            row->other_patients || isnan(value))
            continue;
        if (!best || value > cc_table_estimate(table, best)->value.value[score]) best = row;
    }
    return best;
}

/* --- which runs a row has --- */

double cc_table_run_weight(const cc_table_row *row, const cc_report_run *run) {
    size_t alike = 0;
    for (size_t r = 0; r < row->run_count; r++) alike += row->runs[r]->fold == run->fold;
    return 1 / (double)alike;
}

size_t cc_table_fold_count(const cc_table_row *row) {
    double folds = 0;
    /* The weights of a fold's runs add up to 1. */
    for (size_t r = 0; r < row->run_count; r++) folds += cc_table_run_weight(row, row->runs[r]);
    return (size_t)lround(folds);
}

bool cc_table_has_runs(const cc_spec *spec, const char *kind, const cc_report_runs *runs) {
    for (size_t row = 0; row < spec->row_count; row++) {
        size_t count;
        const cc_report_run *const *candidates = cc_report_runs_of_row(&count, runs, &spec->rows[row]);
        for (size_t i = 0; i < count; i++)
            if (strcmp(candidates[i]->kind, kind) == 0 &&
                cc_report_run_matches(candidates[i], &spec->rows[row]))
                return true;
    }
    return false;
}

/* The runs of a row: those without folds, else those of every fold. */
static cc_status collect_runs(cc_table_row *row, const char *kind, const cc_report_runs *runs,
                              cc_arena *arena) {
    size_t counts[2] = {0}; /* without folds, with */
    size_t candidate_count;
    const cc_report_run *const *candidates = cc_report_runs_of_row(&candidate_count, runs, row->spec);
    /* Once to count, once to fill. */
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < candidate_count; i++) {
            const cc_report_run *run = candidates[i];
            if (strcmp(run->kind, kind) != 0 || run->fault || !cc_report_run_matches(run, row->spec))
                continue;
            if (!fill)
                counts[run->fold > 0]++;
            else if ((run->fold > 0) == (counts[0] == 0))
                row->runs[row->run_count++] = run;
        }
        if (!fill) row->runs = cc_arena_get_array(arena, counts[0] + counts[1] + 1, sizeof *row->runs);
        if (!row->runs) return CC_ENOMEM;
    }
    return CC_OK;
}

/* A summary is over the runs of all rows; a baseline is scored on the test sets of all folds, or on that of
 * the first row that has runs. */
static cc_status collect_borrowed(cc_table_row *row, const cc_table *table, cc_arena *arena) {
    const bool summary = row->spec->source == CC_SOURCE_MEAN || row->spec->source == CC_SOURCE_SD;
    size_t total = 0;
    /* Only rows above can be borrowed from: they are filled already. */
    for (const cc_table_row *from = table->rows; from < row; from++) total += from->run_count;
    row->runs = cc_arena_get_array(arena, total + 1, sizeof *row->runs);
    if (!row->runs) return CC_ENOMEM;
    for (const cc_table_row *from = table->rows; from < row; from++) {
        if (from->spec->source != CC_SOURCE_RUNS) continue;
        if (!summary && !from->spec->fold && row->run_count > 0) continue;
        for (size_t r = 0; r < from->run_count; r++) row->runs[row->run_count++] = from->runs[r];
    }
    return CC_OK;
}

static int by_number(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The seeds of a row's runs, ascending, each once. */
static cc_status collect_seeds(cc_table_row *row, cc_arena *arena) {
    int64_t *seeds = cc_arena_get_array(arena, row->run_count + 1, sizeof *seeds);
    if (!seeds) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++) seeds[r] = row->runs[r]->seed;
    qsort(seeds, row->run_count, sizeof *seeds, by_number);
    for (size_t r = 0; r < row->run_count; r++)
        if (r == 0 || seeds[r] != seeds[row->seed_count - 1]) seeds[row->seed_count++] = seeds[r];
    row->seeds = seeds;
    return CC_OK;
}

/* --- the counts of a row's runs --- */

/* All runs' patients, each name once, sorted. */
static cc_status collect_patients(const char ***out, size_t *count, const cc_table_row *row,
                                  cc_arena *arena) {
    size_t total = 0, used = 0;
    for (size_t r = 0; r < row->run_count; r++) total += row->runs[r]->patient_count;
    const char **names = cc_arena_get_array(arena, total + 1, sizeof *names);
    if (!names) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++)
        for (size_t p = 0; p < row->runs[r]->patient_count; p++) names[used++] = row->runs[r]->patients[p];
    *count = cc_sorted_names(names, total);
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
    const size_t place = cc_sorted_find(names->names, names->count, name);
    if (place < names->count) *out = (uint32_t)place;
    return place < names->count;
}

/* The counts of a baseline of one run; none where the run does not store it. */
static cc_status sample_baseline(cc_sample *out, const cc_report_run *run, const char *name,
                                 const naming *names, cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, run->baseline_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    *out = (cc_sample){.rows = rows, .fold = run->fold, .seed = run->seed};
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
    *out = (cc_sample){rows, run->slice_count, run->fold, run->seed};
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

/* A score that is known beforehand has no interval. */
static void clear_intervals(cc_table_row *row) {
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int s = 0; s < CC_SCORES; s++) row->estimates[a][e].has_interval[s] = false;
}

/* Scores and intervals of a row under every convention, and its patients' own. */
static cc_status estimate_row(cc_table_row *row, const cc_spec *spec, cc_arena *arena) {
    const int resamples = spec->row_count <= BCA_ROWS_MAX ? CC_BOOTSTRAP_RESAMPLES : 0;
    naming names;
    cc_sample *samples = cc_arena_get_array(arena, row->run_count + 1, sizeof *samples);
    if (!samples) return CC_ENOMEM;
    CC_TRY(collect_patients(&names.names, &names.count, row, arena));
    CC_TRY(make_samples(samples, row, &names, arena));
    if (row->run_count == 0) return CC_OK;
    cc_estimate made[CC_AVERAGES][CC_EMPTIES]; /* gcc 12 takes the row's own array for too small */
    CC_TRY(cc_estimate_make_all(made, samples, row->run_count, spec->convention, resamples));
    memcpy(row->estimates, made, sizeof made);
    /* What marks nothing scores 0 by definition, not by these patients. */
    if (row->spec->source == CC_SOURCE_BACKGROUND) clear_intervals(row);
    return cc_table_patients_fill(row, samples, names.names, names.count, spec->convention, arena);
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

/* "n = 2 runs (seed 1, seed 2)": what a row is the mean of. Too many to name are counted. */
static const char *word_runs(const cc_table_row *row, cc_arena *arena) {
    char list[1024] = "";
    size_t used = 0;
    const size_t folds = cc_table_fold_count(row);
    for (size_t r = 0; r < row->run_count && row->run_count <= RUNS_NAMED; r++) {
        const cc_report_run *run = row->runs[r];
        char fold[40] = "";
        if (run->fold) snprintf(fold, sizeof fold, "fold %lld ", (long long)run->fold);
        used += (size_t)snprintf(list + used, 64, "%s%sseed %lld", r ? ", " : "", fold, (long long)run->seed);
    }
    if (used == 0 && folds > 1)
        snprintf(list, sizeof list, "%zu folds; %zu seeds in all", folds, row->seed_count);
    else if (used == 0)
        snprintf(list, sizeof list, "seeds %lld to %lld", (long long)row->seeds[0],
                 (long long)row->seeds[row->seed_count - 1]);
    return cc_arena_format(arena, "n = %zu runs (%s)", row->run_count, list);
}

/* Says what rows are the mean of: once, where it is the same for all. */
static cc_status note_means(cc_table *table, cc_arena *arena) {
    size_t rows = 0, alike = 0, noted = 0;
    const char **words = cc_arena_get_array(arena, table->row_count + 1, sizeof *words), *first = NULL;
    if (!words) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        if (row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        if (!(words[r] = word_runs(row, arena))) return CC_ENOMEM;
        if (!first) first = words[r];
        alike += strcmp(words[r], first) == 0;
        rows++;
    }
    const bool once = rows > 1 && alike == rows;
    for (size_t r = 0; r < table->row_count && noted < (once ? 1 : CC_TABLE_NAMED_MAX); r++) {
        if (!words[r] || table->rows[r].run_count < 2) continue;
        cc_notes_add(&table->notes, "%s: the mean of %s.", once ? "Each row" : table->rows[r].spec->label,
                     words[r]);
        noted++;
    }
    return CC_OK;
}

/* Names the files that a row leaves out, and why. */
static void note_faults(cc_table *table, const cc_spec_row *spec, const cc_report_runs *runs) {
    size_t count;
    const cc_report_run *const *candidates = cc_report_runs_of_row(&count, runs, spec);
    for (size_t i = 0; i < count; i++) {
        const cc_report_run *run = candidates[i];
        if (run->fault && strcmp(run->kind, table->kind) == 0 && cc_report_run_matches(run, spec))
            cc_notes_add(&table->notes, "%s: %s %s.", spec->label, run->path, run->fault);
    }
}

/* What a reader must know of a row's runs: faults, none, a leaking split. */
static void note_runs(cc_table *table, const cc_table_row *row, const cc_report_runs *runs) {
    const cc_spec_row *spec = row->spec;
    note_faults(table, spec, runs);
    if (row->run_count == 0) {
        char fold[40] = "";
        if (spec->fold) snprintf(fold, sizeof fold, ", fold %lld", spec->fold);
        cc_notes_add(&table->notes, "%s: no run of %s/%s, variant %s%s, was found.", spec->label, table->kind,
                     spec->experiment, spec->variant, fold);
    }
    for (size_t r = 0; r < row->run_count; r++)
        if (row->runs[r]->leaking_split) {
            cc_notes_add(&table->notes,
                         "%s: LEAKING SPLIT: slices of one patient lie on both sides of the split.",
                         spec->label);
            break;
        }
}

/* Names the rows whose stage 3 has learnt from findings which are better than those that it meets. */
static void note_in_sample(cc_table *table) {
    char list[1024] = "";
    size_t used = 0, marked = 0, rows = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        bool any = false;
        if (row->spec->source != CC_SOURCE_RUNS) continue;
        for (size_t r = 0; r < row->run_count; r++) any = any || row->runs[r]->in_sample_upstream;
        rows += row->run_count > 0;
        if (!any) continue;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", marked ? ", " : "",
                                     row->spec->label);
        marked++;
    }
    if (marked)
        cc_notes_add(
            &table->notes,
            "%s: stage 3 has learnt from what stage 2 says of its own training patients, not out of fold.",
            marked == rows && rows > 1 ? "Every row" : list);
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

/* Whether the spread over seeds is in the intervals. */
static cc_status note_seed_spread(cc_table *table) {
    const char *list = "";
    size_t rows = 0, least = SIZE_MAX, most = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        if (row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        if (rows++ < CC_TABLE_NAMED_MAX)
            list = cc_arena_format(table->notes.arena, "%s%s%s %zu", list, *list ? ", " : "",
                                   row->spec->label, row->seed_count);
        if (!list) return CC_ENOMEM;
        least = row->seed_count < least ? row->seed_count : least;
        most = row->seed_count > most ? row->seed_count : most;
    }
    if (most == 1)
        cc_notes_add(&table->notes, "One seed a row: how far other seeds (first weights, order of training) "
                                    "would move a score is not "
                                    "known, and the spread over seeds is not in the intervals.");
    else if (least < most)
        cc_notes_add(
            &table->notes,
            "Rows of different numbers of seeds: %s%s. The interval of a row with one seed leaves out the "
            "spread over seeds.",
            list, rows > CC_TABLE_NAMED_MAX ? ", ..." : "");
    return CC_OK;
}

/* A summary of fewer rows than the table has is not what the paper's is. */
static void note_summary(cc_table *table, const cc_table_row *summary) {
    size_t rows = 0, there = 0;
    for (const cc_table_row *row = table->rows; row < summary; row++) {
        rows += row->spec->source == CC_SOURCE_RUNS;
        there += row->spec->source == CC_SOURCE_RUNS && row->run_count > 0;
    }
    if (summary->spec->source == CC_SOURCE_MEAN && there > 0)
        cc_notes_add(&table->notes,
                     "%s: the mean of the rows above, each weighing alike; its interval is over the patients "
                     "of all of them.",
                     summary->spec->label);
    if (there < rows)
        cc_notes_add(&table->notes, "%s: over %zu of %zu rows.", summary->spec->label, there, rows);
}

/* --- all of it --- */

/* Fills one row by its source. */
static cc_status fill_row(cc_table *table, cc_table_row *row, const cc_report_runs *runs, cc_arena *arena) {
    cc_spec_source source = row->spec->source;
    if (source == CC_SOURCE_PUBLISHED) return CC_OK;
    if (source == CC_SOURCE_RUNS)
        CC_TRY(collect_runs(row, table->kind, runs, arena));
    else
        CC_TRY(collect_borrowed(row, table, arena));
    CC_TRY(collect_seeds(row, arena));
    /* A deviation is over rows, anything else over the runs of the row. */
    if (row->run_count && source == CC_SOURCE_SD)
        CC_TRY(fill_deviation(row, table, arena));
    else if (row->run_count && table->spec->shape == CC_SHAPE_SCORES)
        CC_TRY(estimate_row(row, table->spec, arena));
    if (source == CC_SOURCE_RUNS && (row->run_count || !row->spec->optional)) note_runs(table, row, runs);
    if (source == CC_SOURCE_MEAN || source == CC_SOURCE_SD) note_summary(table, row);
    if (source == CC_SOURCE_BASELINE && row->run_count == 0)
        cc_notes_add(&table->notes, "%s: the run files do not store it.", row->spec->label);
    return CC_OK;
}

cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena) {
    *out = (cc_table){.spec = spec,
                      .kind = kind,
                      .beside_paper = cc_spec_is_beside_published(spec, kind),
                      .notes = {.arena = arena}};
    out->rows = cc_arena_get_array(arena, spec->row_count + 1, sizeof *out->rows);
    if (!out->rows) return CC_ENOMEM;
    for (size_t r = 0; r < spec->row_count; r++) {
        cc_table_row *row = &out->rows[out->row_count];
        if (spec->rows[r].source == CC_SOURCE_PUBLISHED && !out->beside_paper) continue;
        *row = (cc_table_row){.spec = &spec->rows[r],
                              .p_reference = NAN,
                              .first_share = NAN,
                              .rank_low = NAN,
                              .rank_high = NAN};
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
    CC_TRY(note_means(out, arena));
    note_in_sample(out);
    if (spec->shape == CC_SHAPE_SCORES) {
        CC_TRY(cc_table_patients_fix(out, arena));
        CC_TRY(note_seed_spread(out));
        note_patients(out);
        if (spec->row_count > BCA_ROWS_MAX)
            cc_notes_add(&out->notes, "BCa intervals are not computed for tables of more than %d rows.",
                         BCA_ROWS_MAX);
    }
    return out->notes.failed ? CC_ENOMEM : CC_OK;
}
