/* nets/ops/conv/cpu/narrow/lanes_16.c -- lanes.inc for AVX-512: 16 values a vector. core/hot.h compiles each
 * function for several processors; which of the two tables serves a plan is decided by its channel block. */
#define LANES    16
#define VECTOR   cc_f32x16
#define EXCHANGE CC_EXCHANGE_16
#define LOAD     cc_load_16
#define STORE    cc_store_16
#define TABLE    cc_narrow_lanes_16
#include "nets/ops/conv/cpu/narrow/lanes.inc"
