#include <math.h>
#include "core/hot.h"
#include "nets/optimizers/optimizer.h"

/* Parts are summed apart and then in order, however many threads there are. */
enum { PARTS = 256 };

CC_HOT static double squares_of(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * values[i];
    return sum;
}

CC_HOT static void scale(float *values, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) values[i] *= factor;
}

static size_t part_start(size_t part, size_t count) {
    size_t start = part * ((count + PARTS - 1) / PARTS);
    return start < count ? start : count;
}

void cc_optimizer_clip(float *grads, size_t count, double max_norm) {
    double squares[PARTS], sum = 0;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < PARTS; p++)
        squares[p] =
            squares_of(grads + part_start(p, count), part_start(p + 1, count) - part_start(p, count));
    for (int p = 0; p < PARTS; p++) sum += squares[p];
    double factor = max_norm / (sqrt(sum) + 1e-6);
    if (factor >= 1) return; /* a norm that is NaN makes all NaN, as PyTorch's */
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < PARTS; p++)
        scale(grads + part_start(p, count), part_start(p + 1, count) - part_start(p, count), (float)factor);
}
