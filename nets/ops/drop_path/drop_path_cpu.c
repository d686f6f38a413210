#include "core/hot.h"
#include "nets/kernel.h"
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

CC_HOT static void add_scaled(float *restrict y, const float *restrict x, const float *restrict residual,
                              int64_t count, float scale) {
    for (int64_t i = 0; i < count; i++) y[i] = x[i] * scale + residual[i];
}

CC_HOT static void scale_gradient(float *restrict dx, const float *restrict dy, int64_t count, float scale,
                                  bool add) {
    if (add)
        for (int64_t i = 0; i < count; i++) dx[i] += dy[i] * scale;
    else
        for (int64_t i = 0; i < count; i++) dx[i] = dy[i] * scale;
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
        add_scaled(task->y + c.start, task->x[0] + c.start, task->x[1] + c.start, c.count, scales[c.sample]);
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
            if (task->dx[k])
                scale_gradient(task->dx[k] + c.start, task->dy + c.start, c.count,
                               k == 0 ? scales[c.sample] : 1, task->accumulate[k]);
    }
    return CC_OK;
}

const cc_kernel cc_drop_path_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
