#include "nets/cuda/kernels.cuh"

using namespace cc;

extern "C" const cc_kernel cc_concat_cuda;

namespace { /* files have names in common */

/* `channels` of each row from one matrix to another. */
template <class T, int N>
__global__ void copy_channels(void *to, int64_t to_channels, int64_t to_first, const void *from,
                              int64_t from_channels, int64_t from_first, int64_t channels, int64_t packs,
                              bool add) {
    int64_t i = global_index(), row = i / (channels / N), c = i % (channels / N) * N;
    if (i >= packs) return;
    int64_t at = (row * to_channels + to_first + c) / N;
    pack<T, N> p = load<T, N>(from, (row * from_channels + from_first + c) / N), before = p;
    if (add) before = load<T, N>(to, at);
    for (int k = 0; add && k < N; k++) p.v[k] = from_float<T>(to_float(before.v[k]) + to_float(p.v[k]));
    store(to, at, p);
}

static int64_t channels_before(const cc_task *task, int input) {
    int64_t sum = 0;
    for (int i = 0; i < input; i++) sum += task->input_shapes[i]->dims[1];
    return sum;
}

struct concat_run {
    const cc_task *task;
    int input;
    bool back;
    template <class T, int N> void run() const {
        int64_t all = task->output_shape->dims[1], mine = task->input_shapes[input]->dims[1],
                first = channels_before(task, input), packs = cc_shape_count(task->input_shapes[input]) / N;
        auto copy = copy_channels<T, N>;
        dim3 grid(blocks_for(packs)), block(THREADS);
        if (back)
            CC_LAUNCH(copy, grid, block, task->dx[input], mine, 0, task->dy, all, first, mine, packs,
                      task->accumulate[input]);
        else
            CC_LAUNCH(copy, grid, block, task->y, all, first, task->x[input], mine, 0, mine, packs, false);
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->output_shape->dims[1];
    return CC_OK;
}

/* A pack must fit all that is joined. */
static cc_status run(const cc_task *task, bool back) {
    for (int i = 0; i < task->input_count; i++) {
        int64_t odd = 0;
        for (int k = 0; k < task->input_count; k++) odd |= task->input_shapes[k]->dims[1];
        if (!back || task->dx[i]) dispatch(task->dtype, odd, concat_run{task, i, back});
    }
    return cc_cuda_check("concat");
}

static cc_status forward(cc_task *task) {
    return run(task, false);
}

static cc_status backward(cc_task *task) {
    return run(task, true);
}

} // namespace

const cc_kernel cc_concat_cuda = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
