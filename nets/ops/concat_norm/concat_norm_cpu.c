/* nets/ops/concat_norm/concat_norm_cpu.c -- where each input fills whole blocks of channels, as a dense
 * block's do, the batch norm's kernel reads and writes them in place
 * (nets/ops/batch_norm/batch_norm_cpu.c); else they are joined in the scratch memory. */
#include "nets/ops/concat_norm/concat_norm.h"

#include "nets/ops/ops.h"

extern const cc_kernel cc_concat_norm_cpu, cc_concat_cpu, cc_batch_norm_cpu;
static const cc_concat_norm_parts parts = {&cc_concat_cpu, &cc_batch_norm_cpu};

/* Whether a block of the output's channels is a block of one input: all have the same layout, and all but the
 * last fill it. */
static bool in_place(const cc_task *task) {
    const int64_t block = task->input_blocks[0];
    for (int i = 0; i < task->input_count; i++) {
        if (task->input_blocks[i] != block) return false;
        if (i + 1 < task->input_count && task->input_shapes[i]->dims[1] % block) return false;
    }
    return true;
}

static cc_status plan(cc_task *task) {
    return in_place(task) ? cc_batch_norm_cpu.plan(task) : cc_concat_norm_plan(task, &parts);
}

static cc_status forward(cc_task *task) {
    return in_place(task) ? cc_batch_norm_cpu.forward(task) : cc_concat_norm_forward(task, &parts);
}

static cc_status backward(cc_task *task) {
    return in_place(task) ? cc_batch_norm_cpu.backward(task) : cc_concat_norm_backward(task, &parts);
}

const cc_kernel cc_concat_norm_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
