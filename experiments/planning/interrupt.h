/* experiments/planning/interrupt.h -- Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 end a run after the step at hand,
 * with its checkpoint in place. SIGUSR1 is what schedulers are asked to send some time before a job is ended.
 */
#ifndef CC_EXPERIMENTS_PLANNING_INTERRUPT_H
#define CC_EXPERIMENTS_PLANNING_INTERRUPT_H

#include "core/status.h"

/* From now on a first signal is noted, and a second one ends the program at once (but for SIGUSR1, which asks
 * for no more however often it comes). One that the parent has turned off stays off. */
void cc_interrupt_watch(void);
/* From now on a file of that name counts as a signal too: it is looked for every other second. The path is
 * copied. */
void cc_interrupt_watch_file(const char *path);
/* CC_EINTERRUPTED once a signal came. */
cc_status cc_interrupt_check(void);

#endif
