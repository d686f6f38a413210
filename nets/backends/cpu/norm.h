/* nets/backends/cpu/norm.h -- private to nets/: what the ops that normalise share on the CPU: moments of
 * chunks of memory, and the passes that use them, forward and backward, with activation and residual.
 *
 *   z = (x - mean) scale + shift [+ residual],  y = f(z);   mean, scale and shift are constants of a channel
 *
 * Over which values mean and variance are taken is the op's: the batch, an image, a group of channels.
 *
 * Work is cut into chunks of a plane (one n, one block of channels). A chunk is read in rows of 16 values;
 * lane l of a row belongs to channel l % block, so one loop serves every block, and vectors of constants are
 * 16 wide. Each chunk has its own sums, which the op adds up in the chunks' order: the result does not depend
 * on the number of threads. Functions of one chunk may be called by any thread. */
#ifndef CC_NETS_BACKENDS_CPU_NORM_H
#define CC_NETS_BACKENDS_CPU_NORM_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"

enum { CC_NORM_LANES = 16 };

/* How an activation is cut. Chunks are numbered [n][block][chunk of the plane]. */
typedef struct cc_norm_layout {
    int64_t block, blocks, channels, images;
    int64_t width;            /* channels with the last block's filling: what a vector of constants holds */
    int64_t pixels;           /* of an image */
    int64_t plane;            /* values of one n and block: pixels * block */
    int64_t of_plane, chunks; /* chunks of a plane, and in all */
    /* The inputs hold the channels of the output one behind the other, each but the last in full blocks. */
    bool joined;
} cc_norm_layout;

/* Of the task's output; the blocks are those of its first input. The inputs are joined where the first has
 * fewer channels than the output, as those of concat_norm; else a second one is the residual. */
cc_norm_layout cc_norm_layout_of(const cc_task *task);

/* Chunk `which` of image n and a block. */
static inline int64_t cc_norm_chunk(const cc_norm_layout *l, int64_t n, int64_t block, int64_t which) {
    return (n * l->blocks + block) * l->of_plane + which;
}

/* Two sums over a chunk, by channel of its block. */
typedef struct cc_norm_sums {
    double first[CC_NORM_LANES], second[CC_NORM_LANES];
} cc_norm_sums;

/* By channel: vectors of `width` values; those of the filling are zeros, so that it stays zero. Image n has
 * them from n * each on; each is 0 where all images share them. */
typedef struct cc_norm_constants {
    float *mean, *rstd;
    float *scale; /* weight rstd */
    float *shift; /* bias + (what mean lost by rounding) scale */
    int64_t each;
} cc_norm_constants;

enum { CC_NORM_VECTORS = 4 }; /* of cc_norm_constants */

/* The constants of `images` images (1: shared by all) in `memory`, of CC_NORM_VECTORS * images * width
 * floats. */
cc_norm_constants cc_norm_constants_at(float *memory, const cc_norm_layout *layout, int64_t images);

/* out->first: sum of x over the chunk; second: the sum of squares about the chunk's own mean. */
void cc_norm_moments(cc_norm_sums *out, const cc_task *task, const cc_norm_layout *layout, int64_t chunk);

/* Merges the moments of `images` images from n on and `channels` channels from `channel` on: the mean of
 * their values, and the sum of squares about it. */
void cc_norm_merge(double *mean, double *squares, const cc_norm_sums *parts, const cc_norm_layout *layout,
                   int64_t n, int64_t images, int64_t channel, int64_t channels);

/* Adds up the sums of one channel over `images` images from n on. */
void cc_norm_add(double *first, double *second, const cc_norm_sums *parts, const cc_norm_layout *layout,
                 int64_t n, int64_t images, int64_t channel);

/* What follows the normalisation and, of inputs that are not joined, the residual, the task's second
 * input. */
typedef struct cc_norm_activation {
    cc_activation kind;
    double slope;
} cc_norm_activation;

/* y of one chunk. */
void cc_norm_forward(const cc_task *task, const cc_norm_layout *layout, const cc_norm_constants *constants,
                     cc_norm_activation f, int64_t chunk);

/* out->first: sum of g over the chunk; second: of g (x - mean); g = dy f'(z), with z computed anew from x. */
void cc_norm_back_sums(cc_norm_sums *out, const cc_task *task, const cc_norm_layout *layout,
                       const cc_norm_constants *constants, cc_norm_activation f, int64_t chunk);

/* dx = scale g + (x - mean) a + b and dresidual = g of one chunk, those that are wanted; dx is added to
 * what is there where task->accumulate says so. a and b are vectors like the constants. */
void cc_norm_back(const cc_task *task, const cc_norm_layout *layout, const cc_norm_constants *constants,
                  const float *a, const float *b, cc_norm_activation f, int64_t chunk);

#endif
