/* nets/losses/sum/sum.c -- a weighted sum of losses, which may be sums themselves:
 * f = sum of w_i f_i, df/dx = sum of w_i df_i/dx. */
#include "nets/losses/sum/sum.h"

#include <stdio.h>
#include "nets/losses/loss.h"

/* Terms run one after another in the same scratch; each after the first adds to the gradient. */
static double evaluate(const cc_loss_run *run) {
    double total = 0;
    for (int i = 0; i < run->spec->term_count; i++) {
        const cc_loss_spec *term = run->spec->terms + i;
        cc_loss_run part = *run;
        part.spec = term;
        part.scale = run->scale * term->weight;
        part.add = run->add || i > 0;
        /* A term that is a sum has weighed its own terms already. */
        total += term->weight * cc_loss_find(term->type)->evaluate(&part);
    }
    return total;
}

/* Terms share the scratch: the largest need is that of the sum. */
static size_t scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    size_t most = 0;
    for (int i = 0; i < spec->term_count; i++) {
        size_t bytes = cc_loss_scratch_bytes(spec->terms + i, shape);
        if (bytes > most) most = bytes;
    }
    return most;
}

const cc_hyperparameter cc_loss_term_weight = {.name = "weight",
                                               .offset = offsetof(cc_loss_spec, weight),
                                               .max = 1e6,
                                               .initial = "1",
                                               .meaning = "the term's weight in its sum"};

/* Terms are named by their place in the config, "loss.terms[1].alpha"; in a sum of sums the path goes on. */
static cc_status check(const cc_loss_spec *spec, const char *where) {
    static const cc_hyperparameter *const of_term[] = {&cc_loss_term_weight, NULL};
    if (spec->term_count < 1 || spec->term_count > CC_LOSS_TERMS_MAX) {
        char hint[64];
        snprintf(hint, sizeof hint, "from 1 to %d", CC_LOSS_TERMS_MAX);
        return cc_fail(CC_ECONFIG, where, hint, "a sum of %d terms", spec->term_count);
    }
    for (int i = 0; i < spec->term_count; i++) {
        char place[200];
        snprintf(place, sizeof place, "%.150s.terms[%d]", where, i);
        CC_TRY(cc_loss_check_at(spec->terms + i, place));
        CC_TRY(cc_hyperparameters_check(of_term, spec->terms + i, place));
    }
    return CC_OK;
}

const cc_loss_kind cc_loss_sum = {
    .name = "sum", .check = check, .scratch_bytes = scratch_bytes, .evaluate = evaluate};
