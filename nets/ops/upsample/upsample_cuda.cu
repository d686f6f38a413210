/* nets/ops/upsample/upsample_cuda.cu -- upsampling in N,pixels,C: forward, a thread reads a pack once and
 * writes it to 4 (rank 5: 8) places; backward it adds those up. */
#include "nets/backends/cuda/map_rows.cuh"

using namespace cc;

extern "C" const cc_kernel cc_upsample_cuda;

namespace upsample_cuda {

/* Rows of the input, and what each becomes: 2x2 rows of the output, or `planes` times as many. */
struct extents {
    divider width, height; /* of the input */
    int64_t lanes;
    int planes; /* 2: the depth grows too */
    __device__ int count() const { return 4 * planes; }
    /* The first of an input row's output rows; number k lies to_row(k) behind it. */
    __device__ int64_t first(int64_t row) const {
        int64_t line = quotient(row, width), x = row - line * width.by;
        if (planes == 1) return 4 * line * width.by + 2 * x; /* lines of all planes are in one order */
        int64_t plane = quotient(line, height), y = line - plane * height.by;
        return (4 * plane * height.by + 2 * y) * 2 * width.by + 2 * x;
    }
    __device__ int64_t behind(int k) const {
        return k % 2 + k / 2 % 2 * 2 * width.by + k / 4 * 4 * height.by * width.by;
    }
};

template <class T, int N> struct spread_values {
    enum { UNROLL = 2, REVERSED = false };
    typedef no_constants constants;
    typedef pack<T, N> packs;
    void *y;
    const void *x;
    extents e;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(x, row * e.lanes + lane);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        int64_t first = e.first(row);
        for (int k = 0; k < e.count(); k++) store(y, (first + e.behind(k)) * e.lanes + lane, p);
    }
};

template <class T, int N> struct gather_values {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> of[4];
    };
    void *dx;
    const void *dy;
    extents e;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void read(packs &p, int64_t first, int plane, int64_t lane) const {
#pragma unroll
        for (int k = 0; k < 4; k++)
            p.of[k] = load<T, N>(dy, (first + e.behind(4 * plane + k)) * e.lanes + lane);
    }
    __device__ static void add(float (&sum)[N], const packs &p) {
        for (int k = 0; k < 4; k++)
            for (int j = 0; j < N; j++) sum[j] += to_float(p.of[k].v[j]);
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        read(p, e.first(row), 0, lane);
    }
    __device__ void put(packs &p, constants, int64_t row, int64_t lane) const {
        float sum[N] = {};
        add(sum, p);
        if (e.planes == 2) {
            read(p, e.first(row), 1, lane);
            add(sum, p);
        }
        store(dx, row * e.lanes + lane, narrow<T>(sum));
    }
};

/* Threads go over the rows of x, in both passes. */
struct upsample_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const cc_shape *in = task->input_shapes[0];
        int64_t extent[CC_SPATIAL_MAX], lanes = in->dims[1] / N;
        cc_shape_spatial(extent, in);
        extents e = {divide_by(extent[2]), divide_by(extent[1]), lanes, in->rank == 5 ? 2 : 1};
        row_map s = row_map_of(1, in->dims[0] * cc_shape_pixels(in), lanes);
        if (back)
            map_rows(s, gather_values<T, N>{task->dx[0], task->dy, e});
        else
            map_rows(s, spread_values<T, N>{task->y, task->x[0], e});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], upsample_run{task, false});
    return cc_cuda_check("upsample");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], upsample_run{task, true});
    return cc_cuda_check("upsample");
}

} // namespace upsample_cuda

const cc_kernel cc_upsample_cuda = {
    .plan = upsample_cuda::plan, .forward = upsample_cuda::forward, .backward = upsample_cuda::backward};
