/* Batch normalisation with its activation and residual: two sweeps over memory each way.
 *
 * Sums of a part are taken about the channel's value in the part's first row, and the parts' means merged
 * (Chan, Golub & LeVeque 1983), so that a large mean costs no precision. */
#include "nets/cuda/columns.cuh"

extern "C" {
#include "nets/ops/batch_norm/batch_norm.h"
}

using namespace cc;

extern "C" const cc_kernel cc_batch_norm_cuda;

namespace { /* files have names in common */

struct constants { /* by channel: z = (x - mean) * scale + shift; shift holds what mean lost by rounding */
    float *mean, *rstd, *scale, *shift;
};

template <class T, int N> struct about_first_row {
    const void *x;
    int64_t channels;
    __device__ void operator()(float *first, float *second, int64_t origin, int64_t row,
                               int64_t channel) const {
        pack<T, N> p = load<T, N>(x, (row * channels + channel) / N),
                   o = load<T, N>(x, (origin * channels + channel) / N);
        for (int k = 0; k < N; k++) {
            float d = to_float(p.v[k]) - to_float(o.v[k]);
            first[k] += d;
            second[k] += d * d;
        }
    }
};

struct statistics {
    const float *weight, *bias;
    float *running_mean, *running_var;
    double epsilon, momentum;
};

__device__ static void set_constants(constants k, int64_t c, const statistics &s, double mean, double var) {
    float rstd = (float)(1 / sqrt(var + s.epsilon)), scale = s.weight[c] * rstd;
    k.mean[c] = (float)mean;
    k.rstd[c] = rstd;
    k.scale[c] = scale;
    k.shift[c] = s.bias[c] + (float)((double)(float)mean - mean) * scale;
}

template <class T>
__global__ void use_batch(constants k, const double *parts, columns c, const void *x, statistics s) {
    __shared__ double room[THREADS];
    int64_t channel = blockIdx.x * (int64_t)MERGE_ACROSS + threadIdx.x % MERGE_ACROSS;
    bool inside = channel < c.channels;
    int64_t at = inside ? channel : 0, n = inside ? c.parts : 0;
    const double *from = parts + at;
    auto size = [=](int64_t p) {
        int64_t left = c.rows - p * c.per_part;
        return (double)(left < c.per_part ? left : c.per_part);
    };
    auto mean_of = [=](int64_t p) {
        return to_float(((const T *)x)[p * c.per_part * c.channels + at]) +
               from[p * 2 * c.channels] / size(p);
    };
    double count = (double)c.rows;
    double mean = merge_parts(room, n, [=](int64_t p) { return size(p) * mean_of(p); }) / count;
    double squares = merge_parts(room, n, [=](int64_t p) {
        double sum = from[p * 2 * c.channels], off = mean_of(p) - mean;
        return from[(p * 2 + 1) * c.channels] - sum * sum / size(p) + size(p) * off * off;
    });
    if (!inside || threadIdx.x >= MERGE_ACROSS) return;
    if (squares < 0) squares = 0;
    double unbiased = count > 1 ? squares / (count - 1) : 0;
    set_constants(k, channel, s, mean, squares / count);
    s.running_mean[channel] = (float)((1 - s.momentum) * s.running_mean[channel] + s.momentum * mean);
    s.running_var[channel] = (float)((1 - s.momentum) * s.running_var[channel] + s.momentum * unbiased);
}

static __global__ void use_running(constants k, int64_t channels, statistics s) {
    int64_t c = global_index();
    if (c < channels) set_constants(k, c, s, s.running_mean[c], s.running_var[c]);
}

struct field { /* what both passes read */
    const void *x, *residual, *dy;
    constants k;
    int64_t channels;
    int kind;
};

template <class T, int N> __global__ void normalise(void *y, field f, int64_t packs) {
    int64_t i = global_index(), c = i * N % f.channels;
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(f.x, i), r = f.residual ? load<T, N>(f.residual, i) : p;
    for (int j = 0; j < N; j++) {
        float z = (to_float(p.v[j]) - f.k.mean[c + j]) * f.k.scale[c + j] + f.k.shift[c + j];
        if (f.residual) z += to_float(r.v[j]);
        p.v[j] = from_float<T>(activate(f.kind, z));
    }
    store(y, i, p);
}

/* g = dy f'(z), and h = (x - mean) * rstd. */
template <class T, int N>
__device__ void gradients(float *g, float *h, const field &f, int64_t i, int64_t c) {
    pack<T, N> p = load<T, N>(f.x, i), d = load<T, N>(f.dy, i),
               r = f.residual ? load<T, N>(f.residual, i) : p;
    for (int j = 0; j < N; j++) {
        float off = to_float(p.v[j]) - f.k.mean[c + j], z = off * f.k.scale[c + j] + f.k.shift[c + j];
        if (f.residual) z += to_float(r.v[j]);
        g[j] = to_float(d.v[j]) * slope(f.kind, z);
        h[j] = off * f.k.rstd[c + j];
    }
}

template <class T, int N> struct gradient_sums {
    field f;
    __device__ void operator()(float *first, float *second, int64_t, int64_t row, int64_t channel) const {
        float g[N], h[N];
        gradients<T, N>(g, h, f, (row * f.channels + channel) / N, channel);
        for (int j = 0; j < N; j++) {
            first[j] += g[j];
            second[j] += g[j] * h[j];
        }
    }
};

struct outputs {
    void *dx, *dresidual;
    bool add_dx, add_dresidual;
    const float *sum, *dot; /* of g and of g h, by channel */
    float share;            /* 1 / rows */
};

template <class T, int N> __device__ void put_values(void *to, int64_t i, const float *values, bool add) {
    pack<T, N> p;
    if (add) p = load<T, N>(to, i);
    for (int j = 0; j < N; j++) p.v[j] = from_float<T>(add ? to_float(p.v[j]) + values[j] : values[j]);
    store(to, i, p);
}

template <class T, int N> __global__ void spread_gradient(outputs o, field f, int64_t packs) {
    int64_t i = global_index(), c = i * N % f.channels;
    if (i >= packs) return;
    float g[N], h[N];
    gradients<T, N>(g, h, f, i, c);
    if (o.dresidual) put_values<T, N>(o.dresidual, i, g, o.add_dresidual);
    if (!o.dx) return;
    for (int j = 0; j < N; j++)
        g[j] = f.k.scale[c + j] * (g[j] - o.sum[c + j] * o.share - h[j] * (o.dot[c + j] * o.share));
    put_values<T, N>(o.dx, i, g, o.add_dx);
}

static int64_t channels_of(const cc_task *task) {
    return task->output_shape->dims[1];
}
static int64_t rows_of(const cc_task *task) {
    return task->output_shape->dims[0] * cc_shape_pixels(task->output_shape);
}

static constants constants_at(void *memory, int64_t n) {
    float *at = (float *)memory;
    return constants{at, at + n, at + 2 * n, at + 3 * n};
}

static cc_status plan(cc_task *task) {
    size_t vectors = (size_t)(4 * channels_of(task)) * sizeof(float);
    task->output_block = task->input_blocks[0];
    task->scratch_bytes = vectors;
    if (!task->training) return CC_OK;
    task->saved_bytes = vectors;
    task->scratch_bytes = columns_bytes(1, rows_of(task), channels_of(task), task->dtype);
    return CC_OK;
}

static statistics statistics_of(const cc_task *task) {
    const cc_batch_norm_attr *a = (const cc_batch_norm_attr *)task->attr;
    cc_parameter_slot *const *p = task->parameters;
    return statistics{p[CC_BATCH_NORM_WEIGHT]->value,
                      p[CC_BATCH_NORM_BIAS]->value,
                      p[CC_BATCH_NORM_MEAN]->value,
                      p[CC_BATCH_NORM_VAR]->value,
                      a->epsilon,
                      a->momentum};
}

static field field_of(const cc_task *task) {
    const cc_batch_norm_attr *a = (const cc_batch_norm_attr *)task->attr;
    return field{
        task->x[0],        task->input_count == 2 ? task->x[1] : nullptr,
        task->dy,          constants_at(task->training ? task->saved : task->scratch, channels_of(task)),
        channels_of(task), a->activation};
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        int64_t channels = channels_of(task), packs = rows_of(task) * channels / N;
        field f = field_of(task);
        if (task->training) {
            columns c = columns_of(1, rows_of(task), channels, N);
            double *parts = (double *)task->scratch;
            columns_run<N>(parts, c, about_first_row<T, N>{task->x[0], channels});
            auto merge = use_batch<T>;
            CC_LAUNCH_TOGETHER(merge, dim3(merge_blocks(channels)), dim3(THREADS), f.k, parts, c, task->x[0],
                               statistics_of(task));
        } else {
            CC_LAUNCH(use_running, dim3(blocks_for(channels)), dim3(THREADS), f.k, channels,
                      statistics_of(task));
        }
        auto apply = normalise<T, N>;
        CC_LAUNCH(apply, dim3(blocks_for(packs)), dim3(THREADS), task->y, f, packs);
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        int64_t channels = channels_of(task), packs = rows_of(task) * channels / N;
        field f = field_of(task);
        columns c = columns_of(1, rows_of(task), channels, N);
        float *dweight = task->parameters[CC_BATCH_NORM_WEIGHT]->grad,
              *dbias = task->parameters[CC_BATCH_NORM_BIAS]->grad;
        columns_run<N>((double *)task->scratch, c, gradient_sums<T, N>{f});
        CC_LAUNCH_TOGETHER(columns_totals, dim3(merge_blocks(channels)), dim3(THREADS), dbias, dweight,
                           (const double *)task->scratch, c, 1.0);
        outputs o = {task->dx[0], task->dx[1], task->accumulate[0],     task->accumulate[1],
                     dbias,       dweight,     1 / (float)rows_of(task)};
        if (!o.dx && !o.dresidual) return;
        auto spread = spread_gradient<T, N>;
        CC_LAUNCH(spread, dim3(blocks_for(packs)), dim3(THREADS), o, f, packs);
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, channels_of(task), forward_run{task});
    return cc_cuda_check("batch norm");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, channels_of(task), backward_run{task});
    return cc_cuda_check("batch norm");
}

} // namespace

const cc_kernel cc_batch_norm_cuda = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
