/* nets/ops/conv/cuda/one_channel.cu -- convolutions with one channel on one side: which they are; from one to
 * many channels and back. */
#include "nets/ops/conv/cuda/one_channel.cuh"

using namespace cc;

/* Without tiles. */
one_pass cc::pass_of(const cc_one_channel_cuda *d) {
    int taps = d->kernel * d->kernel;
    plane in = {d->in_height, d->in_width}, out = {d->out_height, d->out_width};
    one_pass c = {};
    c.many = d->into ? out : in;
    c.one = d->into ? in : out;
    c.lanes = lanes_of(d);
    c.offset = d->into ? d->padding : d->kernel - 1 - d->padding;
    c.order = d->into ? weight_order{0, 1, taps, d->channels, divide_by(d->channels)}
                      : weight_order{(taps - 1) * d->channels, -d->channels, 1, d->channels,
                                     divide_by(d->channels)};
    return c;
}

namespace one_channel {

enum { VALUES_MAX = 1 << 30, EXTENT_MAX = 65535 };

/* BLOCKS: eight for each multiprocessor of a large GPU, that each go through their tiles. */
constexpr int BLOCKS_MOST = 1056, WIDE_MAX = 64, HIGH_MAX = 4, ROOM_GAPS = 8;

/* Pixels of a thread of the kernel from one to many. */
constexpr int ROWS = 8;

/* Places in an image are ints, and so is a tile's number. */
static bool is_small(const cc_shape *s) {
    int64_t values = s->dims[1];
    for (int i : {0, 2, 3})
        if (s->dims[i] > EXTENT_MAX) return false;
    return s->dims[2] * s->dims[3] <= VALUES_MAX / values && s->dims[0] * s->dims[2] * s->dims[3] < 1LL << 31;
}

extern "C" bool cc_one_channel_cuda_init(cc_one_channel_cuda *out, const cc_conv_attr *a, const cc_shape *x,
                                         const cc_shape *y, cc_dtype dtype) {
    if (x->rank != 4 || a->groups != 1) return false;
    bool into = x->dims[1] == 1;
    int64_t channels = into ? y->dims[1] : x->dims[1], kernel = a->kernel[1], stride = a->stride[1];
    bool fits = (into || y->dims[1] == 1) && channels % 8 == 0 && channels <= ONE_CHANNELS_MAX &&
                kernel % 2 == 1 && kernel <= 7 && kernel == a->kernel[2] &&
                (stride == 1 || (stride == 2 && into)) && stride == a->stride[2] &&
                a->padding[1] == a->padding[2] && a->dilation[1] == 1 && a->dilation[2] == 1 && is_small(x) &&
                is_small(y);
    if (!fits) return false;
    *out = cc_one_channel_cuda{(int)x->dims[0],
                               (int)x->dims[2],
                               (int)x->dims[3],
                               (int)y->dims[2],
                               (int)y->dims[3],
                               (int)channels,
                               (int)kernel,
                               (int)stride,
                               (int)a->padding[1],
                               into,
                               dtype};
    return true;
}

/* Tiles of columns of `rows` pixels for each thread. */
static dim3 share_out(one_pass *c, const cc_one_channel_cuda *d, const plane &picture, int rows) {
    int count = THREADS / c->lanes,
        high = count >= 32 * HIGH_MAX ? HIGH_MAX / d->stride
               : count >= 16          ? 2
                                      : 1,
        most = (picture.height + rows - 1) / rows;
    if (high > most) high = most;
    int wide = count / high < WIDE_MAX ? count / high : WIDE_MAX;
    if (wide > picture.width) wide = picture.width;
    c->t = tiles_of(d->n, picture.height, picture.width, wide, high * rows);
    c->by_pixels = divide_by(wide * high);
    c->by_wide = divide_by(wide);
    set_near(c, d);
    return dim3((unsigned)c->lanes, (unsigned)wide, (unsigned)high);
}

/* Blocks take several tiles each, and read the weights once. */
static dim3 grid_of(const tiles &t) {
    return dim3((unsigned)(t.count < BLOCKS_MOST ? t.count : BLOCKS_MOST));
}

/* To [tap][channel]; REVERSED: the last tap first. */
template <class T, bool REVERSED>
__device__ inline void stage_weights(float *to, const one_pass &c, int taps) {
    const int threads = blockDim.x * blockDim.y * blockDim.z, channels = c.order.channels;
    for (int i = thread_of_block(); i < taps * channels; i += threads) {
        const int tap = small_quotient(i, c.order.by_channels);
        const int source = REVERSED ? i + (taps - 1 - 2 * tap) * channels : i;
        to[i] = to_float(((const T *)c.weights)[c.order(source)]);
    }
}

/* many = f(one * w + bias) */
template <class T, int K, int STRIDE>
__global__ void __launch_bounds__(THREADS, 2)
    spread_one(void *__restrict__ to, const void *__restrict__ one, one_pass c) {
    constexpr int N = 16 / sizeof(T), IN = (ROWS - 1) * STRIDE + K, TAPS = K * K,
                  NEAR = ((WIDE_MAX - 1) * STRIDE + K) * ((HIGH_MAX / STRIDE * ROWS - 1) * STRIDE + K);
    alignas(16) __shared__ float weights[TAPS * ONE_CHANNELS_MAX];
    __shared__ float near[NEAR];
    const int lane = threadIdx.x;
    stage_weights<T, false>(weights, c, TAPS);
    for (int tile = blockIdx.x; tile < c.t.count; tile += gridDim.x) {
        const tile_place p = place_of(c.t, tile);
        __syncthreads();
        stage_near<T>(near, one, c, p, STRIDE);
        __syncthreads();
        const int row = p.row + threadIdx.z * ROWS, column = p.column + threadIdx.y;
        if (row >= c.many.height || column >= c.many.width) continue;
        const float *from = near + threadIdx.z * ROWS * STRIDE * c.near.width + threadIdx.y * STRIDE;
        float sums[ROWS][N], bias[N] = {};
        if (c.bias) load_floats(bias, c.bias, lane);
#pragma unroll
        for (int i = 0; i < ROWS * N; i++) sums[i / N][i % N] = bias[i % N];
#pragma unroll 1
        for (int j = 0; j < K; j++) {
            /* A column of the kernel: what it meets of the one, then all its taps for all rows and
             * channels. */
            float in[IN];
#pragma unroll
            for (int r = 0; r < IN; r++) in[r] = from[r * c.near.width + j];
#pragma unroll
            for (int t = 0; t < K; t++) {
                float w[N];
                load_floats(w, weights, (t * K + j) * c.lanes + lane);
#pragma unroll
                for (int i = 0; i < ROWS * N; i++) sums[i / N][i % N] += in[i / N * STRIDE + t] * w[i % N];
            }
        }
        pack<T, N> *out = (pack<T, N> *)to +
                          (((int64_t)p.image * c.many.height + row) * c.many.width + column) * c.lanes + lane;
#pragma unroll
        for (int o = 0; o < ROWS; o++, out += (int64_t)c.many.width * c.lanes) {
            activate_all<T>(c.kind, sums[o]);
            if (row + o < c.many.height) *out = narrow<T>(sums[o]);
        }
    }
}

/* Rows of a thread of the kernel from many to one: what it reads of them, and the weights of a column of the
 * kernel, are in registers. */
template <int K> constexpr int gather_rows = K > 3 ? 4 : 8;

/* What a lane gives to its pixels, a column of the kernel after the other. */
template <class T, int K>
__device__ inline void add_lane(float (&sums)[gather_rows<K>], const pack<T, 16 / sizeof(T)> *from,
                                const float *weights, const one_pass &c, int row, int column) {
    constexpr int N = 16 / sizeof(T), ROWS_OUT = gather_rows<K>, IN = ROWS_OUT + K - 1;
    const int64_t step = (int64_t)c.many.width * c.lanes;
#pragma unroll 1
    for (int j = 0; j < K; j++) {
        const bool beside = (unsigned)(column + j) < (unsigned)c.many.width;
        const pack<T, N> *at = from + row * step + (int64_t)(column + j) * c.lanes;
        pack<T, N> in[IN];
#pragma unroll
        for (int r = 0; r < IN; r++, at += step)
            read_pack_if(&in[r], beside && (unsigned)(row + r) < (unsigned)c.many.height, at);
        float w[K][N];
#pragma unroll
        for (int t = 0; t < K; t++) load_floats(w[t], weights, (t * K + j) * c.lanes + (int)threadIdx.x);
#pragma unroll
        for (int r = 0; r < IN; r++) {
            float values[N];
            widen_pack(values, in[r]);
#pragma unroll
            for (int i = 0; i < K * N; i++) {
                const int t = i / N, o = r - t;
                if (o >= 0 && o < ROWS_OUT) sums[o] += values[i % N] * w[t][i % N];
            }
        }
    }
}

/* one = f(many * w with taps in reverse order + bias), of stride 1. Lanes are added up through shared memory,
 * in turns; the gaps there keep lanes in different banks. */
template <class T, int K>
__global__ void __launch_bounds__(THREADS, K > 5 ? 2 : 3)
    gather_one(void *__restrict__ to, const void *__restrict__ many, one_pass c) {
    constexpr int N = 16 / sizeof(T), ROWS_OUT = gather_rows<K>, TAPS = K * K;
    alignas(16) __shared__ float weights[TAPS * ONE_CHANNELS_MAX];
    __shared__ float room[ROWS_OUT * (int)THREADS / ROOM_GAPS * (ROOM_GAPS + 1)];
    const int pixels = blockDim.y * blockDim.z, line = pixels + pixels / ROOM_GAPS,
              pixel = threadIdx.z * blockDim.y + threadIdx.y, me = thread_of_block(),
              out_first = small_quotient(me, c.by_pixels), out_pixel = me - out_first * pixels,
              out_z = small_quotient(out_pixel, c.by_wide), out_y = out_pixel - out_z * (int)blockDim.y;
    const float bias = c.bias ? *c.bias : 0;
    stage_weights<T, true>(weights, c, TAPS);
    for (int tile = blockIdx.x; tile < c.t.count; tile += gridDim.x) {
        const tile_place p = place_of(c.t, tile);
        float sums[ROWS_OUT] = {};
        __syncthreads();
        add_lane<T, K>(sums,
                       (const pack<T, N> *)many + (int64_t)p.image * c.many.height * c.many.width * c.lanes +
                           threadIdx.x,
                       weights, c, p.row + (int)threadIdx.z * ROWS_OUT + c.offset - (K - 1),
                       p.column + (int)threadIdx.y + c.offset - (K - 1));
#pragma unroll
        for (int o = 0; o < ROWS_OUT; o++) room[(o * c.lanes + threadIdx.x) * line + pixel] = sums[o];
        __syncthreads();
        /* Each thread adds up the lanes of some of the tile's pixels, in the lanes' order, and writes
         * them. */
        const int row = p.row + out_z * ROWS_OUT, column = p.column + out_y;
        for (int o = out_first; o < ROWS_OUT && column < c.one.width; o += c.lanes) {
            float sum = bias;
            for (int l = 0; l < c.lanes; l++) sum += room[(o * c.lanes + l) * line + out_pixel];
            if (row + o < c.one.height)
                ((T *)to)[((int64_t)p.image * c.one.height + row + o) * c.one.width + column] =
                    from_float<T>(activate(c.kind, sum));
        }
    }
}

typedef void (*one_kernel)(void *, const void *, one_pass);

template <class T> static one_kernel spread_for(int kernel, int stride) {
    static const one_kernel kernels[4][2] = {{spread_one<T, 1, 1>, spread_one<T, 1, 2>},
                                             {spread_one<T, 3, 1>, spread_one<T, 3, 2>},
                                             {spread_one<T, 5, 1>, spread_one<T, 5, 2>},
                                             {spread_one<T, 7, 1>, spread_one<T, 7, 2>}};
    return kernels[kernel / 2][stride == 2];
}
template <class T> static one_kernel gather_for(int kernel) {
    static const one_kernel kernels[4] = {gather_one<T, 1>, gather_one<T, 3>, gather_one<T, 5>,
                                          gather_one<T, 7>};
    return kernels[kernel / 2];
}

/* spreads: from one channel to many; else from many to one. */
static void run(const cc_one_channel_cuda *d, bool spreads, void *to, const void *from, const void *w,
                const float *bias, cc_activation f) {
    one_pass c = pass_of(d);
    c.weights = w;
    c.bias = bias;
    c.kind = (int)f;
    bool bf = d->dtype == CC_BF16;
    if (spreads) {
        dim3 block = share_out(&c, d, c.many, ROWS);
        one_kernel kernel =
            bf ? spread_for<bf16>(d->kernel, d->stride) : spread_for<float>(d->kernel, d->stride);
        CC_LAUNCH_TOGETHER(kernel, grid_of(c.t), block, to, from, c);
    } else {
        dim3 block = share_out(&c, d, c.one, d->kernel > 3 ? gather_rows<5> : gather_rows<3>);
        one_kernel kernel = bf ? gather_for<bf16>(d->kernel) : gather_for<float>(d->kernel);
        CC_LAUNCH_TOGETHER(kernel, grid_of(c.t), block, to, from, c);
    }
}

extern "C" void cc_one_channel_cuda_forward(const cc_one_channel_cuda *d, void *y, const void *x,
                                            const void *w, const float *bias, cc_activation f) {
    run(d, d->into, y, x, w, bias, f);
}

extern "C" bool cc_one_channel_cuda_has_data(const cc_one_channel_cuda *d) {
    return d->stride == 1;
}

extern "C" void cc_one_channel_cuda_data(const cc_one_channel_cuda *d, void *dx, const void *dy,
                                         const void *w) {
    run(d, !d->into, dx, dy, w, NULL, CC_ACTIVATION_NONE);
}

} // namespace one_channel
