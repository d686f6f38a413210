/* nets/ops/multiply/multiply_cuda.cu -- products in N,pixels,C, the second factor repeated where it is
 * smaller.
 *
 * y and dx0 are elementwise: a thread finds the row of x1 that a row of x0 meets. dx1 has four ways:
 * elementwise where nothing is repeated; a reduction over each image's rows (sum_rows.cuh) where x1 scales
 * channels; sums of rows by teams of threads where it scales places; and a thread for each value of it
 * otherwise, which is slow and seldom asked for. */
#include "nets/backends/cuda/sum_rows.cuh"

extern "C" {
#include "nets/ops/multiply/multiply.h"
}

using namespace cc;

extern "C" const cc_kernel cc_multiply_cuda;

namespace multiply_cuda {

/* Which row of x1 each row of x0 meets. Extents are D,H,W. */
struct repetition {
    divider pixels, slice, width; /* of x0: of an image, of a plane of it, of a line */
    int64_t factor_pixels;
    int64_t step[CC_SPATIAL_MAX]; /* of x1's pixels along x0's axes; 0 where x1 is repeated */
    bool places;                  /* the same row */
    __device__ int64_t row(int64_t row) const {
        if (places) return row;
        const int64_t image = quotient(row, pixels), pixel = row - image * pixels.by;
        const int64_t d = quotient(pixel, slice), rest = pixel - d * slice.by, h = quotient(rest, width);
        return image * factor_pixels + d * step[0] + h * step[1] + (rest - h * width.by) * step[2];
    }
};

static repetition repetition_of(const cc_task *task) {
    int64_t x0[CC_SPATIAL_MAX], x1[CC_SPATIAL_MAX];
    const int64_t pixels = cc_shape_pixels(task->input_shapes[0]),
                  factors = cc_shape_pixels(task->input_shapes[1]);
    cc_shape_spatial(x0, task->input_shapes[0]);
    cc_shape_spatial(x1, task->input_shapes[1]);
    repetition r = {divide_by(pixels), divide_by(x0[1] * x0[2]), divide_by(x0[2]), factors, {},
                    pixels == factors};
    r.step[0] = x1[0] > 1 ? x1[1] * x1[2] : 0;
    r.step[1] = x1[1] > 1 ? x1[2] : 0;
    r.step[2] = x1[2] > 1;
    return r;
}

/* A pack of x1's values for the channels of `lane`: its own, or one value for all (`single`). */
template <class T, int N>
__device__ void read_factor(float (&out)[N], const void *factor, int64_t row, int64_t lane, int64_t lanes,
                            bool single) {
    if (single) {
        const float value = to_float(((const T *)factor)[row]);
        for (int k = 0; k < N; k++) out[k] = value;
    } else {
        widen(out, load<T, N>(factor, row * lanes + lane));
    }
}

/* y = or += x x1 */
template <class T, int N> struct products {
    enum { UNROLL = 2, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> x, before;
        float factor[N];
    };
    void *y;
    const void *x, *factor;
    repetition r;
    int64_t lanes;
    bool single, add;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.x = load<T, N>(x, row * lanes + lane);
        if (add) p.before = load<T, N>(y, row * lanes + lane);
        read_factor<T>(p.factor, factor, r.row(row), lane, lanes, single);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        float v[N];
        for (int k = 0; k < N; k++)
            v[k] = to_float(p.x.v[k]) * p.factor[k] + (add ? to_float(p.before.v[k]) : 0);
        store(y, row * lanes + lane, narrow<T>(v));
    }
};

/* One value of dx1. */
template <class T> __device__ void put_value(void *dx, int64_t at, double value, bool add) {
    T *to = (T *)dx + at;
    *to = from_float<T>((float)value + (add ? to_float(*to) : 0));
}

/* x1 scales channels: sums of x0 dy over an image's rows. */
template <class T, int N> struct channel_sums {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 2 };
    typedef no_constants constants;
    struct packs {
        pack<T, N> x, dy;
    };
    void *dx;
    const void *x, *dy;
    int64_t channels;
    bool accumulate;
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
        put_value<T>(dx, image * channels + channel, totals[0], accumulate);
    }
};

/* x1 scales places: the sum of x0 dy over each row, by TEAM threads. */
enum { TEAM = 32, TEAMS = THREADS / TEAM };
template <class T>
__global__ void row_sums(void *dx, const T *x, const T *dy, int64_t rows, int64_t channels, bool add) {
    __shared__ double room[THREADS];
    const int me = threadIdx.x, lane = me % TEAM;
    const int64_t row = blockIdx.x * (int64_t)TEAMS + me / TEAM;
    double sum = 0;
    for (int64_t c = lane; row < rows && c < channels; c += TEAM)
        sum += (double)(to_float(x[row * channels + c]) * to_float(dy[row * channels + c]));
    room[me] = sum;
    for (int half = TEAM / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half) room[me] += room[me + half];
    }
    if (lane == 0 && row < rows) put_value<T>(dx, row, room[me], add);
}

/* Any repetition: a thread adds up all that value `at` of x1, [n][pixels of x1][channels of x1], meets. */
struct extents {
    int64_t images, channels, factor_channels;
    int64_t x0[CC_SPATIAL_MAX], x1[CC_SPATIAL_MAX];
};
template <class T> __global__ void value_sums(void *dx, const T *x, const T *dy, extents e, bool add) {
    const int64_t factors = e.x1[0] * e.x1[1] * e.x1[2], at = global_index();
    if (at >= e.images * factors * e.factor_channels) return;
    const int64_t channel = at % e.factor_channels, q = at / e.factor_channels % factors,
                  image = at / e.factor_channels / factors;
    const int64_t place[] = {q / (e.x1[1] * e.x1[2]), q / e.x1[2] % e.x1[1], q % e.x1[2]};
    int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX];
    for (int k = 0; k < CC_SPATIAL_MAX; k++) {
        const bool repeated = e.x1[k] == 1;
        first[k] = repeated ? 0 : place[k];
        end[k] = repeated ? e.x0[k] : place[k] + 1;
    }
    const int64_t from = e.factor_channels == 1 ? 0 : channel,
                  to = e.factor_channels == 1 ? e.channels : channel + 1;
    double sum = 0;
    for (int64_t d = first[0]; d < end[0]; d++)
        for (int64_t h = first[1]; h < end[1]; h++)
            for (int64_t w = first[2]; w < end[2]; w++)
                for (int64_t c = from; c < to; c++) {
                    const int64_t i = (((image * e.x0[0] + d) * e.x0[1] + h) * e.x0[2] + w) * e.channels + c;
                    sum += (double)(to_float(x[i]) * to_float(dy[i]));
                }
    put_value<T>(dx, at, sum, add);
}

static cc_status plan(cc_task *task) {
    const cc_shape *x = task->input_shapes[0];
    task->output_block = task->input_blocks[0];
    if (task->training)
        task->scratch_bytes =
            row_sum_bytes(x->dims[0], cc_shape_pixels(x), x->dims[1], task->dtype, 1, ROW_SUM_THREADS);
    return CC_OK;
}

/* y = or += x x1, of y or dx0. */
struct product_run {
    const cc_task *task;
    void *y;
    const void *x;
    bool add;
    template <class T, int N> void run() const {
        const cc_shape *s = task->input_shapes[0];
        const int64_t lanes = s->dims[1] / N;
        const bool single = task->input_shapes[1]->dims[1] == 1 && s->dims[1] > 1;
        map_rows(row_map_of(1, s->dims[0] * cc_shape_pixels(s), lanes),
                 products<T, N>{y, x, task->x[1], repetition_of(task), lanes, single, add});
    }
};

/* dx1 = dy x0 where nothing is repeated. */
struct values_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const int64_t count = cc_shape_count(task->input_shapes[0]);
        map_rows(row_map_flat(count / N), products<T, N>{task->dx[1], task->dy, task->x[0],
                                                         repetition_of(task), 1, false, task->accumulate[1]});
    }
};

/* dx1 where something is. */
struct factor_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const cc_shape *s0 = task->input_shapes[0], *s1 = task->input_shapes[1];
        const int64_t pixels = cc_shape_pixels(s0), channels = s0->dims[1], rows = s0->dims[0] * pixels;
        const bool add = task->accumulate[1];
        const T *x = (const T *)task->x[0], *dy = (const T *)task->dy;
        if (cc_shape_pixels(s1) == 1 && s1->dims[1] == channels) {
            sum_rows<N>((double *)task->scratch, s0->dims[0], pixels, channels / N,
                        channel_sums<T, N>{task->dx[1], x, dy, channels, add});
        } else if (cc_shape_pixels(s1) == pixels) {
            auto kernel = row_sums<T>;
            CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)((rows + TEAMS - 1) / TEAMS)), dim3(THREADS),
                               task->dx[1], x, dy, rows, channels, add);
        } else {
            extents e = {s0->dims[0], channels, s1->dims[1], {}, {}};
            auto kernel = value_sums<T>;
            cc_shape_spatial(e.x0, s0);
            cc_shape_spatial(e.x1, s1);
            CC_LAUNCH(kernel, dim3(blocks_for(cc_shape_count(s1))), dim3(THREADS), task->dx[1], x, dy, e,
                      add);
        }
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], product_run{task, task->y, task->x[0], false});
    return cc_cuda_check("multiply");
}

static cc_status backward(cc_task *task) {
    const int64_t count = cc_shape_count(task->input_shapes[0]), channels = task->output_shape->dims[1];
    if (task->dx[0])
        dispatch(task->dtype, channels, product_run{task, task->dx[0], task->dy, task->accumulate[0]});
    if (task->dx[1] && cc_shape_count(task->input_shapes[1]) == count)
        dispatch(task->dtype, count, values_run{task});
    else if (task->dx[1])
        dispatch(task->dtype, channels, factor_run{task});
    return cc_cuda_check("multiply");
}

} // namespace multiply_cuda

const cc_kernel cc_multiply_cuda = {.plan = multiply_cuda::plan,
                                    .forward = multiply_cuda::forward,
                                    .backward = multiply_cuda::backward,
                                    .accumulates = true};
