/* report/gate/changes.h -- what a gate found, as tables: what changed, for people; every cell and claim,
 * for programs. Private to report. */
#ifndef CC_REPORT_GATE_CHANGES_H
#define CC_REPORT_GATE_CHANGES_H

#include "report/gate/gate.h"

/* Rows that people are shown; the CSV has all. */
enum { CC_CHANGES_SHOWN = 200 };

/* "changes", of no kind: what does not hold first, then what changed or came otherwise. No rows where
 * nothing did; the caption says in any case what was compared and how much of it holds. */
cc_status cc_changes_listing(cc_listing *shown, cc_listing *data, const cc_gate *gate, cc_arena *arena);

/* "12 of 60 cells hold, ...": the gate in one sentence, without a full stop. The arena owns it; NULL where
 * memory is out. */
const char *cc_changes_sentence(const cc_gate *gate, cc_arena *arena);

#endif
