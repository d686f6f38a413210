/* report/tables/patients.c -- scores patient by patient and seed by seed, the one set of patients that a
 * table is about, and pairs of rows on it.
 *
 * A run's counts are pooled by patient before they are scored. What each seed says of each patient is
 * kept: claims are tested over both (metrics/paired.h). */
#include "report/tables/patients.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sorted.h"

enum { NAMES_SHOWN = 8 }; /* patients that a note names */

/* --- a row's patients --- */

/* Sums over a row's runs, by patient. */
typedef struct tally {
    cc_scores sums, used; /* of scores that there are, and how many */
    double specificity, false_lesions;
    size_t with_pixels, with_lesions; /* runs in the two sums above */
    bool has_truth;
} tally;

/* Adds one run's score of one patient to the mean of its seed, and to that of all runs. */
static void add_scores(cc_table_trial *trial, tally *t, const cc_scores *scores) {
    const double before = (double)trial->runs++;
    for (int s = 0; s < CC_SCORES; s++) {
        const double value = scores->value[s];
        /* A running mean; once NaN it stays so: a patient without a score in one run of a seed is not
         * compared. */
        trial->scores.value[s] = (before * trial->scores.value[s] + value) / (before + 1);
        if (isnan(value)) continue;
        t->sums.value[s] += value;
        t->used.value[s]++;
    }
}

/* Adds one run: its counts pooled by patient, then scored. `counts` and `here` are room for all patients. */
static cc_status add_run(cc_table_trial *trials, tally *tallies, const cc_sample *sample, size_t patients,
                         cc_empty empty, cc_counts *counts, bool *here) {
    memset(counts, 0, patients * sizeof *counts);
    memset(here, 0, patients * sizeof *here);
    for (size_t i = 0; i < sample->count; i++) {
        cc_counts_add(&counts[sample->rows[i].patient], &sample->rows[i].counts);
        here[sample->rows[i].patient] = true;
    }
    for (size_t p = 0; p < patients; p++) {
        const double marked_wrong = (double)counts[p].fp, left_right = (double)counts[p].tn;
        cc_scores scores;
        if (!here[p]) continue;
        CC_TRY(cc_scores_from_counts(&scores, &counts[p], empty));
        add_scores(&trials[p], &tallies[p], &scores);
        tallies[p].has_truth |= counts[p].tp > 0 || counts[p].fn > 0;
        if (!(marked_wrong + left_right > 0)) continue;
        tallies[p].specificity += left_right / (marked_wrong + left_right);
        tallies[p].with_pixels++;
    }
    return CC_OK;
}

/* Adds one run's false lesions, where it has counted them. */
static void add_false_lesions(tally *tallies, const cc_report_run *run, const cc_table_row *row) {
    for (size_t i = 0; i < run->patient_count; i++) {
        const size_t p = cc_table_patient_find(row, run->patients[i]);
        if (p == row->patient_count || run->patient_rows[i].lesions_false < 0) continue;
        tallies[p].false_lesions += (double)run->patient_rows[i].lesions_false;
        tallies[p].with_lesions++;
    }
}

/* Of patients without truth: each one's mean over the runs that tested it, then the mean over these
 * patients. */
static cc_table_without_truth sum_without_truth(const tally *tallies, size_t count) {
    cc_table_without_truth out = {0};
    size_t with_lesions = 0, with_pixels = 0;
    for (size_t p = 0; p < count; p++) {
        if (tallies[p].has_truth) continue;
        out.patients++;
        if (tallies[p].with_pixels) {
            out.specificity += tallies[p].specificity / (double)tallies[p].with_pixels;
            with_pixels++;
        }
        if (tallies[p].with_lesions) {
            out.false_lesions += tallies[p].false_lesions / (double)tallies[p].with_lesions;
            with_lesions++;
        }
    }
    out.specificity = with_pixels ? out.specificity / (double)with_pixels : NAN;
    out.false_lesions = with_lesions ? out.false_lesions / (double)with_lesions : NAN;
    return out;
}

cc_status cc_table_patients_fill(cc_table_row *row, const cc_sample *samples, const char *const *names,
                                 size_t count, cc_convention convention, cc_arena *arena) {
    cc_table_patient *patients = cc_arena_get_array(arena, count + 1, sizeof *patients);
    tally *tallies = cc_arena_get_array(arena, count + 1, sizeof *tallies);
    cc_counts *counts = cc_arena_get_array(arena, count + 1, sizeof *counts);
    bool *here = cc_arena_get_array(arena, count + 1, sizeof *here);
    cc_table_trial *trials = cc_arena_get_array(arena, row->seed_count * count + 1, sizeof *trials);
    if (!patients || !tallies || !counts || !here || !trials) return CC_ENOMEM;

    for (size_t r = 0; r < row->run_count; r++) {
        size_t seed = 0;
        while (row->seeds[seed] != samples[r].seed) seed++;
        CC_TRY(add_run(trials + seed * count, tallies, &samples[r], count, convention.empty, counts, here));
    }
    for (size_t p = 0; p < count; p++) {
        patients[p] = (cc_table_patient){.name = names[p], .has_truth = tallies[p].has_truth};
        /* Where pixels are pooled, those of patients without truth are in the pool. */
        patients[p].counted = tallies[p].has_truth || convention.empty != CC_EMPTY_WITH_TRUTH ||
                              convention.average == CC_AVERAGE_POOLED;
        for (int s = 0; s < CC_SCORES; s++) {
            const double used = tallies[p].used.value[s];
            patients[p].scores.value[s] = used > 0 ? tallies[p].sums.value[s] / used : NAN;
        }
    }
    row->patients = patients;
    row->patient_count = count;
    row->trials = trials;
    for (size_t r = 0; r < row->run_count; r++) add_false_lesions(tallies, row->runs[r], row);
    row->without_truth = sum_without_truth(tallies, count);
    return CC_OK;
}

/* For bsearch over patients by name. */
static int by_name(const void *name, const void *patient) {
    return strcmp(name, ((const cc_table_patient *)patient)->name);
}

size_t cc_table_patient_find(const cc_table_row *row, const char *name) {
    const cc_table_patient *found =
        row->patient_count ? bsearch(name, row->patients, row->patient_count, sizeof *row->patients, by_name)
                           : NULL;
    return found ? (size_t)(found - row->patients) : row->patient_count;
}

/* --- the table's patients --- */

/* The patients that a row counts. */
static cc_status list_counted(const char ***out, size_t *count, const cc_table_row *row, cc_arena *arena) {
    const char **names = cc_arena_get_array(arena, row->patient_count + 1, sizeof *names);
    if (!names) return CC_ENOMEM;
    *count = 0;
    for (size_t p = 0; p < row->patient_count; p++)
        if (row->patients[p].counted) names[(*count)++] = row->patients[p].name;
    *out = names;
    return CC_OK;
}

/* Whether a row counts exactly these patients, both sorted. */
static bool counts_exactly(const cc_table_row *row, const char *const *names, size_t count) {
    size_t used = 0;
    for (size_t p = 0; p < row->patient_count; p++) {
        if (!row->patients[p].counted) continue;
        if (used == count || strcmp(names[used++], row->patients[p].name) != 0) return false;
    }
    return used == count;
}

/* Rows that show what runs have found. */
static bool is_of_runs(const cc_table_row *row) {
    return row->spec->source == CC_SOURCE_RUNS && row->run_count > 0;
}

/* The set of patients that most rows of runs count; of several the first. */
static cc_status choose_set(cc_table *table, cc_arena *arena) {
    size_t most = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        const char **names;
        size_t count, alike = 0;
        /* The set of a row that has been chosen already needs no second look. */
        if (!is_of_runs(row) || (most && counts_exactly(row, table->patients, table->patient_count)))
            continue;
        CC_TRY(list_counted(&names, &count, row, arena));
        for (const cc_table_row *other = row; other < table->rows + table->row_count; other++)
            alike += is_of_runs(other) && counts_exactly(other, names, count);
        if (alike <= most) continue;
        most = alike;
        table->patients = names;
        table->patient_count = count;
    }
    return CC_OK;
}

/* The patients that any row of runs counts: of folds these are all. */
static cc_status unite_sets(cc_table *table, cc_arena *arena) {
    size_t total = 0, used = 0;
    for (size_t r = 0; r < table->row_count; r++) total += table->rows[r].patient_count;
    const char **names = cc_arena_get_array(arena, total + 1, sizeof *names);
    if (!names) return CC_ENOMEM;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++)
        for (size_t p = 0; p < row->patient_count && is_of_runs(row); p++)
            if (row->patients[p].counted) names[used++] = row->patients[p].name;
    table->patients = names;
    table->patient_count = cc_sorted_names(names, used);
    return CC_OK;
}

/* "a, b, c and 4 others" */
static const char *list_names(const char *const *names, size_t count, cc_arena *arena) {
    const char *list = "";
    for (size_t i = 0; i < count && i < NAMES_SHOWN && list; i++)
        list = cc_arena_format(arena, "%s%s%s", list, i ? ", " : "", names[i]);
    if (count > NAMES_SHOWN && list)
        list = cc_arena_format(arena, "%s and %zu others", list, count - NAMES_SHOWN);
    return list;
}

/* Says which patients a row has more or less than the table. */
static cc_status note_other_patients(cc_table *table, const cc_table_row *row, cc_arena *arena) {
    const char **missing = cc_arena_get_array(arena, table->patient_count + 1, sizeof *missing);
    const char **more = cc_arena_get_array(arena, row->patient_count + 1, sizeof *more);
    size_t missing_count = 0, more_count = 0;
    if (!missing || !more) return CC_ENOMEM;
    for (size_t i = 0; i < table->patient_count; i++) {
        const size_t p = cc_table_patient_find(row, table->patients[i]);
        if (p == row->patient_count || !row->patients[p].counted)
            missing[missing_count++] = table->patients[i];
    }
    for (size_t p = 0; p < row->patient_count; p++)
        if (row->patients[p].counted && cc_sorted_find(table->patients, table->patient_count,
                                                       row->patients[p].name) == table->patient_count)
            more[more_count++] = row->patients[p].name;
    const char *without = list_names(missing, missing_count, arena),
               *beside = list_names(more, more_count, arena);
    if (!without || !beside) return CC_ENOMEM;
    cc_notes_add(
        &table->notes,
        "%s: OTHER PATIENTS than the other rows:%s%s%s%s%s. Its scores are over its own patients and have no "
        "rank; it is compared on those in common.",
        row->spec->label, missing_count ? " without " : "", without, missing_count && more_count ? ";" : "",
        more_count ? " with " : "", beside);
    return CC_OK;
}

/* One note for all rows: what is marked where nothing is true. */
static cc_status note_without_truth(cc_table *table, cc_arena *arena) {
    const char *list = "";
    size_t least = SIZE_MAX, most = 0, rows = 0;
    for (size_t r = 0; r < table->row_count; r++) {
        const size_t patients = table->rows[r].without_truth.patients;
        if (!is_of_runs(&table->rows[r]) || patients == 0) continue;
        least = patients < least ? patients : least;
        most = patients > most ? patients : most;
    }
    if (most == 0) return CC_OK;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        const cc_table_without_truth *w = &row->without_truth;
        if (!is_of_runs(row) || w->patients == 0 || rows++ >= CC_TABLE_NAMED_MAX) continue;
        char lesions[64] = "", n[40] = "";
        if (!isnan(w->false_lesions)) snprintf(lesions, sizeof lesions, ", %.2f", w->false_lesions);
        if (least < most) snprintf(n, sizeof n, " (n = %zu)", w->patients);
        list = cc_arena_format(arena, "%s%s%s: %.4f %%%s%s", list, *list ? "; " : "", row->spec->label,
                               100 * w->specificity, lesions, n);
        if (!list) return CC_ENOMEM;
    }
    char all[40] = "";
    if (least == most) snprintf(all, sizeof all, " (n = %zu)", most);
    cc_notes_add(&table->notes,
                 "Patients without truth%s are in no score above. On them, specificity by pixel and, where "
                 "lesions are "
                 "counted, false lesions a scan: %s%s.",
                 all, list, rows > CC_TABLE_NAMED_MAX ? "; more rows in the CSV" : "");
    return CC_OK;
}

cc_status cc_table_patients_fix(cc_table *table, cc_arena *arena) {
    for (size_t r = 0; r < table->row_count; r++) table->folds |= table->rows[r].spec->fold > 0;
    CC_TRY(table->folds ? unite_sets(table, arena) : choose_set(table, arena));
    for (cc_table_row *row = table->rows; row < table->rows + table->row_count && !table->folds; row++) {
        const cc_spec_source source = row->spec->source;
        /* Summaries are over all rows, whatever these test. */
        if (!row->patient_count || source == CC_SOURCE_MEAN || source == CC_SOURCE_SD) continue;
        row->other_patients = !counts_exactly(row, table->patients, table->patient_count);
        if (row->other_patients) CC_TRY(note_other_patients(table, row, arena));
    }
    const cc_convention convention = table->spec->convention;
    const bool apart = convention.empty == CC_EMPTY_WITH_TRUTH && convention.average != CC_AVERAGE_POOLED;
    return apart ? note_without_truth(table, arena) : CC_OK;
}

/* --- pairs --- */

/* Whether every run of a row that tested a patient gives it this score. */
static bool is_scored(const cc_table_row *row, size_t p, cc_score score) {
    for (size_t s = 0; s < row->seed_count; s++) {
        const cc_table_trial *trial = &row->trials[s * row->patient_count + p];
        if (trial->runs && isnan(trial->scores.value[score])) return false;
    }
    return !isnan(row->patients[p].scores.value[score]);
}

cc_status cc_table_common_patients(const char *const **names, size_t *count, const cc_table_row *const *rows,
                                   size_t row_count, cc_score score, cc_arena *arena) {
    const char **common = cc_arena_get_array(arena, rows[0]->patient_count + 1, sizeof *common);
    if (!common) return CC_ENOMEM;
    *count = 0;
    for (size_t i = 0; i < rows[0]->patient_count; i++) {
        const char *name = rows[0]->patients[i].name;
        size_t r = 0;
        for (; r < row_count; r++) {
            const size_t p = cc_table_patient_find(rows[r], name);
            if (p == rows[r]->patient_count || !is_scored(rows[r], p, score)) break;
        }
        if (r == row_count) common[(*count)++] = name;
    }
    *names = common;
    return CC_OK;
}

/* A seed's score of each patient in places[count]; false where it did not test all of them. */
static bool get_seed_scores(double *out, const cc_table_row *row, size_t seed, const size_t *places,
                            size_t count, cc_score score) {
    for (size_t i = 0; i < count; i++) {
        const cc_table_trial *trial = &row->trials[seed * row->patient_count + places[i]];
        if (!trial->runs) return false;
        out[i] = trial->scores.value[score];
    }
    return true;
}

cc_status cc_table_pair(cc_table_pairs *out, const cc_table_row *a, const cc_table_row *b,
                        const char *const *names, size_t count, cc_score score, cc_arena *arena) {
    const size_t seeds_most = a->seed_count < b->seed_count ? a->seed_count : b->seed_count;
    double *differences = cc_arena_get_array(arena, (seeds_most + 1) * count + 1, sizeof *differences);
    double *of_a = cc_arena_get_array(arena, count + 1, sizeof *of_a);
    double *of_b = cc_arena_get_array(arena, count + 1, sizeof *of_b);
    size_t *places_a = cc_arena_get_array(arena, count + 1, sizeof *places_a);
    size_t *places_b = cc_arena_get_array(arena, count + 1, sizeof *places_b), matched = 0;
    if (!differences || !of_a || !of_b || !places_a || !places_b) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        places_a[i] = cc_table_patient_find(a, names[i]);
        places_b[i] = cc_table_patient_find(b, names[i]);
    }
    /* Both lists of seeds ascend: one walk finds those that both rows have. */
    for (size_t i = 0, k = 0; i < a->seed_count && k < b->seed_count;) {
        const int64_t x = a->seeds[i], y = b->seeds[k];
        if (x == y && get_seed_scores(of_a, a, i, places_a, count, score) &&
            get_seed_scores(of_b, b, k, places_b, count, score)) {
            for (size_t p = 0; p < count; p++) differences[matched * count + p] = of_a[p] - of_b[p];
            matched++;
        }
        i += x <= y;
        k += x >= y;
    }
    *out = (cc_table_pairs){differences, matched, count, true};
    if (matched > 1 || (matched == 1 && a->seed_count == 1 && b->seed_count == 1)) return CC_OK;
    /* One line of means: of seeds that are not shared there is no difference. */
    for (size_t p = 0; p < count; p++)
        differences[p] =
            a->patients[places_a[p]].scores.value[score] - b->patients[places_b[p]].scores.value[score];
    *out = (cc_table_pairs){differences, 1, count, a->seed_count == 1 && b->seed_count == 1};
    return CC_OK;
}
