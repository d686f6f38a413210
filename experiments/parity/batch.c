/* experiments/parity/batch.c -- input and targets of a fixture, and the loss on a net's outputs.
 *
 * A net with several outputs has one target each, in files of their own names; a learner wants them one
 * behind the other, in the order of the net's outputs. */
#include "experiments/parity/batch.h"

#include <stdio.h>
#include <string.h>
#include "experiments/parity/parity.h"

cc_status cc_parity_batch_read_input(cc_parity_batch *out, const cc_fixture *fixture,
                                     const cc_experiment_config *config) {
    cc_fixture_array input;
    *out = (cc_parity_batch){.config = config};
    CC_TRY(cc_parity_read_floats(&out->input, &input, fixture, "/input"));
    if ((input.rank != 4 && input.rank != 5) || input.dims[1] != (size_t)config->net.in_channels)
        return cc_fixture_fail(fixture, "/input", "not N,C,H,W or N,C,D,H,W with the channels of the net");
    out->in.rank = input.rank;
    for (int i = 0; i < input.rank; i++) out->in.dims[i] = (int64_t)input.dims[i];
    return CC_OK;
}

cc_plan_options cc_parity_batch_plan(const cc_parity_batch *batch) {
    int64_t dhw[CC_SPATIAL_MAX];
    cc_shape_spatial(dhw, &batch->in);
    return (cc_plan_options){
        .n = batch->in.dims[0], .depth = batch->in.rank == 5 ? dhw[0] : 0, .height = dhw[1], .width = dhw[2]};
}

cc_status cc_parity_batch_read_targets(cc_parity_batch *batch, const cc_fixture *fixture,
                                       const cc_plan *plan) {
    batch->heads = cc_plan_heads(plan);
    batch->loss = cc_arena_get(fixture->arena, sizeof *batch->loss);
    if (!batch->loss) return CC_ENOMEM;
    CC_TRY(cc_level_loss_init(batch->loss, &batch->heads, &batch->config->loss));
    const size_t count_of_all = cc_loss_target_count(&batch->heads);
    float *to = cc_arena_get_array(fixture->arena, count_of_all, sizeof *batch->target), *given = to;
    if (!to) return CC_ENOMEM;
    batch->target = to;
    for (int i = 0; i < batch->heads.count && !batch->heads.items[i].auxiliary; i++) {
        const cc_loss_head *head = &batch->heads.items[i];
        const float *values;
        cc_fixture_array target;
        char object[160];
        snprintf(object, sizeof object, "/target%s%s", head->name ? "_" : "", head->name ? head->name : "");
        CC_TRY(cc_parity_read_floats(&values, &target, fixture, object));
        const int64_t count = head->shape.n * head->target_channels * head->shape.pixels;
        if (target.rank != batch->in.rank || target.dims[0] != (size_t)head->shape.n ||
            target.dims[1] != (size_t)head->target_channels || target.count != (size_t)count)
            return cc_fixture_fail(fixture, object, "not of the size that the loss wants");
        memcpy(to, values, target.count * sizeof *to);
        to += target.count;
    }
    if (!cc_loss_has_levels(&batch->heads)) return CC_OK;
    float *all = cc_arena_get_array(fixture->arena, count_of_all, sizeof *all);
    if (!all) return CC_ENOMEM;
    cc_level_targets(all, given, &batch->heads);
    batch->target = all;
    return CC_OK;
}

size_t cc_parity_batch_logits(const cc_parity_batch *batch) {
    return cc_loss_logits_count(&batch->heads);
}

cc_status cc_parity_batch_loss(double *value, float *gradient, float *parameter_gradients,
                               const cc_parity_batch *batch, const float *logits, cc_arena *arena) {
    const cc_loss_spec *loss = &batch->loss->whole;
    void *scratch = cc_arena_get(arena, cc_loss_scratch_bytes_of(loss, &batch->heads) + 1);
    if (!scratch) return CC_ENOMEM;
    return cc_loss_evaluate_heads(value, loss,
                                  &(cc_loss_io){.heads = &batch->heads,
                                                .logits = logits,
                                                .target = batch->target,
                                                .gradient = gradient,
                                                .parameter_gradients = parameter_gradients,
                                                .scratch = scratch});
}
