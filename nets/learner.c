#include "nets/learner.h"

#include <math.h>
#include <stdlib.h>
#include "nets/memory.h"

struct cc_learner {
    cc_model *model;
    cc_plan *plan;
    cc_loss_spec loss;
    cc_optimizer_spec optimizer;
    cc_loss_shape shape;
    float *gradient; /* of the logits */
    void *scratch;
    float *state;
    size_t state_count;
    int64_t step; /* steps taken */
};

static cc_loss_shape logits_shape(const cc_plan *plan) {
    const cc_graph *graph = cc_plan_graph(plan);
    cc_shape shape = cc_graph_shape(graph, cc_graph_node_count(graph));
    return (cc_loss_shape){shape.dims[0], shape.dims[1], cc_shape_pixels(&shape)};
}

static cc_status allocate(cc_learner *l) {
    size_t logits = (size_t)(l->shape.n * l->shape.classes * l->shape.pixels);
    l->state_count = cc_model_flat(l->model).count * (size_t)cc_optimizer_state_count(&l->optimizer);
    CC_TRY(cc_memory_get((void **)&l->gradient, logits * sizeof(float), "gradient of the logits"));
    CC_TRY(cc_memory_get(&l->scratch, cc_loss_scratch_bytes(&l->loss, l->shape), "loss"));
    return cc_memory_get((void **)&l->state, l->state_count * sizeof(float), "optimiser");
}

cc_status cc_learner_create(cc_learner **out, cc_model *model, cc_plan *plan, const cc_loss_spec *loss,
                            const cc_optimizer_spec *optimizer) {
    CC_TRY(cc_loss_check(loss));
    CC_TRY(cc_optimizer_check(optimizer));
    cc_learner *l = calloc(1, sizeof *l);
    if (!l) return cc_fail_memory("learner", sizeof *l);
    *l = (cc_learner){
        .model = model, .plan = plan, .loss = *loss, .optimizer = *optimizer, .shape = logits_shape(plan)};
    cc_status status = allocate(l);
    if (status != CC_OK)
        cc_learner_destroy(l);
    else
        *out = l;
    return status;
}

void cc_learner_destroy(cc_learner *l) {
    if (!l) return;
    cc_memory_free(l->gradient);
    cc_memory_free(l->scratch);
    cc_memory_free(l->state);
    free(l);
}

cc_status cc_learner_step(cc_learner *l, const float *input, const float *target, double lr, double *loss) {
    const float *logits;
    cc_flat flat = cc_model_flat(l->model);
    cc_plan_set_step(l->plan, l->step + 1);
    CC_TRY(cc_plan_forward(l->plan, input, &logits));
    CC_TRY(cc_loss_evaluate(loss, l->gradient, &l->loss, logits, target, l->shape, l->scratch));
    if (!isfinite(*loss))
        return cc_fail(CC_EINVAL, "training", "lower optimizer.lr",
                       "the loss is no longer a number after %lld steps", (long long)l->step);
    CC_TRY(cc_plan_backward(l->plan, l->gradient));
    if (l->optimizer.clip_norm != CC_CLIP_OFF)
        cc_optimizer_clip(flat.grads, flat.count, l->optimizer.clip_norm);
    cc_model_changed(l->model);
    return cc_optimizer_step(&l->optimizer, lr, ++l->step, flat.values, flat.grads, l->state, flat.count);
}

cc_learner_state cc_learner_get_state(cc_learner *l) {
    return (cc_learner_state){.values = l->state, .count = l->state_count, .step = &l->step};
}
