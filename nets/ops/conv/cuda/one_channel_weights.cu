/* nets/ops/conv/cuda/one_channel_weights.cu -- the gradient of weights between one channel and many. A thread
 * has a lane and a row of the kernel, whose sums it keeps over at most some hundred pixels; then a block adds
 * up in a tree, and a second kernel adds the blocks' parts up in float64: [part][tap][channel]. The threads
 * of all rows of the kernel read the same pixels of the many at about the same time: all but one have them
 * from the nearest cache. */
#include "nets/backends/cuda/weight_parts.cuh"
#include "nets/ops/conv/cuda/one_channel.cuh"

using namespace cc;

namespace one_channel_weights {

/* BLOCKS: four for each multiprocessor of a large GPU; PIXELS_MOST: of a thread. */
enum { WEIGHING_BLOCKS = 528, WEIGHING_WIDE_MAX = 64, WEIGHING_HIGH_MAX = 32, PIXELS_MOST = 1024 };

constexpr int NEAR_MOST = 4096;

/* Packs of a thread that are on their way at once; a tile's rows are a multiple. Of a 7x7 kernel the sums
 * leave registers for no more, and its arithmetic takes longer than memory does. */
constexpr int AHEAD_MOST = 8;
template <int K> constexpr int ahead = K == 7 ? 4 : AHEAD_MOST;

/* Of a block for each row of the kernel, at most: whole warps, and a lane of all channels at least. */
constexpr int threads_of_row(int kernel) {
    return kernel == 1 ? (int)THREADS : kernel == 3 ? 64 : 32;
}

struct one_weighing {
    one_pass pass;
    int parts;
};

/* A column of a tile, read from above to below; zeros where the picture ends. */
template <class T> struct pixel_column {
    const pack<T, 16 / sizeof(T)> *at;
    int64_t step;
    int left; /* inside of the picture */
    __device__ void read(pack<T, 16 / sizeof(T)> *to) {
        read_pack_if(to, left > 0, at);
        at += step;
        left--;
    }
};

template <class T>
__device__ inline pixel_column<T> column_of(const void *__restrict__ many, const one_pass &c,
                                            const tile_place &p) {
    const int column = p.column + threadIdx.y, below = c.many.height - p.row;
    const int64_t at = ((int64_t)p.image * c.many.height + p.row) * c.many.width + column;
    return pixel_column<T>{(const pack<T, 16 / sizeof(T)> *)many + at * c.lanes + threadIdx.x,
                           (int64_t)c.many.width * c.lanes,
                           column >= c.many.width ? 0
                           : below < c.t.high     ? below
                                                  : c.t.high};
}

template <class T, int K, int STRIDE>
__global__ void __launch_bounds__(K *threads_of_row(K), K == 7 ? 2 : 3)
    weigh(float *parts, const void *__restrict__ many, const void *__restrict__ one, one_weighing g) {
    constexpr int N = 16 / sizeof(T), AHEAD = ahead<K>;
    __shared__ float near[NEAR_MOST], room[N * (int)THREADS];
    const one_pass &c = g.pass;
    float sums[K][N] = {};
    for (int tile = blockIdx.x; tile < c.t.count; tile += g.parts) {
        const tile_place p = place_of(c.t, tile);
        pixel_column<T> pixels = column_of<T>(many, c, p);
        pack<T, N> next[AHEAD];
#pragma unroll
        for (int o = 0; o < AHEAD; o++) pixels.read(&next[o]);
        __syncthreads();
        stage_near<T>(near, one, c, p, STRIDE);
        __syncthreads();
        const float *from = near + threadIdx.z * c.near.width + threadIdx.y * STRIDE;
#pragma unroll 1
        for (int r = 0; r < c.t.high; r += AHEAD) {
#pragma unroll
            for (int o = 0; o < AHEAD; o++, from += STRIDE * c.near.width) {
                float values[N];
                widen_pack(values, next[o]);
                pixels.read(&next[o]);
#pragma unroll
                for (int i = 0; i < K * N; i++) sums[i / N][i % N] += values[i % N] * from[i / N];
            }
        }
    }
    /* Columns of threads that have the same lane and row of the kernel are added up; the first of them
     * writes. */
    const int x = threadIdx.z * blockDim.x + threadIdx.x, across = blockDim.x * blockDim.z;
    __syncthreads();
#pragma unroll
    for (int j = 0; j < K; j++) {
        tree_sum(sums[j], room, x, (int)threadIdx.y, across, (int)blockDim.y);
        if (threadIdx.y > 0) continue;
        const int tap = threadIdx.z * K + j;
        store(parts, ((int64_t)blockIdx.x * K * K + tap) * c.lanes + threadIdx.x, narrow<float>(sums[j]));
    }
}

static int wide_of(const cc_one_channel_cuda *d, int lanes, int width) {
    int wide = threads_of_row(d->kernel) / lanes;
    if (wide > WEIGHING_WIDE_MAX) wide = WEIGHING_WIDE_MAX;
    return wide < width ? wide : width;
}

static one_weighing weighing_of(const cc_one_channel_cuda *d) {
    one_weighing g = {pass_of(d), 0};
    one_pass *c = &g.pass;
    int wide = wide_of(d, c->lanes, c->many.width), high = WEIGHING_HIGH_MAX;
    /* Lower tiles until what they meet fits into shared memory and there is work for all blocks. */
    do {
        c->t = tiles_of(d->n, c->many.height, c->many.width, wide, high);
        set_near(c, d);
        high /= 2;
    } while (high >= AHEAD_MOST &&
             (c->near.height * c->near.width > NEAR_MOST || c->t.count < WEIGHING_BLOCKS));
    int64_t least = ((int64_t)c->t.count * c->t.high + PIXELS_MOST - 1) / PIXELS_MOST,
            parts = least > WEIGHING_BLOCKS ? least : (int64_t)WEIGHING_BLOCKS;
    g.parts = parts < c->t.count ? (int)parts : c->t.count;
    return g;
}

extern "C" size_t cc_one_channel_cuda_bytes(const cc_one_channel_cuda *d) {
    return (size_t)weighing_of(d).parts * d->kernel * d->kernel * d->channels * sizeof(float);
}

typedef void (*weigh_kernel)(float *, const void *, const void *, one_weighing);
template <class T> static weigh_kernel kernel_for(const cc_one_channel_cuda *d) {
    static const weigh_kernel kernels[4][2] = {{weigh<T, 1, 1>, weigh<T, 1, 2>},
                                               {weigh<T, 3, 1>, weigh<T, 3, 2>},
                                               {weigh<T, 5, 1>, weigh<T, 5, 2>},
                                               {weigh<T, 7, 1>, weigh<T, 7, 2>}};
    return kernels[d->kernel / 2][d->stride == 2];
}

extern "C" void cc_one_channel_cuda_weights(const cc_one_channel_cuda *d, float *dw, const void *x,
                                            const void *dy, void *scratch) {
    one_weighing g = weighing_of(d);
    /* Of a first convolution y has many channels, of a last one x. */
    const void *many = d->into ? dy : x, *one = d->into ? x : dy;
    weigh_kernel kernel = d->dtype == CC_BF16 ? kernel_for<bf16>(d) : kernel_for<float>(d);
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)g.parts),
                       dim3((unsigned)g.pass.lanes, (unsigned)g.pass.t.wide, (unsigned)d->kernel),
                       (float *)scratch, many, one, g);
    sum_weight_parts(dw, (const float *)scratch, g.parts, (int64_t)d->kernel * d->kernel * d->channels,
                     g.pass.order);
}

} // namespace one_channel_weights
