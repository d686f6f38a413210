/* nets/ops/dropout/dropout_cuda.cu -- dropout; the draws are those of dropout.h, made on the device.
 *
 * Seed and step are read from the device's memory, so that a recorded step draws anew each time it is
 * repeated. A thread draws once for its pack of a row, of eight channels at most, which lie in one group of
 * eight. */
#include "nets/backends/cuda/map_rows.cuh"
#include "nets/backends/cuda/philox.cuh"

extern "C" {
#include "nets/ops/dropout/dropout.h"
}

using namespace cc;

extern "C" const cc_kernel cc_dropout_cuda;

namespace dropout_cuda {

/* What values are scaled by. */
struct dropout_scales {
    const cc_draw *draw; /* NULL: nothing is drawn */
    uint64_t layer, bound;
    float scale;
    int64_t groups;
    bool channels; /* one draw for all rows of an image */
    /* s of channels lane * N ... lane * N + N - 1 of a row (number row of all images). */
    template <int N> __device__ void of(float (&s)[N], int64_t image, int64_t row, int64_t lane) const {
        for (int k = 0; k < N; k++) s[k] = 1;
        if (!draw) return;
        uint64_t four[4];
        const int64_t first = lane * N, group = first / CC_DROPOUT_GROUP;
        const int at = (int)(first - group * CC_DROPOUT_GROUP);
        philox_four(four, draw->seed, CC_PURPOSE_DROPOUT, (uint64_t)draw->step, layer,
                    (uint64_t)((channels ? image : row) * groups + group));
        for (int k = 0; k < N; k++) {
            uint64_t word = four[0]; /* constant indices keep the four in registers */
            for (int j = 1; j < 4; j++) word = (at + k) / 2 == j ? four[j] : word;
            const uint64_t half = (at + k) % 2 ? word >> 32 : word & 0xffffffffu;
            s[k] = half < bound ? 0 : scale;
        }
    }
};

/* to = from s, or added to what is there: both passes. */
template <class T, int N> struct scale_values {
    enum { UNROLL = 2, REVERSED = false };
    typedef int64_t constants; /* the image */
    struct packs {
        pack<T, N> from, before;
    };
    void *to;
    const void *from;
    bool add;
    dropout_scales s;
    int64_t lanes;
    __device__ constants prepare(int64_t image, int64_t) const { return image; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.from = load<T, N>(from, row * lanes + lane);
        if (add) p.before = load<T, N>(to, row * lanes + lane);
    }
    __device__ void put(const packs &p, constants image, int64_t row, int64_t lane) const {
        float scale[N], v[N];
        s.of(scale, image, row, lane);
        for (int k = 0; k < N; k++)
            v[k] = to_float(p.from.v[k]) * scale[k] + (add ? to_float(p.before.v[k]) : 0);
        store(to, row * lanes + lane, narrow<T>(v));
    }
};

struct dropout_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const cc_dropout_attr *a = (const cc_dropout_attr *)task->attr;
        const cc_draw none = {};
        const cc_dropout_draws d = cc_dropout_start(a, &none, task->output_shape);
        int64_t lanes = task->output_shape->dims[1] / N;
        dropout_scales s = {task->training ? task->draw : nullptr,
                            (uint64_t)a->layer,
                            d.bound,
                            d.scale,
                            d.groups,
                            d.channels};
        row_map all = row_map_of(task->output_shape->dims[0], d.pixels, lanes);
        if (back)
            map_rows(all, scale_values<T, N>{task->dx[0], task->dy, task->accumulate[0], s, lanes});
        else
            map_rows(all, scale_values<T, N>{task->y, task->x[0], false, s, lanes});
    }
};

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], dropout_run{task, false});
    return cc_cuda_check("dropout");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->output_shape->dims[1], dropout_run{task, true});
    return cc_cuda_check("dropout");
}

} // namespace dropout_cuda

const cc_kernel cc_dropout_cuda = {.plan = dropout_cuda::plan,
                                   .forward = dropout_cuda::forward,
                                   .backward = dropout_cuda::backward,
                                   .accumulates = true};
