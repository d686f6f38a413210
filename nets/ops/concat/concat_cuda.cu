/* nets/ops/concat/concat_cuda.cu -- concatenation in N,pixels,C: rows of the inputs lie side by side in a
 * row of the output. A thread keeps to one pack of the output's channels, and so to one input. */
#include "nets/backends/cuda/map_rows.cuh"

using namespace cc;

extern "C" const cc_kernel cc_concat_cuda;

namespace concat_cuda {

struct piece { /* an input, or its gradient (which may be NULL): lanes first, ... of the whole */
    void *values;
    int64_t first, lanes;
    bool adds;
};

/* A thread's lane of the whole belongs to one piece. ADDS: some piece does. */
template <class T, int N, bool ADDS> struct copy_lanes {
    enum { UNROLL = 4, REVERSED = false };
    typedef piece constants;
    struct packs {
        pack<T, N> from, before;
    };
    piece pieces[CC_OP_INPUTS_MAX];
    int count; /* of pieces */
    void *whole;
    int64_t lanes;
    bool back; /* from the whole to the pieces */
    __device__ constants prepare(int64_t, int64_t lane) const { return piece_of(lane); }
    __device__ piece piece_of(int64_t lane) const {
        piece p = pieces[0];
        for (int i = 1; i < count && lane >= pieces[i].first; i++) p = pieces[i];
        p.first = lane - p.first;
        return p;
    }
    __device__ void get(packs &p, const piece &k, int64_t row, int64_t lane) const {
        int64_t at = row * k.lanes + k.first, in_whole = row * lanes + lane;
        if (!back) p.from = load<T, N>(k.values, at);
        if (back && k.values) p.from = load<T, N>(whole, in_whole);
        if (ADDS && k.adds) p.before = load<T, N>(k.values, at);
    }
    __device__ void put(packs &p, const piece &k, int64_t row, int64_t lane) const {
        if (ADDS && k.adds) {
            float sum[N];
            for (int j = 0; j < N; j++) sum[j] = to_float(p.before.v[j]) + to_float(p.from.v[j]);
            p.from = narrow<T>(sum);
        }
        if (!back) store(whole, row * lanes + lane, p.from);
        if (back && k.values) store(k.values, row * k.lanes + k.first, p.from);
    }
};

/* Forward and backward differ in the direction of the copy alone. */
struct concat_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        bool adds = false;
        for (int i = 0; back && i < task->input_count; i++) adds |= task->dx[i] && task->accumulate[i];
        adds ? copy<T, N, true>() : copy<T, N, false>();
    }
    template <class T, int N, bool ADDS> void copy() const {
        const cc_shape *shape = task->output_shape;
        copy_lanes<T, N, ADDS> f = {
            {}, task->input_count, back ? (void *)task->dy : task->y, shape->dims[1] / N, back};
        for (int i = 0, first = 0; i < task->input_count; i++) {
            int64_t lanes = task->input_shapes[i]->dims[1] / N;
            f.pieces[i] = piece{back ? task->dx[i] : (void *)task->x[i], first, lanes,
                                back && task->dx[i] && task->accumulate[i]};
            first += (int)lanes;
        }
        map_rows(row_map_of(1, shape->dims[0] * cc_shape_pixels(shape), f.lanes), f);
    }
};

/* One block of all channels: N,pixels,C. */
static cc_status plan(cc_task *task) {
    task->output_block = task->output_shape->dims[1];
    return CC_OK;
}

/* A pack must fit all that is joined. */
static cc_status run(const cc_task *task, bool back) {
    int64_t odd = 0;
    for (int k = 0; k < task->input_count; k++) odd |= task->input_shapes[k]->dims[1];
    dispatch(task->dtype, odd, concat_run{task, back});
    return cc_cuda_check("concat");
}

static cc_status forward(cc_task *task) {
    return run(task, false);
}

static cc_status backward(cc_task *task) {
    return run(task, true);
}

} // namespace concat_cuda

const cc_kernel cc_concat_cuda = {.plan = concat_cuda::plan,
                                  .forward = concat_cuda::forward,
                                  .backward = concat_cuda::backward,
                                  .accumulates = true};
