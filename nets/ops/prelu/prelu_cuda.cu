/* nets/ops/prelu/prelu_cuda.cu -- PReLU in N,pixels,C: elementwise both ways; the slope's gradient is a
 * reduction over the rows for each channel (sum_rows.cuh), then one block's sum over the channels. The slope
 * is read from the device's memory, where a training step has changed it. */
#include "nets/backends/cuda/sum_rows.cuh"

extern "C" {
#include "nets/ops/prelu/prelu.h"
}

using namespace cc;

extern "C" const cc_kernel cc_prelu_cuda;

namespace prelu_cuda {

/* y = x > 0 ? x : slope x */
template <class T, int N> struct forward_values {
    enum { UNROLL = 4, REVERSED = false };
    typedef float constants;
    typedef pack<T, N> packs;
    void *y;
    const void *x;
    const float *slope;
    __device__ constants prepare(int64_t, int64_t) const { return slope[0]; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const { p = load<T, N>(x, row); }
    __device__ void put(const packs &p, constants s, int64_t row, int64_t) const {
        float v[N];
        widen(v, p);
        for (int k = 0; k < N; k++) v[k] = v[k] > 0 ? v[k] : v[k] * s;
        store(y, row, narrow<T>(v));
    }
};

template <class T, int N> struct two_packs { pack<T, N> x, dy; };

/* dx = x > 0 ? dy : slope dy */
template <class T, int N> struct backward_values {
    enum { UNROLL = 4, REVERSED = false };
    typedef float constants;
    typedef two_packs<T, N> packs;
    void *dx;
    const void *x, *dy;
    const float *slope;
    __device__ constants prepare(int64_t, int64_t) const { return slope[0]; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.x = load<T, N>(x, row);
        p.dy = load<T, N>(dy, row);
    }
    __device__ void put(const packs &p, constants s, int64_t row, int64_t) const {
        float g[N];
        widen(g, p.dy);
        for (int k = 0; k < N; k++) g[k] = to_float(p.x.v[k]) > 0 ? g[k] : g[k] * s;
        store(dx, row, narrow<T>(g));
    }
};

/* Of each channel: the sum of dy x where x is not above zero. */
template <class T, int N> struct slope_sums {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 2 };
    typedef no_constants constants;
    typedef two_packs<T, N> packs;
    const void *x, *dy;
    double *sums;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t at) const {
        p.x = load<T, N>(x, at);
        p.dy = load<T, N>(dy, at);
    }
    __device__ void add(float (&sum)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) {
            float v = to_float(p.x.v[k]);
            sum[k] += v > 0 ? 0 : v * to_float(p.dy.v[k]);
        }
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
    __device__ void finish(int64_t, int64_t channel, const double *totals) const {
        sums[channel] = totals[0];
    }
};

/* One block. */
static __global__ void sum_channels(float *out, const double *sums, int64_t channels) {
    __shared__ double room[THREADS];
    double mine = 0;
    for (int64_t c = threadIdx.x; c < channels; c += THREADS) mine += sums[c];
    double total = block_sum(mine, room);
    if (threadIdx.x == 0) out[0] = (float)total;
}

static int64_t channels_of(const cc_task *task) {
    return task->output_shape->dims[1];
}
static int64_t rows_of(const cc_task *task) {
    return task->output_shape->dims[0] * cc_shape_pixels(task->output_shape);
}

/* scratch: the channels' sums, then the parts of sum_rows. */
static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training)
        task->scratch_bytes =
            (size_t)channels_of(task) * sizeof(double) +
            row_sum_bytes(1, rows_of(task), channels_of(task), task->dtype, 1, ROW_SUM_THREADS);
    return CC_OK;
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        map_rows(row_map_flat(cc_shape_count(task->output_shape) / N),
                 forward_values<T, N>{task->y, task->x[0], task->parameters[CC_PRELU_WEIGHT]->value});
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const cc_parameter_slot *slope = task->parameters[CC_PRELU_WEIGHT];
        double *sums = (double *)task->scratch;
        sum_rows<N>(sums + channels_of(task), 1, rows_of(task), channels_of(task) / N,
                    slope_sums<T, N>{task->x[0], task->dy, sums});
        CC_LAUNCH_TOGETHER(sum_channels, dim3(1), dim3(THREADS), slope->grad, sums, channels_of(task));
        if (task->dx[0])
            map_rows(row_map_flat(cc_shape_count(task->output_shape) / N),
                     backward_values<T, N>{task->dx[0], task->x[0], task->dy, slope->value});
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, cc_shape_count(task->output_shape), forward_run{task});
    return cc_cuda_check("prelu");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, channels_of(task), backward_run{task});
    return cc_cuda_check("prelu");
}

} // namespace prelu_cuda

const cc_kernel cc_prelu_cuda = {
    .plan = prelu_cuda::plan, .forward = prelu_cuda::forward, .backward = prelu_cuda::backward};
