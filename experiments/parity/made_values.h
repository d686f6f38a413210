/* experiments/parity/made_values.h -- the parameters of a fixture's net, which are made from their names.
 *
 * Value i of NAME is u = splitmix64's finaliser of fnv1a64("SEED:NAME") + (i+1) * 0x9E3779B97F4A7C15, as a
 * number in
 * [-1, 1), scaled by the parameter's role (golden/README.md). */
#ifndef CC_EXPERIMENTS_PARITY_MADE_VALUES_H
#define CC_EXPERIMENTS_PARITY_MADE_VALUES_H

#include "nets/engine/graph.h"

/* values has room for parameter->count. */
void cc_made_values(float *values, const cc_parameter *parameter, uint64_t seed);

#endif
