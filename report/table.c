#include "report/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const heads[CC_SCORES] = {"F1-score", "Precision", "Recall", "IoU"};
static const char *const average_words[CC_AVERAGES] = {"pooled over all pixels", "mean over patients",
                                                       "mean over slices"};
static const char *const empty_words[CC_EMPTIES] = {"0/0 left out", "0/0 counted as 0", "0/0 counted as 1"};

const char *cc_table_head(cc_score score) {
    return heads[score];
}
const char *cc_table_average_words(cc_average average) {
    return average_words[average];
}
const char *cc_table_empty_words(cc_empty empty) {
    return empty_words[empty];
}

const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row) {
    return &row->estimates[table->spec->convention.average][table->spec->convention.empty];
}

/* The runs of a row: those without folds, else those of every fold. */
static size_t collect_runs(cc_table_row *row, const char *kind, const cc_report_runs *runs) {
    size_t found = 0;
    for (int folded = 0; folded < 2 && found == 0; folded++)
        for (size_t i = 0; i < runs->count; i++) {
            const cc_report_run *run = &runs->items[i];
            if (strcmp(run->kind, kind) != 0 || (run->fold > 0) != folded ||
                !cc_report_run_matches(run, row->spec))
                continue;
            if (found < CC_TABLE_RUNS_MAX) row->runs[row->run_count++] = run;
            found++;
        }
    return found;
}

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

/* One sample a run, with patients numbered alike in all. */
static cc_status make_samples(cc_sample *samples, const cc_table_row *row, cc_arena *arena) {
    const char **names;
    size_t count;
    CC_TRY(collect_patients(&names, &count, row, arena));
    for (size_t r = 0; r < row->run_count; r++) {
        const cc_report_run *run = row->runs[r];
        cc_count_row *rows = cc_arena_get_array(arena, run->slice_count + 1, sizeof *rows);
        if (!rows) return CC_ENOMEM;
        for (size_t i = 0; i < run->slice_count; i++) {
            const char **found =
                bsearch(&run->patients[run->rows[i].patient], names, count, sizeof *names, by_text);
            rows[i] = (cc_count_row){(uint32_t)(found - names), run->rows[i].counts};
        }
        samples[r] = (cc_sample){rows, run->slice_count};
    }
    return CC_OK;
}

static cc_status estimate_row(cc_table_row *row) {
    cc_status status = CC_OK;
    cc_sample samples[CC_TABLE_RUNS_MAX];
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a table", 0);
    CC_CHECK(make_samples(samples, row, arena));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            CC_CHECK(cc_estimate_bootstrap(&row->estimates[a][e], samples, row->run_count,
                                           (cc_convention){(cc_average)a, (cc_empty)e},
                                           CC_BOOTSTRAP_RESAMPLES));
done:
    cc_arena_destroy(arena);
    return status;
}

__attribute__((format(printf, 3, 4))) static cc_status add_note(cc_table *table, cc_arena *arena,
                                                                const char *format, ...) {
    char note[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
    const char *copy = cc_arena_copy(arena, note);
    table->notes[table->note_count++] = copy;
    return copy ? CC_OK : CC_ENOMEM;
}

static cc_status note_runs(cc_table *table, const cc_table_row *row, size_t found, cc_arena *arena) {
    char list[1024] = "";
    size_t used = 0;
    if (found == 0)
        return add_note(table, arena, "%s: no run of %s/%s, variant %s, was found.", row->spec->label,
                        table->kind, row->spec->experiment, row->spec->variant);
    for (size_t r = 0; r < row->run_count && used < sizeof list - 64; r++) {
        const cc_report_run *run = row->runs[r];
        if (run->fold)
            used += (size_t)snprintf(list + used, 64, "%sfold %lld seed %lld", r ? ", " : "",
                                     (long long)run->fold, (long long)run->seed);
        else
            used += (size_t)snprintf(list + used, 64, "%sseed %lld", r ? ", " : "", (long long)run->seed);
    }
    if (found > 1)
        CC_TRY(add_note(table, arena, "%s: the mean of n = %zu runs (%s)%s.", row->spec->label,
                        row->run_count, list,
                        found > row->run_count ? "; more were found and left out" : ""));
    for (size_t r = 0; r < row->run_count; r++)
        if (row->runs[r]->leaking_split)
            return add_note(table, arena,
                            "%s: LEAKING SPLIT: slices of one patient lie on both sides of the split.",
                            row->spec->label);
    return CC_OK;
}

static cc_status note_patients(cc_table *table, cc_arena *arena) {
    for (size_t r = 0; r < table->spec->row_count; r++)
        if (table->rows[r].run_count && table->rows[r].runs[0]->patient_count < 2)
            return add_note(table, arena, "No interval where the test set has fewer than two patients.");
    return CC_OK;
}

cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena) {
    *out = (cc_table){.spec = spec, .kind = kind, .source = published->source};
    out->rows = cc_arena_get_array(arena, spec->row_count + 1, sizeof *out->rows);
    out->notes = cc_arena_get_array(arena, 2 * spec->row_count + 1, sizeof *out->notes);
    if (!out->rows || !out->notes) return CC_ENOMEM;
    for (size_t r = 0; r < spec->row_count; r++) {
        cc_table_row *row = &out->rows[r];
        row->spec = &spec->rows[r];
        size_t found = collect_runs(row, kind, runs);
        if (found) CC_TRY(estimate_row(row));
        for (int c = 0; c < spec->column_count; c++)
            row->published[c] = cc_published_value(published, spec->published, row->spec->label,
                                                   cc_score_name(spec->columns[c]));
        CC_TRY(note_runs(out, row, found, arena));
    }
    return note_patients(out, arena);
}
