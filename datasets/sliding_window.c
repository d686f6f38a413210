/* datasets/sliding_window.c -- places of windows, their weights, and the sums that wait for the last window
 * over them.
 *
 * Sums and weights of the slices that windows still reach lie in a ring of size[2] slices: slice z of the
 * volume is in z mod size[2], in float64, as hundreds of windows may meet in one voxel. When a window starts
 * in a later slice than the one before, the slices between are finished: divided by their weights, given out,
 * and set to 0 for those to come. */
#include "datasets/sliding_window.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "core/hot.h"

enum {
    WORTH_THREADS = 8, /* slices of channels of a window */
    SIDE_MAX = 65536,  /* voxels; three such sides and these channels can be multiplied */
    CHANNELS_MAX = 4096,
};

struct cc_sliding {
    cc_sliding_options options;
    int64_t *starts[3]; /* [counts[axis]] on each axis, in the volume's own indices */
    int64_t counts[3];
    float *weight;  /* [size] of the voxels of a window */
    double *sums;   /* [size[2]][channels][dims[1]][dims[0]] */
    double *totals; /* [size[2]][dims[1]][dims[0]] of the weights */
    float *slice;   /* [channels][dims[1]][dims[0]] a finished one */
    size_t next;    /* the window whose answer is due */
    int64_t given;  /* slices that were given out */
};

/* --- places and weights --- */

/* The starts on one axis: the whole volume's where the window is as large, before it where it is larger. */
static cc_status find_starts(cc_sliding *s, int axis) {
    const cc_sliding_options *o = &s->options;
    const int64_t size = o->size[axis], n = o->dims[axis];
    if (n <= size) {
        if (!(s->starts[axis] = malloc(sizeof *s->starts[axis])))
            return cc_fail_memory("sliding window", sizeof *s->starts[axis]);
        s->starts[axis][0] = -((size - n) / 2);
        s->counts[axis] = 1;
        return CC_OK;
    }
    /* Truncated as MONAI's int() does: 10 voxels at an overlap of 0.8 step by 1, as 10 * (1 - 0.8) lies below
     * 2. */
    int64_t step = (int64_t)((double)size * (1 - o->overlap[axis]));
    if (step < 1) step = 1;
    const int64_t count = (n - size + step - 1) / step + 1;
    if (!(s->starts[axis] = calloc((size_t)count, sizeof *s->starts[axis])))
        return cc_fail_memory("sliding window", (size_t)count * sizeof *s->starts[axis]);
    s->counts[axis] = count;
    for (int64_t i = 0; i < count; i++) s->starts[axis][i] = i * step < n - size ? i * step : n - size;
    return CC_OK;
}

/* Of one axis; float32, as MONAI has it. */
static float gaussian(int64_t i, int64_t size, double sigma) {
    const double from_middle = (double)i - (double)(size - 1) / 2, width = sigma * (double)size;
    return (float)exp(-from_middle * from_middle / (2 * width * width));
}

static void fill_weights(cc_sliding *s) {
    const int64_t *size = s->options.size;
    float *w = s->weight, smallest = INFINITY;
    const size_t count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    for (int64_t z = 0; z < size[2]; z++)
        for (int64_t y = 0; y < size[1]; y++)
            for (int64_t x = 0; x < size[0]; x++) {
                const bool even = s->options.weight == CC_SLIDING_WEIGHT_constant;
                const double sigma = s->options.sigma;
                *w = even ? 1
                          : gaussian(z, size[2], sigma) * gaussian(y, size[1], sigma) *
                                gaussian(x, size[0], sigma);
                smallest = fminf(smallest, *w++);
            }
    const float least = fmaxf(smallest, 1e-3F);
    for (size_t i = 0; i < count; i++) s->weight[i] = fmaxf(s->weight[i], least);
}

/* --- life --- */

static cc_status check(const cc_sliding_options *o) {
    static const char where[] = "sliding window";
    for (int k = 0; k < 3; k++) {
        if (o->dims[k] < 1 || o->size[k] < 1 || o->dims[k] > SIDE_MAX || o->size[k] > SIDE_MAX)
            return cc_fail(CC_EINVAL, where, "each side is 1 to 65536",
                           "a window of %lld in %lld voxels along %c", (long long)o->size[k],
                           (long long)o->dims[k], "xyz"[k]);
        if (!(o->overlap[k] >= 0 && o->overlap[k] < 1))
            return cc_fail(CC_EINVAL, where, "use 0 to below 1, e.g. 0.5", "an overlap of %g", o->overlap[k]);
    }
    if (o->weight == CC_SLIDING_WEIGHT_gaussian && !(o->sigma > 0 && isfinite(o->sigma)))
        return cc_fail(CC_EINVAL, where, "use a share of the window's size, e.g. 0.125", "a sigma of %g",
                       o->sigma);
    if (o->channels < 1 || o->channels > CHANNELS_MAX)
        return cc_fail(CC_EINVAL, where, NULL, "answers of %zu channels", o->channels);
    return CC_OK;
}

cc_status cc_sliding_create(cc_sliding **out, const cc_sliding_options *options) {
    cc_status status;
    CC_TRY(check(options));
    const size_t plane = (size_t)options->dims[0] * (size_t)options->dims[1];
    const size_t window = (size_t)options->size[0] * (size_t)options->size[1] * (size_t)options->size[2];
    const size_t ring = (size_t)options->size[2] * plane;
    cc_sliding *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory("sliding window", sizeof *s);
    s->options = *options;
    for (int axis = 0; axis < 3; axis++) CC_CHECK(find_starts(s, axis));
    s->weight = malloc(window * sizeof *s->weight);
    s->sums = calloc(ring * options->channels, sizeof *s->sums);
    s->totals = calloc(ring, sizeof *s->totals);
    s->slice = malloc(options->channels * plane * sizeof *s->slice);
    if (!s->weight || !s->sums || !s->totals || !s->slice)
        CC_CHECK(
            cc_fail_memory("sliding window", (window + ring * (options->channels + 1)) * sizeof *s->sums));
    fill_weights(s);
    *out = s;
    s = NULL;
done:
    cc_sliding_destroy(s);
    return status;
}

void cc_sliding_destroy(cc_sliding *s) {
    if (!s) return;
    for (int axis = 0; axis < 3; axis++) free(s->starts[axis]);
    free(s->weight);
    free(s->sums);
    free(s->totals);
    free(s->slice);
    free(s);
}

/* --- windows --- */

size_t cc_sliding_count(const cc_sliding *s) {
    return (size_t)s->counts[0] * (size_t)s->counts[1] * (size_t)s->counts[2];
}

void cc_sliding_start(int64_t start[3], const cc_sliding *s, size_t i) {
    assert(i < cc_sliding_count(s));
    for (int axis = 0; axis < 3; axis++) {
        start[axis] = s->starts[axis][i % (size_t)s->counts[axis]];
        i /= (size_t)s->counts[axis];
    }
}

/* What of a window lies in the volume: the window's indices from <= i < to, on each axis. */
typedef struct overlap {
    int64_t start[3], from[3], to[3];
} overlap;

static overlap find_overlap(const cc_sliding *s, size_t i) {
    overlap o;
    cc_sliding_start(o.start, s, i);
    for (int axis = 0; axis < 3; axis++) {
        const int64_t size = s->options.size[axis], left = s->options.dims[axis] - o.start[axis];
        o.from[axis] = o.start[axis] < 0 ? -o.start[axis] : 0;
        o.to[axis] = left < size ? left : size;
    }
    return o;
}

void cc_sliding_cut(float *window, const cc_sliding *s, size_t i, const float *image, size_t channels) {
    const overlap o = find_overlap(s, i);
    const int64_t *size = s->options.size, *dims = s->options.dims;
    const bool whole = memcmp(o.to, size, sizeof o.to) == 0 && !o.from[0] && !o.from[1] && !o.from[2];
    const size_t count = channels * (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    if (!whole) memset(window, 0, count * sizeof *window);
    for (int64_t c = 0; c < (int64_t)channels; c++)
        for (int64_t z = o.from[2]; z < o.to[2]; z++)
            for (int64_t y = o.from[1]; y < o.to[1]; y++) {
                const int64_t to = ((c * size[2] + z) * size[1] + y) * size[0] + o.from[0];
                const int64_t from = ((c * dims[2] + o.start[2] + z) * dims[1] + o.start[1] + y) * dims[0] +
                                     o.start[0] + o.from[0];
                memcpy(window + to, image + from, (size_t)(o.to[0] - o.from[0]) * sizeof *window);
            }
}

CC_HOT static void add_row(double *sum, const float *weight, const float *answer, size_t count) {
    for (size_t i = 0; i < count; i++) sum[i] += (double)weight[i] * (double)answer[i];
}

/* One slice of a channel of a window's answer into the ring; channel `channels` is that of the weights. */
static void add_slice(cc_sliding *s, const overlap *o, int64_t channel, int64_t z, const float *answer) {
    const int64_t *size = s->options.size, *dims = s->options.dims, channels = (int64_t)s->options.channels;
    const int64_t slot = (o->start[2] + z) % size[2], voxels = size[0] * size[1] * size[2];
    const size_t count = (size_t)(o->to[0] - o->from[0]);
    for (int64_t y = o->from[1]; y < o->to[1]; y++) {
        const int64_t row = o->start[1] + y, column = o->start[0] + o->from[0];
        const int64_t in_window = (z * size[1] + y) * size[0] + o->from[0];
        const float *weight = s->weight + in_window;
        if (channel < channels) {
            add_row(s->sums + ((slot * channels + channel) * dims[1] + row) * dims[0] + column, weight,
                    answer + channel * voxels + in_window, count);
            continue;
        }
        double *total = s->totals + (slot * dims[1] + row) * dims[0] + column;
        for (size_t i = 0; i < count; i++) total[i] += (double)weight[i];
    }
}

/* Gives out the slices before `end`, which no window to come reaches. */
static cc_status give_out(cc_sliding *s, int64_t end) {
    const size_t plane = (size_t)s->options.dims[0] * (size_t)s->options.dims[1];
    const size_t channels = s->options.channels;
    for (; s->given < end; s->given++) {
        const size_t slot = (size_t)(s->given % s->options.size[2]);
        double *sums = s->sums + slot * channels * plane, *total = s->totals + slot * plane;
        for (size_t c = 0; c < channels; c++)
            for (size_t i = 0; i < plane; i++)
                s->slice[c * plane + i] = (float)(sums[c * plane + i] / total[i]);
        CC_TRY(s->options.take(s->options.context, s->given, s->slice));
        memset(sums, 0, channels * plane * sizeof *sums);
        memset(total, 0, plane * sizeof *total);
    }
    return CC_OK;
}

cc_status cc_sliding_add(cc_sliding *s, const float *answer) {
    const size_t count = cc_sliding_count(s);
    if (s->next >= count)
        return cc_fail(CC_EINVAL, "sliding window", NULL, "all %zu windows have had their answer", count);
    const overlap o = find_overlap(s, s->next);
    /* Windows come by z: those to come start here or later. */
    CC_TRY(give_out(s, o.start[2]));
    /* Slices of channels are apart in memory: each is one thread's, and its sums keep the windows' order. */
    const int64_t depth = o.to[2] - o.from[2], slices = depth * ((int64_t)s->options.channels + 1);
#pragma omp parallel for schedule(static) if (slices > WORTH_THREADS)
    for (int64_t i = 0; i < slices; i++) add_slice(s, &o, i / depth, o.from[2] + i % depth, answer);
    s->next++;
    return s->next == count ? give_out(s, s->options.dims[2]) : CC_OK;
}
