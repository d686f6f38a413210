/* experiments/cascade/probabilities.c -- sigmoid and softmax, as losses and scores mean them. */
#include "experiments/cascade/probabilities.h"

#include <math.h>

/* p(k) = exp x(k) / sum of exp x, over the classes of each pixel; the largest x is taken off all, which
 * changes nothing but keeps exp finite. Of one class 1 / (1 + exp -x). */
void cc_probabilities_from_logits(float *p, const float *logits, size_t classes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float most = logits[i], sum = 0;
        if (classes == 1) {
            p[i] = 1.0f / (1.0f + expf(-logits[i]));
            continue;
        }
        for (size_t k = 1; k < classes; k++) most = fmaxf(most, logits[k * count + i]);
        for (size_t k = 0; k < classes; k++) sum += p[k * count + i] = expf(logits[k * count + i] - most);
        for (size_t k = 0; k < classes; k++) p[k * count + i] /= sum;
    }
}
