/* experiments/parity/rounded.h -- what a gradient in bf16 or TF32 is held to. */
#ifndef CC_EXPERIMENTS_PARITY_ROUNDED_H
#define CC_EXPERIMENTS_PARITY_ROUNDED_H

#include "experiments/parity/batch.h"
#include "experiments/parity/gradients.h"

/* How a gradient in float32 moves when each weight is changed by up to 2^-8 of itself, by parameter in the
 * order of cc_parity_gradients; of its first values, as there. */
typedef struct cc_parity_sensitivity {
    double *moves;   /* |moved - own| / |own|, the largest of a few draws */
    double *cosines; /* of moved and own, their mean over the draws */
    double norms;    /* how far the vector of all gradients' norms moves, the largest of the draws */
} cc_parity_sensitivity;

/* The net and one training pass of it, at float32. */
typedef struct cc_parity_pass_f32 {
    const cc_parity *parity;
    const cc_parity_batch *batch;
} cc_parity_pass_f32;

/* `like`: of the net at hand, for its parameters. CC_ENOMEM and what a plan may give. */
cc_status cc_parity_sensitivity_measure(cc_parity_sensitivity *out, const cc_parity_gradients *like,
                                        const cc_parity_pass_f32 *pass);

/* Prints and counts what is promised of gradients that were taken in a rounded precision, and names the
 * layers that are too noisy to be held to a direction of their own. The bounds are explained in rounded.c. */
cc_status cc_parity_rounded_compare(cc_parity *parity, const cc_parity_gradients *gradients,
                                    const cc_parity_sensitivity *sensitivity);

#endif
