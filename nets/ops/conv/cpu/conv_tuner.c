/* The choice among algorithms that suit a pass: by a rule that was found by timing, or by the clock, once
 * for each distinct problem and process. */
#include "nets/ops/conv/cpu/conv_tuner.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "nets/engine/memory.h"

enum {
    RUNS = 3,
    GROUPS_MOST = 4, /* more groups are products too small to win */
};
/* A candidate must be faster by this much than one before it, lest noise decides between equals. */
static const double margin = 0.97;
/* No candidate may want more scratch memory than this. */
static const size_t scratch_most = (size_t)96 << 20;

/* A problem without its pointers. */
typedef struct key {
    cc_onednn_kind kind;
    cc_dtype dtype;
    bool transposed, training, plain, fused;
    cc_activation activation;
    cc_conv_attr attr;
    cc_shape x, y;
    int64_t x_block, y_block;
    int threads;
} key;

typedef struct answer {
    struct answer *next;
    key key;
    cc_conv_algorithm algorithm;
    double ms;
} answer;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static answer *answers; /* as long as the process */

static key key_of(const cc_conv_problem *p) {
    const cc_onednn_conv *c = &p->conv;
    return (key){.kind = p->kind,
                 .dtype = c->dtype,
                 .transposed = c->transposed,
                 .training = p->training,
                 .plain = cc_onednn_is_plain(p->weights),
                 .fused = p->fused,
                 .activation = p->activation,
                 .attr = *c->attr,
                 .x = *c->x,
                 .y = *c->y,
                 .x_block = p->x_block,
                 .y_block = p->y_block,
                 .threads = omp_get_max_threads()};
}

static bool same_attr(const cc_conv_attr *a, const cc_conv_attr *b) {
    return a->out_channels == b->out_channels && a->groups == b->groups && a->bias == b->bias &&
           memcmp(a->kernel, b->kernel, sizeof a->kernel) == 0 &&
           memcmp(a->stride, b->stride, sizeof a->stride) == 0 &&
           memcmp(a->padding, b->padding, sizeof a->padding) == 0 &&
           memcmp(a->dilation, b->dilation, sizeof a->dilation) == 0;
}

static bool same(const key *a, const key *b) {
    return a->kind == b->kind && a->dtype == b->dtype && a->transposed == b->transposed &&
           a->training == b->training && a->plain == b->plain && a->fused == b->fused &&
           a->activation == b->activation && a->x_block == b->x_block && a->y_block == b->y_block &&
           a->threads == b->threads && same_attr(&a->attr, &b->attr) && cc_shape_equal(&a->x, &b->x) &&
           cc_shape_equal(&a->y, &b->y);
}

/* Products, of bf16 that oneDNN's transposed convolution is slow with. */
static bool is_for_products(const cc_conv_problem *p) {
    return p->conv.transposed && p->conv.dtype == CC_BF16 && p->kind == CC_ONEDNN_FORWARD &&
           p->conv.attr->groups == 1 && cc_conv_pass_suits(CC_CONV_GEMM, p);
}

/* Where Winograd's tiles were seen to win, in every pass: not for few channels, nor for images that fill
 * their tiles badly. */
static bool is_for_tiles(const cc_conv_problem *p) {
    const cc_shape *x = p->conv.x, *y = p->conv.y;
    return cc_conv_pass_suits(CC_CONV_TILES, p) && x->dims[1] + y->dims[1] >= 48 && y->dims[2] >= 8 &&
           y->dims[3] >= 8;
}

cc_status cc_conv_by_rule(cc_conv_algorithm *out, const cc_conv_problem *p, bool exact) {
    bool matrix = p->conv.dtype == CC_BF16 && p->conv.attr->groups == 1 && cc_onednn_has_amx();
    cc_conv_pass pass;
    *out = exact && cc_conv_pass_suits(CC_CONV_SMALL, p) ? CC_CONV_SMALL
           : cc_conv_pass_suits(CC_CONV_NARROW, p)       ? CC_CONV_NARROW
           : cc_conv_pass_suits(CC_CONV_DEPTHWISE, p)    ? CC_CONV_DEPTHWISE
           : matrix                                      ? CC_CONV_RELAID
           : is_for_products(p)                          ? CC_CONV_GEMM
           : !exact && is_for_tiles(p)                   ? CC_CONV_TILES
                                                         : CC_CONV_DIRECT;
    if (*out != CC_CONV_DIRECT || !cc_conv_pass_suits(CC_CONV_GEMM, p)) return CC_OK;
    CC_TRY(cc_conv_pass_init(&pass, *out, p));
    if (strstr(cc_conv_pass_implementation(&pass), "ref")) *out = CC_CONV_GEMM;
    cc_conv_pass_deinit(&pass);
    return CC_OK;
}

/* The layouts at home are those that oneDNN likes best in float32. */
static bool is_candidate(cc_conv_algorithm algorithm, const cc_conv_problem *p) {
    bool home = p->conv.dtype == CC_F32 && p->x_block == cc_onednn_block() && p->y_block == p->x_block;
    if (algorithm == CC_CONV_RELAID && home) return false;
    if (algorithm == CC_CONV_GEMM && p->conv.attr->groups > GROUPS_MOST) return false;
    return cc_conv_pass_suits(algorithm, p);
}

/* The first run warms caches and touches memory. */
static cc_status time_runs(double *ms, const cc_conv_pass *pass, double best) {
    *ms = INFINITY;
    for (int i = 0; i <= RUNS; i++) {
        double start = cc_clock_s();
        CC_TRY(cc_conv_pass_run(pass));
        double taken = 1e3 * (cc_clock_s() - start);
        if (taken < *ms) *ms = taken;
        if (*ms > (i == 0 ? 4 : 2) * best) break;
    }
    return CC_OK;
}

static cc_status time_candidate(double *ms, cc_conv_algorithm algorithm, const cc_conv_problem *problem,
                                void *const operands[CC_ONEDNN_OPERANDS], double best) {
    cc_status status = CC_OK;
    cc_conv_pass pass = {0};
    void *scratch = NULL;
    *ms = INFINITY;
    status = cc_conv_pass_init(&pass, algorithm, problem);
    if (status == CC_EUNSUPPORTED) return CC_OK;
    CC_CHECK(status);
    size_t bytes = cc_conv_pass_scratch(&pass);
    if (bytes > scratch_most && algorithm != CC_CONV_DIRECT) goto done;
    CC_CHECK(cc_memory_get(&scratch, bytes, "timing"));
    CC_CHECK(cc_conv_pass_bind(&pass, operands, scratch));
    CC_CHECK(time_runs(ms, &pass, best));
done:
    cc_memory_free(scratch);
    cc_conv_pass_deinit(&pass);
    return status;
}

static cc_status time_all(answer *a, const cc_conv_problem *p, void *const operands[CC_ONEDNN_OPERANDS]) {
    a->ms = INFINITY;
    for (int i = 0; i < CC_CONV_ALGORITHMS; i++) {
        double ms;
        if (!is_candidate((cc_conv_algorithm)i, p)) continue;
        CC_TRY(time_candidate(&ms, (cc_conv_algorithm)i, p, operands, a->ms));
        if (ms >= margin * a->ms) continue;
        a->ms = ms;
        a->algorithm = (cc_conv_algorithm)i;
    }
    if (a->ms < INFINITY) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "nothing runs this convolution");
}

static cc_status measure(answer *a, const cc_conv_problem *p) {
    cc_status status = CC_OK;
    const cc_onednn_conv *c = &p->conv;
    size_t size = c->dtype == CC_BF16 ? sizeof(uint16_t) : sizeof(float);
    size_t bytes[CC_ONEDNN_OPERANDS] = {
        [CC_ONEDNN_X] = (size_t)cc_blocked_count(c->x, p->x_block) * size,
        [CC_ONEDNN_W] = p->weights->bytes,
        [CC_ONEDNN_Y] = (size_t)cc_blocked_count(c->y, p->y_block) * size,
        [CC_ONEDNN_BIAS] = (size_t)(c->attr->out_channels + CC_VECTOR_PAD) * sizeof(float),
    };
    void *operands[CC_ONEDNN_OPERANDS] = {0};
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) CC_CHECK(cc_memory_get(&operands[i], bytes[i], "timing"));
    CC_CHECK(time_all(a, p, operands));
done:
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) cc_memory_free(operands[i]);
    return status;
}

static cc_status find_answer(const answer **out, const cc_conv_problem *problem) {
    key wanted = key_of(problem);
    for (*out = answers; *out; *out = (*out)->next)
        if (same(&(*out)->key, &wanted)) return CC_OK;
    answer *a = calloc(1, sizeof *a);
    if (!a) return cc_fail_memory("timing", sizeof *a);
    a->key = wanted;
    cc_status status = measure(a, problem);
    if (status != CC_OK) {
        free(a);
        return status;
    }
    a->next = answers;
    *out = answers = a;
    return CC_OK;
}

cc_status cc_conv_by_time(cc_conv_algorithm *out, double *ms, const cc_conv_problem *problem) {
    const answer *a;
    pthread_mutex_lock(&mutex);
    cc_status status = find_answer(&a, problem);
    pthread_mutex_unlock(&mutex);
    if (status != CC_OK) return status;
    *out = a->algorithm;
    *ms = a->ms;
    return CC_OK;
}
