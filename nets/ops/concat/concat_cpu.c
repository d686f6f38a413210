/* Where every input has the output's block and, but for the last, whole blocks, its part of the output is one
 * run of memory for each n; otherwise channels are copied one by one between the layouts. */
#include <string.h>
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

static bool is_run(const cc_task *task, int input) {
    int64_t block = task->output_block;
    bool last = input == task->input_count - 1;
    return task->input_blocks[input] == block && first_channel(task, input) % block == 0 &&
           (last || task->input_shapes[input]->dims[1] % block == 0);
}

static void move(float *to, const float *from, int64_t count, bool add) {
    if (!add) {
        memcpy(to, from, (size_t)count * sizeof *to);
        return;
    }
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/* One pixel row of one channel between two blocked layouts. */
static float *channel_at(float *base, const cc_shape *shape, int64_t block, int64_t n, int64_t channel) {
    int64_t pixels = cc_shape_pixels(shape);
    return base + ((n * cc_blocks(shape, block) + channel / block) * pixels) * block + channel % block;
}

typedef struct copy_job {
    bool backward, add;
    int input;
    float *whole, *part;
} copy_job;

static void copy_run(const cc_task *task, const copy_job *job, int64_t n) {
    const cc_shape *part = task->input_shapes[job->input], *whole = task->output_shape;
    int64_t pixels = cc_shape_pixels(whole), block = task->output_block;
    int64_t count = cc_blocks(part, block) * block * pixels;
    float *a =
        job->whole + n * cc_blocks(whole, block) * block * pixels + first_channel(task, job->input) * pixels;
    float *b = job->part + n * count;
    if (job->backward)
        move(b, a, count, job->add);
    else
        move(a, b, count, false);
}

static void copy_channels(const cc_task *task, const copy_job *job, int64_t n) {
    const cc_shape *part = task->input_shapes[job->input], *whole = task->output_shape;
    int64_t block = task->output_block, part_block = task->input_blocks[job->input],
            before = first_channel(task, job->input);
    for (int64_t c = 0; c < part->dims[1]; c++) {
        float *a = channel_at(job->whole, whole, block, n, before + c),
              *b = channel_at(job->part, part, part_block, n, c);
        for (int64_t i = 0, pixels = cc_shape_pixels(whole); i < pixels; i++) {
            if (!job->backward)
                a[i * block] = b[i * part_block];
            else
                b[i * part_block] = a[i * block] + (job->add ? b[i * part_block] : 0);
        }
    }
}

/* The filling of a last block that channel-wise copies do not reach. */
static void clear_filling(float *base, const cc_shape *shape, int64_t block) {
    for (int64_t n = 0; n < shape->dims[0]; n++)
        for (int64_t c = shape->dims[1]; c < cc_blocks(shape, block) * block; c++) {
            float *a = channel_at(base, shape, block, n, c);
            for (int64_t i = 0, pixels = cc_shape_pixels(shape); i < pixels; i++) a[i * block] = 0;
        }
}

static void copy_input(const cc_task *task, const copy_job *job) {
    bool run = is_run(task, job->input);
    if (!run && job->backward)
        clear_filling(job->part, task->input_shapes[job->input], task->input_blocks[job->input]);
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < task->output_shape->dims[0]; n++) {
        if (run)
            copy_run(task, job, n);
        else
            copy_channels(task, job, n);
    }
}

static cc_status forward(cc_task *task) {
    for (int i = 0; i < task->input_count; i++) {
        if (!is_run(task, i)) clear_filling(task->y, task->output_shape, task->output_block);
        copy_input(task, &(copy_job){.input = i, .whole = task->y, .part = (float *)task->x[i]});
    }
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    for (int i = 0; i < task->input_count; i++)
        if (task->dx[i])
            copy_input(task, &(copy_job){.backward = true,
                                         .add = task->accumulate[i],
                                         .input = i,
                                         .whole = (float *)task->dy,
                                         .part = task->dx[i]});
    return CC_OK;
}

const cc_kernel cc_concat_cpu = {.plan = plan, .forward = forward, .backward = backward, .accumulates = true};
