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

/* One run's row. Marks that no reader should miss stand behind its name. */
static void put_run(cc_listing *listing, size_t at, const cc_report_run *const *run) {
    const cc_report_run *r = *run;
    const long long numbers[] = {r->fold,
                                 r->seed,
                                 (long long)r->patient_count,
                                 (long long)r->slice_count,
                                 (long long)r->epoch_count,
                                 r->best_epoch};
    cc_listing_put(listing, at, 0, "%s", r->experiment);
    cc_listing_put(listing, at, 1, "%s%s%s", r->variant, r->leaking_split ? " (LEAKING SPLIT)" : "",
                   r->fault ? " (IN NO TABLE: see below)" : "");
    for (size_t n = 0; n < 6; n++) cc_listing_put(listing, at, 2 + n, "%lld", numbers[n]);
    put_scores(listing, at, 8, &r->pooled);
    put_scores(listing, at, 8 + LISTED, &r->patient_mean);
}

cc_status cc_run_list_make(cc_listing *out, const cc_report_runs *runs, bool all, cc_arena *arena) {
    static const char *const heads[] = {"experiment", "variant", "fold",   "seed",
                                        "patients",   "slices",  "epochs", "best epoch"};
    enum { BEFORE = sizeof heads / sizeof *heads };
    const size_t columns = BEFORE + 2 * LISTED;
    CC_TRY(cc_listing_init(out, columns, runs->count, arena));
    const cc_report_run **links = cc_arena_get_array(arena, runs->count + 1, sizeof *links);
    if (!links) return CC_ENOMEM;
    out->text_columns = 2;
    out->title = all ? "Every run" : "Runs in no table";
    out->caption = "Scores in %; 0/0 is left out of means.";
    for (size_t c = 0; c < BEFORE; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (size_t s = 0; s < LISTED; s++) { /* the first of each group says how they are averaged */
        const char *word = cc_score_word(listed[s]);
        cc_listing_put_head(out, BEFORE + s, "%s%s", word, s ? "" : " pooled (%)");
        cc_listing_put_head(out, BEFORE + LISTED + s, "%s%s", word, s ? "" : " mean over patients (%)");
    }
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->items[i].in_table && !all) continue;
        links[i] = &runs->items[i];
        put_run(out, out->rows, &links[i]);
        if (runs->items[i].in_table) {
            cc_listing_cell *cell = cc_listing_at(out, out->rows, 0);
            cell->runs = &links[i];
            cell->run_count = 1;
        }
        out->rows++;
    }
    return CC_OK;
}
