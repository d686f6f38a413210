/* nets/engine/plan_choices.h -- private to nets/: a plan's choices of algorithms as text, and back.
 *
 * One line a pass that had a choice: "node pass algorithm implementation ms", separated by spaces; pass is
 * forward, backward-data or backward-weights, ms is 0 where nothing was timed. */
#ifndef CC_NETS_ENGINE_PLAN_CHOICES_H
#define CC_NETS_ENGINE_PLAN_CHOICES_H

#include "nets/engine/kernel.h"

/* The text of `count` planned tasks. The caller frees *out. */
cc_status cc_choices_print(char **out, const cc_task *tasks, int count);

/* The recorded algorithms by node and pass. */
typedef struct cc_recorded cc_recorded;

/* CC_EFORMAT where the text is none of cc_choices_print's. The caller owns *out. */
cc_status cc_recorded_parse(cc_recorded **out, const char *text);
void cc_recorded_destroy(cc_recorded *recorded); /* takes NULL */

/* Fills task->recorded, borrowed, by the task's name. */
void cc_recorded_apply(cc_task *task, const cc_recorded *recorded);

#endif
