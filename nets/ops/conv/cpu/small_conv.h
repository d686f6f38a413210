/* nets/ops/conv/cpu/small_conv.h -- which convolutions are of few pixels and many channels, for the algorithm
 * "small": a plan that wants exact sums stores their weights in PyTorch's order, which it reads. */
#ifndef CC_NETS_OPS_CONV_CPU_SMALL_CONV_H
#define CC_NETS_OPS_CONV_CPU_SMALL_CONV_H

#include "nets/ops/conv/cpu/algorithm.h"

/* One group, float32, at most CC_SMALL_CONV_PIXELS output pixels in the batch, and at least
 * CC_SMALL_CONV_PRODUCTS products for each. */
enum { CC_SMALL_CONV_PIXELS = 512, CC_SMALL_CONV_PRODUCTS = 512 };
bool cc_small_conv_suits(const cc_cpu_conv *conv);

#endif
