/* nets/ops/average_pool/average_pool_cuda.cu -- means over windows in N,pixels,C. The mean of a whole image
 * is a reduction over its rows (sum_rows.cuh); of smaller windows, a thread adds up one for a pack of
 * channels. Backward, a thread gathers from the outputs whose windows its pixel lies in. */
#include "nets/backends/cuda/sum_rows.cuh"

extern "C" {
#include "nets/ops/average_pool/average_pool.h"
}

using namespace cc;

extern "C" const cc_kernel cc_average_pool_cuda;

namespace average_pool_cuda {

/* Extents as D,H,W. */
struct extents {
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], in_pixels, out_pixels, lanes;
};

/* The parts first to end of `of` equal parts that span part i of `parts`: an output's pixels, or a pixel's
 * outputs. */
__device__ static int64_t span(int64_t *end, int64_t of, int64_t parts, int64_t i) {
    *end = ((i + 1) * of + parts - 1) / parts;
    return i * of / parts;
}

__device__ static void spans(int64_t (&first)[CC_SPATIAL_MAX], int64_t (&end)[CC_SPATIAL_MAX],
                             const int64_t (&of)[CC_SPATIAL_MAX], const int64_t (&parts)[CC_SPATIAL_MAX],
                             int64_t pixel) {
    first[0] = span(&end[0], of[0], parts[0], pixel / (parts[1] * parts[2]));
    first[1] = span(&end[1], of[1], parts[1], pixel / parts[2] % parts[1]);
    first[2] = span(&end[2], of[2], parts[2], pixel % parts[2]);
}

/* y of a row (pixel) of the output. */
template <class T, int N> struct average {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants, packs;
    void *y;
    const void *x;
    extents e;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &, const constants &, int64_t, int64_t) const {}
    __device__ void put(const packs &, constants, int64_t row, int64_t lane) const {
        int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX], count = 1;
        const int64_t image = row / e.out_pixels;
        float sum[N] = {};
        spans(first, end, e.in, e.out, row - image * e.out_pixels);
        for (int k = 0; k < CC_SPATIAL_MAX; k++) count *= end[k] - first[k];
        for (int64_t d = first[0]; d < end[0]; d++)
            for (int64_t h = first[1]; h < end[1]; h++)
                for (int64_t w = first[2]; w < end[2]; w++) {
                    const int64_t at = image * e.in_pixels + (d * e.in[1] + h) * e.in[2] + w;
                    pack<T, N> p = load<T, N>(x, at * e.lanes + lane);
                    for (int k = 0; k < N; k++) sum[k] += to_float(p.v[k]);
                }
        for (int k = 0; k < N; k++) sum[k] /= (float)count;
        store(y, row * e.lanes + lane, narrow<T>(sum));
    }
};

/* dx of a row (pixel) of the input = or += the sum of dy / count over its outputs. */
template <class T, int N> struct gather {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants, packs;
    void *dx;
    const void *dy;
    extents e;
    bool add;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &, const constants &, int64_t, int64_t) const {}
    __device__ int64_t length(int k, int64_t i) const {
        int64_t end, first = span(&end, e.in[k], e.out[k], i);
        return end - first;
    }
    __device__ void put(const packs &, constants, int64_t row, int64_t lane) const {
        int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX];
        const int64_t image = row / e.in_pixels;
        float sum[N] = {};
        if (add) widen(sum, load<T, N>(dx, row * e.lanes + lane));
        spans(first, end, e.out, e.in, row - image * e.in_pixels);
        for (int64_t d = first[0]; d < end[0]; d++)
            for (int64_t h = first[1]; h < end[1]; h++)
                for (int64_t w = first[2]; w < end[2]; w++) {
                    const int64_t at = image * e.out_pixels + (d * e.out[1] + h) * e.out[2] + w;
                    const float share = 1 / (float)(length(0, d) * length(1, h) * length(2, w));
                    pack<T, N> p = load<T, N>(dy, at * e.lanes + lane);
                    for (int k = 0; k < N; k++) sum[k] += share * to_float(p.v[k]);
                }
        store(dx, row * e.lanes + lane, narrow<T>(sum));
    }
};

/* y where it is one pixel: the mean over each image's rows. */
template <class T, int N> struct whole_images {
    enum { SUMS = 1, BLOCK = ROW_SUM_THREADS, UNROLL = 4 };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    T *y;
    const void *x;
    int64_t channels;
    double pixels;
    __device__ constants prepare(int64_t, int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, int64_t at) const { p = load<T, N>(x, at); }
    __device__ void add(float (&sums)[N], const packs &p, constants) const {
        for (int k = 0; k < N; k++) sums[k] += to_float(p.v[k]);
    }
    __device__ void finish_part(double *, int64_t, int64_t, int64_t) const {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        y[image * channels + channel] = from_float<T>((float)(totals[0] / pixels));
    }
};

static bool is_whole(const cc_task *task) {
    return cc_shape_pixels(task->output_shape) == 1;
}

static cc_status plan(cc_task *task) {
    const cc_shape *x = task->input_shapes[0];
    task->output_block = task->input_blocks[0];
    if (is_whole(task))
        task->scratch_bytes =
            row_sum_bytes(x->dims[0], cc_shape_pixels(x), x->dims[1], task->dtype, 1, ROW_SUM_THREADS);
    return CC_OK;
}

static extents extents_of(const cc_task *task, int64_t lanes) {
    extents e = {{}, {}, cc_shape_pixels(task->input_shapes[0]), cc_shape_pixels(task->output_shape), lanes};
    cc_shape_spatial(e.in, task->input_shapes[0]);
    cc_shape_spatial(e.out, task->output_shape);
    return e;
}

struct average_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const int64_t images = task->output_shape->dims[0], channels = task->output_shape->dims[1];
        const extents e = extents_of(task, channels / N);
        if (back)
            map_rows(row_map_of(1, images * e.in_pixels, e.lanes),
                     gather<T, N>{task->dx[0], task->dy, e, task->accumulate[0]});
        else if (is_whole(task))
            sum_rows<N>((double *)task->scratch, images, e.in_pixels, e.lanes,
                        whole_images<T, N>{(T *)task->y, task->x[0], channels, (double)e.in_pixels});
        else
            map_rows(row_map_of(1, images * e.out_pixels, e.lanes), average<T, N>{task->y, task->x[0], e});
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], average_run{task, false});
    return cc_cuda_check("average pool");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], average_run{task, true});
    return cc_cuda_check("average pool");
}

} // namespace average_pool_cuda

const cc_kernel cc_average_pool_cuda = {.plan = average_pool_cuda::plan,
                                        .forward = average_pool_cuda::forward,
                                        .backward = average_pool_cuda::backward,
                                        .accumulates = true};
