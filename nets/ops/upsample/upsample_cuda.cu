#include "nets/cuda/kernels.cuh"

using namespace cc;

extern "C" const cc_kernel cc_upsample_cuda;

namespace { /* files have names in common */

struct extents { /* of the input; twice: by how much its depth grows */
    int64_t depth, height, width, channels;
    int twice;
};

template <class T, int N> __global__ void spread_values(void *y, const void *x, extents e, int64_t packs) {
    int64_t i = global_index(), lanes = e.channels / N, c = i % lanes, pixel = i / lanes;
    if (i >= packs) return;
    int64_t w = pixel % (2 * e.width), h = pixel / (2 * e.width) % (2 * e.height),
            d = pixel / (4 * e.width * e.height); /* and n before it */
    int64_t from = (d / e.twice * e.height + h / 2) * e.width + w / 2;
    store(y, i, load<T, N>(x, from * lanes + c));
}

template <class T, int N> __global__ void gather_values(void *dx, const void *dy, extents e, int64_t packs) {
    int64_t i = global_index(), lanes = e.channels / N, c = i % lanes, pixel = i / lanes;
    if (i >= packs) return;
    int64_t w = pixel % e.width, h = pixel / e.width % e.height, d = pixel / (e.width * e.height);
    float sum[N] = {};
    for (int k = 0; k < 4 * e.twice; k++) {
        int64_t at = ((d * e.twice + k / 4) * 2 * e.height + 2 * h + k / 2 % 2) * 2 * e.width + 2 * w + k % 2;
        pack<T, N> p = load<T, N>(dy, at * lanes + c);
        for (int j = 0; j < N; j++) sum[j] += to_float(p.v[j]);
    }
    pack<T, N> out;
    for (int j = 0; j < N; j++) out.v[j] = from_float<T>(sum[j]);
    store(dx, i, out);
}

struct upsample_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        int64_t in[CC_SPATIAL_MAX];
        cc_shape_spatial(in, task->input_shapes[0]);
        extents e = {in[0], in[1], in[2], task->output_shape->dims[1], task->output_shape->rank == 5 ? 2 : 1};
        int64_t packs = cc_shape_count(back ? task->input_shapes[0] : task->output_shape) / N;
        auto spread = spread_values<T, N>;
        auto gather = gather_values<T, N>;
        if (back)
            CC_LAUNCH(gather, dim3(blocks_for(packs)), dim3(THREADS), task->dx[0], task->dy, e, packs);
        else
            CC_LAUNCH(spread, dim3(blocks_for(packs)), dim3(THREADS), task->y, task->x[0], e, packs);
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

} // namespace

const cc_kernel cc_upsample_cuda = {.plan = plan, .forward = forward, .backward = backward};
