/* nets/ops/conv/cpu/narrow/lanes.h -- private to nets/ops/conv/cpu/narrow: what is done to rows, for one
 * width of vectors. */
#ifndef CC_NETS_OPS_CONV_CPU_NARROW_LANES_H
#define CC_NETS_OPS_CONV_CPU_NARROW_LANES_H

#include "nets/engine/kernel.h"

/* Of the rows of x and y that meet. Weights and their gradient are [row][column][lane] of the kernel, one
 * block of input channels after the other; a row outside its image is NULL. */
typedef struct cc_narrow_row {
    int64_t width_x, width_y, kernel, padding;
    cc_dtype dtype; /* of x, y and dx; dy is float32 */
} cc_narrow_row;

typedef struct cc_narrow_lanes {
    /* y[w] = bias + sum over blocks b, rows k, columns and lanes of x[b][k][w - padding + column] weights. */
    void (*forward)(void *y, const cc_narrow_row *r, const void *const x[], int64_t blocks,
                    const float *weights, float bias);
    /* dx[i] = sum over channels o, rows k and columns of dy[o][k][i + padding - column] weights; `step`
     * floats from one channel's weights to the next. */
    void (*backward_data)(void *dx, const cc_narrow_row *r, const float *const dy[], int64_t channels,
                          const float *weights, int64_t step);
    /* sums += sum over i of x[i] dy[k][i + padding - column]. */
    void (*backward_weights)(float *sums, const cc_narrow_row *r, const void *x, const float *const dy[]);
} cc_narrow_lanes;

extern const cc_narrow_lanes cc_narrow_lanes_8, cc_narrow_lanes_16;

#endif
