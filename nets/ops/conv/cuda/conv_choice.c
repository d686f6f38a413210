#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/conv_choice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cuda/channels.h"
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/elementwise.h"
#include "nets/ops/conv/cuda/product.h"
#include "nets/ops/conv/cuda/turn.h"

/* Who computes a pass. */
typedef enum provider { BY_OWN, BY_CUDNN, BY_CUBLAS } provider;

/* All that may compute it. */
typedef struct offers {
    cc_own_conv own;
    bool has_own;
    cc_cudnn_pass plain, fused;
    cc_product product;
    cc_product_way product_ways[CC_PRODUCT_WAYS_MAX];
    int product_count;
} offers;

struct cc_conv_choice {
    cc_conv_request request;
    char *recorded; /* what request.recorded points to */
    cc_choice told;
    provider by;
    cc_own_conv own;           /* BY_OWN */
    const cc_cudnn_pass *pass; /* BY_CUDNN, with its way; one of the offers, or what is kept of it */
    int way;
    cc_cudnn_pass kept;
    cc_product product;
    cc_product_way product_way;
    size_t stored_bytes; /* first in the scratch memory: weights or their gradient as cuDNN stores them */
    size_t workspace;    /* the rest of it */
};

/* One of the offers, as it is tried. */
typedef struct option {
    provider by;
    cc_cudnn_pass *pass; /* BY_CUDNN */
    int way;             /* of the pass, or of the product */
} option;

typedef struct option_list {
    option of[2 * CC_CONV_WAYS_MAX + CC_PRODUCT_WAYS_MAX + 1];
    int count;
} option_list;

/* What is timed: of a pass of cuDNN the first few ways and the first of each engine, as heuristics err more
 * between the settings of one engine than between engines. */
enum { TIMED_RUNS = 2, TIMED_FIRST = 6, TIMED_MOST = 12, TIMED_COMPILED = 1 };

/* What takes so many times as long as the best so far, when it runs once and not recorded, is not timed
 * further; after so many of these the rest of a pass is left, as of depthwise convolutions cuDNN has ways
 * that take a thousand times as long as ours. */
enum { SLOW_TIMES = 3, SLOW_MOST = 2 };
static const double launch_ms = 0.1;

static int64_t weight_count(const cc_conv_sum *sum) {
    int64_t count = sum->narrow.dims[1] * (sum->wide.dims[1] / sum->attr.groups);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) count *= sum->attr.kernel[i];
    return count;
}

/* --- running --- */

static const cc_shape *output_of(const cc_conv_sum *sum) {
    return sum->part == CC_CONV_WIDE ? &sum->wide : &sum->narrow;
}

static void add_bias(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_conv_sum *sum = &c->request.sum;
    cc_cuda_channel_add(sum->part == CC_CONV_WIDE ? d->wide : d->narrow, d->bias, sum->activation,
                        output_of(sum), sum->dtype);
}

/* cuDNN takes weights of the activations' dtype, output channels first, and gives their gradient so. */
static cc_status run_cudnn(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_conv_sum *sum = &c->request.sum;
    int64_t channels = sum->narrow.dims[1], taps = weight_count(sum) / channels;
    bool gives = sum->part == CC_CONV_WEIGHTS;
    cc_conv_operands o = {.wide = d->wide,
                          .narrow = d->narrow,
                          .weights = gives ? d->gradient : (void *)d->weights,
                          .bias = d->low_bias,
                          .workspace = (char *)d->scratch + c->stored_bytes};
    if (c->stored_bytes) o.weights = d->scratch;
    if (c->request.depthwise && !gives)
        cc_cuda_turn_weights(d->scratch, d->weights, taps, channels, sum->dtype);
    CC_TRY(cc_cudnn_pass_run(c->pass, c->way, &o));
    if (c->request.depthwise && gives)
        cc_cuda_turn_back(d->gradient, d->scratch, taps, channels, sum->dtype);
    else if (c->stored_bytes && gives)
        cc_cuda_widen(d->gradient, d->scratch, weight_count(sum));
    if (sum->fused && !c->pass->fused) add_bias(c, d);
    return CC_OK;
}

static cc_status run_product(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_conv_sum *sum = &c->request.sum;
    cc_conv_operands o = {.wide = d->wide,
                          .narrow = d->narrow,
                          .weights = sum->part == CC_CONV_WEIGHTS ? d->gradient : (void *)d->weights,
                          .bias = d->low_bias,
                          .workspace = d->scratch};
    CC_TRY(cc_product_run(&c->product, &c->product_way, &o));
    if (sum->fused && c->product.end == CC_PRODUCT_PLAIN) add_bias(c, d);
    return CC_OK;
}

cc_status cc_conv_choice_run(const cc_conv_choice *c, const cc_conv_data *data) {
    if (c->by == BY_CUDNN) return run_cudnn(c, data);
    if (c->by == BY_CUBLAS) return run_product(c, data);
    cc_own_conv_run(&c->own, &c->request.sum, data);
    return CC_OK;
}

/* --- what there is --- */

/* cuBLAS knows no activation but ReLU. */
static cc_product_end product_end(const cc_conv_sum *sum) {
    if (!sum->fused || sum->part != CC_CONV_NARROW) return CC_PRODUCT_PLAIN;
    return sum->activation == CC_ACTIVATION_NONE   ? CC_PRODUCT_BIAS
           : sum->activation == CC_ACTIVATION_RELU ? CC_PRODUCT_BIAS_RELU
                                                   : CC_PRODUCT_PLAIN;
}

/* Fused passes of cuDNN are asked for where it has kernels at hand, and where it compiles them in some tenths
 * of a second: for SiLU in bf16, which no rule would take. Others take seconds. */
static bool has_fused(const cc_conv_request *p) {
    bool at_hand = p->sum.activation == CC_ACTIVATION_NONE || p->sum.activation == CC_ACTIVATION_RELU,
         worth_it = p->sum.dtype == CC_BF16 && (cc_tuning_is_timed(p->tuning) || p->recorded);
    return p->sum.fused && p->sum.part == CC_CONV_NARROW && !p->depthwise && (at_hand || worth_it);
}

static cc_status collect(offers *o, const cc_conv_request *p) {
    bool fast = p->tuning == CC_TUNING_FAST;
    cc_conv_sum plain = p->sum;
    plain.fused = false;
    o->has_own = cc_own_conv_init(&o->own, &p->sum, p->depthwise);
    CC_TRY(cc_cudnn_pass_init(&o->plain, &plain, fast));
    if (has_fused(p)) CC_TRY(cc_cudnn_pass_init(&o->fused, &p->sum, fast));
    if (!cc_product_fits(&p->sum.attr, &p->sum.wide, &p->sum.narrow)) return CC_OK;
    CC_TRY(cc_product_init(&o->product, p->sum.part, &p->sum.wide, &p->sum.narrow, p->sum.dtype, p->sum.tf32,
                           product_end(&p->sum)));
    return cc_product_ways(o->product_ways, &o->product_count, &o->product, fast);
}

static void release_offers(offers *o) {
    cc_cudnn_pass_deinit(&o->plain);
    cc_cudnn_pass_deinit(&o->fused);
    cc_product_deinit(&o->product);
    free(o);
}

/* In the order of preference by rule. */
static void list(option_list *out, offers *o) {
    out->count = 0;
    if (o->has_own) out->of[out->count++] = (option){.by = BY_OWN};
    for (int i = 0; i < o->fused.count; i++) out->of[out->count++] = (option){BY_CUDNN, &o->fused, i};
    for (int i = 0; i < o->plain.count; i++) out->of[out->count++] = (option){BY_CUDNN, &o->plain, i};
    for (int i = 0; i < o->product_count; i++) out->of[out->count++] = (option){BY_CUBLAS, NULL, i};
}

static const char *name_of(const option *at, const offers *o) {
    if (at->by == BY_CUDNN) return at->pass->ways[at->way].name;
    return at->by == BY_CUBLAS ? o->product_ways[at->way].name : cc_own_conv_name(&o->own);
}

static const cc_conv_way *way_of(const option *at) {
    return at->by == BY_CUDNN ? &at->pass->ways[at->way] : NULL;
}

/* --- one of them --- */

/* What belongs to the offers is borrowed, until `settle`. */
static cc_status take(cc_conv_choice *c, const option *at, const offers *o) {
    static const char *const libraries[] = {[BY_OWN] = "own", [BY_CUDNN] = "cudnn", [BY_CUBLAS] = "cublas"};
    const cc_conv_sum *sum = &c->request.sum;
    bool stored = c->request.depthwise || (sum->part == CC_CONV_WEIGHTS && sum->dtype == CC_BF16);
    c->by = at->by;
    c->stored_bytes = c->workspace = 0;
    c->told = (cc_choice){.algorithm = name_of(at, o), .implementation = libraries[at->by]};
    switch (at->by) {
    case BY_OWN:
        c->own = o->own;
        c->workspace = cc_own_conv_bytes(&c->own, sum);
        break;
    case BY_CUDNN:
        CC_TRY(cc_cudnn_pass_prepare(at->pass, at->way));
        c->pass = at->pass;
        c->way = at->way;
        c->workspace = way_of(at)->workspace;
        if (stored) c->stored_bytes = (size_t)weight_count(sum) * cc_dtype_bytes(sum->dtype);
        break;
    case BY_CUBLAS:
        c->product = o->product;
        c->product_way = o->product_ways[at->way];
        c->workspace = c->product_way.workspace;
    }
    return CC_OK;
}

/* Makes what was taken its own; the rest of the offers may go. */
static cc_status settle(cc_conv_choice *c, const option *at, offers *o) {
    CC_TRY(take(c, at, o));
    c->told.algorithm = strdup(c->told.algorithm);
    if (!c->told.algorithm) return cc_fail_memory("plan", CC_CONV_NAME_MAX);
    if (at->by == BY_CUDNN) {
        cc_cudnn_pass_keep(at->pass, at->way);
        c->kept = *at->pass;
        c->pass = &c->kept;
        c->way = 0;
        *at->pass = (cc_cudnn_pass){0};
    }
    if (at->by == BY_CUBLAS) o->product = (cc_product){0};
    return CC_OK;
}

/* After what one way could not do: on to the next, unless the device itself is lost. */
static cc_status go_on(void) {
    (void)cc_cuda_check("planning"); /* forgets a launch that was refused */
    CC_TRY(cc_storage_cuda.wait());
    cc_error_clear();
    return CC_OK;
}

static cc_status none(const cc_conv_request *p) {
    return cc_fail(CC_EUNSUPPORTED, NULL, "use --device cpu",
                   "cuDNN has no %s way to compute this convolution",
                   p->tuning == CC_TUNING_FAST ? "fast" : "deterministic");
}

/* A bias in bf16 is rounded. */
static bool is_exact(const option *at, const cc_conv_sum *sum) {
    const cc_conv_way *way = way_of(at);
    return !way || (way->direct && !(at->pass->fused && sum->dtype == CC_BF16));
}

/* The first that can be had, in rounds: what need not be compiled; before, where that is wanted, what is
 * exact too. */
static cc_status choose_by_rule(cc_conv_choice *c, const option_list *list, offers *o) {
    bool exact = c->request.tuning == CC_TUNING_EXACT;
    for (int round = exact ? 0 : 1; round < 3; round++) {
        for (int i = 0; i < list->count; i++) {
            const cc_conv_way *way = way_of(&list->of[i]);
            if (round == 0 && !is_exact(&list->of[i], &c->request.sum)) continue;
            if (round < 2 && way && way->compiled) continue;
            cc_status status = settle(c, &list->of[i], o);
            if (status != CC_EUNSUPPORTED) return status;
            CC_TRY(go_on());
        }
    }
    return none(&c->request);
}

static cc_status choose_recorded(cc_conv_choice *c, const option_list *list, offers *o) {
    for (int i = 0; i < list->count; i++)
        if (strcmp(name_of(&list->of[i], o), c->recorded) == 0) return settle(c, &list->of[i], o);
    return cc_fail(CC_EUNSUPPORTED, NULL, "make a new run", "the recorded algorithm %s is not there",
                   c->recorded);
}

/* --- by the clock --- */

typedef struct trial {
    cc_conv_choice *choice;
    cc_conv_data data;
} trial;

static cc_status run_trial(void *context) {
    const trial *t = context;
    CC_TRY(cc_conv_choice_run(t->choice, &t->data));
    return cc_cuda_check("timing");
}

static cc_status time_option(double *ms, double limit_ms, trial *t, const option *at, const offers *o) {
    CC_TRY(take(t->choice, at, o));
    CC_TRY(cc_storage_cuda.get(&t->data.scratch, cc_conv_choice_scratch(t->choice), "timing"));
    cc_status status = cc_cuda_time(ms, TIMED_RUNS, limit_ms, run_trial, t);
    cc_storage_cuda.free(t->data.scratch);
    return status;
}

/* Whether the clock is asked about number i. Where there are kernels of our own none is compiled, which takes
 * tenths of a second each: of depthwise convolutions they were a hundred times as slow. */
static bool is_tried(const option_list *list, int i, int *tried, int *compiled) {
    const cc_conv_way *way = way_of(&list->of[i]);
    if (!way) return true;
    if (way->compiled && list->of[0].by == BY_OWN) return false;
    bool new = true;
    for (int j = 0; j < i; j++)
        new &= list->of[j].pass != list->of[i].pass || way_of(&list->of[j])->engine != way->engine;
    if ((list->of[i].way >= TIMED_FIRST && !new) || *tried == TIMED_MOST) return false;
    if (way->compiled && *compiled == TIMED_COMPILED) return false;
    *compiled += way->compiled;
    (*tried)++;
    return true;
}

/* *best is -1 where there was memory for none. */
static cc_status find_fastest(int *best, double *best_ms, trial *t, const option_list *list,
                              const offers *o) {
    int tried = 0, compiled = 0, slow = 0;
    *best = -1;
    *best_ms = INFINITY;
    for (int i = 0; i < list->count; i++) {
        double ms, limit_ms = SLOW_TIMES * *best_ms + launch_ms;
        if (i > 0 && list->of[i].pass != list->of[i - 1].pass) tried = compiled = slow = 0;
        if (slow == SLOW_MOST || !is_tried(list, i, &tried, &compiled)) continue;
        if (time_option(&ms, limit_ms, t, &list->of[i], o) != CC_OK) {
            CC_TRY(go_on());
            continue;
        }
        slow += ms > limit_ms;
        if (ms >= *best_ms) continue;
        *best = i;
        *best_ms = ms;
    }
    return CC_OK;
}

/* By rule where there is no memory to time in: the plan, which shares its own, may yet fit. */
static cc_status choose_by_time(cc_conv_choice *c, const option_list *list, offers *o) {
    const cc_conv_sum *sum = &c->request.sum;
    size_t size = cc_dtype_bytes(sum->dtype), weights = (size_t)weight_count(sum) * sizeof(float);
    trial t = {.choice = c};
    void *bias = NULL, *values = NULL, *gradient = NULL;
    const struct {
        void **memory;
        size_t bytes;
    } needs[] = {{&t.data.wide, (size_t)cc_shape_count(&sum->wide) * size},
                 {&t.data.narrow, (size_t)cc_shape_count(&sum->narrow) * size},
                 {&values, sum->part == CC_CONV_WEIGHTS ? 0 : weights},
                 {&gradient, sum->part == CC_CONV_WEIGHTS ? weights : 0},
                 {&bias, sum->fused ? (size_t)output_of(sum)->dims[1] * sizeof(float) : 0}};
    enum { NEEDS = sizeof needs / sizeof *needs };
    double ms = 0;
    int best = -1;
    cc_status status = CC_OK;
    for (int i = 0; i < NEEDS && status == CC_OK; i++)
        status = cc_storage_cuda.get(needs[i].memory, needs[i].bytes, "timing");
    t.data.weights = values;
    t.data.gradient = gradient;
    t.data.bias = t.data.low_bias = bias;
    if (status == CC_OK) status = find_fastest(&best, &ms, &t, list, o);
    for (int i = 0; i < NEEDS; i++) cc_storage_cuda.free(*needs[i].memory);
    if (status == CC_ENOMEM) cc_error_clear(), status = CC_OK;
    CC_TRY(status);
    if (best < 0) return choose_by_rule(c, list, o);
    CC_TRY(settle(c, &list->of[best], o));
    c->told.ms = ms;
    return CC_OK;
}

/* --- remembering --- */

static cc_conv_choice **made; /* as long as the process */
static int made_count;

static bool same_dims(const int64_t *a, const int64_t *b, int count) {
    return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

static bool same_sum(const cc_conv_sum *a, const cc_conv_sum *b) {
    return a->part == b->part && a->dtype == b->dtype && a->tf32 == b->tf32 && a->fused == b->fused &&
           (!a->fused || a->activation == b->activation) && a->attr.groups == b->attr.groups &&
           same_dims(a->attr.kernel, b->attr.kernel, CC_SPATIAL_MAX) &&
           same_dims(a->attr.stride, b->attr.stride, CC_SPATIAL_MAX) &&
           same_dims(a->attr.padding, b->attr.padding, CC_SPATIAL_MAX) &&
           same_dims(a->attr.dilation, b->attr.dilation, CC_SPATIAL_MAX) && a->wide.rank == b->wide.rank &&
           same_dims(a->wide.dims, b->wide.dims, a->wide.rank) &&
           same_dims(a->narrow.dims, b->narrow.dims, a->wide.rank);
}

static bool same_request(const cc_conv_request *a, const cc_conv_request *b) {
    return a->tuning == b->tuning && a->depthwise == b->depthwise && !a->recorded == !b->recorded &&
           (!a->recorded || strcmp(a->recorded, b->recorded) == 0) && same_sum(&a->sum, &b->sum);
}

static cc_status choose_among(cc_conv_choice *c, offers *o) {
    option_list options;
    CC_TRY(collect(o, &c->request));
    list(&options, o);
    if (c->recorded) return choose_recorded(c, &options, o);
    return cc_tuning_is_timed(c->request.tuning) ? choose_by_time(c, &options, o)
                                                 : choose_by_rule(c, &options, o);
}

static cc_status choose(cc_conv_choice *c) {
    offers *o = calloc(1, sizeof *o);
    if (!o) return cc_fail_memory("plan", sizeof *o);
    cc_status status = choose_among(c, o);
    release_offers(o);
    return status;
}

static cc_status make(cc_conv_choice **out, const cc_conv_request *request) {
    cc_conv_choice *c = calloc(1, sizeof *c), **more;
    *out = NULL;
    if (!c) return cc_fail_memory("plan", sizeof *c);
    c->request = *request;
    if (request->recorded) c->recorded = strdup(request->recorded);
    c->request.recorded = c->recorded;
    cc_status status = !request->recorded == !c->recorded ? choose(c) : cc_fail_memory("plan", 1);
    more = status == CC_OK ? realloc(made, (size_t)(made_count + 1) * sizeof *made) : NULL;
    if (more) {
        made = more;
        made[made_count++] = *out = c;
        return CC_OK;
    }
    free(c->recorded);
    free(c);
    return status == CC_OK ? cc_fail_memory("plan", sizeof *made) : status;
}

cc_status cc_conv_choose(const cc_conv_choice **out, const cc_conv_request *request) {
    cc_conv_choice *c = NULL;
    for (int i = 0; i < made_count && !c; i++)
        if (same_request(&made[i]->request, request)) c = made[i];
    cc_status status = c ? CC_OK : make(&c, request);
    *out = c;
    return status;
}

static cc_status list_names(char (**names)[CC_CONV_CHOICE_NAME_MAX], int *count, offers *o,
                            const cc_conv_request *request) {
    option_list options;
    CC_TRY(collect(o, request));
    list(&options, o);
    *names = calloc((size_t)options.count + 1, sizeof **names);
    if (!*names) return cc_fail_memory("plan", (size_t)options.count * sizeof **names);
    for (int i = 0; i < options.count; i++)
        snprintf((*names)[i], sizeof **names, "%s", name_of(&options.of[i], o));
    *count = options.count;
    return CC_OK;
}

cc_status cc_conv_choice_list(char (**names)[CC_CONV_CHOICE_NAME_MAX], int *count,
                              const cc_conv_request *request) {
    offers *o = calloc(1, sizeof *o);
    *names = NULL;
    *count = 0;
    if (!o) return cc_fail_memory("plan", sizeof *o);
    cc_status status = list_names(names, count, o, request);
    release_offers(o);
    return status;
}

cc_choice cc_conv_choice_told(const cc_conv_choice *c) {
    return c->told;
}

size_t cc_conv_choice_scratch(const cc_conv_choice *c) {
    return c->stored_bytes + c->workspace;
}
#else
typedef int cc_conv_choice_is_absent;
#endif
