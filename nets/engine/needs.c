/* nets/engine/needs.c -- memory by kind, summed over the plans of a use; the largest batch by doubling and
 * bisection, as no formula knows what kernels ask for at another size. */
#include "nets/engine/needs.h"

#include <stdio.h>
#include "nets/engine/model_memory.h"
#include "nets/engine/plan_build.h"

enum { BATCH_MOST = 1 << 16 };

size_t cc_needs_total(const cc_needs *n) {
    return n->weights + n->gradients + n->optimizer + n->activations + n->scratch + n->io;
}

/* Adds what one plan, training or not, takes beside those measured before it. */
static cc_status add_plan(cc_needs *out, cc_model *model, const cc_use *use, bool training) {
    cc_plan *plan;
    const cc_backend *backend = cc_model_backend(model);
    const cc_plan_options options = {.n = use->n,
                                     .depth = use->depth,
                                     .height = use->height,
                                     .width = use->width,
                                     .training = training,
                                     .dtype = use->dtype,
                                     .tf32 = use->tf32,
                                     .measured = true};
    CC_TRY(cc_plan_build(&plan, model, &options));
    /* Weights are shared by the plans: the larger wish counts, once. */
    const cc_model_bytes bytes = cc_model_measure(model, training, use->dtype);
    if (bytes.values + bytes.bf16 > out->weights) out->weights = bytes.values + bytes.bf16;
    out->gradients += bytes.gradients;
    if (training && use->averages) out->optimizer += bytes.values;

    const size_t scratch = cc_plan_scratch_bytes(plan), io = cc_plan_io_bytes(plan);
    out->scratch += scratch;
    out->io += io;
    out->activations += cc_plan_bytes(plan) - scratch - io;
    if (training) cc_learner_measure(&out->optimizer, &out->io, model, plan, use->loss, use->optimizer);

    /* The copies that cc_storage.feed keeps of images or targets: one set for all plans. */
    const size_t images = (size_t)cc_shape_count(cc_graph_input_shape(cc_plan_graph(plan))) * sizeof(float),
                 targets = cc_learner_fed_bytes(plan, use->loss);
    if (training == use->trains)
        out->io += (size_t)backend->store->feed_copies * (images > targets ? images : targets);
    cc_plan_destroy(plan);
    return CC_OK;
}

cc_status cc_needs_measure(cc_needs *out, const cc_net_spec *net, const cc_backend *backend,
                           const cc_use *use) {
    cc_model *model;
    *out = (cc_needs){0};
    if (use->trains) CC_TRY(cc_backend_check(backend, use->loss, use->optimizer));
    CC_TRY(cc_model_create(&model, net, backend));
    cc_status status = use->trains ? add_plan(out, model, use, true) : CC_OK;
    if (status == CC_OK && use->infers) status = add_plan(out, model, use, false);
    cc_model_destroy(model);
    return status;
}

/* Whether `use` takes at most `room` bytes at a batch of n. */
static cc_status fits(bool *out, const cc_net_spec *net, const cc_backend *backend, const cc_use *use,
                      int64_t n, size_t room) {
    cc_needs needs;
    cc_use of_n = *use;
    of_n.n = n;
    CC_TRY(cc_needs_measure(&needs, net, backend, &of_n));
    *out = cc_needs_total(&needs) <= room;
    return CC_OK;
}

/* Doubles until a batch does not fit, then halves the gap: some thirty measurements at most. */
cc_status cc_needs_fit(int64_t *n, const cc_net_spec *net, const cc_backend *backend, const cc_use *use,
                       size_t room) {
    int64_t low = 0, high = 1; /* low fits; high, in the end, does not */
    bool fit;
    for (;;) {
        CC_TRY(fits(&fit, net, backend, use, high, room));
        if (!fit || high == BATCH_MOST) break;
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        CC_TRY(fits(&fit, net, backend, use, middle, room));
        *(fit ? &low : &high) = middle;
    }
    *n = low;
    return CC_OK;
}

cc_status cc_needs_explain(const cc_net_spec *net, const cc_backend *backend, const cc_use *use,
                           size_t held) {
    cc_error before = *cc_error_get();
    cc_needs needs;
    int64_t largest;
    char hint[96] = "not even a batch of 1 fits: use smaller images or another net";
    size_t room = backend->store->available() + held; /* a backend that does not know says 0 */
    if (room > held && cc_needs_measure(&needs, net, backend, use) == CC_OK &&
        cc_needs_total(&needs) > room && cc_needs_fit(&largest, net, backend, use, room) == CC_OK) {
        if (largest > 0) snprintf(hint, sizeof hint, "a batch of %lld fits", (long long)largest);
        return cc_fail(CC_ENOMEM, backend->name, hint, "a batch of %lld takes %.1f MB, %.1f MB are free",
                       (long long)use->n, 1e-6 * (double)cc_needs_total(&needs), 1e-6 * (double)room);
    }
    return cc_fail(CC_ENOMEM, before.where, before.hint, "%s", before.what);
}
