#include "nets/cuda/sweep.cuh"

using namespace cc;

extern "C" const cc_kernel cc_concat_cuda;

namespace { /* files have names in common */

/* Some lanes of each row from one matrix to another. */
template <class T, int N> struct copy_lanes {
    enum { UNROLL = 4, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> from, before;
    };
    void *to;
    int64_t to_lanes, to_first;
    const void *from;
    int64_t from_lanes, from_first;
    bool adds;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t row, int64_t lane) const {
        p.from = load<T, N>(from, row * from_lanes + from_first + lane);
        if (adds) p.before = load<T, N>(to, row * to_lanes + to_first + lane);
    }
    __device__ void put(packs &p, constants, int64_t row, int64_t lane) const {
        float sum[N];
        for (int k = 0; adds && k < N; k++) sum[k] = to_float(p.before.v[k]) + to_float(p.from.v[k]);
        if (adds) p.from = narrow<T>(sum);
        store(to, row * to_lanes + to_first + lane, p.from);
    }
};

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
        const cc_shape *shape = task->input_shapes[input];
        int64_t all = task->output_shape->dims[1] / N, mine = shape->dims[1] / N,
                first = channels_before(task, input) / N;
        sweep s = sweep_of(1, shape->dims[0] * cc_shape_pixels(shape), mine);
        if (back)
            sweep_run(s, copy_lanes<T, N>{task->dx[input], mine, 0, task->dy, all, first,
                                          task->accumulate[input]});
        else
            sweep_run(s, copy_lanes<T, N>{task->y, all, first, task->x[input], mine, 0, false});
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
