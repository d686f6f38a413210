/* nets/ops/conv/cpu/conv_choice.h -- which algorithm a pass of a convolution runs with on the CPU: what is
 * handed to nets/engine/chooser.h. */
#ifndef CC_NETS_OPS_CONV_CPU_CONV_CHOICE_H
#define CC_NETS_OPS_CONV_CPU_CONV_CHOICE_H

#include "nets/ops/conv/cpu/conv_pass.h"

/* The recorded algorithm, if there is one (a name; else NULL); else by tuning:
 *   fixed  by rule: a kernel of our own where there is one, Winograd's tiles where they win; else oneDNN's
 *          direct convolution, in bf16 in the layouts that a processor with matrix registers wants; products
 *          of matrices where oneDNN is slow. Depends on the problem and the instruction set alone.
 *   exact  the same, but for the algorithm "small" where it suits, and without Winograd.
 *   timed, fast
 *          the fastest, layout conversions included. Each distinct problem is timed once a process and number
 *          of threads.
 * *ms: as timed, else 0. Any thread may ask. CC_EUNSUPPORTED where there is no algorithm of that name. */
cc_status cc_conv_cpu_choose(const cc_conv_algorithm **out, double *ms, const cc_conv_problem *problem,
                             cc_tuning tuning, const char *recorded);

#endif
