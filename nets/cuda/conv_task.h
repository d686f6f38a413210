/* nets/cuda/conv_task.h -- private to nets/: the kernels of the convolution and the transposed one on CUDA.
 */
#ifndef CC_NETS_CUDA_CONV_TASK_H
#define CC_NETS_CUDA_CONV_TASK_H

#include "nets/kernel.h"

cc_status cc_conv_cuda_plan(cc_task *task, bool transposed);
cc_status cc_conv_cuda_forward(cc_task *task);
cc_status cc_conv_cuda_backward(cc_task *task);
void cc_conv_cuda_release(cc_task *task);

#endif
