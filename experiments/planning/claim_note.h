/* experiments/planning/claim_note.h -- the text of a claim (claim.h), and the process that it names. */
#ifndef CC_EXPERIMENTS_PLANNING_CLAIM_NOTE_H
#define CC_EXPERIMENTS_PLANNING_CLAIM_NOTE_H

#include "experiments/planning/claim.h"

/* Of a claim's file, whatever it says: written in place by one call, it is read as a whole. */
enum { CC_CLAIM_BYTES = 1024 };

/* Who this process is, with a token of its own; everything else is zero. */
void cc_claim_note_init(cc_claim_note *out);

/* A line of JSON, filled up with spaces. */
void cc_claim_note_print(char out[CC_CLAIM_BYTES], const cc_claim_note *note);
/* False where it is none, or not whole yet. */
bool cc_claim_note_parse(cc_claim_note *out, const char *text, size_t bytes);

/* What the kernel knows of a process of this machine. */
typedef enum cc_process_state {
    CC_PROCESS_ELSEWHERE,
    CC_PROCESS_ENDED,
    CC_PROCESS_HALTED,
    CC_PROCESS_LIVES
} cc_process_state;
cc_process_state cc_claim_note_look(const cc_claim_note *note);

#endif
