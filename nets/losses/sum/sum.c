/* nets/losses/sum/sum.c -- a weighted sum of losses, which may be sums themselves, and look at different outputs
 * of the net: f = sum of w_i f_i, df/dx = sum of w_i df_i/dx. */
#include "nets/losses/sum/sum.h"

#include <stdio.h>
#include "nets/losses/loss.h"

static double evaluate(const cc_loss_run *run) {
    double total = 0;
    for (int i = 0; i < run->spec->term_count; i++) total += cc_loss_evaluate_term(run, i, 1);
    return total;
}

const cc_hyperparameter cc_loss_term_weight = {.name = "weight",
                                               .offset = offsetof(cc_loss_spec, weight),
                                               .max = 1e6,
                                               .initial = "1",
                                               .meaning = "the term's weight in its sum"};

/* Terms are named by their place in the config, "loss.terms[1].alpha"; in a sum of sums the path goes on. */
cc_status cc_loss_check_terms(const cc_loss_spec *spec, const char *where) {
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
        if (cc_loss_find(spec->terms[i].type)->parameters)
            return cc_fail(CC_ECONFIG, place, "let it be the whole, and the others its terms",
                           "%s is trained with the net and cannot be a term", spec->terms[i].type);
    }
    return CC_OK;
}

const cc_loss_kind cc_loss_sum = {.name = "sum", .check = cc_loss_check_terms, .evaluate = evaluate};
