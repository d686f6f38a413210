#include "nets/cuda/kernels.cuh"

using namespace cc;

extern "C" const cc_kernel cc_activation_cuda;

namespace { /* files have names in common */

template <class T, int N> __global__ void forward_values(void *y, const void *x, int64_t packs, int kind) {
    int64_t i = global_index();
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(x, i);
    for (int k = 0; k < N; k++) p.v[k] = from_float<T>(activate(kind, to_float(p.v[k])));
    store(y, i, p);
}

template <class T, int N>
__global__ void backward_values(void *dx, const void *x, const void *dy, int64_t packs, int kind) {
    int64_t i = global_index();
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(x, i), g = load<T, N>(dy, i);
    for (int k = 0; k < N; k++) p.v[k] = from_float<T>(to_float(g.v[k]) * slope(kind, to_float(p.v[k])));
    store(dx, i, p);
}

struct activation_run {
    const cc_task *task;
    int64_t count;
    int kind;
    bool back;
    template <class T, int N> void run() const {
        auto forward = forward_values<T, N>;
        auto backward = backward_values<T, N>;
        dim3 grid(blocks_for(count / N)), block(THREADS);
        if (back)
            CC_LAUNCH(backward, grid, block, task->dx[0], task->x[0], task->dy, count / N, kind);
        else
            CC_LAUNCH(forward, grid, block, task->y, task->x[0], count / N, kind);
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static cc_status run(const cc_task *task, bool back) {
    int64_t count = cc_shape_count(task->output_shape);
    int kind = ((const cc_activation_attr *)task->attr)->kind;
    dispatch(task->dtype, count, activation_run{task, count, kind, back});
    return cc_cuda_check("activation");
}

static cc_status forward(cc_task *task) {
    return run(task, false);
}

static cc_status backward(cc_task *task) {
    return task->dx[0] ? run(task, true) : CC_OK;
}

} // namespace

const cc_kernel cc_activation_cuda = {.plan = plan, .forward = forward, .backward = backward};
