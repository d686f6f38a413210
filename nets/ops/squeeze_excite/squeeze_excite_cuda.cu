/* Squeeze and excite: means by column sums, the two small layers by a block for each value, which also are
 * the layers' gradients. In the words of the header; primes are gradients. */
#include "nets/cuda/columns.cuh"

extern "C" {
#include "nets/ops/squeeze_excite/squeeze_excite.h"
}

using namespace cc;

extern "C" const cc_kernel cc_squeeze_excite_cuda;

namespace { /* files have names in common */

enum { DOT_THREADS = 64, LINEAR = CC_ACTIVATION_NONE };

template <class T, int N> struct value_sums { /* of x, or of x dy */
    const void *x, *dy;
    int64_t channels;
    __device__ void operator()(float *first, float *, int64_t, int64_t row, int64_t channel) const {
        pack<T, N> p = load<T, N>(x, (row * channels + channel) / N), g = p;
        if (dy) g = load<T, N>(dy, (row * channels + channel) / N);
        for (int k = 0; k < N; k++) first[k] += to_float(p.v[k]) * (dy ? to_float(g.v[k]) : 1.0f);
    }
};

struct layer { /* z[n][o] = bias[o] + sum over i < inputs of w[o * by_output + i * by_input] f(v[n][i]) */
    float *z;
    const float *w, *bias, *v;
    int64_t outputs, inputs, by_output, by_input;
    int kind; /* f */
};

/* A block for each o and n. */
static __global__ void run_layer(layer l) {
    __shared__ double room[DOT_THREADS];
    int64_t o = blockIdx.x, n = blockIdx.y;
    double sum = 0;
    for (int64_t i = threadIdx.x; i < l.inputs; i += DOT_THREADS)
        sum += (double)l.w[o * l.by_output + i * l.by_input] * activate(l.kind, l.v[n * l.inputs + i]);
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) l.z[n * l.outputs + o] = (float)(sum + (l.bias ? l.bias[o] : 0));
}

/* w'[o][i] = sum over n of z'[n][o] f(v[n][i]);  bias'[o] = sum over n of z'[n][o]. */
static __global__ void layer_gradients(float *dw, float *dbias, const float *dz, const float *v, int64_t n,
                                       int64_t outputs, int64_t inputs, int kind) {
    int64_t at = global_index(), o = at / inputs, i = at % inputs;
    if (at >= outputs * inputs) return;
    float sum = 0, total = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += dz[k * outputs + o] * activate(kind, v[k * inputs + i]);
        total += dz[k * outputs + o];
    }
    dw[at] = sum;
    if (i == 0) dbias[o] = total;
}

/* values *= f'(z). */
static __global__ void through(float *values, const float *z, int64_t count, int kind) {
    int64_t i = global_index();
    if (i < count) values[i] *= slope(kind, z[i]);
}

template <class T, int N>
__global__ void scale_channels(void *y, const void *x, const float *z, int64_t channels, int64_t each,
                               int64_t packs) {
    int64_t i = global_index(), at = i / each * channels + i * N % channels;
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(x, i);
    for (int k = 0; k < N; k++) p.v[k] = from_float<T>(to_float(p.v[k]) * sigmoid(z[at + k]));
    store(y, i, p);
}

/* dx = dy s + m' / pixels */
template <class T, int N>
__global__ void scale_gradient(void *dx, const void *dy, const float *z, const float *dmean, float share,
                               int64_t channels, int64_t each, int64_t packs) {
    int64_t i = global_index(), at = i / each * channels + i * N % channels;
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(dy, i);
    for (int k = 0; k < N; k++)
        p.v[k] = from_float<T>(to_float(p.v[k]) * sigmoid(z[at + k]) + dmean[at + k] * share);
    store(dx, i, p);
}

struct sizes {
    int64_t n, channels, reduced, pixels;
};

static sizes sizes_of(const cc_task *task) {
    return sizes{task->output_shape->dims[0], task->output_shape->dims[1],
                 ((const cc_squeeze_excite_attr *)task->attr)->reduced, cc_shape_pixels(task->output_shape)};
}

/* The means m, W1 m + b1, and what the sigmoid is of; [n][channels or reduced]. */
struct vectors {
    float *mean, *before, *z;
};

static vectors vectors_at(void *memory, const sizes &s) {
    float *at = (float *)memory;
    return vectors{at, at + s.n * s.channels, at + s.n * (s.channels + s.reduced)};
}

static size_t vectors_bytes(const sizes &s) {
    return (size_t)(s.n * (2 * s.channels + s.reduced)) * sizeof(float);
}

/* What a pass works in: vectors, then the parts of column sums. */
static cc_status plan(cc_task *task) {
    sizes s = sizes_of(task);
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = vectors_bytes(s);
    task->scratch_bytes =
        (vectors_bytes(s) + 63) / 64 * 64 + columns_bytes(s.n, s.pixels, s.channels, task->dtype);
    return CC_OK;
}

static double *parts_of(const cc_task *task, const sizes &s) {
    return (double *)((char *)task->scratch + (vectors_bytes(s) + 63) / 64 * 64);
}

static void launch_layer(const layer &l, int64_t n) {
    CC_LAUNCH_TOGETHER(run_layer, dim3((unsigned)l.outputs, (unsigned)n), dim3(DOT_THREADS), l);
}

template <class T, int N>
static void sum_pixels(float *out, const cc_task *task, const sizes &s, const void *dy, double factor) {
    columns c = columns_of(s.n, s.pixels, s.channels, N);
    columns_run<N>(parts_of(task, s), c, value_sums<T, N>{task->x[0], dy, s.channels});
    CC_LAUNCH_TOGETHER(columns_totals, dim3(merge_blocks(s.channels), (unsigned)s.n), dim3(THREADS), out,
                       (float *)nullptr, (const double *)parts_of(task, s), c, factor);
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        vectors v = vectors_at(task->training ? task->saved : task->scratch, s);
        cc_parameter_slot *const *p = task->parameters;
        int64_t each = s.pixels * s.channels / N;
        sum_pixels<T, N>(v.mean, task, s, nullptr, 1.0 / (double)s.pixels);
        launch_layer(layer{v.before, p[CC_SQUEEZE_WEIGHT]->value, p[CC_SQUEEZE_BIAS]->value, v.mean,
                           s.reduced, s.channels, s.channels, 1, LINEAR},
                     s.n);
        launch_layer(layer{v.z, p[CC_EXCITE_WEIGHT]->value, p[CC_EXCITE_BIAS]->value, v.before, s.channels,
                           s.reduced, s.reduced, 1, CC_ACTIVATION_SILU},
                     s.n);
        auto apply = scale_channels<T, N>;
        CC_LAUNCH(apply, dim3(blocks_for(s.n * each)), dim3(THREADS), task->y, task->x[0], v.z, s.channels,
                  each, s.n * each);
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        vectors v = vectors_at(task->saved, s), d = vectors_at(task->scratch, s);
        cc_parameter_slot *const *p = task->parameters;
        int64_t each = s.pixels * s.channels / N, weights = s.channels * s.reduced;
        dim3 block(THREADS);
        sum_pixels<T, N>(d.z, task, s, task->dy, 1);
        CC_LAUNCH(through, dim3(blocks_for(s.n * s.channels)), block, d.z, v.z, s.n * s.channels,
                  (int)CC_ACTIVATION_SIGMOID);
        CC_LAUNCH(layer_gradients, dim3(blocks_for(weights)), block, p[CC_EXCITE_WEIGHT]->grad,
                  p[CC_EXCITE_BIAS]->grad, d.z, v.before, s.n, s.channels, s.reduced,
                  (int)CC_ACTIVATION_SILU);
        launch_layer(layer{d.before, p[CC_EXCITE_WEIGHT]->value, nullptr, d.z, s.reduced, s.channels, 1,
                           s.reduced, LINEAR},
                     s.n);
        CC_LAUNCH(through, dim3(blocks_for(s.n * s.reduced)), block, d.before, v.before, s.n * s.reduced,
                  (int)CC_ACTIVATION_SILU);
        CC_LAUNCH(layer_gradients, dim3(blocks_for(weights)), block, p[CC_SQUEEZE_WEIGHT]->grad,
                  p[CC_SQUEEZE_BIAS]->grad, d.before, v.mean, s.n, s.reduced, s.channels, (int)LINEAR);
        launch_layer(layer{d.mean, p[CC_SQUEEZE_WEIGHT]->value, nullptr, d.before, s.channels, s.reduced, 1,
                           s.channels, LINEAR},
                     s.n);
        auto apply = scale_gradient<T, N>;
        if (task->dx[0])
            CC_LAUNCH(apply, dim3(blocks_for(s.n * each)), block, task->dx[0], task->dy, v.z, d.mean,
                      1 / (float)s.pixels, s.channels, each, s.n * each);
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], forward_run{task});
    return cc_cuda_check("squeeze and excite");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], backward_run{task});
    return cc_cuda_check("squeeze and excite");
}

} // namespace

const cc_kernel cc_squeeze_excite_cuda = {.plan = plan, .forward = forward, .backward = backward};
