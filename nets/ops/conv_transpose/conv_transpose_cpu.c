#include "nets/cpu/conv_task.h"
#include "nets/ops/conv/reference.h"

static cc_status plan(cc_task *task) {
    return cc_conv_task_plan(task, true);
}

static bool fuses(const cc_task *task, const cc_op *next, const void *next_attr) {
    return cc_conv_task_fuses(task, true, next, next_attr);
}

const cc_kernel cc_conv_transpose_cpu = {
    .plan = plan,
    .fuses = fuses,
    .bind = cc_conv_task_bind,
    .forward = cc_conv_task_forward,
    .backward = cc_conv_task_backward,
    .release = cc_conv_task_release,
};
