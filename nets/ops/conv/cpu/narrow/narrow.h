/* nets/ops/conv/cpu/narrow/narrow.h -- which convolutions have few output channels, as at the head of a
 * segmentation net, for the algorithm "narrow": a plan stores their output and weights plain, not in blocks
 * of channels.
 *
 * Implementations for many channels pad the output to a whole block of them: sixteen times the memory, and
 * the work, of the one logit that is wanted. */
#ifndef CC_NETS_OPS_CONV_CPU_NARROW_H
#define CC_NETS_OPS_CONV_CPU_NARROW_H

#include "nets/ops/conv/cpu/algorithm.h"

enum { CC_NARROW_CHANNELS = 4 }; /* of the output, at most */

/* Kernels of 1x1 and 3x3 of stride 1, without groups and dilation, at rank 4, of an x in blocks of 8 or 16
 * channels and at most 256 of them. */
bool cc_narrow_suits(const cc_cpu_conv *conv, int64_t x_block);

#endif
