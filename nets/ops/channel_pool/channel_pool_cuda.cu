/* nets/ops/channel_pool/channel_pool_cuda.cu -- the largest value or the mean of each row (pixel) of a matrix
 * of rows by channels: a team of threads has a row, and its members' results are joined by a tree. The
 * channel that won is kept, so that backward needs dy alone. */
#include "nets/backends/cuda/map_rows.cuh"

extern "C" {
#include "nets/ops/channel_pool/channel_pool.h"
}

using namespace cc;

extern "C" const cc_kernel cc_channel_pool_cuda;

namespace channel_pool_cuda {

enum { TEAM = 32, TEAMS = THREADS / TEAM };

/* Whether value v of channel c goes before w of channel d: NaN before all others, else the larger; of equal
 * ones the first channel. */
__device__ static bool goes_before(float v, int c, float w, int d) {
    const bool nan_v = v != v, nan_w = w != w;
    if (nan_v != nan_w) return nan_v;
    if (!nan_v && v != w) return v > w;
    return c < d;
}

/* y[row], and winner[row] where that is kept. */
template <class T>
__global__ void largest_of_rows(T *y, int32_t *winner, const T *x, int64_t rows, int channels) {
    __shared__ float best[THREADS];
    __shared__ int who[THREADS];
    const int me = threadIdx.x, lane = me % TEAM;
    const int64_t row = blockIdx.x * (int64_t)TEAMS + me / TEAM;
    /* A thread beyond the last channel has channel 0, which changes nothing. */
    const int first = lane < channels ? lane : 0;
    const T *from = x + (row < rows ? row : rows - 1) * channels;
    float value = to_float(from[first]);
    int channel = first;
    for (int c = lane + TEAM; c < channels; c += TEAM) {
        const float other = to_float(from[c]);
        if (goes_before(other, c, value, channel)) value = other, channel = c;
    }
    best[me] = value;
    who[me] = channel;
    for (int half = TEAM / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half && goes_before(best[me + half], who[me + half], best[me], who[me])) {
            best[me] = best[me + half];
            who[me] = who[me + half];
        }
    }
    if (lane != 0 || row >= rows) return;
    y[row] = from_float<T>(best[me]);
    if (winner) winner[row] = who[me];
}

template <class T> __global__ void means_of_rows(T *y, const T *x, int64_t rows, int channels) {
    __shared__ double room[THREADS];
    const int me = threadIdx.x, lane = me % TEAM;
    const int64_t row = blockIdx.x * (int64_t)TEAMS + me / TEAM;
    double sum = 0;
    for (int c = lane; row < rows && c < channels; c += TEAM) sum += (double)to_float(x[row * channels + c]);
    room[me] = sum;
    for (int half = TEAM / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half) room[me] += room[me + half];
    }
    if (lane == 0 && row < rows) y[row] = from_float<T>((float)(room[me] / channels));
}

/* dx = or += dy at the winner, or dy / C at every channel. */
template <class T, int N> struct spread_values {
    enum { UNROLL = 2, REVERSED = false };
    typedef no_constants constants;
    struct packs {
        pack<T, N> before;
        float dy;
        int32_t winner;
    };
    void *dx;
    const T *dy;
    const int32_t *winner; /* NULL: the mean */
    float share;           /* of a mean */
    int64_t lanes;
    bool add;
    __device__ constants prepare(int64_t, int64_t) const { return {}; }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p.dy = to_float(dy[row]);
        if (winner) p.winner = winner[row];
        if (add) p.before = load<T, N>(dx, row * lanes + lane);
    }
    __device__ void put(const packs &p, constants, int64_t row, int64_t lane) const {
        float v[N];
        for (int k = 0; k < N; k++) {
            v[k] = winner ? (p.winner == lane * N + k ? p.dy : 0) : p.dy * share;
            if (add) v[k] += to_float(p.before.v[k]);
        }
        store(dx, row * lanes + lane, narrow<T>(v));
    }
};

static bool is_mean(const cc_task *task) {
    return ((const cc_channel_pool_attr *)task->attr)->kind == CC_CHANNEL_POOL_MEAN;
}
static int64_t rows_of(const cc_task *task) {
    return cc_shape_count(task->output_shape); /* it has one channel */
}

static cc_status plan(cc_task *task) {
    task->output_block = 1;
    if (task->training && !is_mean(task)) task->saved_bytes = (size_t)rows_of(task) * sizeof(int32_t);
    return CC_OK;
}

template <class T> void start_forward(const cc_task *task) {
    const int64_t rows = rows_of(task);
    const int channels = (int)task->input_shapes[0]->dims[1];
    const dim3 grid((unsigned)((rows + TEAMS - 1) / TEAMS));
    auto largest = largest_of_rows<T>;
    auto mean = means_of_rows<T>;
    if (is_mean(task))
        CC_LAUNCH_TOGETHER(mean, grid, dim3(THREADS), (T *)task->y, (const T *)task->x[0], rows, channels);
    else
        CC_LAUNCH_TOGETHER(largest, grid, dim3(THREADS), (T *)task->y, (int32_t *)task->saved,
                           (const T *)task->x[0], rows, channels);
}

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const int64_t channels = task->input_shapes[0]->dims[1], lanes = channels / N;
        map_rows(row_map_of(1, rows_of(task), lanes),
                 spread_values<T, N>{task->dx[0], (const T *)task->dy,
                                     is_mean(task) ? nullptr : (const int32_t *)task->saved,
                                     1 / (float)channels, lanes, task->accumulate[0]});
    }
};

static cc_status forward(cc_task *task) {
    task->dtype == CC_BF16 ? start_forward<bf16>(task) : start_forward<float>(task);
    return cc_cuda_check("channel pool");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) dispatch(task->dtype, task->input_shapes[0]->dims[1], backward_run{task});
    return cc_cuda_check("channel pool");
}

/* Neither x nor y: `saved` has the winners. */
static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

} // namespace channel_pool_cuda

const cc_kernel cc_channel_pool_cuda = {.plan = channel_pool_cuda::plan,
                                        .forward = channel_pool_cuda::forward,
                                        .backward = channel_pool_cuda::backward,
                                        .backward_reads = channel_pool_cuda::reads,
                                        .accumulates = true};
