#include "nets/cpu/conv_task.h"
#include "nets/ops/conv/reference.h"

static cc_status plan(cc_task *task) {
    return cc_conv_task_plan(task, false);
}

const cc_kernel cc_conv_cpu = {
    .plan = plan,
    .bind = cc_conv_task_bind,
    .forward = cc_conv_task_forward,
    .backward = cc_conv_task_backward,
    .release = cc_conv_task_release,
};
