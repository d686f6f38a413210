/* The forward pass of a training plan notes which tap won; the backward pass gathers from the windows that
 * cover a pixel, and so needs neither x nor atomics. */
#include "nets/cuda/kernels.cuh"

extern "C" {
#include "nets/ops/max_pool/max_pool.h"
}

using namespace cc;

extern "C" const cc_kernel cc_max_pool_cuda;

namespace { /* files have names in common */

struct windows {
    int64_t in[3], out[3], kernel[3], stride[3], padding[3], channels;
};

/* The place of a matrix' row: n, then D,H,W. */
__device__ static void locate(int64_t place[4], int64_t row, const int64_t extent[3]) {
    place[3] = row % extent[2];
    place[2] = row / extent[2] % extent[1];
    place[1] = row / (extent[2] * extent[1]) % extent[0];
    place[0] = row / (extent[2] * extent[1] * extent[0]);
}

__device__ static int64_t row_of(int64_t n, const int64_t at[3], const int64_t extent[3]) {
    return ((n * extent[0] + at[0]) * extent[1] + at[1]) * extent[2] + at[2];
}

/* Whether tap (d,h,w) of window `place` lies in the image, and where. */
__device__ static bool find_tap(int64_t at[3], const windows &g, const int64_t place[4],
                                const int64_t tap[3]) {
    for (int i = 0; i < 3; i++) {
        at[i] = place[1 + i] * g.stride[i] - g.padding[i] + tap[i];
        if (at[i] < 0 || at[i] >= g.in[i]) return false;
    }
    return true;
}

__device__ static void tap_of(int64_t tap[3], int t, const windows &g) {
    tap[2] = t % g.kernel[2];
    tap[1] = t / g.kernel[2] % g.kernel[1];
    tap[0] = t / (g.kernel[2] * g.kernel[1]);
}

template <class T, int N>
__global__ void pool(void *y, unsigned char *winners, const void *x, windows g, int64_t packs) {
    int64_t i = global_index(), lanes = g.channels / N, place[4], tap[3], at[3];
    if (i >= packs) return;
    locate(place, i / lanes, g.out);
    pack<T, N> best = {};
    unsigned char winner[N] = {};
    bool any = false;
    for (int t = 0; t < g.kernel[0] * g.kernel[1] * g.kernel[2]; t++) {
        tap_of(tap, t, g);
        if (!find_tap(at, g, place, tap)) continue;
        pack<T, N> p = load<T, N>(x, row_of(place[0], at, g.in) * lanes + i % lanes);
        for (int k = 0; k < N; k++)
            if (!any || to_float(p.v[k]) > to_float(best.v[k])) {
                best.v[k] = p.v[k];
                winner[k] = (unsigned char)t;
            }
        any = true;
    }
    store(y, i, best);
    for (int k = 0; winners && k < N; k++) winners[i * N + k] = winner[k];
}

template <class T, int N>
__global__ void unpool(void *dx, const unsigned char *winners, const void *dy, windows g, int64_t packs) {
    int64_t i = global_index(), lanes = g.channels / N, place[4], tap[3], window[3];
    if (i >= packs) return;
    locate(place, i / lanes, g.in);
    float sum[N] = {};
    for (int t = 0; t < g.kernel[0] * g.kernel[1] * g.kernel[2]; t++) {
        bool covers = true;
        tap_of(tap, t, g);
        for (int k = 0; k < 3; k++) {
            int64_t start = place[1 + k] + g.padding[k] - tap[k];
            window[k] = start / g.stride[k];
            covers &= start >= 0 && start % g.stride[k] == 0 && window[k] < g.out[k];
        }
        if (!covers) continue;
        int64_t from = row_of(place[0], window, g.out) * lanes + i % lanes;
        pack<T, N> p = load<T, N>(dy, from);
        for (int k = 0; k < N; k++)
            if (winners[from * N + k] == t) sum[k] += to_float(p.v[k]);
    }
    pack<T, N> out;
    for (int k = 0; k < N; k++) out.v[k] = from_float<T>(sum[k]);
    store(dx, i, out);
}

struct pool_run {
    const cc_task *task;
    bool back;
    template <class T, int N> void run() const {
        const cc_max_pool_attr *a = (const cc_max_pool_attr *)task->attr;
        windows g;
        cc_shape_spatial(g.in, task->input_shapes[0]);
        cc_shape_spatial(g.out, task->output_shape);
        g.channels = task->output_shape->dims[1];
        for (int i = 0; i < 3; i++) {
            g.kernel[i] = a->kernel[i];
            g.stride[i] = a->stride[i];
            g.padding[i] = a->padding[i];
        }
        int64_t packs = cc_shape_count(back ? task->input_shapes[0] : task->output_shape) / N;
        unsigned char *winners = (unsigned char *)task->saved;
        auto forward = pool<T, N>;
        auto backward = unpool<T, N>;
        if (back)
            CC_LAUNCH(backward, dim3(blocks_for(packs)), dim3(THREADS), task->dx[0], winners, task->dy, g,
                      packs);
        else
            CC_LAUNCH(forward, dim3(blocks_for(packs)), dim3(THREADS), task->y, winners, task->x[0], g,
                      packs);
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
    .plan = plan, .forward = forward, .backward = backward, .backward_reads = reads};
