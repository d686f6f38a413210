/* Squeeze and excite: the block that finishes an image's sums goes on to its two small layers, so that a pass
 * is two sweeps, and one kernel more for the layers' gradients. In the words of the header; primes are
 * gradients, h = silu(W1 m + b1). */
#include "nets/cuda/strips.cuh"

extern "C" {
#include "nets/ops/squeeze_excite/squeeze_excite.h"
}

using namespace cc;

extern "C" const cc_kernel cc_squeeze_excite_cuda;

namespace { /* files have names in common */

/* Outputs of a thread at a time, lanes that share a sum at most. */
enum { LAYER_EACH = 4, LAYER_SHARE = 32, LAYER_ROOM = LAYER_EACH * (THREADS + THREADS / 2) };

/* out(o, sum over i < inputs of w[o * by_output + i * by_input] v(i)), by one block; `share` lanes add up an
 * output, and neighbouring threads read neighbouring weights: across the inputs, or across the outputs. */
template <class V, class Out>
__device__ void run_layer(const float *w, int64_t outputs, int64_t inputs, bool transposed, const V &v,
                          const Out &out, float *room, int me, int threads) {
    int share = 1;
    while (share < LAYER_SHARE && share < inputs &&
           threads / (2 * share) * LAYER_EACH >= (transposed ? outputs : 1))
        share *= 2;
    const int slots = threads / share, slot = transposed ? me % slots : me / share,
              lane = transposed ? me / slots : me % share;
    const int apart = share > 1 ? share + 1 : 1; /* in other banks */
    const int64_t by_output = transposed ? 1 : inputs, by_input = transposed ? outputs : 1;
    for (int64_t first = 0; first < outputs; first += (int64_t)slots * LAYER_EACH) {
        float sums[LAYER_EACH] = {};
        if (slot < slots && lane < share)
#pragma unroll 4
            for (int64_t i = lane; i < inputs; i += share) {
                float value = v(i);
                for (int k = 0; k < LAYER_EACH; k++) {
                    int64_t o = first + k * slots + slot;
                    if (o < outputs) sums[k] += w[o * by_output + i * by_input] * value;
                }
            }
        __syncthreads();
        if (slot < slots && lane < share)
            for (int k = 0; k < LAYER_EACH; k++) room[(k * slots + slot) * apart + lane] = sums[k];
        __syncthreads();
        for (int t = me; t < slots * LAYER_EACH && first + t < outputs; t += threads) {
            float sum = 0;
            for (int k = 0; k < share; k++) sum += room[t * apart + k];
            out(first + t, sum);
        }
    }
    __syncthreads();
}

struct sizes {
    int64_t n, channels, reduced, pixels;
};

static sizes sizes_of(const cc_task *task) {
    return sizes{task->output_shape->dims[0], task->output_shape->dims[1],
                 ((const cc_squeeze_excite_attr *)task->attr)->reduced, cc_shape_pixels(task->output_shape)};
}

/* Of all images: m and s, [n][channels]; W1 m + b1 and h, [n][reduced]. In the backward pass, of m' and of
 * what stands under the sigmoid and under the silu. */
struct vectors {
    float *mean, *scale, *before, *hidden;
};

static vectors vectors_at(void *memory, const sizes &s) {
    float *at = (float *)memory;
    return vectors{at, at + s.n * s.channels, at + 2 * s.n * s.channels,
                   at + s.n * (2 * s.channels + s.reduced)};
}

static size_t vectors_bytes(const sizes &s) {
    return (size_t)(s.n * 2 * (s.channels + s.reduced)) * sizeof(float);
}

struct weights {
    const float *squeeze, *squeeze_bias, *excite, *excite_bias;
};

static weights weights_of(const cc_task *task) {
    cc_parameter_slot *const *p = task->parameters;
    return weights{p[CC_SQUEEZE_WEIGHT]->value, p[CC_SQUEEZE_BIAS]->value, p[CC_EXCITE_WEIGHT]->value,
                   p[CC_EXCITE_BIAS]->value};
}

template <class T, int N> struct squeeze {
    enum { SUMS = 1, UNROLL = 4, WHOLE = true };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    const void *x;
    int64_t lanes;
    sizes s;
    vectors to;
    weights w;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(x, row * lanes + lane);
    }
    __device__ void add(float (&sums)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sums[k] += to_float(p.v[k]);
    }
    __device__ void settle(double *, int, constants, int64_t) const {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        to.mean[image * s.channels + channel] = (float)(totals[0] / (double)s.pixels);
    }
    __device__ void conclude(int64_t image, int me, int threads) const {
        __shared__ float room[LAYER_ROOM];
        const float *mean = to.mean + image * s.channels;
        float *before = to.before + image * s.reduced, *hidden = to.hidden + image * s.reduced,
              *scale = to.scale + image * s.channels;
        const weights &by = w;
        run_layer(
            w.squeeze, s.reduced, s.channels, false, [=](int64_t i) { return mean[i]; },
            [=](int64_t o, float sum) {
                float z = sum + by.squeeze_bias[o];
                before[o] = z;
                hidden[o] = z * sigmoid(z);
            },
            room, me, threads);
        run_layer(
            w.excite, s.channels, s.reduced, false, [=](int64_t i) { return hidden[i]; },
            [=](int64_t o, float sum) { scale[o] = sigmoid(sum + by.excite_bias[o]); }, room, me, threads);
    }
};

/* From the sums of x dy to m', by way of the gradients under the sigmoid and under the silu. */
template <class T, int N> struct chain {
    enum { SUMS = 1, UNROLL = 2, WHOLE = true };
    typedef no_constants constants;
    struct packs {
        pack<T, N> x, dy;
    };
    const void *x, *dy;
    int64_t lanes;
    sizes s;
    vectors kept, to;
    weights w;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.x = load<T, N>(x, row * lanes + lane);
        p.dy = load<T, N>(dy, row * lanes + lane);
    }
    __device__ void add(float (&sums)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sums[k] += to_float(p.x.v[k]) * to_float(p.dy.v[k]);
    }
    __device__ void settle(double *, int, constants, int64_t) const {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        int64_t at = image * s.channels + channel;
        to.scale[at] = (float)totals[0] * kept.scale[at] * (1 - kept.scale[at]);
    }
    __device__ void conclude(int64_t image, int me, int threads) const {
        __shared__ float room[LAYER_ROOM];
        const float *under = to.scale + image * s.channels, *z = kept.before + image * s.reduced;
        float *before = to.before + image * s.reduced, *mean = to.mean + image * s.channels;
        run_layer(
            w.excite, s.reduced, s.channels, true, [=](int64_t i) { return under[i]; },
            [=](int64_t o, float sum) {
                float gradient[1] = {sum}, at[1] = {z[o]};
                slope_all<float>(gradient, CC_ACTIVATION_SILU, at);
                before[o] = gradient[0];
            },
            room, me, threads);
        run_layer(
            w.squeeze, s.channels, s.reduced, true, [=](int64_t i) { return before[i]; },
            [=](int64_t o, float sum) { mean[o] = sum; }, room, me, threads);
    }
};

/* w'[o][i] = sum over n of z'[n][o] v[n][i];  bias'[o] = sum over n of z'[n][o]. */
struct layer {
    float *dw, *dbias;
    const float *dz, *v;
    unsigned outputs, inputs;
};

static __global__ void layer_gradients(layer excite, layer squeeze, int64_t n) {
    const layer l = blockIdx.y ? squeeze : excite;
    unsigned at = blockIdx.x * THREADS + threadIdx.x, o = at / l.inputs, i = at % l.inputs;
    if (at >= l.outputs * l.inputs) return;
    float sum = 0, total = 0;
#pragma unroll 4
    for (int64_t k = 0; k < n; k++) {
        float dz = l.dz[k * l.outputs + o];
        sum += dz * l.v[k * l.inputs + i];
        total += dz;
    }
    l.dw[at] = sum;
    if (i == 0) l.dbias[o] = total;
}

/* y = x s, or dx = dy s + m' / pixels. */
template <class T, int N> struct scale_channels {
    enum { UNROLL = 4, REVERSED = true };
    struct constants {
        float scale[N], level[N];
    };
    typedef pack<T, N> packs;
    void *to;
    const void *from;
    const float *scale, *dmean; /* NULL: forward */
    float share;
    int64_t lanes;
    __device__ constants prepare(int64_t image, int64_t lane) const {
        constants k;
        load_floats(k.scale, scale, image * lanes + lane);
        if (dmean) load_floats(k.level, dmean, image * lanes + lane);
        for (int j = 0; j < N; j++) k.level[j] = dmean ? k.level[j] * share : 0;
        return k;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(from, row * lanes + lane);
    }
    __device__ void put(const packs &p, const constants &k, int64_t row, int64_t lane) const {
        float v[N];
        for (int j = 0; j < N; j++) v[j] = to_float(p.v[j]) * k.scale[j] + k.level[j];
        store(to, row * lanes + lane, narrow<T>(v));
    }
};

static size_t padded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

/* What a pass works in: vectors, then the parts of sums. */
static cc_status plan(cc_task *task) {
    sizes s = sizes_of(task);
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = vectors_bytes(s);
    task->scratch_bytes = padded(vectors_bytes(s)) + strips_bytes(s.n, s.pixels, s.channels, task->dtype, 1);
    return CC_OK;
}

static double *parts_of(const cc_task *task, const sizes &s) {
    return (double *)((char *)task->scratch + padded(vectors_bytes(s)));
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        int64_t lanes = s.channels / N;
        vectors v = vectors_at(task->training ? task->saved : task->scratch, s);
        strips_run<N>(parts_of(task, s), strips_of(s.n, s.pixels, lanes),
                      squeeze<T, N>{task->x[0], lanes, s, v, weights_of(task)});
        sweep_run(sweep_of(s.n, s.pixels, lanes),
                  scale_channels<T, N>{task->y, task->x[0], v.scale, nullptr, 0, lanes});
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        int64_t lanes = s.channels / N;
        vectors v = vectors_at(task->saved, s), d = vectors_at(task->scratch, s);
        cc_parameter_slot *const *p = task->parameters;
        strips_run<N>(parts_of(task, s), strips_of(s.n, s.pixels, lanes),
                      chain<T, N>{task->x[0], task->dy, lanes, s, v, d, weights_of(task)});
        layer excite = {p[CC_EXCITE_WEIGHT]->grad, p[CC_EXCITE_BIAS]->grad, d.scale, v.hidden,
                        (unsigned)s.channels,      (unsigned)s.reduced},
              squeeze = {p[CC_SQUEEZE_WEIGHT]->grad, p[CC_SQUEEZE_BIAS]->grad, d.before, v.mean,
                         (unsigned)s.reduced,        (unsigned)s.channels};
        CC_LAUNCH(layer_gradients, dim3(blocks_for(s.channels * s.reduced), 2), dim3(THREADS), excite,
                  squeeze, s.n);
        if (task->dx[0])
            sweep_run(
                sweep_of(s.n, s.pixels, lanes),
                scale_channels<T, N>{task->dx[0], task->dy, v.scale, d.mean, 1 / (float)s.pixels, lanes});
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
