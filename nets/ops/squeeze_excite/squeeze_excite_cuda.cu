/* nets/ops/squeeze_excite/squeeze_excite_cuda.cu -- squeeze and excite: each way a reduction and an
 * elementwise pass over the activation, between them a kernel for each of the two small layers, and one for
 * the gradients of both.
 *
 * In the words of squeeze_excite.c; primes are gradients, h = silu(W1 m + b1). */
#include "nets/backends/cuda/sum_rows.cuh"

extern "C" {
#include "nets/ops/squeeze_excite/squeeze_excite.h"
}

using namespace cc;

extern "C" const cc_kernel cc_squeeze_excite_cuda;

namespace squeeze_excite_cuda {

/* A thread adds for EACH outputs of IMAGES images: each weight and each input serves several sums. */
enum { LAYER_EACH = 4, LAYER_IMAGES = 4, LAYER_SUMS = LAYER_EACH * LAYER_IMAGES, LAYER_LEAST = 4 };

/* sum over i < inputs of w[o][i] v[n][i], or of w[i][o] v[n][i], for each output o and image n; `share`
 * threads add up a sum. */
struct layer_shape {
    const float *w, *v;
    int outputs, inputs, images, share;
};

/* Neighbouring threads read neighbouring weights: of other inputs, or (TRANSPOSED) of other outputs. */
template <bool TRANSPOSED>
static layer_shape layer_of(const float *w, const float *v, int64_t outputs, int64_t inputs, int64_t images) {
    const int most = TRANSPOSED ? THREADS / 2 : THREADS; /* transposed: sectors of 32 bytes */
    layer_shape s = {w, v, (int)outputs, (int)inputs, (int)images, 1};
    while (s.share < most && s.share * 2 * LAYER_LEAST <= inputs) s.share *= 2;
    return s;
}

__device__ static int at_most(int value, int most) {
    return value < most ? value : most;
}

/* Beyond the last output or image the last is read again. N: outputs that are read at once. */
template <bool TRANSPOSED, int N>
__device__ void add_layer(float (&sums)[LAYER_SUMS], const layer_shape &s, int output, int apart, int image,
                          int lane) {
    const float *w[LAYER_EACH], *v[LAYER_IMAGES];
    for (int k = 0; k < LAYER_EACH; k++) {
        int64_t o = at_most(output + k * apart, s.outputs - N);
        w[k] = TRANSPOSED ? s.w + o : s.w + o * s.inputs;
    }
    for (int m = 0; m < LAYER_IMAGES; m++) v[m] = s.v + (int64_t)at_most(image + m, s.images - 1) * s.inputs;
#pragma unroll 4
    for (int i = lane; i < s.inputs; i += s.share) {
        float a[LAYER_EACH];
        const int64_t at = TRANSPOSED ? (int64_t)i * s.outputs : i;
        for (int k = 0; k < LAYER_EACH; k += N) {
            pack<float, N> p = load<float, N>(w[k] + at, 0);
            for (int j = 0; j < N; j++) a[k + j] = p.v[j];
        }
        for (int m = 0; m < LAYER_IMAGES; m++) {
            float b = v[m][i];
            for (int k = 0; k < LAYER_EACH; k++) sums[m * LAYER_EACH + k] += a[k] * b;
        }
    }
}

/* to(at, o, sum) for each output o of each image, at = image * outputs + o. */
template <bool TRANSPOSED, int N, class To>
__global__ void __launch_bounds__(THREADS) run_layer(layer_shape s, To to) {
    __shared__ float room[(int)LAYER_SUMS * 2 * THREADS];
    const int slots = THREADS / s.share, me = threadIdx.x;
    const int slot = TRANSPOSED ? me % slots : me / s.share, lane = TRANSPOSED ? me / slots : me % s.share;
    const int first = blockIdx.x * slots * LAYER_EACH, image = blockIdx.y * LAYER_IMAGES;
    const int next = TRANSPOSED ? LAYER_EACH : 1, apart = TRANSPOSED ? 1 : slots;
    float sums[LAYER_SUMS] = {};
    add_layer<TRANSPOSED, N>(sums, s, first + slot * next, apart, image, lane);
    block_sums c = block_sums_of<LAYER_SUMS>(slots, s.share);
    if (!TRANSPOSED) { /* threads of one slot are neighbours */
        c.next_x = s.share + 1;
        c.next_y = 1;
        c.next_k = THREADS + slots;
    }
    add_over_block(room, sums, c, slot, lane, me);
    for (int t = me; t < LAYER_SUMS * slots; t += THREADS) {
        const int m = t / (LAYER_EACH * slots), in = t % (LAYER_EACH * slots);
        const int k = TRANSPOSED ? in % LAYER_EACH : in / slots,
                  x = TRANSPOSED ? in / LAYER_EACH : in % slots;
        const int64_t o = first + in, n = image + m;
        if (o < s.outputs && n < s.images)
            to(n * s.outputs + o, o, (float)block_sum_at(room, c, m * LAYER_EACH + k, x));
    }
}

/* Transposed, four neighbouring outputs are read as one pack where their number allows. */
template <bool TRANSPOSED, class To> void start_layer(const layer_shape &s, const To &to) {
    auto wide = run_layer < TRANSPOSED, TRANSPOSED ? LAYER_EACH : 1, To >,
         narrow = run_layer<TRANSPOSED, 1, To>;
    const int outputs = THREADS / s.share * LAYER_EACH;
    dim3 grid((unsigned)((s.outputs + outputs - 1) / outputs),
              (unsigned)((s.images + LAYER_IMAGES - 1) / LAYER_IMAGES));
    CC_LAUNCH_TOGETHER(s.outputs % LAYER_EACH == 0 ? wide : narrow, grid, dim3(THREADS), s, to);
}

/* What becomes of a sum: z and h; s; z'; m'. */
struct to_hidden {
    const float *bias;
    float *before, *hidden;
    __device__ void operator()(int64_t at, int64_t o, float sum) const {
        float z = sum + bias[o];
        before[at] = z;
        hidden[at] = z * sigmoid(z);
    }
};
struct to_scale {
    const float *bias;
    float *scale;
    __device__ void operator()(int64_t at, int64_t o, float sum) const { scale[at] = sigmoid(sum + bias[o]); }
};
struct to_before {
    const float *z;
    float *before;
    __device__ void operator()(int64_t at, int64_t, float sum) const {
        float gradient[1] = {sum}, place[1] = {z[at]};
        slope_all<float>(gradient, CC_ACTIVATION_SILU, place);
        before[at] = gradient[0];
    }
};
struct to_mean {
    float *mean;
    __device__ void operator()(int64_t at, int64_t, float sum) const { mean[at] = sum; }
};

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

/* m: the mean over the pixels of each image and channel. */
template <class T, int N> struct squeeze {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 4 };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    const void *x;
    sizes s;
    float *mean;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t at) const { p = load<T, N>(x, at); }
    __device__ void add(float (&sums)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sums[k] += to_float(p.v[k]);
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        mean[image * s.channels + channel] = (float)(totals[0] / (double)s.pixels);
    }
};

/* The sums of x dy, and from them the gradients under the sigmoid. */
template <class T, int N> struct chain {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 2 };
    typedef no_constants constants;
    struct packs {
        pack<T, N> x, dy;
    };
    const void *x, *dy;
    sizes s;
    const float *scale;
    float *under;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t at) const {
        p.x = load<T, N>(x, at);
        p.dy = load<T, N>(dy, at);
    }
    __device__ void add(float (&sums)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sums[k] += to_float(p.x.v[k]) * to_float(p.dy.v[k]);
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        int64_t at = image * s.channels + channel;
        under[at] = (float)totals[0] * scale[at] * (1 - scale[at]);
    }
};

/* w'[o][i] = sum over n of z'[n][o] v[n][i];  bias'[o] = sum over n of z'[n][o]. */
struct layer {
    float *dw, *dbias;
    const float *dz, *v;
    unsigned outputs, inputs;
};

/* Of EACH outputs and an input a thread, so that v is read seldom. */
static __global__ void layer_gradients(layer excite, layer squeeze, int64_t n) {
    const layer l = blockIdx.y ? squeeze : excite;
    const unsigned at = blockIdx.x * THREADS + threadIdx.x, group = at / l.inputs, i = at - group * l.inputs,
                   first = group * LAYER_EACH;
    if (first >= l.outputs) return;
    const float *dz[LAYER_EACH];
    float sums[LAYER_EACH] = {}, totals[LAYER_EACH] = {};
    for (int j = 0; j < LAYER_EACH; j++) dz[j] = l.dz + at_most((int)first + j, (int)l.outputs - 1);
#pragma unroll 8
    for (int64_t k = 0; k < n; k++) {
        float v = l.v[k * l.inputs + i];
        for (int j = 0; j < LAYER_EACH; j++) {
            float z = dz[j][k * l.outputs];
            sums[j] += z * v;
            totals[j] += z;
        }
    }
    for (unsigned j = 0; j < LAYER_EACH && first + j < l.outputs; j++) {
        l.dw[(first + j) * l.inputs + i] = sums[j];
        if (i == 0) l.dbias[first + j] = totals[j];
    }
}

static unsigned gradient_blocks(const layer &l) {
    return blocks_for((l.outputs + LAYER_EACH - 1) / LAYER_EACH * (int64_t)l.inputs);
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
    task->scratch_bytes =
        padded(vectors_bytes(s)) + row_sum_bytes(s.n, s.pixels, s.channels, task->dtype, 1, ROW_SUM_THREADS);
    return CC_OK;
}

static double *parts_of(const cc_task *task, const sizes &s) {
    return (double *)((char *)task->scratch + padded(vectors_bytes(s)));
}

/* m (reduction), h, s (layers), y = x s (elementwise). */
struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        int64_t lanes = s.channels / N;
        vectors v = vectors_at(task->training ? task->saved : task->scratch, s);
        weights w = weights_of(task);
        sum_rows<N>(parts_of(task, s), s.n, s.pixels, lanes, squeeze<T, N>{task->x[0], s, v.mean});
        start_layer<false>(layer_of<false>(w.squeeze, v.mean, s.reduced, s.channels, s.n),
                           to_hidden{w.squeeze_bias, v.before, v.hidden});
        start_layer<false>(layer_of<false>(w.excite, v.hidden, s.channels, s.reduced, s.n),
                           to_scale{w.excite_bias, v.scale});
        map_rows(row_map_of(s.n, s.pixels, lanes),
                 scale_channels<T, N>{task->y, task->x[0], v.scale, nullptr, 0, lanes});
    }
};

/* s' (reduction), z', both layers' gradients, m', dx = dy s + m' / pixels (elementwise). */
struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        sizes s = sizes_of(task);
        int64_t lanes = s.channels / N;
        vectors v = vectors_at(task->saved, s), d = vectors_at(task->scratch, s);
        cc_parameter_slot *const *p = task->parameters;
        weights w = weights_of(task);
        sum_rows<N>(parts_of(task, s), s.n, s.pixels, lanes,
                    chain<T, N>{task->x[0], task->dy, s, v.scale, d.scale});
        start_layer<true>(layer_of<true>(w.excite, d.scale, s.reduced, s.channels, s.n),
                          to_before{v.before, d.before});
        layer excite = {p[CC_EXCITE_WEIGHT]->grad, p[CC_EXCITE_BIAS]->grad, d.scale, v.hidden,
                        (unsigned)s.channels,      (unsigned)s.reduced},
              squeeze = {p[CC_SQUEEZE_WEIGHT]->grad, p[CC_SQUEEZE_BIAS]->grad, d.before, v.mean,
                         (unsigned)s.reduced,        (unsigned)s.channels};
        unsigned blocks[] = {gradient_blocks(excite), gradient_blocks(squeeze)};
        CC_LAUNCH(layer_gradients, dim3(blocks[blocks[0] < blocks[1]], 2), dim3(THREADS), excite, squeeze,
                  s.n);
        if (!task->dx[0]) return;
        start_layer<true>(layer_of<true>(w.squeeze, d.before, s.channels, s.reduced, s.n), to_mean{d.mean});
        map_rows(row_map_of(s.n, s.pixels, lanes),
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

} // namespace squeeze_excite_cuda

const cc_kernel cc_squeeze_excite_cuda = {.plan = squeeze_excite_cuda::plan,
                                          .forward = squeeze_excite_cuda::forward,
                                          .backward = squeeze_excite_cuda::backward};
