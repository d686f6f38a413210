/* nets/ops/concat/concat_cpu.c -- concatenation between blocked layouts.
 *
 * Each block of an input's channels goes to its place in the output as one run of memory where that place is
 * a whole block, and otherwise, pixel by pixel, as the runs of lanes that one or two output blocks take. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"

extern const cc_kernel cc_concat_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

/* Where an input's channels begin in the output. */
static int64_t first_channel(const cc_task *task, int input) {
    int64_t before = 0;
    for (int i = 0; i < input; i++) before += task->input_shapes[i]->dims[1];
    return before;
}

/* `lanes` values of each pixel from one blocked layout to another. */
typedef struct run {
    void *to;
    const void *from;
    int64_t to_step, from_step, lanes, pixels;
    cc_dtype dtype;
} run;

#define DEFINE_COPY(n)                                                                                       \
    CC_INLINE void copy_by_##n(const run *r, cc_dtype dtype, bool add) {                                     \
        for (int64_t i = 0; i < r->pixels; i++)                                                              \
            for (int64_t j = 0; j < r->lanes; j += n) {                                                      \
                cc_f32x##n value, before;                                                                    \
                cc_load_##n(&value, r->from, i * r->from_step + j, dtype);                                   \
                if (add) cc_load_##n(&before, r->to, i * r->to_step + j, dtype), value += before;            \
                cc_store_##n(r->to, i * r->to_step + j, &value, dtype);                                      \
            }                                                                                                \
    }
DEFINE_COPY(1)
DEFINE_COPY(8)
DEFINE_COPY(16)

CC_INLINE void copy_lanes(const run *r, cc_dtype dtype, bool add) {
    if (r->lanes % 16 == 0)
        copy_by_16(r, dtype, add);
    else if (r->lanes % 8 == 0)
        copy_by_8(r, dtype, add);
    else
        copy_by_1(r, dtype, add);
}

CC_HOT static void copy_run(const run *r, bool add) {
    if (!add && r->lanes == r->to_step && r->lanes == r->from_step)
        memcpy(r->to, r->from, (size_t)(r->pixels * r->lanes) * cc_dtype_bytes(r->dtype));
    else if (r->dtype == CC_F32)
        add ? copy_lanes(r, CC_F32, true) : copy_lanes(r, CC_F32, false);
    else
        add ? copy_lanes(r, CC_BF16, true) : copy_lanes(r, CC_BF16, false);
}

typedef struct copy_job {
    const cc_task *task;
    int input;
    bool backward; /* from the output's gradient to the input's; `add` to what is there */
    bool add;
    void *whole, *part;
} copy_job;

/* Block `which` of the input, for one n. */
static void copy_block(const copy_job *job, int64_t n, int64_t which) {
    const cc_task *task = job->task;
    cc_dtype dtype = task->dtype;
    const cc_shape *part = task->input_shapes[job->input], *whole = task->output_shape;
    int64_t pixels = cc_shape_pixels(whole), block = task->output_block,
            part_block = task->input_blocks[job->input], first = which * part_block,
            count = part->dims[1] - first < part_block ? part->dims[1] - first : part_block;
    int64_t from = (n * cc_blocks(part, part_block) + which) * pixels * part_block;
    for (int64_t done = 0, lanes; done < count; done += lanes) {
        int64_t channel = first_channel(task, job->input) + first + done, lane = channel % block;
        void *to = cc_values_at(
                 job->whole, (n * cc_blocks(whole, block) + channel / block) * pixels * block + lane, dtype),
             *here = cc_values_at(job->part, from + done, dtype);
        lanes = count - done < block - lane ? count - done : block - lane;
        run forth = {to, here, block, part_block, lanes, pixels, dtype},
            back = {here, to, part_block, block, lanes, pixels, dtype};
        copy_run(job->backward ? &back : &forth, job->add);
    }
}

static void copy_input(const copy_job *job) {
    const cc_shape *part = job->task->input_shapes[job->input];
    int64_t blocks = cc_blocks(part, job->task->input_blocks[job->input]);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < part->dims[0] * blocks; i++) copy_block(job, i / blocks, i % blocks);
}

/* y: [n][blocks of all channels][pixels][block]; x[i]: [n][blocks of its own][pixels][block] */
static cc_status forward(cc_task *task) {
    cc_blocked_clear_filling(task->y, task->output_shape, task->output_block, task->dtype);
    for (int i = 0; i < task->input_count; i++)
        copy_input(&(copy_job){.task = task, .input = i, .whole = task->y, .part = (void *)task->x[i]});
    return CC_OK;
}

/* dx[i] = or += its channels of dy */
static cc_status backward(cc_task *task) {
    for (int i = 0; i < task->input_count; i++) {
        if (!task->dx[i]) continue;
        if (!task->accumulate[i])
            cc_blocked_clear_filling(task->dx[i], task->input_shapes[i], task->input_blocks[i], task->dtype);
        copy_input(&(copy_job){.task = task,
                               .input = i,
                               .backward = true,
                               .add = task->accumulate[i],
                               .whole = (void *)task->dy,
                               .part = task->dx[i]});
    }
    return CC_OK;
}

const cc_kernel cc_concat_cpu = {.plan = plan, .forward = forward, .backward = backward, .accumulates = true};
