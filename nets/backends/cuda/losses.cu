/* Losses and their gradients. Formulas: nets/losses; of one pixel in float32, sums in float64.
 *
 * A term is two kernels: sums of parts of images, the last of which adds up what the others left and says
 * what follows; then the gradient. Where that does not depend on the sums (cross-entropy, focal) it is
 * written on the way, and there is no second. Bootstrapped cross-entropy has two before: the k-th largest
 * error of each image, by radix selection. */
#include <math.h>
#include <string.h>
#include "nets/backends/cuda/sum_rows.cuh"
#include "nets/backends/cuda/training.h"

using namespace cc;

enum kind { BCE, FOCAL, DICE, IOU, GENERALISED, BOOTSTRAP, SUM, NO_KIND };
enum { SUMS = 4, PARTS = 64, FEW = 4, SELECT_THREADS = 1024, RADIX = 256 };

struct cut { /* pixels with bits above, and those with equal ones up to index `last`, are taken */
    unsigned bits;
    int64_t last;
};

struct term {
    int kind;
    double alpha, gamma, smooth;
    int64_t n, pixels, hardest; /* pixels of an image, all classes */
    const float *logits, *target;
    double *parts;  /* [n][PARTS][SUMS] */
    double *totals; /* [n][SUMS]: of images, then what the gradient needs */
    float *errors;  /* [n][pixels], bootstrapped only */
    cut *cuts;      /* [n] */
};

struct pixel { /* p = sigmoid(x), q = 1 - p, cross-entropy against g */
    float p, q, softplus, bce;
};

__device__ static pixel pixel_of(float x, float g) {
    float e = expf(-fabsf(x)), large = 1 / (1 + e), small = e * large, softplus = log1pf(e);
    return pixel{x > 0 ? large : small, x > 0 ? small : large, softplus, fmaxf(x, 0) - x * g + softplus};
}

__device__ static float residual(const pixel &v, float g) {
    return v.p * (1 - g) - v.q * g;
}

__device__ static float focal_weight(const term &t, float x, float g, const pixel &v) {
    float y = g > 0.5f ? x : -x, a = (float)(g > 0.5f ? t.alpha : 1 - t.alpha);
    return a * expf((float)t.gamma * (-fmaxf(y, 0) - v.softplus));
}

/* Whether pixel i of image n is among the hardest. */
__device__ static bool is_taken(const term &t, int64_t n, int64_t i) {
    unsigned bits = __float_as_uint(t.errors[n * t.pixels + i]);
    cut c = t.cuts[n];
    return bits > c.bits || (bits == c.bits && i <= c.last);
}

/* Adds pixel i of image n, x against g. */
__device__ static void add_pixel(float sums[SUMS], const term &t, int64_t n, int64_t i, float x, float g,
                                 const pixel &v) {
    switch (t.kind) {
    case BCE:
        sums[0] += v.bce;
        break;
    case FOCAL:
        sums[0] += focal_weight(t, x, g, v) * v.bce;
        break;
    case BOOTSTRAP:
        sums[0] += is_taken(t, n, i) ? v.bce : 0;
        break;
    default:
        sums[0] += v.p * g;
        sums[1] += v.p;
        sums[2] += g;
        sums[3] += v.q * (1 - g);
    }
}

/* Dice and IoU of one image: the ratio; totals become the ratio and its denominator. */
__device__ static double finish_overlap(double totals[SUMS], const term &t) {
    double a = t.kind == DICE ? 2 : 1, b = t.kind == DICE ? 0 : 1;
    double denominator = totals[1] + totals[2] - b * totals[0] + t.smooth;
    double ratio = (a * totals[0] + t.smooth) / denominator;
    totals[0] = ratio;
    totals[1] = denominator;
    return ratio;
}

/* Over the whole batch; the first image's totals become w1, w0, N / D, D. */
__device__ static double finish_generalised(double totals[SUMS], const double sums[SUMS], double count) {
    double wanted = sums[2], unwanted = count - wanted, predicted = sums[1], rejected = count - predicted;
    double w1 = 1 / (wanted * wanted + 1e-6), w0 = 1 / (unwanted * unwanted + 1e-6);
    double denominator = w1 * (predicted + wanted) + w0 * (rejected + unwanted);
    double ratio = (w1 * sums[0] + w0 * sums[3]) / denominator;
    totals[0] = w1;
    totals[1] = w0;
    totals[2] = ratio;
    totals[3] = denominator;
    return 1 - 2 * ratio;
}

/* What follows from the totals of all images, by one block: `sums` are those of the batch. */
__device__ static void conclude(double *value, const term &t, double weight, bool add, int me) {
    __shared__ double sums[SUMS], ratios[THREADS];
    bool overlaps = t.kind == DICE || t.kind == IOU;
    double mine = 0, count = (double)t.n * (double)t.pixels, loss;
    for (int64_t n = 0; me < SUMS && n < t.n; n++) mine += t.totals[n * SUMS + me];
    if (me < SUMS) sums[me] = mine;
    __syncthreads();
    mine = 0;
    for (int64_t n = me; overlaps && n < t.n; n += THREADS) mine += finish_overlap(t.totals + n * SUMS, t);
    mine = block_sum(mine, ratios);
    if (me > 0) return;
    if (overlaps)
        loss = 1 - mine / (double)t.n;
    else if (t.kind == GENERALISED)
        loss = finish_generalised(t.totals, sums, count);
    else
        loss = sums[0] / (t.kind == BOOTSTRAP ? (double)t.n * (double)t.hardest : count);
    *value = (add ? *value : 0) + weight * loss;
}

/* The totals of all images from their parts: a block's threads lie (sum of an image, part). */
__device__ static void total_images(const term &t, int me) {
    __shared__ double room[THREADS];
    const int64_t all = t.n * SUMS;
    const int across = all < THREADS / 4 ? (int)all : THREADS / 4, down = THREADS / across, x = me % across,
              y = me / across;
    for (int64_t at = x; at - x < all; at += across) {
        double sum[1] = {};
        if (at < all)
#pragma unroll 4
            for (int p = y; y < down && p < PARTS; p += down)
                sum[0] += __ldcg(t.parts + (at / SUMS * PARTS + p) * SUMS + at % SUMS);
        tree_sum(sum, room, x, y, across, down);
        if (at < all && y == 0) t.totals[at] = sum[0];
    }
    __syncthreads();
}

__device__ static float derivative(const term &t, int64_t n, int64_t i, float x, float g, const pixel &v) {
    const double *c = t.totals + (t.kind == GENERALISED ? 0 : n * SUMS);
    float share = 1 / ((float)t.n * (float)t.pixels), sign = g > 0.5f ? 1 : -1;
    switch (t.kind) {
    case BCE:
        return share * residual(v, g);
    case FOCAL:
        return share * focal_weight(t, x, g, v) *
               (residual(v, g) - sign * (float)t.gamma * (g > 0.5f ? v.p : v.q) * v.bce);
    case BOOTSTRAP:
        return is_taken(t, n, i) ? residual(v, g) / ((float)t.n * (float)t.hardest) : 0;
    case GENERALISED: {
        double slope = c[0] * g - c[1] * (1 - g) - c[2] * (c[0] - c[1]);
        return (float)(-2 * slope / c[3] * (v.p * v.q));
    }
    default: {
        float a = t.kind == DICE ? 2 : 1, b = t.kind == DICE ? 0 : 1, ratio = (float)c[0];
        return -(a * g - ratio * (1 - b * g)) * (v.p * v.q) / ((float)t.n * (float)c[1]);
    }
    }
}

struct result { /* gradient += or = scale times the term's */
    double *value;
    float *gradient;
    double weight;
    bool add;
};

static bool needs_totals(const term &t) {
    return t.kind != BCE && t.kind != FOCAL;
}

/* N pixels of image n, from pixel N i: adds them up, writes their gradients, or both. */
template <int N>
__device__ void work_on(double (&sums)[SUMS], bool sums_up, const result &to, bool writes, const term &t,
                        int64_t n, int64_t i) {
    int64_t at = n * t.pixels / N + i;
    pack<float, N> x = load<float, N>(t.logits, at), g = load<float, N>(t.target, at), out;
    float some[SUMS] = {};
    if (writes && to.add) out = load<float, N>(to.gradient, at);
    for (int k = 0; k < N; k++) {
        pixel v = pixel_of(x.v[k], g.v[k]);
        if (sums_up) add_pixel(some, t, n, i * N + k, x.v[k], g.v[k], v);
        if (!writes) continue;
        float d = (float)to.weight * derivative(t, n, i * N + k, x.v[k], g.v[k], v);
        out.v[k] = to.add ? out.v[k] + d : d;
    }
    for (int k = 0; sums_up && k < SUMS; k++) sums[k] += some[k];
    if (writes) store(to.gradient, at, out);
}

template <int N> __global__ void __launch_bounds__(THREADS) sum_parts(term t, result to, bool writes) {
    __shared__ double room[THREADS / 2 * (int)SUMS];
    static unsigned ticket;
    double sums[SUMS] = {};
    int64_t n = blockIdx.y;
    for (int64_t i = (int64_t)blockIdx.x * THREADS + threadIdx.x; i < t.pixels / N;
         i += (int64_t)PARTS * THREADS)
        work_on<N>(sums, true, to, writes, t, n, i);
    tree_sum(sums, room, 0, threadIdx.x, 1, THREADS);
    for (int k = 0; threadIdx.x == 0 && k < SUMS; k++) t.parts[(n * PARTS + blockIdx.x) * SUMS + k] = sums[k];
    if (!is_last(&ticket, gridDim.x * gridDim.y, threadIdx.x)) return;
    total_images(t, threadIdx.x);
    conclude(to.value, t, to.weight, to.add, threadIdx.x);
}

template <int N> __global__ void __launch_bounds__(THREADS) write_gradient(term t, result to) {
    int64_t i = global_index();
    double none[SUMS];
    if (i < t.pixels / N) work_on<N>(none, false, to, true, t, blockIdx.y, i);
}

static __global__ void write_errors(term t) {
    int64_t at = global_index();
    if (at >= t.n * t.pixels) return;
    float error = pixel_of(t.logits[at], t.target[at]).bce;
    t.errors[at] = error <= 0 ? 0 : error; /* NaN stays: its bits are above those of infinity */
}

/* The digits, from the highest, of the k-th largest of an image's errors; they are not negative, so their
 * bits are in their order. Counts are whole numbers: atomics do not make them depend on an order. */
__device__ static unsigned select_bits(unsigned *left, const term &t, int64_t n, unsigned *counts) {
    unsigned prefix = 0, mask = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        __syncthreads();
        counts[threadIdx.x] = 0;
        __syncthreads();
#pragma unroll 4
        for (int64_t i = threadIdx.x; i < t.pixels; i += SELECT_THREADS) {
            unsigned bits = __float_as_uint(t.errors[n * t.pixels + i]);
            if ((bits & mask) == prefix) atomicAdd(&counts[bits >> shift & (RADIX - 1)], 1u);
        }
        __syncthreads();
        unsigned digit = RADIX - 1;
        for (; *left > counts[digit] && digit > 0; digit--) *left -= counts[digit];
        prefix |= digit << shift;
        mask |= (unsigned)(RADIX - 1) << shift;
    }
    return prefix;
}

/* A block an image. A thread counts the equals in a stretch of its own; the one whose stretch holds the last
 * that is taken says where it is. */
static __global__ void select_cuts(term t) {
    __shared__ unsigned counts[SELECT_THREADS];
    int64_t n = blockIdx.x, stretch = (t.pixels + SELECT_THREADS - 1) / SELECT_THREADS;
    int64_t begin = threadIdx.x * stretch, end = begin + stretch < t.pixels ? begin + stretch : t.pixels;
    unsigned left = (unsigned)t.hardest, bits = select_bits(&left, t, n, counts), mine = 0, before = 0;
    for (int64_t i = begin; i < end; i++) mine += __float_as_uint(t.errors[n * t.pixels + i]) == bits;
    __syncthreads();
    counts[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned k = 0; k < threadIdx.x; k++) before += counts[k];
    if (before >= left || before + mine < left) return;
    for (int64_t i = begin; i < end; i++)
        if (__float_as_uint(t.errors[n * t.pixels + i]) == bits && ++before == left) t.cuts[n] = cut{bits, i};
}

/* NO_KIND where there is no kernel of a loss. */
static int kind_of(const char *name) {
    static const char *const names[NO_KIND] = {"bce",           "focal", "dice", "iou", "generalised-dice",
                                               "bootstrap-bce", "sum"};
    int kind = 0;
    while (kind < NO_KIND && strcmp(names[kind], name) != 0) kind++;
    return kind;
}

bool cc_cuda_has_loss(const char *type) {
    return kind_of(type) != NO_KIND;
}

static bool bootstraps(const cc_loss_spec *spec) {
    bool any = kind_of(spec->type) == BOOTSTRAP;
    for (int i = 0; kind_of(spec->type) == SUM && i < spec->term_count; i++)
        any |= bootstraps(spec->terms + i);
    return any;
}

/* Totals, parts, cuts, errors. */
size_t cc_cuda_loss_bytes(const cc_loss_spec *spec, cc_loss_shape s) {
    size_t n = (size_t)s.n, bytes = n * (1 + PARTS) * SUMS * sizeof(double);
    if (bootstraps(spec)) bytes += n * (sizeof(cut) + (size_t)(s.classes * s.pixels) * sizeof(float));
    return bytes;
}

static term term_of(const cc_loss_spec *spec, const float *logits, const float *target, cc_loss_shape s,
                    void *scratch) {
    term t = {kind_of(spec->type),
              spec->alpha,
              spec->gamma,
              spec->smooth,
              s.n,
              s.classes * s.pixels,
              1,
              logits,
              target,
              (double *)scratch,
              0,
              0,
              0};
    t.totals = t.parts + s.n * PARTS * SUMS;
    t.cuts = (cut *)(t.totals + s.n * SUMS);
    t.errors = (float *)(t.cuts + s.n);
    double hardest = ceil(spec->fraction * (double)t.pixels);
    if (hardest > 1) t.hardest = hardest < (double)t.pixels ? (int64_t)hardest : t.pixels;
    return t;
}

template <int N> static void run_kernels(const term &t, const result &to) {
    auto sum = sum_parts<N>;
    auto write = write_gradient<N>;
    unsigned n = (unsigned)t.n;
    CC_LAUNCH_TOGETHER(sum, dim3(PARTS, n), dim3(THREADS), t, to, !needs_totals(t));
    if (needs_totals(t)) CC_LAUNCH(write, dim3(blocks_for(t.pixels / N), n), dim3(THREADS), t, to);
}

static void run_term(double *value, float *gradient, const term &t, double weight, bool add) {
    result to = {value, gradient, weight, add};
    if (t.kind == BOOTSTRAP) {
        CC_LAUNCH(write_errors, dim3(blocks_for(t.n * t.pixels)), dim3(THREADS), t);
        CC_LAUNCH_TOGETHER(select_cuts, dim3((unsigned)t.n), dim3(SELECT_THREADS), t);
    }
    if (t.pixels % FEW == 0)
        run_kernels<FEW>(t, to);
    else
        run_kernels<1>(t, to);
}

/* A sum's terms, one after another in the same scratch memory; each but the first adds. */
static bool run_terms(double *value, float *gradient, const cc_loss_spec *spec, const term &like,
                      double weight, bool add) {
    if (kind_of(spec->type) != SUM) {
        term t = term_of(spec, like.logits, like.target, cc_loss_shape{like.n, 1, like.pixels}, like.parts);
        run_term(value, gradient, t, weight, add);
        return true;
    }
    for (int i = 0; i < spec->term_count; i++)
        add = run_terms(value, gradient, spec->terms + i, like, weight * spec->terms[i].weight, add);
    return add;
}

/* Before any kernel starts: an unknown name would be some other loss, or leave its values unwritten. */
static cc_status check_kinds(const cc_loss_spec *spec) {
    if (!cc_cuda_has_loss(spec->type))
        return cc_fail(CC_EUNSUPPORTED, "loss.type", NULL, "cuda has no loss \"%s\"", spec->type);
    for (int i = 0; kind_of(spec->type) == SUM && i < spec->term_count; i++)
        CC_TRY(check_kinds(spec->terms + i));
    return CC_OK;
}

cc_status cc_cuda_loss(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                       const float *target, cc_loss_shape shape, void *scratch) {
    CC_TRY(check_kinds(spec));
    run_terms(value, gradient, spec, term_of(spec, logits, target, shape, scratch), 1, false);
    return cc_cuda_check("the loss");
}
