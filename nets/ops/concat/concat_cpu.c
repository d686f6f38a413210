/* Each block of an input's channels goes to its place in the output as one run of memory where that place is
 * a whole block, and otherwise, pixel by pixel, as the runs of lanes that one or two output blocks take. */
#include <string.h>
#include "core/hot.h"
#include "nets/cpu/vector_math.h"
#include "nets/kernel.h"

extern const cc_kernel cc_concat_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static int64_t first_channel(const cc_task *task, int input) {
    int64_t before = 0;
    for (int i = 0; i < input; i++) before += task->input_shapes[i]->dims[1];
    return before;
}

/* `lanes` values of each pixel from one blocked layout to another. */
typedef struct run {
    float *to;
    const float *from;
    int64_t to_step, from_step, lanes, pixels;
} run;

CC_INLINE void copy_lanes(const run *r, int64_t lanes, bool add) {
    float *restrict to = r->to;
    const float *restrict from = r->from;
    int64_t to_step = r->to_step, from_step = r->from_step;
    for (int64_t i = 0; i < r->pixels; i++)
        for (int64_t j = 0; j < lanes; j++) {
            float value = from[i * from_step + j];
            to[i * to_step + j] = add ? to[i * to_step + j] + value : value;
        }
}

CC_INLINE void copy_run_as(const run *r, bool add) {
    if (r->lanes == 16)
        copy_lanes(r, 16, add);
    else if (r->lanes == 8)
        copy_lanes(r, 8, add);
    else
        copy_lanes(r, r->lanes, add);
}

CC_HOT static void copy_run(const run *r, bool add) {
    if (!add && r->lanes == r->to_step && r->lanes == r->from_step)
        memcpy(r->to, r->from, (size_t)(r->pixels * r->lanes) * sizeof *r->to);
    else if (add)
        copy_run_as(r, true);
    else
        copy_run_as(r, false);
}

typedef struct copy_job {
    const cc_task *task;
    int input;
    bool backward; /* from the output's gradient to the input's; `add` to what is there */
    bool add;
    float *whole, *part;
} copy_job;

/* Block `which` of the input, for one n. */
static void copy_block(const copy_job *job, int64_t n, int64_t which) {
    const cc_task *task = job->task;
    const cc_shape *part = task->input_shapes[job->input], *whole = task->output_shape;
    int64_t pixels = cc_shape_pixels(whole), block = task->output_block,
            part_block = task->input_blocks[job->input], first = which * part_block,
            count = part->dims[1] - first < part_block ? part->dims[1] - first : part_block;
    float *from = job->part + (n * cc_blocks(part, part_block) + which) * pixels * part_block;
    for (int64_t done = 0, lanes; done < count; done += lanes) {
        int64_t channel = first_channel(task, job->input) + first + done, lane = channel % block;
        float *to = job->whole + (n * cc_blocks(whole, block) + channel / block) * pixels * block + lane;
        lanes = count - done < block - lane ? count - done : block - lane;
        run forth = {to, from + done, block, part_block, lanes, pixels},
            back = {from + done, to, part_block, block, lanes, pixels};
        copy_run(job->backward ? &back : &forth, job->add);
    }
}

static void copy_input(const copy_job *job) {
    const cc_shape *part = job->task->input_shapes[job->input];
    int64_t blocks = cc_blocks(part, job->task->input_blocks[job->input]);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < part->dims[0] * blocks; i++) copy_block(job, i / blocks, i % blocks);
}

static cc_status forward(cc_task *task) {
    cc_blocked_clear_filling(task->y, task->output_shape, task->output_block);
    for (int i = 0; i < task->input_count; i++)
        copy_input(&(copy_job){.task = task, .input = i, .whole = task->y, .part = (float *)task->x[i]});
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    for (int i = 0; i < task->input_count; i++) {
        if (!task->dx[i]) continue;
        if (!task->accumulate[i])
            cc_blocked_clear_filling(task->dx[i], task->input_shapes[i], task->input_blocks[i]);
        copy_input(&(copy_job){.task = task,
                               .input = i,
                               .backward = true,
                               .add = task->accumulate[i],
                               .whole = (float *)task->dy,
                               .part = task->dx[i]});
    }
    return CC_OK;
}

const cc_kernel cc_concat_cpu = {.plan = plan, .forward = forward, .backward = backward, .accumulates = true};
