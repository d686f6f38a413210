/* experiments/parity/batch.h -- what a fixture of a net feeds: its input, the targets of each of the net's
 * outputs, and the loss on them. */
#ifndef CC_EXPERIMENTS_PARITY_BATCH_H
#define CC_EXPERIMENTS_PARITY_BATCH_H

#include "experiments/config/config.h"
#include "experiments/parity/fixture.h"
#include "nets/engine/plan.h"
#include "nets/losses/levels.h"

typedef struct cc_parity_batch {
    const cc_experiment_config *config;
    cc_shape in;
    const float *input;  /* plain, of that shape */
    cc_loss_heads heads; /* the net's outputs in training, bound to the loss */
    cc_level_loss *loss; /* the config's, at all levels of a net that has several */
    const float *target; /* of all heads, one behind the other */
} cc_parity_batch;

/* The input alone: N,C,H,W or N,C,D,H,W with the net's channels. Memory is the fixture's. CC_EFORMAT. */
cc_status cc_parity_batch_read_input(cc_parity_batch *out, const cc_fixture *fixture,
                                     const cc_experiment_config *config);
/* What a plan for that input is asked for: its size. */
cc_plan_options cc_parity_batch_plan(const cc_parity_batch *batch);
/* Then the targets, "/target", or "/target_HEAD" of each output, for the outputs of that training plan; those
 * of auxiliary outputs are made from the first.
 * CC_EFORMAT where one is not as large as the loss wants it, CC_ECONFIG as cc_loss_bind. */
cc_status cc_parity_batch_read_targets(cc_parity_batch *batch, const cc_fixture *fixture,
                                       const cc_plan *plan);

/* Values of all logits. */
size_t cc_parity_batch_logits(const cc_parity_batch *batch);

/* The loss of these logits, on the host; the gradient by them, and by the numbers that the loss trains (as
 * many as cc_loss_parameters says; NULL: not wanted). Works in the arena. */
cc_status cc_parity_batch_loss(double *value, float *gradient, float *parameter_gradients,
                               const cc_parity_batch *batch, const float *logits, cc_arena *arena);

#endif
