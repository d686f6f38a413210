/* report/gate/gate.c -- cell by cell and claim by claim, an earlier state beside now.
 *
 * Tables are matched by id and kind; rows of runs by the experiment, variant and fold that they are bound
 * to, so that another label is no loss, others by label; claims by their text. A difference has the paired
 * interval of the patients that both states scored (metrics/paired.h): whether a change is more than these
 * patients' noise. */
#include "report/gate/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "report/tables/claims.h"
#include "report/tables/patients.h"

const char *cc_gate_outcome_words(cc_gate_outcome outcome) {
    static const char *const words[CC_GATE_OUTCOMES] = {
        [CC_GATE_SAME] = "same",
        [CC_GATE_WITHIN] = "within its tolerance",
        [CC_GATE_LISTED] = "other counts, not judged",
        [CC_GATE_NEW] = "new, not compared",
        [CC_GATE_UNMEASURED] = "measured in neither state",
        [CC_GATE_OUTSIDE] = "changed",
        [CC_GATE_LOST_RUN] = "lost a run",
        [CC_GATE_MISSING] = "missing",
    };
    return words[outcome];
}

/* --- what belongs together --- */

/* The table of one id and kind; NULL: none. */
static const cc_table *find_table(const cc_table *const *tables, size_t count, const cc_table *like) {
    for (size_t t = 0; t < count; t++)
        if (strcmp(tables[t]->spec->id, like->spec->id) == 0 && strcmp(tables[t]->kind, like->kind) == 0 &&
            tables[t]->spec->shape == like->spec->shape)
            return tables[t];
    return NULL;
}

/* Whether two rows are made of the same: runs by their names, else by their labels. */
static bool is_same_row(const cc_spec_row *a, const cc_spec_row *b) {
    if (a->source != b->source) return false;
    if (a->source != CC_SOURCE_RUNS) return strcmp(a->label, b->label) == 0;
    return a->fold == b->fold && strcmp(a->experiment, b->experiment) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

/* The row of a table that is the same; NULL: none. */
static const cc_table_row *find_row(const cc_table *table, const cc_table_row *like) {
    for (size_t r = 0; table && r < table->row_count; r++)
        if (is_same_row(table->rows[r].spec, like->spec)) return &table->rows[r];
    return NULL;
}

/* A score of a row in percent; NaN where it has none. */
static double get_value(const cc_table *table, const cc_table_row *row, cc_score score) {
    return row && row->run_count ? 100 * cc_table_estimate(table, row)->value.value[score] : NAN;
}

/* --- cells --- */

/* What is compared, and where it goes. */
typedef struct comparison {
    cc_gate *out;
    const double *tolerances; /* points, by score */
    bool tolerant;            /* one of them is above 0 */
    const cc_report_runs *runs;
    cc_arena *arena;
} comparison;

/* The interval of now minus before over the patients that both rows score. Where the two values are over
 * different patients, no interval of common ones belongs to their difference. */
static cc_status add_interval(cc_gate_cell *cell, const cc_table *old_table, const cc_table_row *before,
                              const cc_table *table, const cc_table_row *now, cc_score score,
                              cc_arena *arena) {
    const size_t n = cc_table_estimate(table, now)->patients[score];
    const char *const *names;
    size_t count;
    cc_table_pairs pairs;
    cc_paired_result result;
    if (!before->patient_count || !now->patient_count) return CC_OK;
    CC_TRY(cc_table_common_patients(&names, &count, (const cc_table_row *[]){now, before}, 2, score, arena));
    cell->other_patients = cc_table_estimate(old_table, before)->patients[score] != n ||
                           (table->spec->convention.average == CC_AVERAGE_PATIENT && count != n);
    if (count == 0 || cell->other_patients) return CC_OK;
    CC_TRY(cc_table_pair(&pairs, now, before, names, count, score, arena));
    CC_TRY(cc_paired_compare(&result, pairs.differences, pairs.seeds, count));
    cell->low = 100 * result.low;
    cell->high = 100 * result.high;
    cell->patients = count;
    return CC_OK;
}

/* Judges a cell of scores. A row of runs is held to its runs; a summary or baseline, whose runs are those
 * of other rows, to its value. */
static cc_gate_outcome judge(const cc_gate_cell *cell, const cc_gate_row *row) {
    const bool was = !isnan(cell->before), is = !isnan(cell->now);
    if (was && !is) return CC_GATE_MISSING;
    if (row && row->lost) return CC_GATE_LOST_RUN;
    if (!row && !was) return is ? CC_GATE_NEW : CC_GATE_UNMEASURED;
    /* A score of 0/0 in both states is of the same counts all the same. */
    const bool same = row ? !row->changed && !row->gained : cell->before == cell->now;
    if (same) return CC_GATE_SAME;
    if (!was) return CC_GATE_OUTSIDE;
    return cell->tolerance > 0 && fabs(cell->now - cell->before) <= cell->tolerance ? CC_GATE_WITHIN
                                                                                    : CC_GATE_OUTSIDE;
}

/* The next cell, with its place and without numbers; NULL where memory is out. */
static cc_gate_cell *add_cell(comparison *c, const cc_table *table, const cc_table_row *row,
                              const char *score) {
    cc_gate_cell *cell = &c->out->cells[c->out->cell_count];
    *cell = (cc_gate_cell){.table = cc_arena_format(c->arena, "%s-%s", table->spec->id, table->kind),
                           .label = row->spec->label,
                           .score = score,
                           .before = NAN,
                           .now = NAN,
                           .low = NAN,
                           .high = NAN};
    if (!cell->table) return NULL;
    c->out->cell_count++;
    return cell;
}

/* The cells of one row of a table of scores; either row may be NULL, not both. */
static cc_status compare_scores(comparison *c, const cc_table *before, const cc_table_row *old_row,
                                const cc_table *now, const cc_table_row *new_row, const cc_gate_row *row) {
    const cc_table *table = before ? before : now;
    for (int column = 0; column < table->spec->column_count; column++) {
        const cc_score score = table->spec->columns[column];
        cc_gate_cell *cell = add_cell(c, table, new_row ? new_row : old_row, cc_score_name(score));
        if (!cell) return CC_ENOMEM;
        cell->before = before ? get_value(before, old_row, score) : NAN;
        cell->now = now ? get_value(now, new_row, score) : NAN;
        cell->tolerance = c->tolerances[score];
        cell->row = row;
        cell->now_row = new_row;
        cell->outcome = judge(cell, row);
        /* A deviation is over rows, not patients. */
        if (isnan(cell->before) || isnan(cell->now) || cell->outcome == CC_GATE_SAME ||
            old_row->spec->source == CC_SOURCE_SD)
            continue;
        CC_TRY(add_interval(cell, before, old_row, now, new_row, score, c->arena));
    }
    return CC_OK;
}

/* The one cell of a row of another table. */
static cc_status compare_counts(comparison *c, const cc_table *table, const cc_table_row *old_row,
                                const cc_table_row *new_row, const cc_gate_row *row) {
    cc_gate_cell *cell = add_cell(c, table, new_row ? new_row : old_row, "counts");
    if (!cell) return CC_ENOMEM;
    const bool was = old_row && old_row->run_count, is = new_row && new_row->run_count;
    cell->row = row;
    cell->now_row = new_row;
    if (was && !is)
        cell->outcome = CC_GATE_MISSING;
    else if (!was)
        cell->outcome = is ? CC_GATE_NEW : CC_GATE_UNMEASURED;
    else if (row->lost)
        cell->outcome = CC_GATE_LOST_RUN;
    else if (!row->changed && !row->gained)
        cell->outcome = CC_GATE_SAME;
    else
        cell->outcome = c->tolerant ? CC_GATE_LISTED : CC_GATE_OUTSIDE;
    return CC_OK;
}

/* A row that either state has. */
static cc_status compare_row(comparison *c, const cc_table *before, const cc_table_row *old_row,
                             const cc_table *now, const cc_table_row *new_row) {
    const cc_table *table = before ? before : now;
    const cc_spec_source source = (old_row ? old_row : new_row)->spec->source;
    cc_gate_row *row = NULL;
    if (source == CC_SOURCE_PUBLISHED) return CC_OK;
    if (source == CC_SOURCE_RUNS && old_row && old_row->run_count) {
        row = cc_arena_get(c->arena, sizeof *row);
        if (!row) return CC_ENOMEM;
        CC_TRY(cc_gate_row_compare(row, old_row, new_row, c->runs, c->arena));
    }
    if (table->spec->shape == CC_SHAPE_SCORES) return compare_scores(c, before, old_row, now, new_row, row);
    return source == CC_SOURCE_RUNS ? compare_counts(c, table, old_row, new_row, row) : CC_OK;
}

/* The rows of the earlier table (NULL: there was none), then those that are new. */
static cc_status compare_rows(comparison *c, const cc_table *before, const cc_table *now) {
    for (size_t r = 0; before && r < before->row_count; r++)
        CC_TRY(compare_row(c, before, &before->rows[r], now, find_row(now, &before->rows[r])));
    for (size_t r = 0; now && r < now->row_count; r++)
        if (!before || !find_row(before, &now->rows[r]))
            CC_TRY(compare_row(c, before, NULL, now, &now->rows[r]));
    return CC_OK;
}

/* --- claims --- */

/* The claim of a text; NULL where the table (or NULL) has none. */
static const cc_table_claim *find_claim(const cc_table *table, const char *text) {
    for (size_t i = 0; table && i < table->claim_count; i++)
        if (strcmp(table->claims[i].spec->text, text) == 0) return &table->claims[i];
    return NULL;
}

/* One claim of either state; NULL: it is not there. Any other verdict is a flip: a text that says "holds"
 * is wrong where it is not resolved any more, and one that says "not resolved" where it holds. */
static cc_status compare_claim(comparison *c, const cc_table *table, const cc_table_claim *old_claim,
                               const cc_table_claim *new_claim) {
    cc_gate_claim *claim = &c->out->claims[c->out->claim_count++];
    *claim = (cc_gate_claim){.table = cc_arena_format(c->arena, "%s-%s", table->spec->id, table->kind),
                             .text = (old_claim ? old_claim : new_claim)->spec->text,
                             .before = old_claim ? old_claim->verdict_text : NULL,
                             .now = new_claim ? new_claim->verdict_text : NULL};
    const bool was = old_claim && old_claim->verdict != CC_VERDICT_UNTESTED,
               is = new_claim && new_claim->verdict != CC_VERDICT_UNTESTED;
    if (was && is)
        claim->outcome = old_claim->verdict == new_claim->verdict ? CC_GATE_SAME : CC_GATE_OUTSIDE;
    else
        claim->outcome = was ? CC_GATE_MISSING : is ? CC_GATE_NEW : CC_GATE_UNMEASURED;
    return claim->table ? CC_OK : CC_ENOMEM;
}

/* The claims of the earlier table, then those that are new. */
static cc_status compare_claims(comparison *c, const cc_table *before, const cc_table *now) {
    for (size_t i = 0; before && i < before->claim_count; i++)
        CC_TRY(compare_claim(c, before, &before->claims[i], find_claim(now, before->claims[i].spec->text)));
    for (size_t i = 0; now && i < now->claim_count; i++)
        if (!find_claim(before, now->claims[i].spec->text))
            CC_TRY(compare_claim(c, now, NULL, &now->claims[i]));
    return CC_OK;
}

/* --- the whole --- */

/* What of the earlier state cannot be compared: of these runs nothing is known to be the same. */
static cc_status list_problems(cc_gate *out, const cc_report_runs *runs, cc_arena *arena) {
    out->problems = cc_arena_get_array(arena, runs->problem_count + runs->count + 1, sizeof *out->problems);
    if (!out->problems) return CC_ENOMEM;
    for (size_t i = 0; i < runs->problem_count; i++)
        out->problems[out->problem_count++] = runs->problems[i].line;
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        /* What was stale then filled no cell then. */
        if (!run->fault || !run->in_table || run->fault_kind == CC_FAULT_STALE) continue;
        const char *line = cc_arena_format(arena, "%s %s", run->path, run->fault);
        if (!line) return CC_ENOMEM;
        out->problems[out->problem_count++] = line;
    }
    return CC_OK;
}

/* Room for every cell and claim of both states. */
static cc_status make_room(cc_gate *out, const cc_table *const *tables, size_t count, size_t *cells,
                           size_t *claims, cc_arena *arena) {
    for (size_t t = 0; t < count; t++) {
        *cells += tables[t]->row_count * (size_t)(tables[t]->spec->column_count + 1);
        *claims += tables[t]->claim_count;
    }
    out->cells = cc_arena_get_array(arena, *cells + 1, sizeof *out->cells);
    out->claims = cc_arena_get_array(arena, *claims + 1, sizeof *out->claims);
    return out->cells && out->claims ? CC_OK : CC_ENOMEM;
}

/* Whether an outcome is a judgement. */
static bool is_judged(cc_gate_outcome outcome) {
    return outcome == CC_GATE_SAME || outcome == CC_GATE_WITHIN || !cc_gate_holds(outcome);
}

/* Counts outcomes, and decides. */
static void conclude(cc_gate *out) {
    for (size_t i = 0; i < out->cell_count; i++) out->cells_of[out->cells[i].outcome]++;
    for (size_t i = 0; i < out->claim_count; i++) out->claims_of[out->claims[i].outcome]++;
    for (int o = 0; o < CC_GATE_OUTCOMES; o++) {
        const cc_gate_outcome outcome = (cc_gate_outcome)o;
        out->cells_judged += is_judged(outcome) ? out->cells_of[o] : 0;
        out->claims_judged += is_judged(outcome) ? out->claims_of[o] : 0;
        out->cells_failed += cc_gate_holds(outcome) ? 0 : out->cells_of[o];
        out->claims_failed += cc_gate_holds(outcome) ? 0 : out->claims_of[o];
    }
    /* Where nothing was compared, nothing has passed. */
    out->holds = out->cells_judged > 0 && out->cells_failed + out->claims_failed + out->problem_count == 0;
}

cc_status cc_gate_compare(cc_gate *out, const cc_gate_state *before, const cc_table *const *now,
                          size_t now_count, const cc_report_runs *runs, const double tolerances[CC_SCORES],
                          cc_arena *arena) {
    comparison c = {.out = out, .tolerances = tolerances, .runs = runs, .arena = arena};
    size_t cells = 0, claims = 0;
    *out = (cc_gate){.where = before->where};
    for (int s = 0; s < CC_SCORES; s++) c.tolerant = c.tolerant || tolerances[s] > 0;
    CC_TRY(make_room(out, before->tables, before->table_count, &cells, &claims, arena));
    CC_TRY(make_room(out, now, now_count, &cells, &claims, arena));
    for (size_t t = 0; t < before->table_count; t++) {
        const cc_table *table = before->tables[t], *other = find_table(now, now_count, table);
        CC_TRY(compare_rows(&c, table, other));
        CC_TRY(compare_claims(&c, table, other));
    }
    for (size_t t = 0; t < now_count; t++) {
        if (find_table(before->tables, before->table_count, now[t])) continue;
        CC_TRY(compare_rows(&c, NULL, now[t]));
        CC_TRY(compare_claims(&c, NULL, now[t]));
    }
    CC_TRY(list_problems(out, &before->runs, arena));
    conclude(out);
    return CC_OK;
}

/* --- in words --- */

const char *cc_gate_cell_reason(const cc_gate_cell *cell, cc_arena *arena) {
    const cc_gate_row *row = cell->row;
    const char *text = cc_gate_outcome_words(cell->outcome);
    if (cell->outcome == CC_GATE_OUTSIDE && cell->tolerance > 0)
        text = cc_arena_format(arena, "left its tolerance of ±%g points", cell->tolerance);
    if (cell->other_patients && text) text = cc_arena_format(arena, "%s: over other patients", text);
    if (!row || cell->outcome == CC_GATE_SAME) return text;
    const char *const parts[] = {row->lost, row->changed, row->why};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && text; i++)
        if (parts[i]) text = cc_arena_format(arena, "%s: %s", text, parts[i]);
    if (row->gained && text) text = cc_arena_format(arena, "%s: new here: %s", text, row->gained);
    return text;
}

const char *cc_gate_cell_line(const cc_gate_cell *cell, cc_arena *arena) {
    char before[32] = "no number", now[32] = "no number", change[96] = "";
    const char *reason = cc_gate_cell_reason(cell, arena);
    if (!reason) return NULL;
    if (strcmp(cell->score, "counts") == 0)
        return cc_arena_format(arena, "%s, %s, counts: %s", cell->table, cell->label, reason);
    if (!isnan(cell->before)) snprintf(before, sizeof before, "%.2f", cell->before);
    if (!isnan(cell->now)) snprintf(now, sizeof now, "%.2f", cell->now);
    if (!isnan(cell->before) && !isnan(cell->now))
        snprintf(change, sizeof change, " (%+.2f)", cell->now - cell->before);
    if (!isnan(cell->low))
        snprintf(change, sizeof change, " (%+.2f [%+.2f, %+.2f])", cell->now - cell->before, cell->low,
                 cell->high);
    return cc_arena_format(arena, "%s, %s, %s: %s -> %s%s: %s", cell->table, cell->label, cell->score, before,
                           now, change, reason);
}

const char *cc_gate_claim_line(const cc_gate_claim *claim, cc_arena *arena) {
    return cc_arena_format(arena, "%s, claim \"%s\": %s -> %s", claim->table, claim->text,
                           claim->before ? claim->before : "not stated",
                           claim->now ? claim->now : "not stated");
}

cc_status cc_gate_check(const cc_gate *gate, cc_arena *arena) {
    const char *first = NULL;
    if (gate->holds) return CC_OK;
    for (size_t i = 0; i < gate->cell_count && !first; i++)
        if (!cc_gate_holds(gate->cells[i].outcome)) first = cc_gate_cell_line(&gate->cells[i], arena);
    for (size_t i = 0; i < gate->claim_count && !first; i++)
        if (!cc_gate_holds(gate->claims[i].outcome)) first = cc_gate_claim_line(&gate->claims[i], arena);
    if (!first && gate->problem_count) first = gate->problems[0];
    return cc_fail(CC_EGATE, "report --against", "tables/changes.md lists all of it",
                   "%zu of %zu cells and %zu of %zu claims do not hold%s: %.500s", gate->cells_failed,
                   gate->cells_judged, gate->claims_failed, gate->claims_judged,
                   gate->problem_count ? ", and earlier runs cannot be compared" : "",
                   first ? first : "nothing was compared: no cell is in both states");
}
