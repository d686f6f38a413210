#include "nets/cuda/channels.h"
#include "nets/cuda/columns.cuh"

using namespace cc;

template <class T, int N>
__global__ void add_bias(void *y, const float *bias, int kind, int64_t channels, int64_t packs) {
    int64_t i = global_index(), c = i * N % channels;
    if (i >= packs) return;
    pack<T, N> p = load<T, N>(y, i);
    for (int k = 0; k < N; k++) p.v[k] = from_float<T>(activate(kind, to_float(p.v[k]) + bias[c + k]));
    store(y, i, p);
}

struct bias_run {
    void *y;
    const float *bias;
    int kind;
    const cc_shape *shape;
    template <class T, int N> void run() const {
        int64_t packs = cc_shape_count(shape) / N;
        auto kernel = add_bias<T, N>;
        CC_LAUNCH(kernel, dim3(blocks_for(packs)), dim3(THREADS), y, bias, kind, shape->dims[1], packs);
    }
};

void cc_cuda_channel_add(void *y, const float *bias, cc_activation f, const cc_shape *shape, cc_dtype dtype) {
    dispatch(dtype, shape->dims[1], bias_run{y, bias, f, shape});
}

template <class T, int N> struct values {
    const void *y;
    int64_t channels;
    __device__ void operator()(float *first, float *, int64_t, int64_t row, int64_t channel) const {
        pack<T, N> p = load<T, N>(y, (row * channels + channel) / N);
        for (int k = 0; k < N; k++) first[k] += to_float(p.v[k]);
    }
};

static int64_t rows_of(const cc_shape *shape) {
    return shape->dims[0] * cc_shape_pixels(shape);
}

struct sums_run {
    float *sums;
    const void *y;
    const cc_shape *shape;
    double *scratch;
    template <class T, int N> void run() const {
        columns c = columns_of(1, rows_of(shape), shape->dims[1], N);
        columns_run<N>(scratch, c, values<T, N>{y, shape->dims[1]});
        CC_LAUNCH_TOGETHER(columns_totals, dim3(merge_blocks(c.channels)), dim3(THREADS), sums,
                           (float *)nullptr, scratch, c, 1.0);
    }
};

void cc_cuda_channel_sums(float *sums, const void *y, const cc_shape *shape, cc_dtype dtype, void *scratch) {
    dispatch(dtype, shape->dims[1], sums_run{sums, y, shape, (double *)scratch});
}

size_t cc_cuda_channel_bytes(const cc_shape *shape, cc_dtype dtype) {
    return columns_bytes(1, rows_of(shape), shape->dims[1], dtype);
}
