#ifdef CC_HAVE_CUDA
#include "nets/cuda/conv_task.h"

extern const cc_kernel cc_conv_transpose_cuda;

static cc_status plan(cc_task *task) {
    return cc_conv_cuda_plan(task, true);
}

const cc_kernel cc_conv_transpose_cuda = {.plan = plan,
                                          .forward = cc_conv_cuda_forward,
                                          .backward = cc_conv_cuda_backward,
                                          .release = cc_conv_cuda_release};
#else
typedef int cc_conv_transpose_cuda_is_absent;
#endif
