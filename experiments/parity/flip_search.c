/* experiments/parity/flip_search.c -- which uncertain units explain the difference between a fixture's
 * gradient and ours.
 *
 * A gradient is linear in what each unit passes back, and nearly so in few of them together. So each
 * candidate is flipped on its own once, its effect on the gradient is kept as a vector, and a choice of
 * several is made greedily on these vectors: the one that leaves the least error, then the next. What the sum
 * promises is then computed in one real pass, and only that counts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/parity/flip_search.h"
#include "experiments/parity/uncertain_units.h"

/* Units that are flipped together. */
typedef struct choice {
    size_t items[CC_PARITY_FLIPPED_MAX], count; /* indices into the list of units */
} choice;

/* One search; all memory is the fixture's. */
typedef struct search {
    const cc_parity_pass *pass;
    cc_parity_gradients *gradients;
    cc_uncertain_units near;
    double *before;                          /* the heads with nothing flipped */
    double *effects[CC_UNCERTAIN_UNITS_MAX]; /* of flipping each unit on the heads */
    double *rest;                            /* what a choice leaves of the error */
} search;

/* A pass with these units on their other side; leaves its gradients in search->gradients. */
static cc_status pass_back(search *s, const choice *flipped) {
    const float *logits;
    CC_TRY(cc_plan_forward(s->pass->plan, s->pass->input, &logits));
    for (size_t i = 0; i < flipped->count; i++)
        CC_TRY(cc_uncertain_unit_flip(s->pass->plan, &s->near.items[flipped->items[i]]));
    CC_TRY(cc_plan_backward(s->pass->plan, s->pass->logits_gradient));
    return cc_parity_gradients_take(s->gradients);
}

/* Whether the gradients of the last pass lie within both bounds. */
static bool passes(const search *s) {
    const cc_parity_gradients *g = s->gradients;
    return cc_parity_error(g->got, g->want, g->head_count) <= s->pass->head_bound &&
           cc_parity_error(g->got_norms, g->want_norms, g->parameter_count) <= s->pass->norm_bound;
}

/* |values|^2 */
static double square_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i] * values[i];
    return sum;
}

/* |rest - effect|^2 */
static double left_by(const search *s, size_t unit) {
    double sum = 0;
    for (size_t i = 0; i < s->gradients->head_count; i++) {
        double d = s->rest[i] - s->effects[unit][i];
        sum += d * d;
    }
    return sum;
}

/* A unit whose sign float64 cannot tell stands in the list twice, and is flipped once only. */
static bool is_chosen(const choice *chosen, const search *s, size_t unit) {
    for (size_t i = 0; i < chosen->count; i++) {
        const cc_uncertain_unit *a = &s->near.items[chosen->items[i]], *b = &s->near.items[unit];
        if (a->node == b->node && a->unit == b->unit) return true;
    }
    return false;
}

/* A gradient is linear in what each unit passes back, and nearly so in few of them together: the first
 * `known` effects add up. */
static void choose(choice *out, search *s, size_t known) {
    const size_t count = s->gradients->head_count;
    *out = (choice){0};
    for (size_t i = 0; i < count; i++) s->rest[i] = s->gradients->want[i] - s->before[i];
    double least = square_of(s->rest, count);
    while (out->count < CC_PARITY_FLIPPED_MAX) {
        size_t best = known;
        for (size_t k = 0; k < known; k++) {
            double left = is_chosen(out, s, k) ? INFINITY : left_by(s, k);
            if (left < least) {
                least = left;
                best = k;
            }
        }
        if (best == known) return;
        for (size_t i = 0; i < count; i++) s->rest[i] -= s->effects[best][i];
        out->items[out->count++] = best;
    }
}

/* Whether what is left after the chosen effects lies within the bound of the heads. */
static bool promises(const search *s) {
    const size_t count = s->gradients->head_count;
    return square_of(s->rest, count) <= pow(s->pass->head_bound, 2) * square_of(s->gradients->want, count);
}

/* Each pass moves the running statistics, which must move once only: the model's values are put back. */
cc_status cc_parity_flip_search(size_t *flipped, size_t *units, cc_parity_gradients *gradients,
                                const cc_parity_pass *pass) {
    const size_t values = cc_model_value_count(pass->model), count = gradients->head_count;
    cc_arena *arena = gradients->fixture->arena;
    float *kept = cc_arena_get_array(arena, values, sizeof *kept);
    search *s = cc_arena_get(arena, sizeof *s);
    const float *logits;
    choice chosen = {0};
    if (!kept || !s) return CC_ENOMEM;
    *s = (search){.pass = pass, .gradients = gradients};
    *flipped = *units = 0;
    CC_TRY(cc_model_get_all(kept, pass->model));
    s->before = cc_arena_get_array(arena, count, sizeof *s->before);
    s->rest = cc_arena_get_array(arena, count, sizeof *s->rest);
    if (!s->before || !s->rest) return CC_ENOMEM;
    memcpy(s->before, gradients->got, count * sizeof *s->before);

    /* The units near zero, the closest first. */
    CC_TRY(cc_plan_forward(pass->plan, pass->input, &logits));
    CC_TRY(cc_uncertain_units_find(&s->near, pass->plan, pass->model, pass->near));

    /* One more of them each time: measure what flipping it alone does to the gradient, choose among all known
     * so far, and try the choice where its sum promises enough. */
    for (size_t known = 1; known <= s->near.count && *flipped == 0; known++) {
        double *effect = cc_arena_get_array(arena, count, sizeof *effect);
        if (!effect) return CC_ENOMEM;
        s->effects[known - 1] = effect;
        CC_TRY(pass_back(s, &(choice){.items = {known - 1}, .count = 1}));
        for (size_t i = 0; i < count; i++) effect[i] = gradients->got[i] - s->before[i];
        choose(&chosen, s, known);
        if (chosen.count == 0 || !promises(s)) continue;
        CC_TRY(pass_back(s, &chosen));
        if (passes(s)) *flipped = chosen.count;
    }

    /* No choice: the gradients as they were. */
    if (*flipped == 0) CC_TRY(pass_back(s, &(choice){0}));
    *units = s->near.units;
    return cc_model_set_all(pass->model, kept);
}
