/* nets/ops/conv/cpu/conv_choice.c -- the choice among the CPU's algorithms that suit a pass: by a rule that
 * was found by timing, or by the clock. */
#include "nets/ops/conv/cpu/conv_choice.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "nets/backends/cpu/onednn.h"
#include "nets/engine/chooser.h"
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

enum {
    RUNS = 3,        /* timed, after one that warms caches and touches memory */
    GROUPS_MOST = 4, /* more groups are products too small to win */
};
/* A candidate must be faster by this much than one before it. */
static const double margin = 0.97;
/* No candidate but oneDNN's direct convolution may want more scratch memory than this. */
static const size_t scratch_most = (size_t)96 << 20;

/* A choice in the making: the chooser's context. Candidates are numbered as the table of algorithms is. */
typedef struct choice {
    const cc_conv_problem *problem;
    void *operands[CC_CONV_OPERANDS]; /* memory to time in */
} choice;

static const char *name_of(const void *context, int i) {
    (void)context;
    return cc_conv_algorithm_at(i)->name;
}

static int number_of(const cc_conv_algorithm *algorithm) {
    int i = 0;
    while (cc_conv_algorithm_at(i) != algorithm) i++;
    return i;
}

/* Products, of bf16 that oneDNN's transposed convolution is slow with. */
static bool is_for_products(const cc_conv_problem *p) {
    return p->conv.transposed && p->conv.dtype == CC_BF16 && p->pass == CC_PASS_FORWARD &&
           p->conv.attr->groups == 1 && cc_conv_algorithm_gemm.suits(p);
}

/* Where Winograd's tiles were seen to win, in every pass: not for few channels, nor for images that fill
 * their tiles badly, nor for volumes of so few slices that half of the products are dropped. */
static bool is_for_tiles(const cc_conv_problem *p) {
    const cc_shape *x = p->conv.x, *y = p->conv.y;
    int64_t dhw[CC_SPATIAL_MAX];
    cc_shape_spatial(dhw, y);
    return cc_conv_algorithm_tiles.suits(p) && x->dims[1] + y->dims[1] >= 48 && dhw[1] >= 8 && dhw[2] >= 8 &&
           dhw[0] >= 4 * (p->conv.attr->kernel[0] - 1);
}

static cc_status by_rule(int *out, void *context, bool exact) {
    const cc_conv_problem *p = ((const choice *)context)->problem;
    const bool matrix_registers =
        p->conv.dtype == CC_BF16 && p->conv.attr->groups == 1 && cc_onednn_has_amx();
    const cc_conv_algorithm *found = exact && cc_conv_algorithm_small.suits(p) ? &cc_conv_algorithm_small
                                     : cc_conv_algorithm_narrow.suits(p)       ? &cc_conv_algorithm_narrow
                                     : cc_conv_algorithm_depthwise.suits(p)    ? &cc_conv_algorithm_depthwise
                                     : cc_conv_algorithm_dilated.suits(p)      ? &cc_conv_algorithm_dilated
                                     : matrix_registers                        ? &cc_conv_algorithm_relaid
                                     : is_for_products(p)                      ? &cc_conv_algorithm_gemm
                                     : !exact && is_for_tiles(p)               ? &cc_conv_algorithm_tiles
                                                                               : &cc_conv_algorithm_direct;
    if (found == &cc_conv_algorithm_direct && cc_conv_algorithm_gemm.suits(p)) {
        /* oneDNN's naive implementations are called "ref...". */
        cc_conv_pass pass;
        CC_TRY(cc_conv_pass_init(&pass, found, p));
        if (strstr(cc_conv_pass_implementation(&pass), "ref")) found = &cc_conv_algorithm_gemm;
        cc_conv_pass_deinit(&pass);
    }
    *out = number_of(found);
    return CC_OK;
}

/* Memory for every operand of the pass, zeroed: the time does not depend on the values. */
static cc_status begin_timing(void *context) {
    choice *c = context;
    const cc_conv_problem *p = c->problem;
    const cc_cpu_conv *conv = &p->conv;
    /* Bytes by operand; a bias is readable to the end of a vector. */
    const size_t size = cc_dtype_bytes(conv->dtype),
                 bytes[CC_CONV_OPERANDS] = {
                     [CC_CONV_X] = (size_t)cc_blocked_count(conv->x, p->x_block) * size,
                     [CC_CONV_W] = p->weights->bytes,
                     [CC_CONV_Y] = (size_t)cc_blocked_count(conv->y, p->y_block) * size,
                     [CC_CONV_BIAS] = (size_t)(conv->attr->out_channels + CC_VECTOR_PAD) * sizeof(float),
                 };
    for (int i = 0; i < CC_CONV_OPERANDS; i++) CC_TRY(cc_memory_get(&c->operands[i], bytes[i], "timing"));
    return CC_OK;
}

static void end_timing(void *context) {
    choice *c = context;
    for (int i = 0; i < CC_CONV_OPERANDS; i++) cc_memory_free(c->operands[i]);
}

/* Whether the clock is asked about an algorithm that suits. */
static bool is_worth_timing(const cc_conv_algorithm *algorithm, const cc_conv_problem *p) {
    /* "relaid" would have the same layouts as "direct": in float32 oneDNN likes best what plans have. */
    const bool same_layouts =
        p->conv.dtype == CC_F32 && p->x_block == cc_onednn_block() && p->y_block == p->x_block;
    if (algorithm == &cc_conv_algorithm_relaid && same_layouts) return false;
    return algorithm != &cc_conv_algorithm_gemm || p->conv.attr->groups <= GROUPS_MOST;
}

/* The fastest of RUNS, unless the first runs show that the candidate will not win. */
static cc_status time_runs(double *ms, const cc_conv_pass *pass, double best_ms) {
    *ms = INFINITY;
    for (int i = 0; i <= RUNS; i++) {
        double start = cc_clock_s();
        CC_TRY(cc_conv_pass_run(pass));
        double taken = 1e3 * (cc_clock_s() - start);
        if (taken < *ms) *ms = taken;
        if (*ms > (i == 0 ? 4 : 2) * best_ms) break;
    }
    return CC_OK;
}

static cc_status time_candidate(double *ms, void *context, int i, double best_ms) {
    const choice *c = context;
    const cc_conv_algorithm *algorithm = cc_conv_algorithm_at(i);
    cc_conv_pass pass = {0};
    void *scratch = NULL;
    *ms = INFINITY;
    if (!is_worth_timing(algorithm, c->problem) || !algorithm->suits(c->problem)) return CC_OK;
    cc_status status = cc_conv_pass_init(&pass, algorithm, c->problem);
    if (status == CC_EUNSUPPORTED) return CC_OK;
    CC_CHECK(status);
    size_t bytes = cc_conv_pass_scratch(&pass);
    if (bytes > scratch_most && algorithm != &cc_conv_algorithm_direct) goto done;
    CC_CHECK(cc_memory_get(&scratch, bytes, "timing"));
    CC_CHECK(cc_conv_pass_bind(&pass, c->operands, scratch));
    CC_CHECK(time_runs(ms, &pass, best_ms));
done:
    cc_memory_free(scratch);
    cc_conv_pass_deinit(&pass);
    return status;
}

static cc_status refuse(const void *context, const char *recorded) {
    (void)context;
    if (recorded)
        return cc_fail(CC_EUNSUPPORTED, NULL, "its plan is of another version",
                       "there is no convolution \"%s\"", recorded);
    return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "nothing runs this convolution");
}

/* All that an answer of the clock depends on. padding_more is not among it: where it matters it shows in y's
 * shape. */
static cc_choice_key key_of(const cc_conv_problem *p) {
    const cc_cpu_conv *c = &p->conv;
    const cc_conv_attr *a = c->attr;
    const int64_t numbers[] = {p->pass,
                               c->dtype,
                               c->transposed,
                               p->training,
                               p->fused,
                               p->end.kind,
                               cc_onednn_weights_are_plain(p->weights),
                               a->out_channels,
                               a->groups,
                               a->bias,
                               p->x_block,
                               p->y_block,
                               c->x->rank,
                               omp_get_max_threads()};
    cc_choice_key key = {.count = 0};
    cc_choice_key_add(&key, numbers, sizeof numbers / sizeof *numbers);
    cc_choice_key_add(&key, a->kernel, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->stride, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->padding, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, a->dilation, CC_SPATIAL_MAX);
    cc_choice_key_add(&key, c->x->dims, c->x->rank);
    cc_choice_key_add(&key, c->y->dims, c->y->rank);
    return key;
}

/* An answer of the clock, as it is remembered. */
typedef struct timed {
    const cc_conv_algorithm *algorithm;
    double ms;
} timed;

static cc_status choose(const cc_conv_algorithm **out, double *ms, const cc_conv_problem *problem,
                        cc_tuning tuning, const char *recorded) {
    choice c = {.problem = problem};
    const cc_candidates candidates = {.context = &c,
                                      .count = cc_conv_algorithm_count(),
                                      .name = name_of,
                                      .rule = by_rule,
                                      .begin = begin_timing,
                                      .end = end_timing,
                                      .time = time_candidate,
                                      .margin = margin,
                                      .refuse = refuse};
    int i;
    CC_TRY(cc_choose(&i, ms, &candidates, tuning, recorded));
    *out = cc_conv_algorithm_at(i);
    return CC_OK;
}

static cc_status make_answer(void **out, void *context) {
    timed *answer = calloc(1, sizeof *answer);
    if (!answer) return cc_fail_memory("timing", sizeof *answer);
    cc_status status = choose(&answer->algorithm, &answer->ms, context, CC_TUNING_TIMED, NULL);
    if (status == CC_OK)
        *out = answer;
    else
        free(answer);
    return status;
}

cc_status cc_conv_cpu_choose(const cc_conv_algorithm **out, double *ms, const cc_conv_problem *problem,
                             cc_tuning tuning, const char *recorded) {
    static cc_answers answers = CC_ANSWERS_NONE;
    const void *found;
    if (recorded || !cc_tuning_is_timed(tuning)) return choose(out, ms, problem, tuning, recorded);
    const cc_choice_key key = key_of(problem);
    CC_TRY(cc_answers_get(&found, &answers, &key, make_answer, (void *)problem));
    const timed *answer = found;
    *out = answer->algorithm;
    *ms = answer->ms;
    return CC_OK;
}
