/* nets/losses/uncertainty/uncertainty.c -- several losses, perhaps of different outputs of the net, weighed by
 * variances that are trained with it (Kendall, Gal & Cipolla, Multi-task learning using uncertainty to weigh
 * losses, CVPR 2018, eq. 10, with s = log sigma^2, which its section 3.2 trains).
 *
 *   f = sum of exp(-s_i) w_i L_i + s_i / 2,   df/ds_i = 1/2 - exp(-s_i) w_i L_i
 * w_i is the term's weight, 1 unless the config says otherwise. */
#include <math.h>
#include "nets/losses/loss.h"
#include "nets/losses/sum/sum.h"

static double evaluate(const cc_loss_run *run) {
    const cc_loss_io *io = run->io;
    double total = 0;
    for (int i = 0; i < run->spec->term_count; i++) {
        const double s = io->parameters ? io->parameters[i] : run->spec->log_variance[i], factor = exp(-s),
                     value = factor * cc_loss_evaluate_term(run, i, factor);
        total += value + s / 2;
        if (io->parameter_gradients) io->parameter_gradients[i] = (float)(0.5 - value);
    }
    return total;
}

static int parameters(float values[CC_LOSS_PARAMETERS_MAX], const cc_loss_spec *spec) {
    for (int i = 0; i < spec->term_count; i++) values[i] = (float)spec->log_variance[i];
    return spec->term_count;
}

static cc_status check(const cc_loss_spec *spec, const char *where) {
    CC_TRY(cc_loss_check_terms(spec, where));
    if (spec->log_variance_count == 0 || spec->log_variance_count == spec->term_count) return CC_OK;
    return cc_fail(CC_ECONFIG, where, "give one for each term", "%d numbers of log_variance for %d terms",
                   spec->log_variance_count, spec->term_count);
}

static const cc_hyperparameter log_variance = {
    .name = "log_variance",
    .offset = offsetof(cc_loss_spec, log_variance),
    .count = CC_LOSS_TERMS_MAX,
    .count_offset = offsetof(cc_loss_spec, log_variance_count),
    .min = -20,
    .max = 20,
    .initial_note = "null: 0 for each term",
    .meaning = "the logarithm of each term's variance, as training starts; trained with the net's weights"};

const cc_loss_kind cc_loss_uncertainty = {.name = "uncertainty",
                                          .hyperparameters =
                                              (const cc_hyperparameter *const[]){&log_variance, NULL},
                                          .check = check,
                                          .parameters = parameters,
                                          .evaluate = evaluate};
