/* nets/ops/conv/cpu/winograd/lanes_8.c -- lanes.inc for AVX2: 8 values a vector. core/hot.h compiles each
 * function for several processors; which of the two tables serves a plan is decided by its channel block. */
#define LANES    8
#define VECTOR   cc_f32x8
#define EXCHANGE CC_EXCHANGE_8
#define LOAD     cc_load_8
#define STORE    cc_store_8
#define ACTIVATE cc_activate_8
#define TABLE    cc_winograd_lanes_8
#include "nets/ops/conv/cpu/winograd/lanes.inc"
