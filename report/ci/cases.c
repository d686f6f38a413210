/* report/ci/cases.c -- cells, claims and gaps as test cases. */
#include "report/ci/cases.h"

#include <math.h>
#include <string.h>
#include "report/tables/claims.h"

/* Where cases go; there is room for all. */
typedef struct sink {
    cc_ci_cases *out;
    bool failed; /* memory was out */
} sink;

/* Adds a case. A text that is NULL had no memory. */
static void add(sink *s, cc_ci_outcome outcome, const char *suite, const char *name, const char *line) {
    s->failed = s->failed || !suite || !name || !line;
    s->out->items[s->out->count++] = (cc_ci_case){suite, name, line, outcome};
    s->out->failed += outcome == CC_CI_FAILED;
    s->out->skipped += outcome == CC_CI_SKIPPED;
}

/* What was not judged is skipped. */
static cc_ci_outcome outcome_of(cc_gate_outcome outcome) {
    if (!cc_gate_holds(outcome)) return CC_CI_FAILED;
    return outcome == CC_GATE_SAME || outcome == CC_GATE_WITHIN ? CC_CI_PASSED : CC_CI_SKIPPED;
}

/* What was compared. The cells and claims of one table follow each other in their own lists; here table by
 * table. */
static void add_gate(sink *s, const cc_gate *gate, cc_arena *arena) {
    size_t claim = 0;
    for (size_t i = 0; i < gate->cell_count; i++) {
        const cc_gate_cell *cell = &gate->cells[i];
        const bool last = i + 1 == gate->cell_count || strcmp(gate->cells[i + 1].table, cell->table) != 0;
        add(s, outcome_of(cell->outcome), cell->table,
            cc_arena_format(arena, "%s: %s", cell->label, cell->score), cc_gate_cell_line(cell, arena));
        for (; last && claim < gate->claim_count && strcmp(gate->claims[claim].table, cell->table) == 0;
             claim++)
            add(s, outcome_of(gate->claims[claim].outcome), cell->table,
                cc_arena_format(arena, "claim: %s", gate->claims[claim].text),
                cc_gate_claim_line(&gate->claims[claim], arena));
    }
    for (size_t i = 0; i < gate->problem_count; i++)
        add(s, CC_CI_FAILED, "earlier state", gate->problems[i], gate->problems[i]);
    /* An empty list of tests would look like a success. */
    if (gate->cells_judged == 0)
        add(s, CC_CI_FAILED, "earlier state", "something is compared",
            "nothing was compared: no cell is in both states");
}

/* A table without an earlier state: what is measured, and what becomes of its claims. */
static void add_table(sink *s, const cc_table *table, cc_arena *arena) {
    const char *suite = cc_arena_format(arena, "%s-%s", table->spec->id, table->kind);
    if (table->spec->shape != CC_SHAPE_SCORES) return;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        /* The paper's own numbers are measured by nobody here. */
        if (row->spec->source == CC_SOURCE_PUBLISHED) continue;
        for (int c = 0; c < table->spec->column_count; c++) {
            const cc_score score = table->spec->columns[c];
            const double value = 100 * cc_table_estimate(table, row)->value.value[score];
            const bool measured = row->run_count && !isnan(value);
            add(s, measured ? CC_CI_PASSED : CC_CI_SKIPPED, suite,
                cc_arena_format(arena, "%s: %s", row->spec->label, cc_score_name(score)),
                measured ? cc_arena_format(arena, "%.2f", value) : "not measured");
        }
    }
    for (size_t i = 0; i < table->claim_count; i++)
        add(s, table->claims[i].verdict == CC_VERDICT_HOLDS ? CC_CI_PASSED : CC_CI_SKIPPED, suite,
            cc_arena_format(arena, "claim: %s", table->claims[i].spec->text), table->claims[i].verdict_text);
}

cc_status cc_ci_cases_make(cc_ci_cases *out, const cc_ci_findings *findings, cc_arena *arena) {
    const cc_ci_findings *f = findings;
    size_t room = f->gaps->count + 1;
    for (size_t t = 0; t < f->table_count; t++)
        room += f->tables[t].row_count * (size_t)f->tables[t].spec->column_count + f->tables[t].claim_count;
    if (f->gate)
        room = f->gate->cell_count + f->gate->claim_count + f->gate->problem_count + f->gaps->count + 1;
    *out = (cc_ci_cases){.items = cc_arena_get_array(arena, room, sizeof *out->items)};
    if (!out->items) return CC_ENOMEM;
    sink s = {.out = out};
    if (f->gate)
        add_gate(&s, f->gate, arena);
    else
        for (size_t t = 0; t < f->table_count; t++) add_table(&s, &f->tables[t], arena);
    for (size_t i = 0; f->strict && i < f->gaps->count; i++)
        add(&s, CC_CI_FAILED, "runs", f->gaps->items[i].line, f->gaps->items[i].line);
    return s.failed ? cc_fail_memory("what CI is told", 0) : CC_OK;
}
