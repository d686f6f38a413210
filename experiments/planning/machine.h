/* experiments/planning/machine.h -- what a run's bytes depend on beside its config, its data and the
 * program's numerics version: backend, threads, libraries with their instruction sets, the compiler.
 *
 * Sums of many products are split among threads and vector lanes, by libraries as they see fit: another
 * number of threads or another instruction set rounds otherwise, and training makes that a different net of
 * the same quality. Processors of one instruction set are taken to give the same bytes; the processor's name
 * is in the provenance beside this (`device`). */
#ifndef CC_EXPERIMENTS_PLANNING_MACHINE_H
#define CC_EXPERIMENTS_PLANNING_MACHINE_H

#include <stdbool.h>
#include "nets/engine/backend.h"

enum { CC_MACHINE_BYTES = 640 }; /* of the text form, its terminator included */

typedef struct cc_machine {
    char backend[16]; /* "cpu", "cuda", "reference" */
    int threads;      /* OpenMP's; 0 where the backend's results do not depend on them */
    /* "oneDNN 2.6.3, AVX2; OpenBLAS 0.3.21, Haswell; ...": libraries and compiler, and the environment's
     * settings of them that change results. */
    char software[512];
    char plan[17]; /* where algorithms are chosen by the clock: the start of the choices' SHA-256; else "" */
} cc_machine;

/* The machine at hand, with that many threads; without a plan. */
void cc_machine_find(cc_machine *out, const cc_backend *backend, int threads);
/* Notes what a plan chose by the clock (cc_plan_choices); measured times do not count. */
void cc_machine_note_plan(cc_machine *machine, const char *choices);

/* "cpu; threads 2; SOFTWARE; plan PLAN": what an identity digests and a result holds. */
void cc_machine_print(char out[CC_MACHINE_BYTES], const cc_machine *machine);
/* From such a text; false where it is none. */
bool cc_machine_parse(cc_machine *out, const char *text);

/* Whether they give the same bytes; plans are compared where both have one. `any_threads`: whatever their
 * number. */
bool cc_machine_is_same(const cc_machine *a, const cc_machine *b, bool any_threads);
/* What differs, as messages say it: "1 thread, not 2; oneDNN 2.6.3, AMX, not oneDNN 2.6.3, AVX2". "" where
 * nothing does. */
void cc_machine_differences(char *out, size_t capacity, const cc_machine *made, const cc_machine *here);

/* The threads that a run takes where nothing else is said: OMP_NUM_THREADS, or the processors that this
 * process may use. */
int cc_machine_threads(void);

#endif
