/* nets/ops/conv/cuda/depthwise_weights.cu -- the gradient of depthwise weights. A thread keeps the sums of
 * all taps of its pair of channels, over at most some hundred pixels, then a block adds up in a tree, and a
 * second kernel adds the blocks' parts up in float64: [part][tap][channel]. Patches are dealt out to the
 * parts in turns. */
#include "nets/ops/conv/cuda/depthwise.cuh"
#include "nets/backends/cuda/weight_parts.cuh"

using namespace cc;

namespace depthwise_weights {

/* MOST: tiles of a thread. */
enum { TILES_MOST = 32 };

struct weighing {
    frame x, dy;
    int padding, patches, parts;
    tiling t;
};

/* A row of x is read while the one before is multiplied with the rows of dy that it met. */
template <class T, int K, int STRIDE>
__device__ inline void add_tile(float (&sums)[2 * K * K],
                                const window<const pair<T>, tile<K, STRIDE>::IN_COLUMNS> &x,
                                const window<const pair<T>, tile<K, STRIDE>::COLUMNS> &dy) {
    typedef tile<K, STRIDE> tile;
    pair<T> next[2][tile::IN_COLUMNS], given[2][tile::COLUMNS];
    float in[2 * tile::IN_COLUMNS], slopes[tile::ROWS][2 * tile::COLUMNS];
    read_row(next[0], x, 0);
    read_row(given[0], dy, 0);
#pragma unroll
    for (int r = 0; r < tile::IN_ROWS; r++) {
        if (r + 1 < tile::IN_ROWS) read_row(next[(r + 1) % 2], x, r + 1);
        widen_row(in, next[r % 2]);
#pragma unroll
        for (int o = 0; o < tile::ROWS; o++) {
            const int t = r - o * STRIDE; /* row of the kernel */
            if (t < 0 || t >= K) continue;
            if (t == 0) widen_row(slopes[o], given[o % 2]);
            if (t == 0 && o + 1 < tile::ROWS) read_row(given[(o + 1) % 2], dy, o + 1);
#pragma unroll
            for (int i = 0; i < tile::COLUMNS * K * 2; i++) {
                const int s = i / (2 * K), j = i / 2 % K, k = i % 2;
                sums[2 * (t * K + j) + k] += in[2 * (s * STRIDE + j) + k] * slopes[o][2 * s + k];
            }
        }
    }
}

template <class T, int K, int STRIDE>
__global__ void __launch_bounds__(THREADS, 2) weight_parts(float *parts, const void *__restrict__ inputs,
                                                           const void *__restrict__ gradients, weighing c) {
    typedef tile<K, STRIDE> tile;
    __shared__ float room[2 * K * K * (THREADS / 2 + TILING_ACROSS_MAX / 2)];
    const int part = small_quotient(blockIdx.x, c.t.by_groups), group = blockIdx.x - part * c.t.groups,
              lane = group * c.t.across + threadIdx.x;
    float sums[2 * K * K] = {};
    for (int patch = part; lane < c.t.lanes && patch < c.patches; patch += c.parts) {
        const int patch_row = small_quotient(patch, c.t.by_patches_w),
                  image = small_quotient(patch_row, c.t.by_patches_h),
                  row = ((patch_row - image * c.t.patches_h) * c.t.high + threadIdx.z) * tile::ROWS,
                  column = ((patch - patch_row * c.t.patches_w) * c.t.wide + threadIdx.y) * tile::COLUMNS;
        if (row >= c.dy.height || column >= c.dy.width) continue;
        add_tile<T, K, STRIDE>(
            sums,
            window_of<tile::IN_COLUMNS>((const pair<T> *)inputs, c.x, image, row * STRIDE - c.padding,
                                        column * STRIDE - c.padding, lane),
            window_of<tile::COLUMNS>((const pair<T> *)gradients, c.dy, image, row, column, lane));
    }
    /* Threads of one lane are added up down the block; the first of them writes the part. */
    const int y = threadIdx.z * c.t.wide + threadIdx.y;
    tree_sum(sums, room, threadIdx.x, y, c.t.across, c.t.wide * c.t.high);
    if (y > 0 || lane >= c.t.lanes) return;
#pragma unroll
    for (int t = 0; t < K * K; t++) {
        ((pair<float> *)parts)[((int64_t)part * K * K + t) * c.t.lanes + lane] =
            narrow_pair<float>(sums + 2 * t);
    }
}

/* As many parts as fill the device, more where a thread would add up more than TILES_MOST tiles in
 * float32. */
static weighing weighing_of(const cc_depthwise_cuda *d) {
    weighing c = {};
    int lanes = d->channels / 2, rows = 4 / d->stride;
    c.x = frame{d->in_height, d->in_width, lanes};
    c.dy = frame{d->out_height, d->out_width, lanes};
    c.padding = d->padding;
    c.t = tiling_of(d, ceiling(d->out_height, rows), ceiling(d->out_width, 4), THREADS);
    c.patches = d->n * c.t.patches_h * c.t.patches_w;
    c.parts = TILING_BLOCKS / c.t.groups;
    if (c.parts < ceiling(c.patches, TILES_MOST)) c.parts = ceiling(c.patches, TILES_MOST);
    if (c.parts > c.patches) c.parts = c.patches;
    return c;
}

static int64_t parts_of(const cc_depthwise_cuda *d) {
    return is_tiled(d) ? (int64_t)weighing_of(d).parts : any_parts(d);
}

extern "C" size_t cc_depthwise_cuda_bytes(const cc_depthwise_cuda *d) {
    return (size_t)(parts_of(d) * d->kernel * d->kernel * d->channels) * sizeof(float);
}

typedef void (*parts_kernel)(float *, const void *, const void *, weighing);
template <class T> static parts_kernel kernel_for(const cc_depthwise_cuda *d) {
    static const parts_kernel kernels[2][2] = {{weight_parts<T, 3, 1>, weight_parts<T, 3, 2>},
                                               {weight_parts<T, 5, 1>, weight_parts<T, 5, 2>}};
    return kernels[d->kernel == 5][d->stride == 2];
}

static void run_parts(const cc_depthwise_cuda *d, float *parts, const void *x, const void *dy) {
    weighing c = weighing_of(d);
    parts_kernel kernel = d->dtype == CC_BF16 ? kernel_for<bf16>(d) : kernel_for<float>(d);
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)(c.t.groups * c.parts)),
                       dim3((unsigned)c.t.across, (unsigned)c.t.wide, (unsigned)c.t.high), parts, x, dy, c);
}

/* The parts have the order of the weights. */
struct as_they_are {
    __device__ int64_t operator()(int64_t i) const { return i; }
};

extern "C" void cc_depthwise_cuda_weights(const cc_depthwise_cuda *d, float *dw, const void *x,
                                          const void *dy, void *scratch) {
    int64_t weights = (int64_t)d->kernel * d->kernel * d->channels;
    if (is_tiled(d))
        run_parts(d, (float *)scratch, x, dy);
    else
        any_weight_parts(d, (float *)scratch, x, dy);
    sum_weight_parts(dw, (const float *)scratch, parts_of(d), weights, as_they_are{});
}

} // namespace depthwise_weights
