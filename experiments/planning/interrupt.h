/* experiments/planning/interrupt.h -- Ctrl-C, SIGTERM and SIGHUP end a run at its next step, with its
 * checkpoint in place. */
#ifndef CC_EXPERIMENTS_PLANNING_INTERRUPT_H
#define CC_EXPERIMENTS_PLANNING_INTERRUPT_H

#include "core/status.h"

/* From now on a first signal is noted, and a second one ends the program at once. One that the parent has
 * turned off stays off. */
void cc_interrupt_watch(void);
/* CC_EINTERRUPTED once a signal came. */
cc_status cc_interrupt_check(void);

#endif
