/* The draws are those of core/rng.h, made on the device from the step's numbers, so that a recorded step
 * draws anew each time. */
#include "nets/cuda/kernels.cuh"

extern "C" {
#include "core/rng.h"
#include "nets/ops/drop_path/drop_path.h"
}

using namespace cc;

extern "C" const cc_kernel cc_drop_path_cuda;

namespace { /* files have names in common */

/* Number `index` of the stream (seed, purpose, epoch, sample): Philox4x64-10 (core/rng.h). */
__device__ static uint64_t philox(uint64_t seed, uint64_t purpose, uint64_t epoch, uint64_t sample,
                                  uint64_t index) {
    uint64_t key[2] = {seed, purpose}, v[4] = {index / 4, epoch, sample, 0};
    for (int round = 0; round < 10; round++) {
        uint64_t high0 = __umul64hi(0xD2E7470EE14C6C93ull, v[0]), low0 = 0xD2E7470EE14C6C93ull * v[0],
                 high1 = __umul64hi(0xCA5A826395121157ull, v[2]), low1 = 0xCA5A826395121157ull * v[2];
        v[0] = high1 ^ v[1] ^ key[0];
        v[1] = low1;
        v[2] = high0 ^ v[3] ^ key[1];
        v[3] = low0;
        key[0] += 0x9E3779B97F4A7C15ull;
        key[1] += 0xBB67AE8584CAA73Bull;
    }
    return v[index % 4];
}

static __global__ void draw_scales(float *scales, int64_t n, const cc_draw *draw, double rate,
                                   uint64_t block) {
    int64_t i = global_index();
    if (i >= n) return;
    uint64_t bits = philox(draw->seed, CC_PURPOSE_DROP_PATH, (uint64_t)draw->step, block, (uint64_t)i);
    scales[i] = (double)(bits >> 11) * 0x1.0p-53 < rate ? 0 : (float)(1 / (1 - rate));
}

/* scales is NULL where they are 1; `each`: packs of a sample. */
template <class T, int N>
__global__ void join(void *y, const void *x, const void *residual, const float *scales, int64_t each,
                     int64_t packs) {
    int64_t i = global_index();
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(x, i), r = load<T, N>(residual, i);
    float s = scales ? scales[i / each] : 1;
    for (int k = 0; k < N; k++) p.v[k] = from_float<T>(to_float(p.v[k]) * s + to_float(r.v[k]));
    store(y, i, p);
}

template <class T, int N>
__device__ void put_scaled(void *to, int64_t i, const pack<T, N> &g, float s, bool add) {
    pack<T, N> p;
    if (add) p = load<T, N>(to, i);
    for (int k = 0; k < N; k++)
        p.v[k] = from_float<T>(add ? to_float(p.v[k]) + to_float(g.v[k]) * s : to_float(g.v[k]) * s);
    store(to, i, p);
}

struct parted { /* where the gradient goes */
    void *dx, *dresidual;
    bool add_dx, add_dresidual;
};

template <class T, int N>
__global__ void part(parted o, const void *dy, const float *scales, int64_t each, int64_t packs) {
    int64_t i = global_index();
    if (i >= packs) return;
    pack<T, N> g = load<T, N>(dy, i);
    if (o.dx) put_scaled(o.dx, i, g, scales[i / each], o.add_dx);
    if (o.dresidual) put_scaled(o.dresidual, i, g, 1, o.add_dresidual);
}

struct drop_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        int64_t packs = cc_shape_count(task->output_shape) / N, each = packs / task->output_shape->dims[0];
        float *scales = (float *)task->saved;
        auto forward = join<T, N>;
        auto backward = part<T, N>;
        parted o = {task->dx[0], task->dx[1], task->accumulate[0], task->accumulate[1]};
        if (back)
            CC_LAUNCH(backward, dim3(blocks_for(packs)), dim3(THREADS), o, task->dy, scales, each, packs);
        else
            CC_LAUNCH(forward, dim3(blocks_for(packs)), dim3(THREADS), task->y, task->x[0], task->x[1],
                      scales, each, packs);
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = (size_t)task->output_shape->dims[0] * sizeof(float);
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    const cc_drop_path_attr *a = (const cc_drop_path_attr *)task->attr;
    int64_t n = task->output_shape->dims[0];
    if (task->training)
        CC_LAUNCH(draw_scales, dim3(blocks_for(n)), dim3(THREADS), (float *)task->saved, n, task->draw,
                  a->rate, (uint64_t)a->block);
    dispatch(task->dtype, task->output_shape->dims[1], drop_run{task, false});
    return cc_cuda_check("drop path");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], drop_run{task, true});
    return cc_cuda_check("drop path");
}

} // namespace

const cc_kernel cc_drop_path_cuda = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
