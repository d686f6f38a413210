/* nets/cpu/conv_task.h -- private to nets/: the CPU kernel that the convolution and the transposed one share.
 */
#ifndef CC_NETS_CPU_CONV_TASK_H
#define CC_NETS_CPU_CONV_TASK_H

#include "nets/kernel.h"

bool cc_conv_task_fuses(const cc_task *task, bool transposed, const cc_op *next, const void *next_attr);
cc_status cc_conv_task_plan(cc_task *task, bool transposed);
cc_status cc_conv_task_bind(cc_task *task);
cc_status cc_conv_task_forward(cc_task *task);
cc_status cc_conv_task_backward(cc_task *task);
void cc_conv_task_release(cc_task *task);

#endif
