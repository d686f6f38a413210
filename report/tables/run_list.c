/* report/tables/run_list.c -- every run with its size and its scores, or those alone that no table has.
 *
 * This is what runs.md shows, and what a report prints of runs that no table asked for. */
#include "report/tables/run_list.h"

/* The scores of the list of runs. */
static const cc_score listed[] = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL};
enum { LISTED = sizeof listed / sizeof *listed };

/* The listed scores of one run, in percent. */
static void put_scores(cc_listing *listing, size_t row, size_t column, const cc_scores *scores) {
    for (size_t s = 0; s < LISTED; s++)
        cc_listing_put_number(listing, row, column + s, "%.1f", 100 * scores->value[listed[s]]);
}

static const char *const number_heads[] = {"fold", "seed", "patients", "slices", "epochs", "best epoch"};
enum { NUMBERS = sizeof number_heads / sizeof *number_heads };

/* Heads from `column` on: variant, numbers, scores. The first score of each average says which it is. */
static void put_heads(cc_listing *listing, size_t column, const char *pooled, const char *patients) {
    cc_listing_put_head(listing, column++, "variant");
    for (size_t n = 0; n < NUMBERS; n++) cc_listing_put_head(listing, column + n, "%s", number_heads[n]);
    column += NUMBERS;
    for (size_t s = 0; s < LISTED; s++) {
        const char *word = cc_score_word(listed[s]);
        cc_listing_put_head(listing, column + s, "%s%s", word, s ? "" : pooled);
        cc_listing_put_head(listing, column + LISTED + s, "%s%s", word, s ? "" : patients);
    }
}

/* One run's row from `column` on. Marks that no reader should miss stand behind its name. */
static void put_run(cc_listing *listing, size_t at, size_t column, const cc_report_run *r,
                    const char *fault) {
    const long long numbers[NUMBERS] = {r->fold,
                                        r->seed,
                                        (long long)r->patient_count,
                                        (long long)r->slice_count,
                                        (long long)r->epoch_count,
                                        r->best_epoch};
    cc_listing_put(listing, at, column++, "%s%s%s", r->variant, r->leaking_split ? " (LEAKING SPLIT)" : "",
                   fault);
    for (size_t n = 0; n < NUMBERS; n++) cc_listing_put(listing, at, column + n, "%lld", numbers[n]);
    put_scores(listing, at, column + NUMBERS, &r->pooled);
    put_scores(listing, at, column + NUMBERS + LISTED, &r->patient_mean);
}

cc_status cc_run_list_make(cc_listing *out, const cc_report_runs *runs, bool all, cc_arena *arena) {
    CC_TRY(cc_listing_init(out, 2 + NUMBERS + 2 * LISTED, runs->count, arena));
    out->text_columns = 2;
    out->title = all ? "Every run" : "Runs in no table";
    out->caption = "Scores in %; 0/0 is left out of means.";
    cc_listing_put_head(out, 0, "experiment");
    put_heads(out, 1, " pooled (%)", " mean over patients (%)");
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        if (run->in_table && !all) continue;
        cc_listing_put(out, out->rows, 0, "%s", run->experiment);
        put_run(out, out->rows++, 1, run, run->fault ? " (IN NO TABLE: see below)" : "");
    }
    return CC_OK;
}

cc_status cc_run_list_of_experiment(cc_listing *out, const cc_report_run *const *runs, size_t count,
                                    size_t sections, cc_arena *arena) {
    CC_TRY(cc_listing_init(out, 1 + NUMBERS + 2 * LISTED, count, arena));
    put_heads(out, 0, ", pooled", ", mean");
    for (; out->rows < count; out->rows++) {
        const cc_report_run *run = runs[out->rows];
        put_run(out, out->rows, 0, run, run->fault ? " (IN NO TABLE)" : "");
        /* Each run has one end for links: its section, or else its line here. */
        cc_listing_cell *cell = cc_listing_at(out, out->rows, 0);
        if (run->in_table && sections > 0) {
            sections--;
            cell->runs = &runs[out->rows];
            cell->run_count = 1;
        } else {
            cell->anchor = run;
        }
    }
    return CC_OK;
}
