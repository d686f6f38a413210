/* nets/ops/conv/cuda/conv_choice.c -- which algorithm computes a pass of a convolution on the GPU.
 *
 * Candidates come from three libraries, each a row of functions (struct library): kernels of our own, of
 * which at most one suits a pass (own_conv.c has their table); cuDNN's engines with their settings, which
 * cuDNN lists anew for each pass, once with the bias and activation in its graph and once without; and, for
 * 1x1 convolutions, cuBLAS's algorithms for a product. Their order is that of preference by rule: our own
 * first, then what each library's heuristics think fastest. nets/engine/chooser.h picks one: the recorded
 * name, the rule, or the fastest by the clock.
 *
 * What is chosen is kept for the process with all that it needs to run (a compiled plan of cuDNN's), and the
 * rest of what was listed is let go. */
#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/conv_choice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cuda/channels.h"
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/elementwise.h"
#include "nets/engine/chooser.h"
#include "nets/ops/conv/cuda/product.h"
#include "nets/ops/conv/cuda/transpose.h"

/* What is timed: of a pass of cuDNN the first few ways (TIMED_FIRST) and the first of each engine, as
 * heuristics err more between the settings of one engine than between engines; at most TIMED_MOST,
 * TIMED_COMPILED of them compiled. */
enum { TIMED_RUNS = 2, TIMED_FIRST = 6, TIMED_MOST = 12, TIMED_COMPILED = 1 };

/* What takes SLOW_TIMES as long as the best so far, when it runs once and not recorded (so that launching it
 * counts: launch_ms), is not timed further; after SLOW_MOST of these the rest of a pass of cuDNN is left, as
 * of depthwise convolutions cuDNN has ways that take a thousand times as long as ours. */
enum { SLOW_TIMES = 3, SLOW_MOST = 2 };
static const double launch_ms = 0.1;

typedef struct library library;

/* One of the algorithms that may compute a pass. */
typedef struct candidate {
    const library *by;
    cc_cudnn_pass *pass; /* cuDNN: whose way it is, with or without a fused bias; else NULL */
    int way;             /* of that pass, or of the product */
} candidate;

/* All of them, and what the libraries listed them from. */
typedef struct offers {
    cc_own_conv own;
    cc_cudnn_pass plain, fused;
    cc_product product;
    cc_product_way product_ways[CC_PRODUCT_WAYS_MAX];
    candidate of[2 * CC_CONV_WAYS_MAX + CC_PRODUCT_WAYS_MAX + 1];
    int count;
} offers;

struct cc_conv_choice {
    cc_conv_request request;
    cc_choice described;
    const library *by;
    cc_own_conv own;           /* own */
    const cc_cudnn_pass *pass; /* cuDNN, with its way; one of the offers, or `kept` */
    int way;
    cc_cudnn_pass kept;
    cc_product product; /* cuBLAS */
    cc_product_way product_way;
    /* Scratch memory: first weights or their gradient as cuDNN stores them, where they are stored otherwise
     * (0: they are not); then the library's workspace. */
    size_t stored_bytes, workspace;
};

/* Who computes a pass. */
struct library {
    const char *name; /* the word of recorded choices for the implementation */
    const char *(*name_of)(const candidate *at, const offers *o);
    /* Readies the choice to run a candidate: what that needs is borrowed from the offers. CC_EUNSUPPORTED
     * where the library cannot run it after all. */
    cc_status (*prepare)(cc_conv_choice *c, const candidate *at, const offers *o);
    /* What was borrowed becomes the choice's own. */
    void (*keep)(cc_conv_choice *c, const candidate *at, offers *o);
    cc_status (*run)(const cc_conv_choice *c, const cc_conv_data *d);
};

static int64_t weight_count(const cc_cuda_conv *conv) {
    int64_t count = conv->output.dims[1] * (conv->input.dims[1] / conv->attr.groups);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) count *= conv->attr.kernel[i];
    return count;
}

/* The array to which a fused bias is added: the output of the op, a convolution or a transposed one. */
static const cc_shape *biased_shape(const cc_cuda_conv *conv) {
    return conv->pass == CC_PASS_BACKWARD_DATA ? &conv->input : &conv->output;
}

/* Bias and activation by a kernel of our own, after a library that did not do them. */
static void add_bias(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_cuda_conv *conv = &c->request.conv;
    cc_cuda_channel_add(conv->pass == CC_PASS_BACKWARD_DATA ? d->input : d->output, d->bias, conv->activation,
                        biased_shape(conv), conv->dtype);
}

/* --- kernels of our own --- */

static const char *own_name(const candidate *at, const offers *o) {
    (void)at;
    return cc_own_conv_name(&o->own);
}

static cc_status own_prepare(cc_conv_choice *c, const candidate *at, const offers *o) {
    (void)at;
    c->own = o->own;
    c->workspace = cc_own_conv_bytes(&c->own, &c->request.conv);
    return CC_OK;
}

static void own_keep(cc_conv_choice *c, const candidate *at, offers *o) {
    (void)c, (void)at, (void)o; /* it was copied */
}

static cc_status own_run(const cc_conv_choice *c, const cc_conv_data *d) {
    cc_own_conv_run(&c->own, &c->request.conv, d);
    return CC_OK;
}

static const library own = {"own", own_name, own_prepare, own_keep, own_run};

/* --- cuDNN --- */

static const char *cudnn_name(const candidate *at, const offers *o) {
    (void)o;
    return at->pass->ways[at->way].name;
}

static cc_status cudnn_prepare(cc_conv_choice *c, const candidate *at, const offers *o) {
    const cc_cuda_conv *conv = &c->request.conv;
    (void)o;
    CC_TRY(cc_cudnn_pass_prepare(at->pass, at->way));
    c->pass = at->pass;
    c->way = at->way;
    c->workspace = at->pass->ways[at->way].workspace;
    if (c->request.depthwise || (conv->pass == CC_PASS_BACKWARD_WEIGHTS && conv->dtype == CC_BF16))
        c->stored_bytes = (size_t)weight_count(conv) * cc_dtype_bytes(conv->dtype);
    return CC_OK;
}

static void cudnn_keep(cc_conv_choice *c, const candidate *at, offers *o) {
    (void)o;
    cc_cudnn_pass_keep(at->pass, at->way);
    c->kept = *at->pass;
    c->pass = &c->kept;
    c->way = 0;
    *at->pass = (cc_cudnn_pass){0};
}

/* cuDNN takes weights of the activations' dtype, output channels first, and gives their gradient so:
 * depthwise weights, [tap][channel] in float32, are transposed before it or after it, and a gradient in bf16
 * is converted to float32. */
static cc_status cudnn_run(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_cuda_conv *conv = &c->request.conv;
    const int64_t channels = conv->output.dims[1], taps = weight_count(conv) / channels;
    const bool gradient = conv->pass == CC_PASS_BACKWARD_WEIGHTS;
    cc_conv_operands o = {.input = d->input,
                          .output = d->output,
                          .weights = gradient ? d->gradient : (void *)d->weights,
                          .bias = d->low_bias,
                          .workspace = (char *)d->scratch + c->stored_bytes};
    if (c->stored_bytes) o.weights = d->scratch;
    if (c->request.depthwise && !gradient)
        cc_cuda_transpose_weights(d->scratch, d->weights, taps, channels, conv->dtype);
    CC_TRY(cc_cudnn_pass_run(c->pass, c->way, &o));
    if (c->request.depthwise && gradient)
        cc_cuda_transpose_gradient(d->gradient, d->scratch, taps, channels, conv->dtype);
    else if (c->stored_bytes && gradient)
        cc_cuda_widen(d->gradient, d->scratch, weight_count(conv));
    if (conv->fused && !c->pass->fused) add_bias(c, d);
    return CC_OK;
}

static const library cudnn = {"cudnn", cudnn_name, cudnn_prepare, cudnn_keep, cudnn_run};

/* --- cuBLAS --- */

static const char *cublas_name(const candidate *at, const offers *o) {
    return o->product_ways[at->way].name;
}

static cc_status cublas_prepare(cc_conv_choice *c, const candidate *at, const offers *o) {
    c->product = o->product;
    c->product_way = o->product_ways[at->way];
    c->workspace = c->product_way.workspace;
    return CC_OK;
}

static void cublas_keep(cc_conv_choice *c, const candidate *at, offers *o) {
    (void)c, (void)at;
    o->product = (cc_product){0};
}

static cc_status cublas_run(const cc_conv_choice *c, const cc_conv_data *d) {
    const cc_cuda_conv *conv = &c->request.conv;
    const cc_conv_operands o = {.input = d->input,
                                .output = d->output,
                                .weights =
                                    conv->pass == CC_PASS_BACKWARD_WEIGHTS ? d->gradient : (void *)d->weights,
                                .bias = d->low_bias,
                                .workspace = d->scratch};
    CC_TRY(cc_product_run(&c->product, &c->product_way, &o));
    if (conv->fused && c->product.end == CC_PRODUCT_PLAIN) add_bias(c, d);
    return CC_OK;
}

static const library cublas = {"cublas", cublas_name, cublas_prepare, cublas_keep, cublas_run};

/* --- what there is --- */

/* Lists the candidates in the order of preference by rule. */
static cc_status collect(offers *o, const cc_conv_request *request) {
    const cc_cuda_conv *conv = &request->conv;
    const bool fast = request->tuning == CC_TUNING_FAST, forward = conv->pass == CC_PASS_FORWARD;
    if (cc_own_conv_init(&o->own, conv, request->depthwise)) o->of[o->count++] = (candidate){.by = &own};

    /* cuDNN with the bias and activation in its graph, where it has kernels at hand, and where it compiles
     * them in some tenths of a second: for SiLU in bf16, which no rule would take. Others take seconds. */
    const bool at_hand = conv->activation == CC_ACTIVATION_NONE || conv->activation == CC_ACTIVATION_RELU,
               worth_it =
                   conv->dtype == CC_BF16 && (cc_tuning_is_timed(request->tuning) || request->recorded);
    cc_cuda_conv plain = *conv;
    plain.fused = false;
    CC_TRY(cc_cudnn_pass_init(&o->plain, &plain, fast));
    if (conv->fused && forward && !request->depthwise && (at_hand || worth_it))
        CC_TRY(cc_cudnn_pass_init(&o->fused, conv, fast));
    for (int i = 0; i < o->fused.count; i++) o->of[o->count++] = (candidate){&cudnn, &o->fused, i};
    for (int i = 0; i < o->plain.count; i++) o->of[o->count++] = (candidate){&cudnn, &o->plain, i};

    /* cuBLAS knows no activation but ReLU. */
    int products = 0;
    if (!cc_product_fits(&conv->attr, &conv->input, &conv->output)) return CC_OK;
    cc_product_end end = !conv->fused || !forward                 ? CC_PRODUCT_PLAIN
                         : conv->activation == CC_ACTIVATION_NONE ? CC_PRODUCT_BIAS
                         : conv->activation == CC_ACTIVATION_RELU ? CC_PRODUCT_BIAS_RELU
                                                                  : CC_PRODUCT_PLAIN;
    CC_TRY(
        cc_product_init(&o->product, conv->pass, &conv->input, &conv->output, conv->dtype, conv->tf32, end));
    CC_TRY(cc_product_ways(o->product_ways, &products, &o->product, fast));
    for (int i = 0; i < products; i++) o->of[o->count++] = (candidate){&cublas, NULL, i};
    return CC_OK;
}

static void release_offers(offers *o) {
    cc_cudnn_pass_deinit(&o->plain);
    cc_cudnn_pass_deinit(&o->fused);
    cc_product_deinit(&o->product);
    free(o);
}

/* NULL where it is none of cuDNN's. */
static const cc_conv_way *way_of(const candidate *at) {
    return at->pass ? &at->pass->ways[at->way] : NULL;
}

/* --- the choice: functions for the chooser --- */

typedef struct choosing {
    cc_conv_choice *choice;
    offers *offers;
    /* By the clock: memory to time in, and what was timed of the pass of cuDNN at hand. */
    cc_conv_data data;
    void *weights, *bias, *gradient;
    int tried, compiled, slow;
} choosing;

static const char *name_of(const void *context, int i) {
    const choosing *c = context;
    return c->offers->of[i].by->name_of(&c->offers->of[i], c->offers);
}

static cc_status prepare(cc_conv_choice *c, const candidate *at, const offers *o) {
    c->by = at->by;
    c->stored_bytes = c->workspace = 0;
    c->described = (cc_choice){.algorithm = at->by->name_of(at, o), .implementation = at->by->name};
    return at->by->prepare(c, at, o);
}

/* After what one candidate could not do: on to the next, unless the device itself is lost. */
static cc_status go_on(void) {
    (void)cc_cuda_check("planning"); /* forgets a launch that was refused */
    CC_TRY(cc_storage_cuda.wait());
    cc_error_clear();
    return CC_OK;
}

/* Whether a candidate multiplies and adds as the definition does. A bias in bf16 is rounded. */
static bool is_exact(const candidate *at, const cc_cuda_conv *conv) {
    const cc_conv_way *way = way_of(at);
    return !way || (way->direct && !(at->pass->fused && conv->dtype == CC_BF16));
}

/* The first that can be had, in rounds: 0, where that is wanted, what is exact and need not be compiled; 1,
 * what need not be compiled; 2, any. */
static cc_status by_rule(int *out, void *context, bool exact) {
    choosing *c = context;
    const cc_conv_request *request = &c->choice->request;
    for (int round = exact ? 0 : 1; round < 3; round++)
        for (int i = 0; i < c->offers->count; i++) {
            const candidate *at = &c->offers->of[i];
            const cc_conv_way *way = way_of(at);
            if (round == 0 && !is_exact(at, &request->conv)) continue;
            if (round < 2 && way && way->compiled) continue;
            cc_status status = prepare(c->choice, at, c->offers);
            *out = i;
            if (status != CC_EUNSUPPORTED) return status;
            CC_TRY(go_on());
        }
    return cc_fail(CC_EUNSUPPORTED, NULL, "use --device cpu",
                   "cuDNN has no %s way to compute this convolution",
                   request->tuning == CC_TUNING_FAST ? "fast" : "deterministic");
}

/* Memory for every operand. Where there is too little the rule decides: the plan, which shares its own, may
 * yet fit. */
static cc_status begin_timing(void *context) {
    choosing *c = context;
    const cc_cuda_conv *conv = &c->choice->request.conv;
    const bool gradient = conv->pass == CC_PASS_BACKWARD_WEIGHTS;
    const size_t size = cc_dtype_bytes(conv->dtype), weights = (size_t)weight_count(conv) * sizeof(float);
    const struct {
        void **memory;
        size_t bytes;
    } needs[] = {{&c->data.input, (size_t)cc_shape_count(&conv->input) * size},
                 {&c->data.output, (size_t)cc_shape_count(&conv->output) * size},
                 {&c->weights, gradient ? 0 : weights},
                 {&c->gradient, gradient ? weights : 0},
                 {&c->bias, conv->fused ? (size_t)biased_shape(conv)->dims[1] * sizeof(float) : 0}};
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        CC_TRY(cc_storage_cuda.get(needs[i].memory, needs[i].bytes, "timing"));
    c->data.weights = c->weights;
    c->data.gradient = c->gradient;
    c->data.bias = c->data.low_bias = c->bias;
    return CC_OK;
}

static void end_timing(void *context) {
    choosing *c = context;
    void *all[] = {c->data.input, c->data.output, c->weights, c->gradient, c->bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) cc_storage_cuda.free(all[i]);
}

/* Whether the clock is asked about candidate i; counts it. Where there are kernels of our own none is
 * compiled, which takes tenths of a second each: of depthwise convolutions they were a hundred times as
 * slow. */
static bool is_tried(choosing *c, int i) {
    const candidate *all = c->offers->of;
    const cc_conv_way *way = way_of(&all[i]);
    if (!way) return true;
    if (way->compiled && all[0].by == &own) return false;
    bool new_engine = true;
    for (int j = 0; j < i; j++)
        new_engine &= all[j].pass != all[i].pass || way_of(&all[j])->engine != way->engine;
    if ((all[i].way >= TIMED_FIRST && !new_engine) || c->tried == TIMED_MOST) return false;
    if (way->compiled && c->compiled == TIMED_COMPILED) return false;
    c->compiled += way->compiled;
    c->tried++;
    return true;
}

static cc_status run_once(void *context) {
    const choosing *c = context;
    CC_TRY(cc_conv_choice_run(c->choice, &c->data));
    return cc_cuda_check("timing");
}

static cc_status time_candidate(double *ms, void *context, int i, double best_ms) {
    choosing *c = context;
    const candidate *at = &c->offers->of[i];
    const double limit_ms = SLOW_TIMES * best_ms + launch_ms;
    double one;
    *ms = INFINITY;
    if (i > 0 && at->pass != at[-1].pass) c->tried = c->compiled = c->slow = 0;
    if (c->slow == SLOW_MOST || !is_tried(c, i)) return CC_OK;
    cc_status status = prepare(c->choice, at, c->offers);
    if (status == CC_OK)
        status = cc_storage_cuda.get(&c->data.scratch, cc_conv_choice_scratch(c->choice), "timing");
    if (status == CC_OK) {
        status = cc_cuda_time(&one, TIMED_RUNS, limit_ms, run_once, c);
        cc_storage_cuda.free(c->data.scratch);
    }
    if (status != CC_OK) return go_on();
    c->slow += one > limit_ms;
    *ms = one;
    return CC_OK;
}

static cc_status refuse(const void *context, const char *recorded) {
    (void)context;
    return cc_fail(CC_EUNSUPPORTED, NULL, "make a new run", "the recorded algorithm %s is not there",
                   recorded);
}

/* Chooses, and makes all that the choice needs its own; the rest of the offers goes. */
static cc_status choose(cc_conv_choice *c) {
    cc_status status = CC_OK;
    double ms;
    int i;
    choosing context = {.choice = c, .offers = calloc(1, sizeof *context.offers)};
    offers *o = context.offers;
    if (!o) return cc_fail_memory("plan", sizeof *o);
    CC_CHECK(collect(o, &c->request));
    const cc_candidates candidates = {.context = &context,
                                      .count = o->count,
                                      .name = name_of,
                                      .rule = by_rule,
                                      .begin = begin_timing,
                                      .end = end_timing,
                                      .time = time_candidate,
                                      .margin = 1,
                                      .rule_where_untimed = true,
                                      .refuse = refuse};
    CC_CHECK(cc_choose(&i, &ms, &candidates, c->request.tuning, c->request.recorded));
    CC_CHECK(prepare(c, &o->of[i], o));
    c->described.ms = ms;
    c->described.algorithm = strdup(c->described.algorithm);
    if (!c->described.algorithm) CC_CHECK(cc_fail_memory("plan", CC_CONV_CHOICE_NAME_MAX));
    c->by->keep(c, &o->of[i], o);
done:
    release_offers(o);
    return status;
}

/* --- remembering --- */

static cc_status make_choice(void **out, void *context) {
    cc_conv_choice *c = calloc(1, sizeof *c);
    if (!c) return cc_fail_memory("plan", sizeof *c);
    c->request = *(const cc_conv_request *)context;
    cc_status status = choose(c);
    c->request.recorded = NULL; /* the caller's */
    if (status == CC_OK)
        *out = c;
    else
        free(c);
    return status;
}

/* All that a choice depends on. padding_more is not among it: where it matters it shows in the output's
 * shape. */
static cc_choice_key key_of(const cc_conv_request *request) {
    const cc_cuda_conv *conv = &request->conv;
    const cc_conv_attr *a = &conv->attr;
    const int64_t numbers[] = {
        request->tuning, request->depthwise, conv->pass, conv->dtype,
        conv->tf32,      conv->fused,        a->groups,  conv->fused ? conv->activation : CC_ACTIVATION_NONE,
        conv->input.rank};
    cc_choice_key key = {.text = request->recorded};
    cc_choice_key_add(&key, numbers, sizeof numbers / sizeof *numbers);
    cc_choice_key_add(&key, a->kernel, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->stride, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->padding, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->dilation, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, conv->input.dims, conv->input.rank);
    cc_choice_key_add(&key, conv->output.dims, conv->output.rank);
    return key;
}

cc_status cc_conv_choose(const cc_conv_choice **out, const cc_conv_request *request) {
    static cc_answers answers = CC_ANSWERS_NONE;
    const cc_choice_key key = key_of(request);
    const void *found;
    cc_status status = cc_answers_get(&found, &answers, &key, make_choice, (void *)request);
    *out = found;
    return status;
}

cc_choice cc_conv_choice_describe(const cc_conv_choice *c) {
    return c->described;
}

size_t cc_conv_choice_scratch(const cc_conv_choice *c) {
    return c->stored_bytes + c->workspace;
}

cc_status cc_conv_choice_run(const cc_conv_choice *c, const cc_conv_data *data) {
    return c->by->run(c, data);
}

cc_status cc_conv_choice_list(char (**names)[CC_CONV_CHOICE_NAME_MAX], int *count,
                              const cc_conv_request *request) {
    cc_status status = CC_OK;
    choosing context = {.offers = calloc(1, sizeof *context.offers)};
    offers *o = context.offers;
    *names = NULL;
    *count = 0;
    if (!o) return cc_fail_memory("plan", sizeof *o);
    CC_CHECK(collect(o, request));
    *names = calloc((size_t)o->count + 1, sizeof **names);
    if (!*names) CC_CHECK(cc_fail_memory("plan", (size_t)o->count * sizeof **names));
    for (int i = 0; i < o->count; i++) snprintf((*names)[i], sizeof **names, "%s", name_of(&context, i));
    *count = o->count;
done:
    release_offers(o);
    return status;
}
#else
typedef int cc_conv_choice_is_absent;
#endif
