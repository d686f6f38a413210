/* nets/ops/activation/activation_cuda.cu -- activations elementwise: y = f(x), dx = dy f'(x). The layout
 * does not matter, so that values are taken as one row of packs (map_rows.cuh). */
#include "nets/backends/cuda/map_rows.cuh"

using namespace cc;

extern "C" const cc_kernel cc_activation_cuda;

namespace activation_cuda {

/* y = f(x) */
template <class T, int N> struct forward_values {
    enum { UNROLL = 4, REVERSED = false };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    void *y;
    const void *x;
    activation f;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const { p = load<T, N>(x, row); }
    __device__ void put(const packs &p, constants, int64_t row, int64_t) const {
        float v[N];
        widen(v, p);
        activate_all<T>(f, v);
        store(y, row, narrow<T>(v));
    }
};

/* dx = dy f'(x) */
template <class T, int N> struct backward_values {
    enum { UNROLL = 4, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> x, dy;
    };
    void *dx;
    const void *x, *dy;
    activation f;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.x = load<T, N>(x, row);
        p.dy = load<T, N>(dy, row);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t) const {
        float z[N], g[N];
        widen(z, p.x);
        widen(g, p.dy);
        slope_all<T>(g, f, z);
        store(dx, row, narrow<T>(g));
    }
};

/* All values, whatever their channels: count / N packs. */
struct activation_run {
    const cc_task *task;
    int64_t count;
    activation f;
    bool back;
    template <class T, int N> void run() const {
        if (back)
            map_rows(row_map_flat(count / N), backward_values<T, N>{task->dx[0], task->x[0], task->dy, f});
        else
            map_rows(row_map_flat(count / N), forward_values<T, N>{task->y, task->x[0], f});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static cc_status run(const cc_task *task, bool back) {
    int64_t count = cc_shape_count(task->output_shape);
    const cc_activation_attr *a = (const cc_activation_attr *)task->attr;
    const activation f(a->kind, (float)a->slope);
    dispatch(task->dtype, count, activation_run{task, count, f, back});
    return cc_cuda_check("activation");
}

static cc_status forward(cc_task *task) {
    return run(task, false);
}

static cc_status backward(cc_task *task) {
    return task->dx[0] ? run(task, true) : CC_OK;
}

} // namespace activation_cuda

const cc_kernel cc_activation_cuda = {.plan = activation_cuda::plan,
                                      .forward = activation_cuda::forward,
                                      .backward = activation_cuda::backward};
