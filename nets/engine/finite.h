/* nets/engine/finite.h -- values that are no numbers.
 *
 * A net whose weights are NaN can look alive: a comparison with NaN is false, so that thresholds, and the
 * ReLU that libraries fuse into their convolutions, take it for zero. Weights are looked at instead. */
#ifndef CC_NETS_ENGINE_FINITE_H
#define CC_NETS_ENGINE_FINITE_H

#include <stddef.h>

/* The index of the first value that is NaN or infinite; `count` where all are numbers. Reads each value once,
 * about as fast as memory gives them. */
size_t cc_find_not_finite(const float *values, size_t count);

#endif
