/* nets/ops/drop_path/drop_path_cuda.cu -- stochastic depth; the draws are those of core/rng.h, made on the
 * device.
 *
 * Seed and step are read from the device's memory, so that a recorded step draws anew each time it is
 * repeated; each thread draws for itself, which is quicker than another kernel. */
#include "nets/backends/cuda/map_rows.cuh"
#include "nets/backends/cuda/philox.cuh"

extern "C" {
#include "nets/ops/drop_path/drop_path.h"
}

using namespace cc;

extern "C" const cc_kernel cc_drop_path_cuda;

namespace drop_path_cuda {

/* What an image's branch is scaled by: 1 where nothing is drawn. */
struct scales {
    const cc_draw *draw; /* NULL: nothing is */
    double rate;
    uint64_t block;
    __device__ float of(int64_t image) const {
        if (!draw) return 1;
        uint64_t bits =
            philox_at(draw->seed, CC_PURPOSE_DROP_PATH, (uint64_t)draw->step, block, (uint64_t)image);
        return (double)(bits >> 11) * 0x1.0p-53 < rate ? 0 : (float)(1 / (1 - rate));
    }
};

/* y = x s_n + residual */
template <class T, int N> struct join {
    enum { UNROLL = 4, REVERSED = false };
    typedef float constants;
    struct packs {
        pack<T, N> x, residual;
    };
    void *y;
    const void *x, *residual;
    scales s;
    int64_t lanes;
    __device__ constants prepare(int64_t image, int64_t) const { return s.of(image); }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.x = load<T, N>(x, row * lanes + lane);
        p.residual = load<T, N>(residual, row * lanes + lane);
    }
    __device__ void put(const packs &p, constants scale, int64_t row, int64_t lane) const {
        float v[N];
        for (int k = 0; k < N; k++) v[k] = to_float(p.x.v[k]) * scale + to_float(p.residual.v[k]);
        store(y, row * lanes + lane, narrow<T>(v));
    }
};

/* dx = dy s_n, dresidual = dy; either may be NULL, or be added to. */
template <class T, int N> struct part {
    enum { UNROLL = 2, REVERSED = false };
    typedef float constants;
    struct packs {
        pack<T, N> dy, dx, dresidual;
    };
    void *dx, *dresidual;
    bool add_dx, add_dresidual;
    const void *dy;
    scales s;
    int64_t lanes;
    __device__ constants prepare(int64_t image, int64_t) const { return s.of(image); }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        int64_t at = row * lanes + lane;
        p.dy = load<T, N>(dy, at);
        if (add_dx) p.dx = load<T, N>(dx, at);
        if (add_dresidual) p.dresidual = load<T, N>(dresidual, at);
    }
    __device__ static void write(void *to, int64_t at, const packs &p, float scale, bool add,
                                 const pack<T, N> &before) {
        float v[N];
        for (int k = 0; k < N; k++) v[k] = to_float(p.dy.v[k]) * scale + (add ? to_float(before.v[k]) : 0);
        store(to, at, narrow<T>(v));
    }
    __device__ void put(const packs &p, constants scale, int64_t row, int64_t lane) const {
        int64_t at = row * lanes + lane;
        if (dx) write(dx, at, p, scale, add_dx, p.dx);
        if (dresidual) write(dresidual, at, p, 1, add_dresidual, p.dresidual);
    }
};

struct drop_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const cc_drop_path_attr *a = (const cc_drop_path_attr *)task->attr;
        int64_t lanes = task->output_shape->dims[1] / N;
        scales s = {task->training ? task->draw : nullptr, a->rate, (uint64_t)a->block};
        row_map all = row_map_of(task->output_shape->dims[0], cc_shape_pixels(task->output_shape), lanes);
        if (back)
            map_rows(all, part<T, N>{task->dx[0], task->dx[1], task->accumulate[0], task->accumulate[1],
                                     task->dy, s, lanes});
        else
            map_rows(all, join<T, N>{task->y, task->x[0], task->x[1], s, lanes});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], drop_run{task, false});
    return cc_cuda_check("drop path");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], drop_run{task, true});
    return cc_cuda_check("drop path");
}

} // namespace drop_path_cuda

const cc_kernel cc_drop_path_cuda = {.plan = drop_path_cuda::plan,
                                     .forward = drop_path_cuda::forward,
                                     .backward = drop_path_cuda::backward,
                                     .accumulates = true};
