/* nets/backends/cuda/channels.cu -- the bias of a convolution in N,pixels,C: forward it is added to each
 * row, with the activation behind it; its gradient is the sum of the rows. */
#include "nets/backends/cuda/channels.h"
#include "nets/backends/cuda/sum_rows.cuh"

using namespace cc;

namespace channels {

/* y = f(y + bias) */
template <class T, int N> struct add_bias {
    enum { UNROLL = 4, REVERSED = false };
    struct constants {
        float bias[N];
    };
    typedef pack<T, N> packs;
    void *y;
    const float *bias;
    int64_t lanes;
    int kind;
    __device__ constants prepare(int64_t, int64_t lane) const {
        constants k;
        load_floats(k.bias, bias, lane);
        return k;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(y, row * lanes + lane);
    }
    __device__ void put(const packs &p, const constants &k, int64_t row, int64_t lane) const {
        float v[N];
        for (int j = 0; j < N; j++) v[j] = to_float(p.v[j]) + k.bias[j];
        activate_all<T>(kind, v);
        store(y, row * lanes + lane, narrow<T>(v));
    }
};

/* All pixels of all images. */
static int64_t rows_of(const cc_shape *shape) {
    return shape->dims[0] * cc_shape_pixels(shape);
}

struct bias_run {
    void *y;
    const float *bias;
    int kind;
    const cc_shape *shape;
    template <class T, int N> void run() const {
        int64_t lanes = shape->dims[1] / N;
        map_rows(row_map_of(1, rows_of(shape), lanes), add_bias<T, N>{y, bias, lanes, kind});
    }
};

extern "C" void cc_cuda_channel_add(void *y, const float *bias, cc_activation f, const cc_shape *shape,
                                    cc_dtype dtype) {
    dispatch(dtype, shape->dims[1], bias_run{y, bias, f, shape});
}

/* sums[c] = sum over rows of y[row][c] */
template <class T, int N> struct sum_values {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 4 };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    float *sums;
    const void *y;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t at) const { p = load<T, N>(y, at); }
    __device__ void add(float (&sum)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sum[k] += to_float(p.v[k]);
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
    __device__ void finish(int64_t, int64_t channel, const double *totals) const {
        sums[channel] = (float)totals[0];
    }
};

struct sums_run {
    float *sums;
    const void *y;
    const cc_shape *shape;
    double *scratch;
    template <class T, int N> void run() const {
        sum_rows<N>(scratch, 1, rows_of(shape), shape->dims[1] / N, sum_values<T, N>{sums, y});
    }
};

extern "C" void cc_cuda_channel_sums(float *sums, const void *y, const cc_shape *shape, cc_dtype dtype,
                                     void *scratch) {
    dispatch(dtype, shape->dims[1], sums_run{sums, y, shape, (double *)scratch});
}

extern "C" size_t cc_cuda_channel_bytes(const cc_shape *shape, cc_dtype dtype) {
    return row_sum_bytes(1, rows_of(shape), shape->dims[1], dtype, 1, ROW_SUM_THREADS);
}

} // namespace channels
