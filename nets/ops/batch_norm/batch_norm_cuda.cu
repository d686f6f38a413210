/* Batch normalisation with its activation and residual: two sweeps over memory each way, in one kernel where
 * rows are few.
 *
 * Sums of a part are taken about the channel's value in one of its rows, then moved to one value for all
 * parts in float64 (Chan, Golub & LeVeque 1983), so that a large mean costs no precision. */
#include "nets/cuda/strips.cuh"

extern "C" {
#include "nets/ops/batch_norm/batch_norm.h"
}

using namespace cc;

extern "C" const cc_kernel cc_batch_norm_cuda;

namespace { /* files have names in common */

/* By channel: z = (x - mean) * scale + shift; shift holds what mean lost by rounding. */
struct kept_constants {
    float *mean, *rstd, *scale, *shift;
};

struct statistics {
    const float *weight, *bias;
    float *running_mean, *running_var;
    double epsilon, momentum;
};

__device__ static void set_constants(kept_constants k, int64_t c, const statistics &s, double mean,
                                     double var) {
    float rstd = (float)(1 / sqrt(var + s.epsilon)), scale = s.weight[c] * rstd;
    k.mean[c] = (float)mean;
    k.rstd[c] = rstd;
    k.scale[c] = scale;
    k.shift[c] = s.bias[c] + (float)((double)(float)mean - mean) * scale;
}

/* A row from the middle: at borders padding makes values odd. */
__device__ static int64_t middle_row(int64_t rows) {
    return rows / 2 + rows / 7 < rows ? rows / 2 + rows / 7 : 0;
}

template <class T, int N> struct moments {
    enum { SUMS = 2, UNROLL = 4, WHOLE = false };
    struct constants {
        float origin[N], base[N]; /* of the part and of all */
    };
    typedef pack<T, N> packs;
    const void *x;
    int64_t lanes, rows;
    kept_constants k;
    statistics s;
    __device__ constants prepare(int64_t, int64_t first, int64_t lane) const {
        constants c;
        if (first == 0) first = middle_row(rows);
        widen(c.origin, load<T, N>(x, first * lanes + lane));
        widen(c.base, load<T, N>(x, middle_row(rows) * lanes + lane));
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(x, row * lanes + lane);
    }
    __device__ void add(float (&sums)[2 * N], const packs &p, const constants &c) const {
        for (int i = 0; i < N; i++) {
            float d = to_float(p.v[i]) - c.origin[i];
            sums[i] += d;
            sums[N + i] += d * d;
        }
    }
    __device__ void settle(double *sums, int i, const constants &c, int64_t size) const {
        double off = (double)c.origin[i] - c.base[i];
        sums[1] += off * (2 * sums[0] + (double)size * off);
        sums[0] += (double)size * off;
    }
    __device__ void finish(int64_t, int64_t channel, const double *totals) const {
        double count = (double)rows, off = totals[0] / count, squares = totals[1] - totals[0] * off;
        double base = to_float(((const T *)x)[middle_row(rows) * lanes * N + channel]), mean = base + off;
        if (squares < 0) squares = 0;
        double unbiased = rows > 1 ? squares / (count - 1) : 0;
        set_constants(k, channel, s, mean, squares / count);
        s.running_mean[channel] = (float)((1 - s.momentum) * s.running_mean[channel] + s.momentum * mean);
        s.running_var[channel] = (float)((1 - s.momentum) * s.running_var[channel] + s.momentum * unbiased);
    }
};

struct field { /* what both passes read */
    const void *x, *residual, *dy;
    kept_constants k;
    int64_t lanes;
    int kind;
};

/* z of a pack, off = x - mean. */
template <class T, int N>
__device__ void find_z(float (&z)[N], float (&off)[N], const pack<T, N> &x, const pack<T, N> &residual,
                       bool has_residual, const float (&mean)[N], const float (&scale)[N],
                       const float (&shift)[N]) {
    for (int i = 0; i < N; i++) {
        off[i] = to_float(x.v[i]) - mean[i];
        z[i] = off[i] * scale[i] + shift[i];
    }
    for (int i = 0; has_residual && i < N; i++) z[i] += to_float(residual.v[i]);
}

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
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.x = load<T, N>(f.x, row * f.lanes + lane);
        if (f.residual) p.residual = load<T, N>(f.residual, row * f.lanes + lane);
    }
    __device__ void put(const packs &p, const constants &c, int64_t row, int64_t lane) const {
        float z[N], off[N];
        find_z<T>(z, off, p.x, p.residual, f.residual != nullptr, c.mean, c.scale, c.shift);
        activate_all<T>(f.kind, z);
        store(y, row * f.lanes + lane, narrow<T>(z));
    }
};

template <class T, int N> struct gradient_packs {
    pack<T, N> x, dy, residual;
    __device__ void read(const field &f, int64_t at) {
        x = load<T, N>(f.x, at);
        dy = load<T, N>(f.dy, at);
        if (f.residual) residual = load<T, N>(f.residual, at);
    }
};

/* Of g = dy f'(z) and of g h, h = (x - mean) * rstd. */
template <class T, int N> struct gradient_sums {
    enum { SUMS = 2, UNROLL = 2, WHOLE = false };
    struct constants {
        float mean[N], scale[N], shift[N];
    };
    typedef gradient_packs<T, N> packs;
    float *dbias, *dweight;
    field f;
    __device__ constants prepare(int64_t, int64_t, int64_t lane) const {
        constants c;
        load_floats(c.mean, f.k.mean, lane);
        load_floats(c.scale, f.k.scale, lane);
        load_floats(c.shift, f.k.shift, lane);
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.read(f, row * f.lanes + lane);
    }
    __device__ void add(float (&sums)[2 * N], const packs &p, const constants &c) const {
        float z[N], off[N], g[N];
        find_z<T>(z, off, p.x, p.residual, f.residual != nullptr, c.mean, c.scale, c.shift);
        widen(g, p.dy);
        slope_all<T>(g, f.kind, z);
        for (int i = 0; i < N; i++) {
            sums[i] += g[i];
            sums[N + i] += g[i] * off[i];
        }
    }
    __device__ void settle(double *, int, const constants &, int64_t) const {}
    __device__ void finish(int64_t, int64_t channel, const double *totals) const {
        dbias[channel] = (float)totals[0];
        dweight[channel] = (float)(totals[1] * f.k.rstd[channel]);
    }
};

/* dx = scale (g - sum / rows - h dot / rows), with the sums of gradient_sums. */
template <class T, int N> struct spread_gradient {
    enum { UNROLL = 2, REVERSED = true };
    struct constants {
        float mean[N], scale[N], shift[N], level[N], tilt[N];
    };
    typedef gradient_packs<T, N> packs;
    void *dx, *dresidual;
    bool add_dx, add_dresidual;
    const float *sum, *dot;
    float share; /* 1 / rows */
    field f;
    __device__ constants prepare(int64_t, int64_t lane) const {
        constants c;
        float rstd[N];
        load_floats(c.mean, f.k.mean, lane);
        load_floats(c.scale, f.k.scale, lane);
        load_floats(c.shift, f.k.shift, lane);
        load_floats(c.level, sum, lane);
        load_floats(c.tilt, dot, lane);
        load_floats(rstd, f.k.rstd, lane);
        for (int i = 0; i < N; i++) {
            c.level[i] *= share;
            c.tilt[i] *= share * rstd[i];
        }
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
        find_z<T>(z, off, p.x, p.residual, f.residual != nullptr, c.mean, c.scale, c.shift);
        widen(g, p.dy);
        slope_all<T>(g, f.kind, z);
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

static kept_constants constants_at(void *memory, int64_t n) {
    float *at = (float *)memory;
    return kept_constants{at, at + n, at + 2 * n, at + 3 * n};
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (!task->training) return CC_OK;
    task->saved_bytes = (size_t)(4 * channels_of(task)) * sizeof(float);
    if (!is_for_once(rows_of(task)))
        task->scratch_bytes = strips_bytes(1, rows_of(task), channels_of(task), task->dtype, 2);
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
    return field{task->x[0], task->input_count == 2 ? task->x[1] : nullptr,
                 task->dy,   constants_at(task->saved, channels_of(task)),
                 lanes,      a->activation};
}

/* The sums, and the sweep that wants them. */
template <int N, class A, class B> static void run_both(const cc_task *task, const A &sums, const B &use) {
    int64_t rows = rows_of(task), lanes = channels_of(task) / N;
    if (is_for_once(rows)) {
        once_run<N>(rows, lanes, sums, use);
    } else {
        strips_run<N>((double *)task->scratch, strips_of(1, rows, lanes), sums);
        sweep_run(sweep_of(1, rows, lanes), use);
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
            sweep_run(sweep_of(1, rows, lanes), use);
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        int64_t rows = rows_of(task), lanes = channels_of(task) / N;
        field f = field_of(task, lanes);
        float *dweight = task->parameters[CC_BATCH_NORM_WEIGHT]->grad,
              *dbias = task->parameters[CC_BATCH_NORM_BIAS]->grad;
        run_both<N>(task, gradient_sums<T, N>{dbias, dweight, f},
                    spread_gradient<T, N>{task->dx[0], task->dx[1], task->accumulate[0], task->accumulate[1],
                                          dbias, dweight, 1 / (float)rows, f});
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
