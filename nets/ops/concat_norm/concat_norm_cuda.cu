/* nets/ops/concat_norm/concat_norm_cuda.cu -- by the kernels of its halves: a GPU's memory is fast enough for
 * one more copy, and what a dense block keeps is what has to shrink. */
extern "C" {
#include "nets/ops/concat_norm/concat_norm.h"
}

extern "C" const cc_kernel cc_concat_norm_cuda, cc_concat_cuda, cc_batch_norm_cuda;

namespace concat_norm_cuda {

const cc_concat_norm_parts parts = {&cc_concat_cuda, &cc_batch_norm_cuda};

static cc_status plan(cc_task *task) {
    return cc_concat_norm_plan(task, &parts);
}

static cc_status forward(cc_task *task) {
    return cc_concat_norm_forward(task, &parts);
}

static cc_status backward(cc_task *task) {
    return cc_concat_norm_backward(task, &parts);
}

} // namespace concat_norm_cuda

const cc_kernel cc_concat_norm_cuda = {.plan = concat_norm_cuda::plan,
                                       .forward = concat_norm_cuda::forward,
                                       .backward = concat_norm_cuda::backward,
                                       .accumulates = true};
