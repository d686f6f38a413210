/* The forward pass of a training plan notes which tap won; the backward pass gathers from the windows that
 * cover a pixel, and so needs neither x nor atomics. */
#include "nets/cuda/sweep.cuh"

extern "C" {
#include "nets/ops/max_pool/max_pool.h"
}

using namespace cc;

extern "C" const cc_kernel cc_max_pool_cuda;

namespace { /* files have names in common */

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

template <class T, int N> struct pool {
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
    __device__ void see(packs &p, bool &any, int64_t row, int64_t lane, int tap) const {
        pack<T, N> v = load<T, N>(x, row * g.lanes + lane);
        for (int k = 0; k < N; k++) {
            bool better = !any || to_float(v.v[k]) > to_float(p.best.v[k]);
            p.best.v[k] = better ? v.v[k] : p.best.v[k];
            p.winner.v[k] = better ? (unsigned char)tap : p.winner.v[k];
        }
        any = true;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const place o = locate(row, g.out);
        int start[3];
        range r[3];
        bool any = false;
        p = packs{};
        for (int i = 0; i < 3; i++) {
            start[i] = o.at[i] * (int)g.stride[i].by - g.padding[i];
            r[i] = within(start[i], start[i] + g.kernel[i] - 1, g.in[i]);
        }
        for (int d = r[0].first; d <= r[0].last; d++)
            for (int h = r[1].first; h <= r[1].last; h++) {
                int64_t line = ((o.image * g.in[0].by + d) * g.in[1].by + h) * g.in[2].by;
                int tap = ((d - start[0]) * g.kernel[1] + h - start[1]) * g.kernel[2] - start[2];
#pragma unroll 2
                for (int w = r[2].first; w <= r[2].last; w++) see(p, any, line + w, lane, tap + w);
            }
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        store(y, row * g.lanes + lane, p.best);
        if (winners) store(winners, row * g.lanes + lane, p.winner);
    }
};

template <class T, int N> struct unpool {
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
    __device__ void see(packs &p, int64_t row, int64_t lane, int tap) const {
        pack<T, N> v = load<T, N>(dy, row * g.lanes + lane);
        pack<unsigned char, N> winner = load<unsigned char, N>(winners, row * g.lanes + lane);
        for (int k = 0; k < N; k++) p.sum[k] += winner.v[k] == tap ? to_float(v.v[k]) : 0;
    }
    /* The windows that cover a pixel, along axis i. */
    __device__ range covering(int at, int i) const {
        int last = at + g.padding[i], first = last - g.kernel[i] + (int)g.stride[i].by;
        return within(first < 0 ? 0 : (int)quotient(first, g.stride[i]), (int)quotient(last, g.stride[i]),
                      g.out[i]);
    }
    __device__ int tap_at(int at, int window, int i) const {
        return at + g.padding[i] - window * (int)g.stride[i].by;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const place o = locate(row, g.in);
        range r[3];
        p = packs{};
        if (adds) widen(p.sum, load<T, N>(dx, row * g.lanes + lane));
        for (int i = 0; i < 3; i++) r[i] = covering(o.at[i], i);
        for (int d = r[0].first; d <= r[0].last; d++)
            for (int h = r[1].first; h <= r[1].last; h++) {
                int64_t line = ((o.image * g.out[0].by + d) * g.out[1].by + h) * g.out[2].by;
                int tap = (tap_at(o.at[0], d, 0) * g.kernel[1] + tap_at(o.at[1], h, 1)) * g.kernel[2];
                for (int w = r[2].first; w <= r[2].last; w++)
                    see(p, line + w, lane, tap + tap_at(o.at[2], w, 2));
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

struct pool_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const cc_shape *shape = back ? task->input_shapes[0] : task->output_shape;
        int64_t lanes = shape->dims[1] / N;
        windows g = windows_of(task, lanes);
        sweep s = sweep_of(1, shape->dims[0] * cc_shape_pixels(shape), lanes);
        unsigned char *winners = (unsigned char *)task->saved;
        if (back)
            sweep_run(s, unpool<T, N>{task->dx[0], task->accumulate[0], winners, task->dy, g});
        else
            sweep_run(s, pool<T, N>{task->y, winners, task->x[0], g});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = (size_t)cc_shape_count(task->output_shape);
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], pool_run{task, false});
    return cc_cuda_check("max pool");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], pool_run{task, true});
    return cc_cuda_check("max pool");
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

} // namespace

const cc_kernel cc_max_pool_cuda = {
    .plan = plan, .forward = forward, .backward = backward, .backward_reads = reads, .accumulates = true};
