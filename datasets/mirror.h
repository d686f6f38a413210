/* datasets/mirror.h -- volumes mirrored along axes, for the mean of a net's answers over all mirror images.
 *
 * nnU-Net's test-time averaging (Isensee et al., Nature Methods 18 (2021), 203): for every subset of some
 * axes the input is mirrored, seen by the net, and its probabilities are mirrored back; the result is the
 * mean of all (it starts at 0):
 *
 *     for (i = 0; i < cc_mirror_count(axes); i++) {
 *         cc_mirror(seen, image, channels, dims, cc_mirror_subset(axes, i));
 *         ... the net: answer from seen ...
 *         cc_mirror_add(mean, answer, classes, dims, cc_mirror_subset(axes, i), 1.0F / count);
 *     }
 *
 * Axes are bits: CC_MIRROR_X | CC_MIRROR_Y ... Arrays are channels, z, y, x (a plane has dims[2] = 1); dims
 * x, y, z. */
#ifndef CC_DATASETS_MIRROR_H
#define CC_DATASETS_MIRROR_H

#include <stddef.h>
#include <stdint.h>

enum { CC_MIRROR_X = 1, CC_MIRROR_Y = 2, CC_MIRROR_Z = 4, CC_MIRROR_ALL = 7 };

/* The axis of a word, "x" or "y"; 0: no such word. */
unsigned cc_mirror_axis(const char *word);

/* How many subsets a set of axes has: 1, 2, 4 or 8; and the subset number i, 0 being none of them. */
unsigned cc_mirror_count(unsigned axes);
unsigned cc_mirror_subset(unsigned axes, unsigned i);

/* out[channels][dims] is `in` mirrored along `axes`; the arrays differ. */
void cc_mirror(float *out, const float *in, size_t channels, const int64_t dims[3], unsigned axes);
/* sum += factor * (in mirrored along axes). */
void cc_mirror_add(float *sum, const float *in, size_t channels, const int64_t dims[3], unsigned axes,
                   float factor);

#endif
