/* nets/ops/batch_norm/batch_norm_cuda.cu -- batch normalisation with its activation and residual: each way a
 * reduction over the rows (sum_rows.cuh) and an elementwise pass that uses its sums (map_rows.cuh), or both
 * in one kernel where rows are few.
 *
 * Notation and equations are those of batch_norm.c. */
#include "nets/backends/cuda/norm_rows.cuh"

extern "C" {
#include "nets/ops/batch_norm/batch_norm.h"
}

using namespace cc;

extern "C" const cc_kernel cc_batch_norm_cuda;

namespace batch_norm_cuda {

/* The op's parameters and attributes. */
struct statistics {
    const float *weight, *bias;
    float *running_mean, *running_var;
    double epsilon, momentum;
};

/* What the elementwise pass needs of a channel. */
struct constants_of_channel {
    float mean, scale, shift;
};

/* The reduction of the forward pass: from the totals the channel's constants and running statistics. */
template <class T, int N> struct moments : moment_sums<T, N> {
    typedef constants_of_channel given;
    kept_constants k;
    statistics s;
    moments(const void *x, int64_t lanes, int64_t rows, kept_constants of, statistics from)
        : moment_sums<T, N>{x, lanes, rows}, k(of), s(from) {}
    __device__ given finish(int64_t, int64_t channel, const double *totals) const {
        double mean, squares, count = (double)this->rows;
        this->moments_of(mean, squares, 0, channel, totals);
        double unbiased = this->rows > 1 ? squares / (count - 1) : 0;
        s.running_mean[channel] = (float)((1 - s.momentum) * s.running_mean[channel] + s.momentum * mean);
        s.running_var[channel] = (float)((1 - s.momentum) * s.running_var[channel] + s.momentum * unbiased);
        set_constants(k, channel, mean, squares / count, s.epsilon, s.weight[channel], s.bias[channel]);
        return given{k.mean[channel], k.scale[channel], k.shift[channel]};
    }
};

/* The elementwise pass forward: y = f((x - mean) scale + shift [+ residual]). */
template <class T, int N> struct normalise {
    enum { UNROLL = 4, REVERSED = true };
    struct constants {
        float mean[N], scale[N], shift[N];
    };
    struct packs {
        pack<T, N> x, residual;
    };
    void *y;
    field f;
    bool trains;
    statistics s; /* where it does not */
    __device__ constants prepare(int64_t, int64_t lane) const {
        constants c;
        load_floats(c.mean, trains ? f.k.mean : s.running_mean, lane);
        load_floats(c.scale, trains ? f.k.scale : s.weight, lane);
        load_floats(c.shift, trains ? f.k.shift : s.bias, lane);
        if (trains) return c;
        float variance[N];
        load_floats(variance, s.running_var, lane);
        for (int i = 0; i < N; i++) c.scale[i] /= sqrtf(variance[i] + (float)s.epsilon);
        return c;
    }
    __device__ constants prepare_given(int64_t, const constants_of_channel *given) const {
        constants c;
        for (int i = 0; i < N; i++) {
            c.mean[i] = given[i].mean;
            c.scale[i] = given[i].scale;
            c.shift[i] = given[i].shift;
        }
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.x = load<T, N>(f.x, row * f.lanes + lane);
        if (f.residual) p.residual = load<T, N>(f.residual, row * f.lanes + lane);
    }
    __device__ void put(const packs &p, const constants &c, int64_t row, int64_t lane) const {
        float z[N], off[N];
        find_z<T>(z, off, p.x, p.residual, f.residual != nullptr, c.mean, c.scale, c.shift);
        activate_all<T>(f.after, z);
        store(y, row * f.lanes + lane, narrow<T>(z));
    }
};

struct channel_sums {
    float sum, dot;
};

/* The reduction of the backward pass: dbias and dweight. */
template <class T, int N, bool R> struct gradient_sums : gradient_part_sums<T, N, R> {
    typedef channel_sums given;
    float *dbias, *dweight;
    gradient_sums(float *of_bias, float *of_weight, const field &f)
        : gradient_part_sums<T, N, R>{f}, dbias(of_bias), dweight(of_weight) {}
    __device__ given finish(int64_t, int64_t channel, const double *totals) const {
        given out = {(float)totals[0], (float)(totals[1] * this->f.k.rstd[channel])};
        dbias[channel] = out.sum;
        dweight[channel] = out.dot;
        return out;
    }
};

/* The elementwise pass backward: dx = scale (g - sum / rows - h dot / rows), sum and dot being dbias and
 * dweight; dresidual = g. */
template <class T, int N, bool R> struct spread_gradient {
    enum { UNROLL = 2, REVERSED = true };
    struct constants {
        float mean[N], scale[N], shift[N], level[N], tilt[N];
    };
    typedef gradient_packs<T, N, R> packs;
    void *dx, *dresidual;
    bool add_dx, add_dresidual;
    const float *sum, *dot;
    float share; /* 1 / rows */
    field f;
    /* level = sum / rows, tilt = dot rstd / rows: dx = scale (g - level - (x - mean) tilt) */
    __device__ void complete(constants &c, int64_t lane) const {
        float rstd[N];
        load_floats(c.mean, f.k.mean, lane);
        load_floats(c.scale, f.k.scale, lane);
        load_floats(c.shift, f.k.shift, lane);
        load_floats(rstd, f.k.rstd, lane);
        for (int i = 0; i < N; i++) {
            c.level[i] *= share;
            c.tilt[i] *= share * rstd[i];
        }
    }
    __device__ constants prepare(int64_t, int64_t lane) const {
        constants c;
        load_floats(c.level, sum, lane);
        load_floats(c.tilt, dot, lane);
        complete(c, lane);
        return c;
    }
    __device__ constants prepare_given(int64_t lane, const channel_sums *given) const {
        constants c;
        for (int i = 0; i < N; i++) {
            c.level[i] = given[i].sum;
            c.tilt[i] = given[i].dot;
        }
        complete(c, lane);
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.read(f, row * f.lanes + lane);
    }
    __device__ static void write(void *to, int64_t at, float (&values)[N], bool add) {
        if (add) {
            pack<T, N> before = load<T, N>(to, at);
            for (int i = 0; i < N; i++) values[i] += to_float(before.v[i]);
        }
        store(to, at, narrow<T>(values));
    }
    __device__ void put(const packs &p, const constants &c, int64_t row, int64_t lane) const {
        int64_t at = row * f.lanes + lane;
        float z[N], off[N], g[N];
        find_z<T>(z, off, p.x, p.residual, R, c.mean, c.scale, c.shift);
        widen(g, p.dy);
        slope_all<T>(g, f.after, z);
        for (int i = 0; i < N; i++) off[i] = c.scale[i] * (g[i] - c.level[i] - off[i] * c.tilt[i]);
        if (dresidual) write(dresidual, at, g, add_dresidual);
        if (dx) write(dx, at, off, add_dx);
    }
};

static int64_t channels_of(const cc_task *task) {
    return task->output_shape->dims[1];
}
static int64_t rows_of(const cc_task *task) {
    return task->output_shape->dims[0] * cc_shape_pixels(task->output_shape);
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (!task->training) return CC_OK;
    task->saved_bytes = (size_t)(4 * channels_of(task)) * sizeof(float);
    if (fits_sum_then_map(rows_of(task))) return CC_OK;
    const int blocks[] = {ROW_SUM_THREADS, task->input_count == 2 ? RESIDUAL_BLOCK : GRADIENT_BLOCK};
    for (int threads : blocks) {
        size_t bytes = row_sum_bytes(1, rows_of(task), channels_of(task), task->dtype, 2, threads);
        if (bytes > task->scratch_bytes) task->scratch_bytes = bytes;
    }
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

static field field_of(const cc_task *task, int64_t lanes) {
    const cc_batch_norm_attr *a = (const cc_batch_norm_attr *)task->attr;
    return field{task->x[0],
                 task->input_count == 2 ? task->x[1] : nullptr,
                 task->dy,
                 constants_at(task->saved, channels_of(task)),
                 lanes,
                 0,
                 activation(a->activation, (float)a->slope)};
}

/* A reduction, and the elementwise pass that uses its sums. */
template <int N, class A, class B> static void run_both(const cc_task *task, const A &sums, const B &use) {
    int64_t rows = rows_of(task), lanes = channels_of(task) / N;
    if (fits_sum_then_map(rows)) {
        sum_then_map<N>(rows, lanes, sums, use);
    } else {
        sum_rows<N>((double *)task->scratch, 1, rows, lanes, sums);
        map_rows(row_map_of(1, rows, lanes), use);
    }
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        int64_t rows = rows_of(task), lanes = channels_of(task) / N;
        field f = field_of(task, lanes);
        statistics s = statistics_of(task);
        normalise<T, N> use = {task->y, f, task->training, s};
        if (task->training)
            run_both<N>(task, moments<T, N>{task->x[0], lanes, rows, f.k, s}, use);
        else
            map_rows(row_map_of(1, rows, lanes), use);
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        task->input_count == 2 ? run_for<T, N, true>() : run_for<T, N, false>();
    }
    template <class T, int N, bool R> void run_for() const {
        int64_t rows = rows_of(task), lanes = channels_of(task) / N;
        field f = field_of(task, lanes);
        float *dweight = task->parameters[CC_BATCH_NORM_WEIGHT]->grad,
              *dbias = task->parameters[CC_BATCH_NORM_BIAS]->grad;
        run_both<N>(task, gradient_sums<T, N, R>{dbias, dweight, f},
                    spread_gradient<T, N, R>{task->dx[0], task->dx[1], task->accumulate[0],
                                             task->accumulate[1], dbias, dweight, 1 / (float)rows, f});
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

} // namespace batch_norm_cuda

const cc_kernel cc_batch_norm_cuda = {.plan = batch_norm_cuda::plan,
                                      .forward = batch_norm_cuda::forward,
                                      .backward = batch_norm_cuda::backward,
                                      .accumulates = true};
