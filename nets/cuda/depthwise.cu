#include "nets/cuda/depthwise.h"
#include "nets/cuda/columns.cuh"

using namespace cc;

bool cc_depthwise_cuda_init(cc_depthwise_cuda *out, const cc_conv_attr *a, const cc_shape *x,
                            const cc_shape *y, cc_dtype dtype) {
    bool fits = x->rank == 4 && a->groups == x->dims[1] && a->out_channels == a->groups && a->groups > 1 &&
                a->kernel[1] == a->kernel[2] && (a->kernel[1] == 3 || a->kernel[1] == 5) &&
                a->stride[1] == a->stride[2] && a->padding[1] == a->padding[2] && a->dilation[1] == 1 &&
                a->dilation[2] == 1;
    if (!fits) return false;
    *out = cc_depthwise_cuda{x->dims[0], x->dims[2],        x->dims[3],        y->dims[2],         y->dims[3],
                             x->dims[1], (int)a->kernel[1], (int)a->stride[1], (int)a->padding[1], dtype};
    return true;
}

template <class T, int N, int K>
__global__ void forward_pixels(void *y, const void *x, const float *w, const float *bias, int kind,
                               cc_depthwise_cuda d, int64_t packs) {
    int64_t i = global_index(), lanes = d.channels / N, c = i % lanes, row = i / lanes;
    if (i >= packs) return;
    int64_t left = row % d.out_width * d.stride - d.padding,
            top = row / d.out_width % d.out_height * d.stride - d.padding,
            n = row / (d.out_width * d.out_height);
    float sum[N];
    for (int k = 0; k < N; k++) sum[k] = bias ? bias[c * N + k] : 0;
    for (int t = 0; t < K * K; t++) {
        int64_t h = top + t / K, v = left + t % K;
        if (h < 0 || h >= d.in_height || v < 0 || v >= d.in_width) continue;
        pack<T, N> p = load<T, N>(x, ((n * d.in_height + h) * d.in_width + v) * lanes + c);
        for (int k = 0; k < N; k++) sum[k] += to_float(p.v[k]) * w[t * d.channels + c * N + k];
    }
    pack<T, N> out;
    for (int k = 0; k < N; k++) out.v[k] = from_float<T>(activate(kind, sum[k]));
    store(y, i, out);
}

template <class T, int N, int K>
__global__ void backward_pixels(void *dx, const void *dy, const float *w, cc_depthwise_cuda d,
                                int64_t packs) {
    int64_t i = global_index(), lanes = d.channels / N, c = i % lanes, row = i / lanes;
    if (i >= packs) return;
    int64_t left = row % d.in_width + d.padding, top = row / d.in_width % d.in_height + d.padding,
            n = row / (d.in_width * d.in_height);
    float sum[N] = {};
    for (int t = 0; t < K * K; t++) {
        int64_t h = top - t / K, v = left - t % K;
        if (h < 0 || h % d.stride || h / d.stride >= d.out_height) continue;
        if (v < 0 || v % d.stride || v / d.stride >= d.out_width) continue;
        int64_t from = (n * d.out_height + h / d.stride) * d.out_width + v / d.stride;
        pack<T, N> p = load<T, N>(dy, from * lanes + c);
        for (int k = 0; k < N; k++) sum[k] += to_float(p.v[k]) * w[t * d.channels + c * N + k];
    }
    pack<T, N> out;
    for (int k = 0; k < N; k++) out.v[k] = from_float<T>(sum[k]);
    store(dx, i, out);
}

/* A part's sums of every tap, [part][tap][channel]; a thread keeps those of its rows in registers. */
template <class T, int N, int K>
__global__ void weight_parts(double *out, columns s, const void *x, const void *dy, cc_depthwise_cuda d) {
    __shared__ double room[THREADS * N];
    int across = threadIdx.x % s.across, down = threadIdx.x / s.across;
    int64_t part = blockIdx.y, channel = (blockIdx.x * (int64_t)s.across + across) * N,
            lanes = d.channels / N;
    int64_t begin = part * s.per_part, end = begin + s.per_part < s.rows ? begin + s.per_part : s.rows;
    float sum[K * K][N] = {};
    for (int64_t row = begin + down; channel < d.channels && row < end; row += s.down) {
        int64_t left = row % d.out_width * d.stride - d.padding,
                top = row / d.out_width % d.out_height * d.stride - d.padding,
                n = row / (d.out_width * d.out_height);
        pack<T, N> g = load<T, N>(dy, row * lanes + channel / N);
#pragma unroll
        for (int t = 0; t < K * K; t++) {
            int64_t h = top + t / K, v = left + t % K;
            if (h < 0 || h >= d.in_height || v < 0 || v >= d.in_width) continue;
            pack<T, N> p = load<T, N>(x, ((n * d.in_height + h) * d.in_width + v) * lanes + channel / N);
            for (int k = 0; k < N; k++) sum[t][k] += to_float(p.v[k]) * to_float(g.v[k]);
        }
    }
    double *mine = room + threadIdx.x * N;
#pragma unroll
    for (int t = 0; t < K * K; t++) {
        __syncthreads();
        for (int k = 0; k < N; k++) mine[k] = sum[t][k];
        for (int half = s.down / 2; half > 0; half /= 2) {
            __syncthreads();
            for (int k = 0; down < half && k < N; k++) mine[k] += mine[half * s.across * N + k];
        }
        for (int k = 0; down == 0 && channel < d.channels && k < N; k++)
            out[(part * K * K + t) * d.channels + channel + k] = mine[k];
    }
}

static __global__ void merge_weights(float *dw, const double *parts, int64_t count, int64_t weights) {
    __shared__ double room[THREADS];
    int64_t i = blockIdx.x * (int64_t)MERGE_ACROSS + threadIdx.x % MERGE_ACROSS;
    bool inside = i < weights;
    double sum = merge_parts(room, inside ? count : 0, [=](int64_t p) { return parts[p * weights + i]; });
    if (inside && threadIdx.x < MERGE_ACROSS) dw[i] = (float)sum;
}

template <int K> struct forward_run {
    const cc_depthwise_cuda *d;
    void *y;
    const void *x;
    const float *w, *bias;
    int kind;
    template <class T, int N> void run() const {
        int64_t packs = d->n * d->out_height * d->out_width * d->channels / N;
        auto kernel = forward_pixels<T, N, K>;
        CC_LAUNCH(kernel, dim3(blocks_for(packs)), dim3(THREADS), y, x, w, bias, kind, *d, packs);
    }
};

template <int K> struct data_run {
    const cc_depthwise_cuda *d;
    void *dx;
    const void *dy;
    const float *w;
    template <class T, int N> void run() const {
        int64_t packs = d->n * d->in_height * d->in_width * d->channels / N;
        auto kernel = backward_pixels<T, N, K>;
        CC_LAUNCH(kernel, dim3(blocks_for(packs)), dim3(THREADS), dx, dy, w, *d, packs);
    }
};

void cc_depthwise_cuda_forward(const cc_depthwise_cuda *d, void *y, const void *x, const float *w,
                               const float *bias, cc_activation f) {
    if (d->kernel == 3)
        dispatch(d->dtype, d->channels, forward_run<3>{d, y, x, w, bias, f});
    else
        dispatch(d->dtype, d->channels, forward_run<5>{d, y, x, w, bias, f});
}

void cc_depthwise_cuda_data(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w) {
    if (d->kernel == 3)
        dispatch(d->dtype, d->channels, data_run<3>{d, dx, dy, w});
    else
        dispatch(d->dtype, d->channels, data_run<5>{d, dx, dy, w});
}

static columns cut(const cc_depthwise_cuda *d) {
    return columns_of(1, d->n * d->out_height * d->out_width, d->channels, d->channels % 2 ? 1 : 2);
}

size_t cc_depthwise_cuda_bytes(const cc_depthwise_cuda *d) {
    return (size_t)(cut(d).parts * d->kernel * d->kernel * d->channels) * sizeof(double);
}

template <class T, int N>
static void run_weights(const cc_depthwise_cuda *d, double *parts, const void *x, const void *dy) {
    columns s = cut(d);
    auto kernel = d->kernel == 3 ? weight_parts<T, N, 3> : weight_parts<T, N, 5>;
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)s.groups, (unsigned)s.parts), dim3(THREADS), parts, s, x, dy,
                       *d);
}

void cc_depthwise_cuda_weights(const cc_depthwise_cuda *d, float *dw, const void *x, const void *dy,
                               void *scratch) {
    double *parts = (double *)scratch;
    bool odd = d->channels % 2;
    if (d->dtype == CC_BF16)
        odd ? run_weights<bf16, 1>(d, parts, x, dy) : run_weights<bf16, 2>(d, parts, x, dy);
    else
        odd ? run_weights<float, 1>(d, parts, x, dy) : run_weights<float, 2>(d, parts, x, dy);
    int64_t weights = d->kernel * d->kernel * d->channels;
    CC_LAUNCH_TOGETHER(merge_weights, dim3(merge_blocks(weights)), dim3(THREADS), dw, parts, cut(d).parts,
                       weights);
}
