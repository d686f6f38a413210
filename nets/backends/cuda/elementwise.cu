/* nets/backends/cuda/elementwise.cu -- what the CUDA backend does value by value: sums, conversions of
 * layout and precision, the moving average. */
#include "nets/backends/cuda/elementwise.h"
#include "nets/backends/cuda/map_rows.cuh"

using namespace cc;

namespace elementwise {

/* dst += src */
template <class T, int N> struct add_values {
    enum { UNROLL = 4, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> a, b;
    };
    void *dst;
    const void *src;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.a = load<T, N>(dst, row);
        p.b = load<T, N>(src, row);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t) const {
        float sum[N];
        for (int k = 0; k < N; k++) sum[k] = to_float(p.a.v[k]) + to_float(p.b.v[k]);
        store(dst, row, narrow<T>(sum));
    }
};

struct add_run {
    void *dst;
    const void *src;
    int64_t count;
    template <class T, int N> void run() const {
        map_rows(row_map_flat(count / N), add_values<T, N>{dst, src});
    }
};

extern "C" void cc_cuda_add(void *dst, const void *src, size_t count, cc_dtype dtype) {
    dispatch(dtype, (int64_t)count, add_run{dst, src, (int64_t)count});
}

/* Between N,pixels,C and N,C,pixels: a thread has P pixels and all of their channels, which are few in what
 * enters and leaves a net. */
template <class T, int P> struct exchange {
    enum { UNROLL = 1, REVERSED = false };
    typedef int64_t constants; /* the image */
    typedef no_constants packs;
    void *blocked;
    float *plain;
    int64_t channels, each; /* packs of a plane */
    bool back;
    __device__ constants prepare(int64_t image, int64_t) const { return image; }
    __device__ void get(packs &, const constants &, int64_t, int64_t) const {}
    __device__ void put(const packs &, constants image, int64_t row, int64_t) const {
        for (int64_t c = 0; c < channels; c++) {
            int64_t at = (image * (channels - 1) + c) * each + row;
            T *beside = (T *)blocked + row * P * channels + c;
            back ? gather(at, beside) : scatter(at, beside);
        }
    }
    /* P values of one channel to N,pixels,C, and back. */
    __device__ void scatter(int64_t at, T *to) const {
        pack<float, P> p = load<float, P>(plain, at);
        if (channels == 1)
            store(to, 0, narrow<T>(p.v));
        else
            for (int k = 0; k < P; k++) to[k * channels] = from_float<T>(p.v[k]);
    }
    __device__ void gather(int64_t at, const T *from) const {
        pack<T, P> p;
        if (channels == 1) p = load<T, P>(from, 0);
        for (int k = 0; channels > 1 && k < P; k++) p.v[k] = from[k * channels];
        pack<float, P> out;
        widen(out.v, p);
        store(plain, at, out);
    }
};

template <class T> static void run_exchange(void *blocked, float *plain, const cc_shape *shape, bool back) {
    int64_t n = shape->dims[0], channels = shape->dims[1], pixels = cc_shape_pixels(shape);
    if (pixels % 4 == 0)
        map_rows(row_map_of(n, pixels / 4, 1), exchange<T, 4>{blocked, plain, channels, pixels / 4, back});
    else
        map_rows(row_map_of(n, pixels, 1), exchange<T, 1>{blocked, plain, channels, pixels, back});
}

/* plain [n][C][pixels] -> [n][pixels][C] */
extern "C" void cc_cuda_to_blocked(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                                   cc_dtype dtype) {
    (void)block; /* all channels */
    auto run = dtype == CC_BF16 ? run_exchange<bf16> : run_exchange<float>;
    run(blocked, (float *)plain, shape, false);
}

/* [n][pixels][C] -> plain [n][C][pixels] */
extern "C" void cc_cuda_from_blocked(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                                     cc_dtype dtype) {
    (void)block;
    auto run = dtype == CC_BF16 ? run_exchange<bf16> : run_exchange<float>;
    run((void *)blocked, plain, shape, true);
}

/* Between float32 and bf16. */
template <class To, class From, int N> struct convert {
    enum { UNROLL = 4, REVERSED = false };
    typedef no_constants constants;
    typedef pack<From, N> packs;
    void *to;
    const void *from;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p = load<From, N>(from, row);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t) const {
        float values[N];
        widen(values, p);
        store(to, row, narrow<To>(values));
    }
};

/* Packs of four where the count allows. */
template <class To, class From> static void run_convert(void *to, const void *from, int64_t count) {
    if (count % 4 == 0)
        map_rows(row_map_flat(count / 4), convert<To, From, 4>{to, from});
    else
        map_rows(row_map_flat(count), convert<To, From, 1>{to, from});
}

extern "C" cc_status cc_cuda_round_to_bf16(void *bf16_copy, const float *values, size_t count) {
    run_convert<bf16, float>(bf16_copy, values, (int64_t)count);
    return cc_cuda_check("rounding weights");
}

extern "C" void cc_cuda_widen(float *values, const void *bf16_copy, int64_t count) {
    run_convert<float, bf16>(values, bf16_copy, count);
}

/* a = w; a = decay a + (1 - decay) w; or the two exchanged. */
template <int N> struct average {
    enum { UNROLL = 2, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<float, N> a, w;
    };
    int how;
    float *a, *w;
    float decay, rest;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t) const {
        p.w = load<float, N>(w, row);
        if (how != CC_AVERAGING_COPY) p.a = load<float, N>(a, row);
    }
    __device__ void put(packs &p, constants, int64_t row, int64_t) const {
        if (how == CC_AVERAGING_SWAP) store(w, row, p.a);
        for (int k = 0; how == CC_AVERAGING_BLEND && k < N; k++)
            p.w.v[k] = decay * p.a.v[k] + rest * p.w.v[k];
        store(a, row, p.w);
    }
};

/* In float32, as the averages are kept; the flat ranges are padded to multiples of 16. */
extern "C" cc_status cc_cuda_average(cc_averaging how, float *a, float *w, size_t count, double decay) {
    float kept = (float)decay, rest = (float)(1 - decay);
    if (count % 4 == 0)
        map_rows(row_map_flat((int64_t)count / 4), average<4>{(int)how, a, w, kept, rest});
    else
        map_rows(row_map_flat((int64_t)count), average<1>{(int)how, a, w, kept, rest});
    return cc_cuda_check("the moving average");
}

} // namespace elementwise
