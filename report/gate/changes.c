/* report/gate/changes.c -- the table of changes: where, how much, how sure, and why.
 *
 * A claim takes a row like a cell: its verdicts stand where a cell has its reason. */
#include "report/gate/changes.h"

#include <string.h>

enum { TEXTS = 4, COLUMNS = TEXTS + 7 };

const char *cc_changes_sentence(const cc_gate *gate, cc_arena *arena) {
    const char *text = cc_arena_format(
        arena,
        "%s: %zu of %zu cells hold (%zu with the same counts) and %zu of %zu claims keep their verdict",
        gate->holds ? "Holds" : "DOES NOT HOLD", gate->cells_judged - gate->cells_failed, gate->cells_judged,
        gate->cells_of[CC_GATE_SAME], gate->claims_judged - gate->claims_failed, gate->claims_judged);
    /* What is no part of these sums is said too: whoever reads "holds" should know of what. */
    const struct {
        size_t count;
        const char *words;
    } rest[] = {{gate->cells_of[CC_GATE_NEW] + gate->claims_of[CC_GATE_NEW], "new, not compared"},
                {gate->cells_of[CC_GATE_LISTED], "rows of counts changed, not judged"},
                {gate->cells_of[CC_GATE_UNMEASURED] + gate->claims_of[CC_GATE_UNMEASURED],
                 "measured in neither state"},
                {gate->problem_count, "earlier runs cannot be compared"}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest && text; i++)
        if (rest[i].count) text = cc_arena_format(arena, "%s; %zu %s", text, rest[i].count, rest[i].words);
    return text;
}

/* Heads and words of either listing. */
static cc_status begin(cc_listing *out, size_t rows, const cc_gate *gate, cc_arena *arena) {
    static const char *const heads[COLUMNS] = {"table",  "row",      "score",    "what became of it",
                                               "before", "now",      "change",   "low",
                                               "high",   "patients", "tolerance"};
    CC_TRY(cc_listing_init(out, COLUMNS, rows, arena));
    const char *sentence = cc_changes_sentence(gate, arena);
    /* The caption is the verdict: where nothing changed it stands alone. */
    out->text_columns = TEXTS;
    out->id = "changes";
    out->title = cc_arena_format(arena, "Changes since the state in %s", gate->where);
    out->caption = sentence ? cc_arena_format(arena,
                                              "%s. Before and now in %%, change in points with the 95 %% "
                                              "interval (low, high) of the mean "
                                              "difference over the patients that both states score. A cell "
                                              "holds where it is made from the "
                                              "same runs with the same counts, and the same weights where "
                                              "both states keep them, or moved by "
                                              "no more than a tolerance that is stated for its score.",
                                              sentence)
                            : NULL;
    if (!out->title || !out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    return CC_OK;
}

/* A cell's row; its number of now links to the runs that it comes from. */
static cc_status put_cell(cc_listing *out, const cc_gate_cell *cell, cc_arena *arena) {
    const size_t at = out->rows++;
    const char *reason = cc_gate_cell_reason(cell, arena);
    if (!reason) return CC_ENOMEM;
    cc_listing_put(out, at, 0, "%s", cell->table);
    cc_listing_put(out, at, 1, "%s", cell->label);
    cc_listing_put(out, at, 2, "%s", cell->score);
    cc_listing_put(out, at, 3, "%s", reason);
    cc_listing_put_number(out, at, 4, "%.2f", cell->before);
    cc_listing_cell *now = cc_listing_put_number(out, at, 5, "%.2f", cell->now);
    if (cell->now_row) {
        now->runs = cell->now_row->runs;
        now->run_count = cell->now_row->run_count;
    }
    cc_listing_put_number(out, at, 6, "%+.2f", cell->now - cell->before);
    cc_listing_put_number(out, at, 7, "%+.2f", cell->low);
    cc_listing_put_number(out, at, 8, "%+.2f", cell->high);
    if (cell->patients) cc_listing_put(out, at, 9, "%zu", cell->patients);
    cc_listing_put(out, at, 10, "%g", cell->tolerance);
    return CC_OK;
}

/* A claim's row. Its verdicts may be the same and yet be listed, as of one that is new. */
static void put_claim(cc_listing *out, const cc_gate_claim *claim) {
    const size_t at = out->rows++;
    const char *before = claim->before ? claim->before : "not stated",
               *now = claim->now ? claim->now : "not stated";
    cc_listing_put(out, at, 0, "%s", claim->table);
    cc_listing_put(out, at, 1, "%s", claim->text);
    cc_listing_put(out, at, 2, "claim");
    /* "holds, was: holds" would be read twice. */
    if (strcmp(before, now) == 0)
        cc_listing_put(out, at, 3, "%s", now);
    else
        cc_listing_put(out, at, 3, "%s, was: %s", now, before);
}

cc_status cc_changes_listing(cc_listing *shown, cc_listing *data, const cc_gate *gate, cc_arena *arena) {
    size_t left_out = 0;
    CC_TRY(begin(shown, CC_CHANGES_SHOWN, gate, arena));
    CC_TRY(begin(data, gate->cell_count + gate->claim_count, gate, arena));
    /* From the worst outcome to those that came or changed and are not judged. */
    for (int o = CC_GATE_OUTCOMES - 1; o > CC_GATE_SAME; o--) {
        if (o == CC_GATE_UNMEASURED) continue;
        for (size_t i = 0; i < gate->claim_count; i++) {
            if (gate->claims[i].outcome != (cc_gate_outcome)o) continue;
            if (shown->rows < CC_CHANGES_SHOWN)
                put_claim(shown, &gate->claims[i]);
            else
                left_out++;
        }
        for (size_t i = 0; i < gate->cell_count; i++) {
            if (gate->cells[i].outcome != (cc_gate_outcome)o) continue;
            if (shown->rows < CC_CHANGES_SHOWN)
                CC_TRY(put_cell(shown, &gate->cells[i], arena));
            else
                left_out++;
        }
    }
    /* Runs of the earlier state have no row here: they are of no table. */
    for (size_t i = 0; i < gate->problem_count; i++)
        cc_notes_add(&shown->notes, "Of the earlier state, not compared: %s.", gate->problems[i]);
    if (left_out) cc_notes_add(&shown->notes, "%zu more rows in the CSV.", left_out);
    /* For programs everything, in the order of the tables. */
    for (size_t i = 0; i < gate->cell_count; i++) CC_TRY(put_cell(data, &gate->cells[i], arena));
    for (size_t i = 0; i < gate->claim_count; i++) put_claim(data, &gate->claims[i]);
    return CC_OK;
}
