/* nets/ops/group_norm/group_norm_cuda.cu -- group and instance normalisation with their activation: each way
 * a reduction over the rows of each image (norm_rows.cuh) and an elementwise pass that uses its sums
 * (map_rows.cuh).
 *
 * Notation and equations are those of group_norm.c. Where each channel is a group of its own, the reduction's
 * last block sets a channel's constants; where groups are larger, a small kernel between the two merges their
 * channels, which have as many values each: the mean of their means, and sums of squares moved to it (Chan,
 * Golub & LeVeque 1983). Gradients of weight and bias are added up over the images, in their order, by
 * another. */
#include "nets/backends/cuda/norm_rows.cuh"

extern "C" {
#include "nets/ops/group_norm/group_norm.h"
}

using namespace cc;

extern "C" const cc_kernel cc_group_norm_cuda;

namespace group_norm_cuda {

/* What every step knows. Vectors and pairs are [image][channel]. */
struct shape_of_groups {
    int64_t images, channels, rows; /* rows of an image */
    int64_t group;                  /* channels of a group */
    double epsilon;
    const float *weight, *bias; /* NULL: 1 and 0 */
    kept_constants k;
    double *pairs; /* forward mean and sum of squares, backward sums of g and of g (x - mean) */
    float *a, *b;  /* backward: dx = scale g + (x - mean) a + b */
    __device__ float weight_of(int64_t channel) const { return weight ? weight[channel] : 1; }
    __device__ float bias_of(int64_t channel) const { return bias ? bias[channel] : 0; }
    __device__ void keep_pair(int64_t at, double first, double second) const {
        pairs[2 * at] = first;
        pairs[2 * at + 1] = second;
    }
    /* From mean and sum of squares of `count` values: the constants of one channel. */
    __device__ void set(int64_t image, int64_t channel, double mean, double squares, double count) const {
        set_constants(k, image * channels + channel, mean, squares / count, epsilon, weight_of(channel),
                      bias_of(channel));
    }
    /* From the sums of weight g and weight g (x - mean) over the group: a and b of one channel. */
    __device__ void set_back(int64_t at, double sum, double dot, double count) const {
        const double rstd = k.rstd[at];
        a[at] = (float)(-rstd * rstd * rstd * dot / count);
        b[at] = (float)(-rstd * sum / count);
    }
};

/* The reduction of the forward pass. */
template <class T, int N> struct image_moments : moment_sums<T, N> {
    shape_of_groups s;
    image_moments(const void *x, const shape_of_groups &of)
        : moment_sums<T, N>{x, of.channels / N, of.rows}, s(of) {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        double mean, squares;
        this->moments_of(mean, squares, image, channel, totals);
        if (s.group == 1)
            s.set(image, channel, mean, squares, (double)s.rows);
        else
            s.keep_pair(image * s.channels + channel, mean, squares);
    }
};

/* The reduction of the backward pass. */
template <class T, int N> struct image_gradients : gradient_part_sums<T, N, false> {
    shape_of_groups s;
    image_gradients(const field &f, const shape_of_groups &of) : gradient_part_sums<T, N, false>{f}, s(of) {}
    __device__ void finish(int64_t image, int64_t channel, const double *totals) const {
        const int64_t at = image * s.channels + channel;
        const double weight = s.weight_of(channel);
        s.keep_pair(at, totals[0], totals[1]);
        if (s.group == 1) s.set_back(at, weight * totals[0], weight * totals[1], (double)s.rows);
    }
};

/* A thread a group: merges what the reduction kept of its channels. */
__global__ void __launch_bounds__(THREADS) merge_groups_kernel(shape_of_groups s, bool back) {
    const int64_t groups = s.channels / s.group, index = global_index();
    if (index >= s.images * groups) return;
    const int64_t image = index / groups, first = index % groups * s.group, at = image * s.channels + first;
    const double *pairs = s.pairs + 2 * at, count = (double)(s.rows * s.group);
    double sum = 0, second = 0;
    for (int64_t i = 0; i < s.group; i++) {
        const double weight = back ? s.weight_of(first + i) : 1;
        sum += weight * pairs[2 * i];
        second += weight * pairs[2 * i + 1];
    }
    const double mean = sum / (double)s.group;
    for (int64_t i = 0; i < s.group && !back; i++) {
        const double off = pairs[2 * i] - mean;
        second += (double)s.rows * off * off;
    }
    for (int64_t i = 0; i < s.group; i++)
        if (back)
            s.set_back(at + i, sum, second, count);
        else
            s.set(image, first + i, mean, second, count);
}

/* A thread a channel: dweight = sum of g h, dbias = sum of g, over the images. */
__global__ void __launch_bounds__(THREADS)
    add_images_kernel(float *dweight, float *dbias, shape_of_groups s) {
    const int64_t channel = global_index();
    if (channel >= s.channels) return;
    double of_weight = 0, of_bias = 0;
    for (int64_t n = 0; n < s.images; n++) {
        const int64_t at = n * s.channels + channel;
        of_weight += s.pairs[2 * at + 1] * s.k.rstd[at];
        of_bias += s.pairs[2 * at];
    }
    dweight[channel] = (float)of_weight;
    dbias[channel] = (float)of_bias;
}

/* The elementwise pass forward: y = f((x - mean) scale + shift). */
template <class T, int N> struct normalise_images {
    enum { UNROLL = 4, REVERSED = true };
    struct constants {
        float mean[N], scale[N], shift[N];
    };
    typedef pack<T, N> packs;
    void *y;
    field f;
    __device__ constants prepare(int64_t image, int64_t lane) const {
        constants c;
        load_floats(c.mean, f.k.mean + image * f.each, lane);
        load_floats(c.scale, f.k.scale + image * f.each, lane);
        load_floats(c.shift, f.k.shift + image * f.each, lane);
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        p = load<T, N>(f.x, row * f.lanes + lane);
    }
    __device__ void put(const packs &p, const constants &c, int64_t row, int64_t lane) const {
        float z[N], off[N];
        find_z<T>(z, off, p, p, false, c.mean, c.scale, c.shift);
        activate_all<T>(f.after, z);
        store(y, row * f.lanes + lane, narrow<T>(z));
    }
};

/* The elementwise pass backward: dx = scale g + (x - mean) a + b. */
template <class T, int N> struct spread_over_images {
    enum { UNROLL = 2, REVERSED = true };
    struct constants {
        float mean[N], scale[N], shift[N], a[N], b[N];
    };
    struct packs {
        pack<T, N> x, dy, before;
    };
    void *dx;
    bool add;
    field f;
    const float *a, *b;
    __device__ constants prepare(int64_t image, int64_t lane) const {
        constants c;
        load_floats(c.mean, f.k.mean + image * f.each, lane);
        load_floats(c.scale, f.k.scale + image * f.each, lane);
        load_floats(c.shift, f.k.shift + image * f.each, lane);
        load_floats(c.a, a + image * f.each, lane);
        load_floats(c.b, b + image * f.each, lane);
        return c;
    }
    __device__ void get(packs &p, const constants &, int64_t row, int64_t lane) const {
        const int64_t at = row * f.lanes + lane;
        p.x = load<T, N>(f.x, at);
        p.dy = load<T, N>(f.dy, at);
        if (add) p.before = load<T, N>(dx, at);
    }
    __device__ void put(const packs &p, const constants &c, int64_t row, int64_t lane) const {
        float z[N], off[N], g[N];
        find_z<T>(z, off, p.x, p.x, false, c.mean, c.scale, c.shift);
        widen(g, p.dy);
        slope_all<T>(g, f.after, z);
        for (int i = 0; i < N; i++) {
            off[i] = c.scale[i] * g[i] + off[i] * c.a[i] + c.b[i];
            if (add) off[i] += to_float(p.before.v[i]);
        }
        store(dx, row * f.lanes + lane, narrow<T>(off));
    }
};

/* Scratch: the reductions' parts, then pairs, then constants where nothing trains, else a and b. */
static size_t parts_bytes(const cc_task *task) {
    const cc_shape *s = task->output_shape;
    size_t most = 0;
    const int blocks[] = {ROW_SUM_THREADS, GRADIENT_BLOCK};
    for (int threads : blocks) {
        size_t bytes = row_sum_bytes(s->dims[0], cc_shape_pixels(s), s->dims[1], task->dtype, 2, threads);
        if (bytes > most) most = bytes;
    }
    return most;
}

static cc_status plan(cc_task *task) {
    const cc_shape *s = task->output_shape;
    const size_t values = (size_t)(s->dims[0] * s->dims[1]), vectors = 4 * values * sizeof(float);
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = vectors;
    task->scratch_bytes = parts_bytes(task) + 2 * values * sizeof(double) + vectors;
    return CC_OK;
}

static shape_of_groups shape_of(const cc_task *task) {
    const cc_group_norm_attr *attr = (const cc_group_norm_attr *)task->attr;
    const cc_shape *x = task->output_shape;
    const int64_t values = x->dims[0] * x->dims[1];
    double *pairs = (double *)((char *)task->scratch + parts_bytes(task));
    float *vectors = (float *)(pairs + 2 * values);
    shape_of_groups s = {};
    s.images = x->dims[0];
    s.channels = x->dims[1];
    s.rows = cc_shape_pixels(x);
    s.group = s.channels / cc_group_norm_groups(attr, x);
    s.epsilon = attr->epsilon;
    if (attr->affine) {
        s.weight = task->parameters[CC_GROUP_NORM_WEIGHT]->value;
        s.bias = task->parameters[CC_GROUP_NORM_BIAS]->value;
    }
    s.k = constants_at(task->training ? task->saved : (void *)vectors, values);
    s.pairs = pairs;
    s.a = vectors;
    s.b = vectors + values;
    return s;
}

static field field_of(const cc_task *task, const shape_of_groups &s, int64_t lanes) {
    const cc_group_norm_attr *a = (const cc_group_norm_attr *)task->attr;
    return field{
        task->x[0], nullptr, task->dy, s.k, lanes, s.channels, activation(a->activation, (float)a->slope)};
}

/* Where groups have more than one channel. */
static void merge_groups(const shape_of_groups &s, bool back) {
    if (s.group > 1)
        CC_LAUNCH(merge_groups_kernel, dim3(blocks_for(s.images * (s.channels / s.group))), dim3(THREADS), s,
                  back);
}

struct forward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const shape_of_groups s = shape_of(task);
        const int64_t lanes = s.channels / N;
        sum_rows<N>((double *)task->scratch, s.images, s.rows, lanes, image_moments<T, N>(task->x[0], s));
        merge_groups(s, false);
        map_rows(row_map_of(s.images, s.rows, lanes),
                 normalise_images<T, N>{task->y, field_of(task, s, lanes)});
    }
};

struct backward_run {
    const cc_task *task;
    template <class T, int N> void run() const {
        const shape_of_groups s = shape_of(task);
        const int64_t lanes = s.channels / N;
        const field f = field_of(task, s, lanes);
        sum_rows<N>((double *)task->scratch, s.images, s.rows, lanes, image_gradients<T, N>(f, s));
        merge_groups(s, true);
        if (s.weight)
            CC_LAUNCH(add_images_kernel, dim3(blocks_for(s.channels)), dim3(THREADS),
                      task->parameters[CC_GROUP_NORM_WEIGHT]->grad,
                      task->parameters[CC_GROUP_NORM_BIAS]->grad, s);
        if (task->dx[0])
            map_rows(row_map_of(s.images, s.rows, lanes),
                     spread_over_images<T, N>{task->dx[0], task->accumulate[0], f, s.a, s.b});
    }
};

static cc_status forward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], forward_run{task});
    return cc_cuda_check("group norm");
}

static cc_status backward(cc_task *task) {
    dispatch(task->dtype, task->output_shape->dims[1], backward_run{task});
    return cc_cuda_check("group norm");
}

} // namespace group_norm_cuda

const cc_kernel cc_group_norm_cuda = {.plan = group_norm_cuda::plan,
                                      .forward = group_norm_cuda::forward,
                                      .backward = group_norm_cuda::backward,
                                      .accumulates = true};

extern "C" const cc_kernel cc_instance_norm_cuda; /* the same: groups of one channel */
const cc_kernel cc_instance_norm_cuda = {.plan = group_norm_cuda::plan,
                                         .forward = group_norm_cuda::forward,
                                         .backward = group_norm_cuda::backward,
                                         .accumulates = true};
