/* nets/ops/conv/cpu/winograd/lanes.h -- private to nets/ops/conv/cpu/winograd: what is done to tiles, for one
 * width of vectors.
 *
 * The 36 values of a transformed tile, called its points, lie `step` floats apart, so that the values of one
 * point make matrices. Rows of a product are taken CC_WINOGRAD_ROWS at a time. */
#ifndef CC_NETS_OPS_CONV_CPU_WINOGRAD_LANES_H
#define CC_NETS_OPS_CONV_CPU_WINOGRAD_LANES_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"

enum { CC_WINOGRAD_POINTS = 36, CC_WINOGRAD_TILE = 4, CC_WINOGRAD_ROWS = 8, CC_WINOGRAD_WIDE = 2 };

/* Where a tile lies: one block of channels of one image; the tile's first pixel may lie outside. */
typedef struct cc_winograd_place {
    void *plane;
    int64_t height, width, top, left;
    cc_dtype dtype;
} cc_winograd_place;

/* c[row][column] (+)= sum over k of a[row][k] b[k][column], for every point. Columns are `wide` vectors, k
 * counts values in runs of `run`. */
typedef struct cc_winograd_product {
    float *c;
    const float *a, *b;
    int64_t c_step, a_step, b_step;   /* from point to point */
    int64_t c_row, a_row, a_k, a_run; /* from row to row; from k to k, from run to run */
    int64_t b_k, b_run, b_vector;     /* from vector to vector */
    int64_t rows, runs, run;
    int wide;
    bool add;
} cc_winograd_product;

typedef struct cc_winograd_lanes {
    /* B^T d B of the 6x6 values of a tile; those outside count as zero. */
    void (*image)(float *points, int64_t step, const cc_winograd_place *from);
    /* A d A^T of the 4x4 values of a tile. */
    void (*gradient)(float *points, int64_t step, const cc_winograd_place *from);
    /* f(A^T m A (+ bias)), its 4x4 values; those outside are dropped. */
    void (*result)(const cc_winograd_place *to, const float *points, int64_t step, const float *bias,
                   const cc_activation_attr *end);
    /* G g G^T of the weights of one block against another; row i of a point has the i-th channel of the
     * first, `row` floats apart. `mirrored`: of the weights of backward data, taps in reverse
     * order, rows by output channel. */
    void (*weights)(float *points, int64_t step, int64_t row, const float *from, bool mirrored);
    /* G^T p G: one block against another. */
    void (*weights_gradient)(float *to, const float *points, int64_t step, int64_t row);
    void (*multiply)(const cc_winograd_product *product);
} cc_winograd_lanes;

extern const cc_winograd_lanes cc_winograd_lanes_8, cc_winograd_lanes_16;

#endif
