/* nets/ops/drop_path/drop_path_cpu.c -- stochastic depth: the samples' scales are drawn into scratch, in
 * both passes anew; then samples are cut into pieces that fit into the nearest cache. */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/drop_path/drop_path.h"

enum { CHUNK = CC_PIECE };

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

/* Values of a sample, the filling channels included. */
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

/* y = x s_n + residual */
static cc_status forward(cc_task *task) {
    const float *scales = draw_scales(task);
    int64_t all = task->output_shape->dims[0] * chunks(task);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < all; i++) {
        chunk c = chunk_at(task, i);
        float x_room[CHUNK], residual_room[CHUNK], y_room[CHUNK],
            *y = cc_values_room(y_room, task->y, c.start, task->dtype);
        add_scaled(y, cc_values_read(x_room, task->x[0], c.start, c.count, task->dtype),
                   cc_values_read(residual_room, task->x[1], c.start, c.count, task->dtype), c.count,
                   scales[c.sample]);
        cc_values_write(task->y, c.start, y, c.count, task->dtype);
    }
    return CC_OK;
}

/* dx = or += dy * scale, of one chunk of one input. */
static void scale_chunk(const cc_task *task, int input, const chunk *c, float scale) {
    float dx_room[CHUNK], dy_room[CHUNK],
        *dx = cc_values_room(dx_room, task->dx[input], c->start, task->dtype);
    if (task->accumulate[input]) cc_values_read(dx, task->dx[input], c->start, c->count, task->dtype);
    scale_gradient(dx, cc_values_read(dy_room, task->dy, c->start, c->count, task->dtype), c->count, scale,
                   task->accumulate[input]);
    cc_values_write(task->dx[input], c->start, dx, c->count, task->dtype);
}

/* dx = dy s_n, dresidual = dy */
static cc_status backward(cc_task *task) {
    const float *scales = draw_scales(task);
    int64_t all = task->output_shape->dims[0] * chunks(task);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < all; i++) {
        chunk c = chunk_at(task, i);
        for (int k = 0; k < 2; k++)
            if (task->dx[k]) scale_chunk(task, k, &c, k == 0 ? scales[c.sample] : 1);
    }
    return CC_OK;
}

const cc_kernel cc_drop_path_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
