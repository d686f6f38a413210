/* nets/ops/conv/cpu/conv_tuner.h -- private to nets/: which algorithm a pass of a convolution runs with, by
 * rule or by the clock. */
#ifndef CC_NETS_OPS_CONV_CPU_CONV_TUNER_H
#define CC_NETS_OPS_CONV_CPU_CONV_TUNER_H

#include "nets/ops/conv/cpu/conv_pass.h"

/* The rule: a kernel of our own where there is one, that for few pixels where it is to be `exact`, Winograd's
 * tiles where they win and it need not be; else the direct convolution, in bf16 in the layouts that a
 * processor with matrix registers wants; products of matrices where oneDNN is slow. Depends on the problem
 * and the instruction set alone. */
cc_status cc_conv_by_rule(cc_conv_algorithm *out, const cc_conv_problem *problem, bool exact);

/* The fastest, layout conversions included, and its time. Each distinct problem is timed once a process and
 * number of threads; any thread may ask. */
cc_status cc_conv_by_time(cc_conv_algorithm *out, double *ms, const cc_conv_problem *problem);

#endif
