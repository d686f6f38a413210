/* report/gate/gate.h -- what changed between an earlier state of the results and now, and whether it may
 * have. Private to report.
 *
 * A cell is a score of a row of a table, or, of a table without scores (stages, calcium), the row's
 * counts. It holds where it is made from the same runs with the same counts (and weights, where both
 * states keep them), or where a tolerance above 0 is stated for its score and it moved by no more. A cell
 * that is not measured now holds never; one that was not measured then is not judged. */
#ifndef CC_REPORT_GATE_GATE_H
#define CC_REPORT_GATE_GATE_H

#include "report/gate/rows.h"
#include "report/gate/state.h"

typedef enum cc_gate_outcome {
    CC_GATE_SAME,   /* of the same runs and counts */
    CC_GATE_WITHIN, /* of other counts, within its tolerance */
    CC_GATE_LISTED, /* counts of a table without scores that changed where tolerances are stated for scores */
    CC_GATE_NEW,    /* not measured in the earlier state: nothing to compare with */
    CC_GATE_UNMEASURED, /* measured in neither state */
    /* What follows does not hold. */
    CC_GATE_OUTSIDE,  /* left its tolerance; of a claim: its verdict changed */
    CC_GATE_LOST_RUN, /* a run that it was made from is not there */
    CC_GATE_MISSING,  /* there is no number any more; of a claim: it is gone, or cannot be tested */
    CC_GATE_OUTCOMES
} cc_gate_outcome;

/* Whether an outcome lets the gate hold. */
static inline bool cc_gate_holds(cc_gate_outcome outcome) {
    return outcome < CC_GATE_OUTSIDE;
}
/* "same", "changed", ... */
const char *cc_gate_outcome_words(cc_gate_outcome outcome);

typedef struct cc_gate_cell {
    const char *table;   /* "table2-twin" */
    const char *label;   /* of its row */
    const char *score;   /* "f1"; "counts": of a table without scores */
    double before, now;  /* percent; NaN: none, and of counts */
    double low, high;    /* 95 % interval of the mean difference by patient, points; NaN: none */
    size_t patients;     /* that the interval is over */
    bool other_patients; /* the two values are over different patients: no interval */
    double tolerance;    /* points */
    cc_gate_outcome outcome;
    const cc_gate_row *row;      /* NULL: not compared run by run */
    const cc_table_row *now_row; /* NULL: there is none */
} cc_gate_cell;

typedef struct cc_gate_claim {
    const char *table, *text;
    const char *before, *now; /* verdicts in words; NULL: the claim is not there */
    cc_gate_outcome outcome;
} cc_gate_claim;

typedef struct cc_gate {
    const char *where; /* the folder of the earlier state */
    cc_gate_cell *cells;
    size_t cell_count;
    cc_gate_claim *claims;
    size_t claim_count;
    const char **
        problems; /* runs of the earlier state that cannot be compared, a line each: the gate does not hold */
    size_t problem_count;
    size_t cells_of[CC_GATE_OUTCOMES], claims_of[CC_GATE_OUTCOMES];
    /* Measured before, and so held against now; those that do not hold. */
    size_t cells_judged, cells_failed, claims_judged, claims_failed;
    bool holds; /* nothing was lost, changed or flipped, and something was compared */
} cc_gate;

/* Compares the tables of two states. `now` are of `runs`; tolerances are in points, by score; the arena
 * owns what is made, which borrows the tables. CC_ENOMEM, or as cc_run_read */
cc_status cc_gate_compare(cc_gate *out, const cc_gate_state *before, const cc_table *const *now,
                          size_t now_count, const cc_report_runs *runs, const double tolerances[CC_SCORES],
                          cc_arena *arena);

/* "table2-twin, With histogram matching, f1: 67.8 -> 66.1 (-1.7): changed: seed 1: ...": a cell, and a
 * claim, in one line. The arena owns it; NULL where memory is out. */
const char *cc_gate_cell_line(const cc_gate_cell *cell, cc_arena *arena);
const char *cc_gate_claim_line(const cc_gate_claim *claim, cc_arena *arena);
/* What happened to a cell, without its place and numbers: "changed: seed 1: slices: ...". */
const char *cc_gate_cell_reason(const cc_gate_cell *cell, cc_arena *arena);

/* CC_OK where the gate holds; else CC_EGATE with how much does not and the first line of it. */
cc_status cc_gate_check(const cc_gate *gate, cc_arena *arena);

#endif
