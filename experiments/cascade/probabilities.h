/* experiments/cascade/probabilities.h -- from a net's logits to probabilities. */
#ifndef CC_EXPERIMENTS_CASCADE_PROBABILITIES_H
#define CC_EXPERIMENTS_CASCADE_PROBABILITIES_H

#include <stddef.h>

/* p[classes][count] from logits[classes][count]: of one class the sigmoid, of several the softmax over the
 * classes of each pixel. */
void cc_probabilities_from_logits(float *p, const float *logits, size_t classes, size_t count);

#endif
