/* nets/ops/resize/resize_cuda.cu -- bilinear interpolation in N,pixels,C: forward, a thread reads four packs
 * and writes one; backward it gathers from the outputs that read its pixel. Places are worked out in whole
 * numbers, as in resize.h, so that every backend reads the same pixels. */
#include "nets/backends/cuda/map_rows.cuh"

extern "C" {
#include "nets/ops/resize/resize.h"
}

using namespace cc;

extern "C" const cc_kernel cc_resize_cuda;

namespace resize_cuda {

/* One axis: output i lies at max(0, i * step + offset) / whole, and not beyond in - 1. */
struct axis {
    int64_t in, out, step, offset;
    divider whole;
    /* The low pixel of output i; t: how far it lies towards the next. */
    __device__ int64_t place(float *t, int64_t i) const {
        int64_t above = i * step + offset, most = (in - 1) * whole.by;
        above = above < 0 ? 0 : above > most ? most : above;
        const int64_t low = quotient(above, whole);
        *t = (float)(above - low * whole.by) / (float)whole.by;
        return low;
    }
    /* The first output whose low pixel is `low` or lies beyond it. */
    __device__ int64_t first(int64_t low) const {
        if (low <= 0) return 0;
        if (low >= in || step == 0) return out;
        const int64_t above = low * whole.by - offset;
        return above > (out - 1) * step ? out : above < 0 ? 0 : (above + step - 1) / step;
    }
    /* What output i gives to `pixel`, one of the two that it reads. */
    __device__ float share(int64_t i, int64_t pixel) const {
        float t;
        return place(&t, i) == pixel ? 1 - t : t;
    }
};

static axis axis_of(int64_t in, int64_t out, bool align_corners) {
    if (align_corners) return axis{in, out, out > 1 ? in - 1 : 0, 0, divide_by(out > 1 ? out - 1 : 1)};
    return axis{in, out, 2 * in, in - out, divide_by(2 * out)};
}

struct image {
    axis h, w;
    divider in, in_width, out, out_width; /* pixels of an image, and of its rows */
    int64_t lanes;
};

template <class T, int N> struct interpolate {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> of[4];
        float th, tw;
    };
    void *y;
    const void *x;
    image e;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const int64_t n = quotient(row, e.out), pixel = row - n * e.out.by,
                      line = quotient(pixel, e.out_width);
        const int64_t h = e.h.place(&p.th, line), w = e.w.place(&p.tw, pixel - line * e.out_width.by);
        const int64_t at = n * e.in.by + h * e.w.in + w;
        const int64_t below = h + 1 < e.h.in ? e.w.in : 0, right = w + 1 < e.w.in ? 1 : 0;
        for (int k = 0; k < 4; k++)
            p.of[k] = load<T, N>(x, (at + (k & 2 ? below : 0) + (k & 1 ? right : 0)) * e.lanes + lane);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        float v[N];
        for (int k = 0; k < N; k++) {
            const float top = to_float(p.of[0].v[k]) * (1 - p.tw) + to_float(p.of[1].v[k]) * p.tw;
            const float bottom = to_float(p.of[2].v[k]) * (1 - p.tw) + to_float(p.of[3].v[k]) * p.tw;
            v[k] = top * (1 - p.th) + bottom * p.th;
        }
        store(y, row * e.lanes + lane, narrow<T>(v));
    }
};

template <class T, int N> struct gather {
    enum { UNROLL = 1, REVERSED = false };
    typedef no_constants constants, packs;
    void *dx;
    const void *dy;
    image e;
    bool add;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &, const constants &, int64_t, int64_t) const {}
    __device__ void put(const packs &, constants, int64_t row, int64_t lane) const {
        const int64_t n = quotient(row, e.in), pixel = row - n * e.in.by, line = quotient(pixel, e.in_width),
                      column = pixel - line * e.in_width.by;
        const int64_t w_first = e.w.first(column - 1), w_end = e.w.first(column + 1),
                      h_end = e.h.first(line + 1);
        float sum[N] = {};
        if (add) widen(sum, load<T, N>(dx, row * e.lanes + lane));
        for (int64_t h = e.h.first(line - 1); h < h_end; h++) {
            const float down = e.h.share(h, line);
            for (int64_t w = w_first; w < w_end; w++) {
                const float share = down * e.w.share(w, column);
                pack<T, N> p = load<T, N>(dy, (n * e.out.by + h * e.w.out + w) * e.lanes + lane);
                for (int k = 0; k < N; k++) sum[k] += share * to_float(p.v[k]);
            }
        }
        store(dx, row * e.lanes + lane, narrow<T>(sum));
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

struct resize_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const bool align = ((const cc_resize_attr *)task->attr)->align_corners;
        const int64_t *in = task->input_shapes[0]->dims + 2, *out = task->output_shape->dims + 2;
        const int64_t images = task->output_shape->dims[0];
        const image e = {axis_of(in[0], out[0], align),  axis_of(in[1], out[1], align),
                         divide_by(in[0] * in[1]),       divide_by(in[1]),
                         divide_by(out[0] * out[1]),     divide_by(out[1]),
                         task->output_shape->dims[1] / N};
        if (back)
            map_rows(row_map_of(1, images * in[0] * in[1], e.lanes),
                     gather<T, N>{task->dx[0], task->dy, e, task->accumulate[0]});
        else
            map_rows(row_map_of(1, images * out[0] * out[1], e.lanes),
                     interpolate<T, N>{task->y, task->x[0], e});
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], resize_run{task, false});
    return cc_cuda_check("resize");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], resize_run{task, true});
    return cc_cuda_check("resize");
}

} // namespace resize_cuda

const cc_kernel cc_resize_cuda = {.plan = resize_cuda::plan,
                                  .forward = resize_cuda::forward,
                                  .backward = resize_cuda::backward,
                                  .accumulates = true};
