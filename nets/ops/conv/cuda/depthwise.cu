/* nets/ops/conv/cuda/depthwise.cu -- depthwise convolutions: what is computed by which kernel; forward passes
 * and input gradients by tiles. */
#include "nets/ops/conv/cuda/depthwise.cuh"

using namespace cc;

/* Whether the kernels by tiles have it; the others compute a value a thread. */
bool cc::is_tiled(const cc_depthwise_cuda *d) {
    return (d->kernel == 3 || d->kernel == 5) && (d->stride == 1 || d->stride == 2) && d->dilation == 1 &&
           d->channels % 2 == 0;
}

namespace depthwise {

enum { VALUES_MAX = 1 << 30, EXTENT_MAX = 65535 };

/* Places in an image are ints, and rows, columns and images a grid's extents. */
static bool is_small(const cc_shape *s) {
    int64_t values = s->dims[1];
    for (int i : {0, 2, 3})
        if (s->dims[i] > EXTENT_MAX) return false;
    return values < VALUES_MAX && s->dims[2] * s->dims[3] <= VALUES_MAX / values;
}

extern "C" bool cc_depthwise_cuda_init(cc_depthwise_cuda *out, const cc_conv_attr *a, const cc_shape *x,
                                       const cc_shape *y, cc_dtype dtype) {
    bool fits = x->rank == 4 && a->groups == x->dims[1] && a->out_channels == a->groups &&
                a->kernel[1] == a->kernel[2] && a->stride[1] == a->stride[2] &&
                a->padding[1] == a->padding[2] && a->dilation[1] == a->dilation[2] && is_small(x) &&
                is_small(y);
    if (!fits) return false;
    *out = cc_depthwise_cuda{(int)x->dims[0],
                             (int)x->dims[2],
                             (int)x->dims[3],
                             (int)y->dims[2],
                             (int)y->dims[3],
                             (int)x->dims[1],
                             (int)a->kernel[1],
                             (int)a->stride[1],
                             (int)a->padding[1],
                             (int)a->dilation[1],
                             dtype};
    return true;
}

/* Weights of the lane, w[row of the kernel][2 column + channel]; `step`: from a tap to the next, in pairs. */
template <int K>
__device__ inline void read_weights(float (&w)[K][2 * K], const float *from, int step, int lane) {
#pragma unroll
    for (int t = 0; t < K * K; t++) {
        widen_pair(&w[t / K][t % K * 2], ((const pair<float> *)from)[t * (int64_t)step + lane]);
    }
}

/* What a block's number says of a thread: its lane, and its tile. */
struct place {
    int lane, row, column;
};
__device__ inline place place_of(const tiling &t) {
    const int patch = small_quotient(blockIdx.x, t.by_groups), group = blockIdx.x - patch * t.groups;
    return place{(int)(group * t.across + threadIdx.x), (int)(blockIdx.y * t.high + threadIdx.z),
                 (int)(patch * t.wide + threadIdx.y)};
}

static dim3 grid_of(const tiling &t, int n) {
    return dim3((unsigned)(t.groups * t.patches_w), (unsigned)t.patches_h, (unsigned)n);
}
static dim3 block_of(const tiling &t) {
    return dim3((unsigned)t.across, (unsigned)t.wide, (unsigned)t.high);
}

/* y = f(x * w + bias): a row of x is read while the one before is multiplied. */
struct correlation {
    frame x, y;
    const float *w;
    const float *bias;
    int step, padding, kind;
    tiling t;
};

template <class T, int K, int STRIDE, bool ACTIVATES>
__global__ void __launch_bounds__(THREADS, K == 3 ? 3 : 2)
    correlate(void *__restrict__ to, const void *__restrict__ from, correlation c) {
    typedef tile<K, STRIDE> tile;
    const place p = place_of(c.t);
    if (p.lane >= c.t.lanes || p.row * tile::ROWS >= c.y.height || p.column * tile::COLUMNS >= c.y.width)
        return;
    const auto y = window_of<tile::COLUMNS>((pair<T> *)to, c.y, blockIdx.z, p.row * tile::ROWS,
                                            p.column * tile::COLUMNS, p.lane);
    const auto x = window_of<tile::IN_COLUMNS>((const pair<T> *)from, c.x, blockIdx.z,
                                               p.row * tile::ROWS * STRIDE - c.padding,
                                               p.column * tile::COLUMNS * STRIDE - c.padding, p.lane);
    pair<T> next[2][tile::IN_COLUMNS];
    float w[K][2 * K], bias[2] = {}, in[2 * tile::IN_COLUMNS], sums[tile::ROWS][2 * tile::COLUMNS];
    read_row(next[0], x, 0);
    read_weights<K>(w, c.w, c.step, p.lane);
    if (c.bias) widen_pair(bias, ((const pair<float> *)c.bias)[p.lane]);
#pragma unroll
    for (int r = 0; r < tile::IN_ROWS; r++) {
        if (r + 1 < tile::IN_ROWS) read_row(next[(r + 1) % 2], x, r + 1);
        widen_row(in, next[r % 2]);
#pragma unroll
        for (int o = 0; o < tile::ROWS; o++) {
            /* s: column of the tile; j: column of the kernel; k: channel of the pair */
            const int t = r - o * STRIDE; /* row of the kernel */
            if (t < 0 || t >= K) continue;
#pragma unroll
            for (int i = 0; i < tile::COLUMNS * K * 2; i++) {
                const int s = i / (2 * K), j = i / 2 % K, k = i % 2;
                if (t == 0 && j == 0) sums[o][2 * s + k] = bias[k];
                sums[o][2 * s + k] += in[2 * (s * STRIDE + j) + k] * w[t][2 * j + k];
            }
            if (t < K - 1) continue;
            if (ACTIVATES) activate_all<T>(c.kind, sums[o]);
            write_row(y, o, sums[o]);
        }
    }
}

/* dx of a convolution of stride 2. A pixel u rows below the padding's first gets what dy's row q times the
 * kernel's row u - 2 q is: a tile starts at an even u, so that which rows meet is known beforehand. */
struct spreading {
    frame dx, dy;
    const float *w;
    int padding;
    tiling t;
};

constexpr int SPREAD = 4; /* rows and columns of a tile of dx */

template <class T, int K>
__global__ void __launch_bounds__(THREADS, K == 3 ? 3 : 2)
    spread(void *__restrict__ to, const void *__restrict__ from, spreading c) {
    constexpr int COUNT = SPREAD / 2 + (K - 1) / 2;
    const place p = place_of(c.t);
    const int u = c.padding / 2 * 2 + p.row * SPREAD, v = c.padding / 2 * 2 + p.column * SPREAD;
    if (p.lane >= c.t.lanes || u - c.padding >= c.dx.height || v - c.padding >= c.dx.width) return;
    const auto dx = window_of<SPREAD>((pair<T> *)to, c.dx, blockIdx.z, u - c.padding, v - c.padding, p.lane);
    const auto dy = window_of<COUNT>((const pair<T> *)from, c.dy, blockIdx.z, u / 2 - (K - 1) / 2,
                                     v / 2 - (K - 1) / 2, p.lane);
    pair<T> next[2][COUNT];
    float w[K][2 * K], in[2 * COUNT], sums[SPREAD][2 * SPREAD];
    read_row(next[0], dy, 0);
    read_weights<K>(w, c.w, c.t.lanes, p.lane);
#pragma unroll
    for (int r = 0; r < COUNT; r++) {
        if (r + 1 < COUNT) read_row(next[(r + 1) % 2], dy, r + 1);
        widen_row(in, next[r % 2]);
#pragma unroll
        for (int o = 0; o < SPREAD; o++) {
            const int t = o + K - 1 - 2 * r;
            if (t < 0 || t >= K) continue;
#pragma unroll
            for (int i = 0; i < SPREAD * COUNT * 2; i++) {
                const int s = i / (2 * COUNT), q = i / 2 % COUNT, k = i % 2, j = s + K - 1 - 2 * q;
                if (q == 0 && t + 2 >= K) sums[o][2 * s + k] = 0;
                if (j >= 0 && j < K) sums[o][2 * s + k] += in[2 * q + k] * w[t][2 * j + k];
            }
            if (t < 2) write_row(dx, o, sums[o]);
        }
    }
}

typedef void (*correlate_kernel)(void *, const void *, correlation);
template <class T, bool ACTIVATES> static correlate_kernel correlate_for(int kernel, int stride) {
    static const correlate_kernel kernels[2][2] = {
        {correlate<T, 3, 1, ACTIVATES>, correlate<T, 3, 2, ACTIVATES>},
        {correlate<T, 5, 1, ACTIVATES>, correlate<T, 5, 2, ACTIVATES>}};
    return kernels[kernel == 5][stride == 2];
}
template <bool ACTIVATES> static correlate_kernel correlate_in(cc_dtype dtype, int kernel, int stride) {
    return dtype == CC_BF16 ? correlate_for<bf16, ACTIVATES>(kernel, stride)
                            : correlate_for<float, ACTIVATES>(kernel, stride);
}

/* A block's, where there is too little work for all processors with more. */
enum { THREADS_LEAST = 128 };

static void run_correlate(const cc_depthwise_cuda *d, int stride, void *y, const void *x, correlation c) {
    c.t = tiling_of(d, ceiling(c.y.height, 4 / stride), ceiling(c.y.width, 4), THREADS_LEAST);
    correlate_kernel kernel = c.kind == CC_ACTIVATION_NONE ? correlate_in<false>(d->dtype, d->kernel, stride)
                                                           : correlate_in<true>(d->dtype, d->kernel, stride);
    CC_LAUNCH(kernel, grid_of(c.t, d->n), block_of(c.t), y, x, c);
}

static frame in_frame(const cc_depthwise_cuda *d) {
    return frame{d->in_height, d->in_width, d->channels / 2};
}
static frame out_frame(const cc_depthwise_cuda *d) {
    return frame{d->out_height, d->out_width, d->channels / 2};
}

extern "C" void cc_depthwise_cuda_forward(const cc_depthwise_cuda *d, void *y, const void *x, const float *w,
                                          const float *bias, cc_activation f) {
    if (!is_tiled(d)) return any_forward(d, y, x, w, bias, f);
    run_correlate(d, d->stride, y, x,
                  correlation{in_frame(d), out_frame(d), w, bias, d->channels / 2, d->padding, (int)f, {}});
}

/* A tile starts at an even place of the padded image, so that an odd padding makes one more pixel. */
static void run_spread(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w) {
    int odd = d->padding % 2;
    spreading c = {
        in_frame(d), out_frame(d), w, d->padding,
        tiling_of(d, ceiling(d->in_height + odd, SPREAD), ceiling(d->in_width + odd, SPREAD), THREADS_LEAST)};
    auto kernel = d->dtype == CC_BF16 ? (d->kernel == 3 ? spread<bf16, 3> : spread<bf16, 5>)
                                      : (d->kernel == 3 ? spread<float, 3> : spread<float, 5>);
    CC_LAUNCH(kernel, grid_of(c.t, d->n), block_of(c.t), dx, dy, c);
}

/* Of stride 1 it is the convolution of dy with the kernel's taps in reverse order: the weights are read from
 * the last tap on, with a negative step. */
extern "C" void cc_depthwise_cuda_data(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w) {
    int64_t last = (d->kernel * d->kernel - 1) * (int64_t)d->channels;
    if (!is_tiled(d)) return any_data(d, dx, dy, w);
    if (d->stride == 2) return run_spread(d, dx, dy, w);
    run_correlate(d, 1, dx, dy,
                  correlation{out_frame(d),
                              in_frame(d),
                              w + last,
                              NULL,
                              -d->channels / 2,
                              d->kernel - 1 - d->padding,
                              CC_ACTIVATION_NONE,
                              {}});
}

} // namespace depthwise
