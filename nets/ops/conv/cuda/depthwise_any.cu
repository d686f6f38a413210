/* nets/ops/conv/cuda/depthwise_any.cu -- depthwise convolutions of any kernel, stride, dilation and number of
 * channels: a thread for each value. */
#include "nets/ops/conv/cuda/depthwise.cuh"

namespace cc {

/* The problem, and what its numbers are divided by. */
struct any {
    cc_depthwise_cuda d;
    divider by_channels, by_width, by_height, by_stride;
};

static any any_of(const cc_depthwise_cuda *d, int height, int width) {
    return any{*d, divide_by(d->channels), divide_by(width), divide_by(height), divide_by(d->stride)};
}

/* A value's number taken apart. */
struct spot {
    int channel, column, row;
    int64_t image;
};
__device__ inline spot spot_of(int64_t i, const any &a) {
    int64_t pixel = quotient(i, a.by_channels), row = quotient(pixel, a.by_width),
            image = quotient(row, a.by_height);
    return spot{(int)(i - pixel * a.by_channels.by), (int)(pixel - row * a.by_width.by),
                (int)(row - image * a.by_height.by), image};
}

/* Where a tap falls beside an output, if it is in the image. */
__device__ inline bool find_input(int64_t *at, const cc_depthwise_cuda &d, const spot &s, int t_row,
                                  int t_column) {
    const int row = s.row * d.stride - d.padding + t_row * d.dilation,
              column = s.column * d.stride - d.padding + t_column * d.dilation;
    *at = ((s.image * d.in_height + row) * d.in_width + column) * d.channels + s.channel;
    return row >= 0 && row < d.in_height && column >= 0 && column < d.in_width;
}

template <class T>
static __global__ void forward_any(void *y, const void *x, const float *w, const float *bias, int kind, any a,
                                   int64_t count) {
    const int64_t i = global_index();
    if (i >= count) return;
    const spot s = spot_of(i, a);
    float sum = bias ? bias[s.channel] : 0;
    for (int r = 0; r < a.d.kernel; r++)
        for (int c = 0; c < a.d.kernel; c++) {
            int64_t at;
            if (!find_input(&at, a.d, s, r, c)) continue;
            sum += to_float(((const T *)x)[at]) * w[(r * a.d.kernel + c) * (int64_t)a.d.channels + s.channel];
        }
    ((T *)y)[i] = from_float<T>(activate(kind, sum));
}

/* The output that a tap takes from place `at` of the padded input, or -1. */
__device__ inline int find_output(int at, const divider &by_stride, int extent) {
    if (at < 0) return -1;
    const int q = small_quotient(at, by_stride);
    return q * (int)by_stride.by == at && q < extent ? q : -1;
}

template <class T>
static __global__ void data_any(void *dx, const void *dy, const float *w, any a, int64_t count) {
    const int64_t i = global_index();
    if (i >= count) return;
    const spot s = spot_of(i, a);
    float sum = 0;
    for (int r = 0; r < a.d.kernel; r++) {
        const int row = find_output(s.row + a.d.padding - r * a.d.dilation, a.by_stride, a.d.out_height);
        for (int c = 0; row >= 0 && c < a.d.kernel; c++) {
            const int column =
                find_output(s.column + a.d.padding - c * a.d.dilation, a.by_stride, a.d.out_width);
            if (column < 0) continue;
            const int64_t pixel = (s.image * a.d.out_height + row) * a.d.out_width + column;
            sum += to_float(((const T *)dy)[pixel * a.d.channels + s.channel]) *
                   w[(r * a.d.kernel + c) * (int64_t)a.d.channels + s.channel];
        }
    }
    ((T *)dx)[i] = from_float<T>(sum);
}

/* The sum of a weight over the pixels of a part, which are dealt out in turns. */
enum { PART_PIXELS_LEAST = 32, PART_PIXELS_MOST = 512, PARTS_BLOCKS = 1024, PARTS_MAX = 65535 };

template <class T>
static __global__ void weight_parts_any(float *parts, const void *x, const void *dy, any a, int64_t pixels) {
    const int64_t weights = (int64_t)a.d.kernel * a.d.kernel * a.d.channels, i = global_index();
    if (i >= weights) return;
    const int tap = (int)quotient(i, a.by_channels), channel = (int)(i - (int64_t)tap * a.d.channels);
    const int t_row = tap / a.d.kernel, t_column = tap - t_row * a.d.kernel;
    float sum = 0;
    for (int64_t pixel = blockIdx.y; pixel < pixels; pixel += gridDim.y) {
        const spot s = spot_of(pixel * a.d.channels + channel, a);
        int64_t at;
        if (find_input(&at, a.d, s, t_row, t_column))
            sum += to_float(((const T *)x)[at]) * to_float(((const T *)dy)[pixel * a.d.channels + channel]);
    }
    parts[blockIdx.y * weights + i] = sum;
}

/* Of y. */
static int64_t pixels_of(const cc_depthwise_cuda *d) {
    return (int64_t)d->n * d->out_height * d->out_width;
}
static int64_t weights_of(const cc_depthwise_cuda *d) {
    return (int64_t)d->kernel * d->kernel * d->channels;
}

/* As many parts as keep the device busy, of pixels enough to be worth a block and few enough to be summed in
 * float32. */
int64_t any_parts(const cc_depthwise_cuda *d) {
    int64_t pixels = pixels_of(d), parts = PARTS_BLOCKS / blocks_for(weights_of(d)),
            most = (pixels + PART_PIXELS_LEAST - 1) / PART_PIXELS_LEAST,
            least = (pixels + PART_PIXELS_MOST - 1) / PART_PIXELS_MOST;
    if (parts > most) parts = most;
    if (parts < least) parts = least;
    return parts < PARTS_MAX ? parts : (int64_t)PARTS_MAX;
}

void any_forward(const cc_depthwise_cuda *d, void *y, const void *x, const float *w, const float *bias,
                 int kind) {
    int64_t count = pixels_of(d) * d->channels;
    auto kernel = d->dtype == CC_BF16 ? forward_any<bf16> : forward_any<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(count)), dim3(THREADS), y, x, w, bias, kind,
              any_of(d, d->out_height, d->out_width), count);
}

void any_data(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w) {
    int64_t count = (int64_t)d->n * d->in_height * d->in_width * d->channels;
    auto kernel = d->dtype == CC_BF16 ? data_any<bf16> : data_any<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(count)), dim3(THREADS), dx, dy, w, any_of(d, d->in_height, d->in_width),
              count);
}

void any_weight_parts(const cc_depthwise_cuda *d, float *parts, const void *x, const void *dy) {
    auto kernel = d->dtype == CC_BF16 ? weight_parts_any<bf16> : weight_parts_any<float>;
    dim3 grid(blocks_for(weights_of(d)), (unsigned)any_parts(d));
    CC_LAUNCH(kernel, grid, dim3(THREADS), parts, x, dy, any_of(d, d->out_height, d->out_width),
              pixels_of(d));
}

} // namespace cc
