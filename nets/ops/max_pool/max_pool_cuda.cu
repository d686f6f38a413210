/* nets/ops/max_pool/max_pool_cuda.cu -- max pooling; a training plan's forward pass notes which tap won, a
 * byte a value.
 *
 * The backward pass gathers: each input pixel looks through the windows that cover it and adds the gradients
 * of those it won. So it needs neither x nor atomics, and sums have one order. */
#include "nets/backends/cuda/map_rows.cuh"

extern "C" {
#include "nets/ops/max_pool/max_pool.h"
}

using namespace cc;

extern "C" const cc_kernel cc_max_pool_cuda;

namespace max_pool_cuda {

/* Along D, H and W; extents of the input and the output by what divides by them. */
struct windows {
    divider in[3], out[3], stride[3];
    int kernel[3], padding[3];
    int64_t lanes;
};

/* Where a matrix' row lies. */
struct place {
    int64_t image;
    int at[3]; /* D,H,W */
};

__device__ static place locate(int64_t row, const divider extent[3]) {
    place p;
    for (int i = 2; i >= 0; i--) {
        int64_t left = quotient(row, extent[i]);
        p.at[i] = (int)(row - left * extent[i].by);
        row = left;
    }
    p.image = row;
    return p;
}

struct range {
    int first, last;
};

/* What of first to last there is. */
__device__ static range within(int first, int last, const divider &extent) {
    int most = (int)extent.by - 1;
    return range{first < 0 ? 0 : first, last < most ? last : most};
}

/* Forward. SQUARE: kernels of that height and width in images, all of whose taps are read before the first is
 * compared; 0: any. */
template <class T, int N, int SQUARE> struct pool {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> best;
        pack<unsigned char, N> winner;
    };
    void *y;
    unsigned char *winners; /* NULL: nobody asks */
    const void *x;
    windows g;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    /* One tap of the window, in reading order. */
    __device__ void see(packs &p, bool &any, const pack<T, N> &v, int tap) const {
        for (int k = 0; k < N; k++) {
            const float value = to_float(v.v[k]);
            bool better = !any || value > to_float(p.best.v[k]) || value != value; /* NaN wins */
            p.best.v[k] = better ? v.v[k] : p.best.v[k];
            p.winner.v[k] = better ? (unsigned char)tap : p.winner.v[k];
        }
        any = true;
    }
    __device__ void get_square(packs &p, const place &o, int64_t lane) const {
        pack<T, N> taps[SQUARE * SQUARE];
        bool there[SQUARE * SQUARE], any = false;
        const int h = o.at[1] * (int)g.stride[1].by - g.padding[1],
                  w = o.at[2] * (int)g.stride[2].by - g.padding[2];
        const int64_t first = (o.image * g.in[1].by + h) * g.in[2].by + w;
#pragma unroll
        for (int t = 0; t < SQUARE * SQUARE; t++) {
            const int y = t / SQUARE, x_ = t % SQUARE;
            there[t] = (unsigned)(h + y) < (unsigned)g.in[1].by && (unsigned)(w + x_) < (unsigned)g.in[2].by;
            if (there[t]) taps[t] = load<T, N>(x, (first + y * g.in[2].by + x_) * g.lanes + lane);
        }
#pragma unroll
        for (int t = 0; t < SQUARE * SQUARE; t++)
            if (there[t]) see(p, any, taps[t], t);
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const place o = locate(row, g.out);
        p = packs{};
        if constexpr (SQUARE > 0)
            get_square(p, o, lane);
        else
            get_any(p, o, lane);
    }
    __device__ void get_any(packs &p, const place &o, int64_t lane) const {
        int start[3];
        range r[3];
        bool any = false;
        for (int i = 0; i < 3; i++) {
            start[i] = o.at[i] * (int)g.stride[i].by - g.padding[i];
            r[i] = within(start[i], start[i] + g.kernel[i] - 1, g.in[i]);
        }
        for (int d = r[0].first; d <= r[0].last; d++)
            for (int h = r[1].first; h <= r[1].last; h++) {
                int64_t line = ((o.image * g.in[0].by + d) * g.in[1].by + h) * g.in[2].by;
                int tap = ((d - start[0]) * g.kernel[1] + h - start[1]) * g.kernel[2] - start[2];
#pragma unroll 2
                for (int w = r[2].first; w <= r[2].last; w++)
                    see(p, any, load<T, N>(x, (line + w) * g.lanes + lane), tap + w);
            }
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        store(y, row * g.lanes + lane, p.best);
        if (winners) store(winners, row * g.lanes + lane, p.winner);
    }
};

/* Backward. EACH: at most so many windows cover a pixel along an axis of an image, and all are read at once;
 * 0: any number. */
template <class T, int N, int EACH> struct unpool {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        float sum[N];
    };
    void *dx;
    bool adds; /* to what dx is */
    const unsigned char *winners;
    const void *dy;
    windows g;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    struct window {
        pack<T, N> dy;
        pack<unsigned char, N> winner;
    };
    __device__ window window_at(int64_t row, int64_t lane) const {
        return window{load<T, N>(dy, row * g.lanes + lane),
                      load<unsigned char, N>(winners, row * g.lanes + lane)};
    }
    __device__ static void see(packs &p, const window &w, int tap) {
        for (int k = 0; k < N; k++) p.sum[k] += w.winner.v[k] == tap ? to_float(w.dy.v[k]) : 0;
    }
    /* The windows that cover a pixel, along axis i. */
    __device__ range covering(int at, int i) const {
        int last = at + g.padding[i], first = last - g.kernel[i] + (int)g.stride[i].by;
        return within(first < 0 ? 0 : (int)quotient(first, g.stride[i]), (int)quotient(last, g.stride[i]),
                      g.out[i]);
    }
    /* Which tap of a window, along axis i, a pixel is. */
    __device__ int tap_at(int at, int window, int i) const {
        return at + g.padding[i] - window * (int)g.stride[i].by;
    }
    __device__ void get_few(packs &p, const place &o, int64_t lane) const {
        window windows[EACH * EACH];
        bool there[EACH * EACH];
        int taps[EACH * EACH];
        const int last_h = (int)quotient(o.at[1] + g.padding[1], g.stride[1]),
                  last_w = (int)quotient(o.at[2] + g.padding[2], g.stride[2]);
#pragma unroll
        for (int i = 0; i < EACH * EACH; i++) {
            const int h = last_h + 1 - EACH + i / EACH, w = last_w + 1 - EACH + i % EACH,
                      tap_h = tap_at(o.at[1], h, 1), tap_w = tap_at(o.at[2], w, 2);
            there[i] = (unsigned)h < (unsigned)g.out[1].by && (unsigned)w < (unsigned)g.out[2].by &&
                       tap_h < g.kernel[1] && tap_w < g.kernel[2];
            taps[i] = tap_h * g.kernel[2] + tap_w;
            if (there[i]) windows[i] = window_at((o.image * g.out[1].by + h) * g.out[2].by + w, lane);
        }
#pragma unroll
        for (int i = 0; i < EACH * EACH; i++)
            if (there[i]) see(p, windows[i], taps[i]);
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const place o = locate(row, g.in);
        p = packs{};
        if (adds) widen(p.sum, load<T, N>(dx, row * g.lanes + lane));
        if constexpr (EACH > 0)
            get_few(p, o, lane);
        else
            get_any(p, o, lane);
    }
    __device__ void get_any(packs &p, const place &o, int64_t lane) const {
        range r[3];
        for (int i = 0; i < 3; i++) r[i] = covering(o.at[i], i);
        for (int d = r[0].first; d <= r[0].last; d++)
            for (int h = r[1].first; h <= r[1].last; h++) {
                int64_t line = ((o.image * g.out[0].by + d) * g.out[1].by + h) * g.out[2].by;
                int tap = (tap_at(o.at[0], d, 0) * g.kernel[1] + tap_at(o.at[1], h, 1)) * g.kernel[2];
                for (int w = r[2].first; w <= r[2].last; w++)
                    see(p, window_at(line + w, lane), tap + tap_at(o.at[2], w, 2));
            }
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        store(dx, row * g.lanes + lane, narrow<T>(p.sum));
    }
};

static windows windows_of(const cc_task *task, int64_t lanes) {
    const cc_max_pool_attr *a = (const cc_max_pool_attr *)task->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    windows g;
    cc_shape_spatial(in, task->input_shapes[0]);
    cc_shape_spatial(out, task->output_shape);
    g.lanes = lanes;
    for (int i = 0; i < 3; i++) {
        g.in[i] = divide_by(in[i]);
        g.out[i] = divide_by(out[i]);
        g.stride[i] = divide_by(a->stride[i]);
        g.kernel[i] = (int)a->kernel[i];
        g.padding[i] = (int)a->padding[i];
    }
    return g;
}

/* Of images, a square kernel that is as wide: else 0. */
static int square_of(const windows &g) {
    bool flat = g.in[0].by == 1 && g.kernel[0] == 1 && g.stride[0].by == 1 && g.padding[0] == 0;
    return flat && g.kernel[1] == g.kernel[2] ? g.kernel[1] : 0;
}

/* 2x2 and 3x3 windows, which nets have, with their taps in registers; others by loops. */
struct pool_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const windows g = windows_of(task, task->output_shape->dims[1] / N);
        const int square = square_of(g);
        square == 2 ? start<T, N, 2>(g) : square == 3 ? start<T, N, 3>(g) : start<T, N, 0>(g);
    }
    template <class T, int N, int SQUARE> void start(const windows &g) const {
        const cc_shape *y = task->output_shape;
        map_rows(row_map_of(1, y->dims[0] * cc_shape_pixels(y), g.lanes),
                 pool<T, N, SQUARE>{task->y, (unsigned char *)task->saved, task->x[0], g});
    }
};

/* By how many windows cover a pixel along an axis: ceil(kernel / stride). */
struct unpool_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const windows g = windows_of(task, task->output_shape->dims[1] / N);
        const int square = square_of(g);
        const int64_t stride = g.stride[1].by < g.stride[2].by ? g.stride[1].by : g.stride[2].by;
        square > 0 && square <= stride       ? start<T, N, 1>(g)
        : square > 0 && square <= 2 * stride ? start<T, N, 2>(g)
                                             : start<T, N, 0>(g);
    }
    template <class T, int N, int EACH> void start(const windows &g) const {
        const cc_shape *x = task->input_shapes[0];
        map_rows(row_map_of(1, x->dims[0] * cc_shape_pixels(x), g.lanes),
                 unpool<T, N, EACH>{task->dx[0], task->accumulate[0], (const unsigned char *)task->saved,
                                    task->dy, g});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = (size_t)cc_shape_count(task->output_shape);
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], pool_run{task});
    return cc_cuda_check("max pool");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], unpool_run{task});
    return cc_cuda_check("max pool");
}

/* Neither x nor y: `saved` has the winners. */
static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

} // namespace max_pool_cuda

const cc_kernel cc_max_pool_cuda = {.plan = max_pool_cuda::plan,
                                    .forward = max_pool_cuda::forward,
                                    .backward = max_pool_cuda::backward,
                                    .backward_reads = max_pool_cuda::reads,
                                    .accumulates = true};
