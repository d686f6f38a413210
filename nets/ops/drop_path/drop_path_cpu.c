#include "core/hot.h"
#include "nets/cpu/lanes.h"
#include "nets/ops/drop_path/drop_path.h"

enum { CHUNK = 16384 };

extern const cc_kernel cc_drop_path_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    task->scratch_bytes = (size_t)task->output_shape->dims[0] * sizeof(float);
    if (task->input_blocks[1] != task->output_block)
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "the residual has another layout than x");
    return CC_OK;
}

/* Chunk number `which` of a buffer whose samples are cut into chunks of their own. */
typedef struct chunk {
    int64_t start, count, sample;
} chunk;

static int64_t sample_count(const cc_task *task) {
    return cc_blocked_count(task->output_shape, task->output_block) / task->output_shape->dims[0];
}

static int64_t chunks(const cc_task *task) {
    return (sample_count(task) + CHUNK - 1) / CHUNK;
}

static chunk chunk_at(const cc_task *task, int64_t which) {
    int64_t each = sample_count(task), first = which % chunks(task) * CHUNK;
    return (chunk){.start = which / chunks(task) * each + first,
                   .count = each - first < CHUNK ? each - first : CHUNK,
                   .sample = which / chunks(task)};
}

/* y = x * scale + residual */
CC_INLINE void add_scaled(void *y, const void *x, const void *residual, chunk c, float scale,
                          cc_dtype dtype) {
    for (int64_t i = c.start; i < c.start + c.count; i++)
        cc_store(y, i, cc_load(x, i, dtype) * scale + cc_load(residual, i, dtype), dtype);
}

CC_INLINE void scale_gradient(void *dx, const void *dy, chunk c, float scale, bool add, cc_dtype dtype) {
    for (int64_t i = c.start; i < c.start + c.count; i++)
        cc_store(dx, i, cc_load(dy, i, dtype) * scale + (add ? cc_load(dx, i, dtype) : 0), dtype);
}

CC_HOT static void forward_chunk(const cc_task *task, chunk c, float scale) {
    if (task->dtype == CC_F32)
        add_scaled(task->y, task->x[0], task->x[1], c, scale, CC_F32);
    else
        add_scaled(task->y, task->x[0], task->x[1], c, scale, CC_BF16);
}

CC_HOT static void backward_chunk(const cc_task *task, int input, chunk c, float scale) {
    if (task->dtype == CC_F32)
        scale_gradient(task->dx[input], task->dy, c, scale, task->accumulate[input], CC_F32);
    else
        scale_gradient(task->dx[input], task->dy, c, scale, task->accumulate[input], CC_BF16);
}

static const float *draw_scales(const cc_task *task) {
    cc_drop_path_scales(task->scratch, task->output_shape->dims[0], task->attr, task->training, task->draw);
    return task->scratch;
}

static cc_status forward(cc_task *task) {
    const float *scales = draw_scales(task);
    int64_t all = task->output_shape->dims[0] * chunks(task);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < all; i++) {
        chunk c = chunk_at(task, i);
        forward_chunk(task, c, scales[c.sample]);
    }
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    const float *scales = draw_scales(task);
    int64_t all = task->output_shape->dims[0] * chunks(task);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < all; i++) {
        chunk c = chunk_at(task, i);
        for (int k = 0; k < 2; k++)
            if (task->dx[k]) backward_chunk(task, k, c, k == 0 ? scales[c.sample] : 1);
    }
    return CC_OK;
}

const cc_kernel cc_drop_path_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
