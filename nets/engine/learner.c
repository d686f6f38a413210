/* nets/engine/learner.c -- a training step, started in this order in the backend's memory:
 *
 *   forward    plan: logits from the images; running statistics move
 *   loss       its value, and its gradient with respect to the logits
 *   backward   plan: gradients of all trained parameters, one flat range
 *   clip       the gradients' norm, where it is bounded
 *   optimise   parameters and state; their bf16 copies in the same pass
 *
 * Nothing of it waits for the host or allocates, so that a backend may record the whole and repeat it
 * (cc_backend.run); what differs from step to step lies in the backend's memory: images, masks, the learning
 * rate, the step's number. Only the loss is waited for, in `finish`. A loss that is no number must not reach
 * the weights, and nobody on the host has seen it yet: the optimiser looks at it, and changes nothing. */
#include "nets/engine/learner.h"

#include <math.h>
#include <stdlib.h>
#include "nets/engine/model_memory.h"

struct cc_learner {
    cc_model *model;
    cc_plan *plan;
    const cc_backend *backend;
    cc_loss_spec loss;
    cc_optimizer_spec optimizer;
    cc_loss_shape shape;   /* of logits and target: n, classes, pixels */
    cc_sequence *sequence; /* one step, once the backend has recorded it */
    int64_t step;          /* steps taken */
    size_t input_bytes, target_bytes;

    /* The backend's memory. */
    float *input, *target; /* [n][channels][pixels], [n][classes][pixels]; NULL where it is the host's */
    float *gradient;       /* of the logits, [n][classes][pixels] */
    double *value;         /* of the loss */
    void *scratch;         /* of the loss */
    void *clip_scratch;
    cc_step_constants *constants;
    float *state;            /* of the optimiser: as many floats as the parameters, times its moments */
    cc_host_view state_view; /* of that */
    void *bf16_copy;         /* of all trained values, the model's; NULL where the backend keeps none */

    const float *step_input, *step_target; /* of the step at hand */
};

static cc_loss_shape logits_shape(const cc_plan *plan) {
    const cc_graph *graph = cc_plan_graph(plan);
    cc_shape shape = cc_graph_shape(graph, cc_graph_node_count(graph));
    return (cc_loss_shape){shape.dims[0], shape.dims[1], cc_shape_pixels(&shape)};
}

static size_t target_bytes_of(cc_loss_shape shape) {
    return (size_t)(shape.n * shape.classes * shape.pixels) * sizeof(float);
}

static size_t input_bytes_of(const cc_plan *plan) {
    return (size_t)cc_shape_count(cc_graph_input_shape(cc_plan_graph(plan))) * sizeof(float);
}

/* What `allocate` takes. */
void cc_learner_measure(size_t *optimizer_bytes, size_t *other_bytes, cc_model *model, const cc_plan *plan,
                        const cc_loss_spec *loss, const cc_optimizer_spec *optimizer) {
    const cc_backend *backend = cc_model_backend(model);
    const cc_loss_shape shape = logits_shape(plan);
    const size_t trained = cc_model_measure(model, true, CC_F32).gradients, target = target_bytes_of(shape);
    if (optimizer) *optimizer_bytes += trained * (size_t)cc_optimizer_state_count(optimizer);
    if (loss) *other_bytes += backend->arithmetic->loss_bytes(loss, shape);
    *other_bytes += target + CC_CLIP_BYTES;
    if (backend->store->device_memory) *other_bytes += target + input_bytes_of(plan);
}

static cc_status allocate(cc_learner *l) {
    const cc_storage *store = l->backend->store;
    size_t state = cc_model_flat(l->model).count * (size_t)cc_optimizer_state_count(&l->optimizer);
    l->target_bytes = target_bytes_of(l->shape);
    l->input_bytes = input_bytes_of(l->plan);
    CC_TRY(store->get((void **)&l->gradient, l->target_bytes, "gradient of the logits"));
    CC_TRY(store->get((void **)&l->value, sizeof *l->value, "loss"));
    CC_TRY(store->get((void **)&l->constants, sizeof *l->constants, "optimiser"));
    CC_TRY(store->get(&l->scratch, l->backend->arithmetic->loss_bytes(&l->loss, l->shape), "loss"));
    CC_TRY(store->get(&l->clip_scratch, CC_CLIP_BYTES, "clipping"));
    CC_TRY(store->get((void **)&l->state, state * sizeof(float), "optimiser"));
    CC_TRY(cc_host_view_init(&l->state_view, store, l->state, state));
    if (!store->device_memory) return CC_OK;
    CC_TRY(store->get((void **)&l->input, l->input_bytes, "images"));
    return store->get((void **)&l->target, l->target_bytes, "masks");
}

cc_status cc_learner_create(cc_learner **out, cc_model *model, cc_plan *plan, const cc_loss_spec *loss,
                            const cc_optimizer_spec *optimizer) {
    CC_TRY(cc_loss_check(loss));
    CC_TRY(cc_optimizer_check(optimizer));
    CC_TRY(cc_backend_check(cc_model_backend(model), loss, optimizer));
    cc_learner *l = calloc(1, sizeof *l);
    if (!l) return cc_fail_memory("learner", sizeof *l);
    *l = (cc_learner){.model = model,
                      .plan = plan,
                      .backend = cc_model_backend(model),
                      .loss = *loss,
                      .optimizer = *optimizer,
                      .shape = logits_shape(plan),
                      .bf16_copy = cc_model_flat(model).bf16};
    cc_status status = allocate(l);
    if (status != CC_OK)
        cc_learner_destroy(l);
    else
        *out = l;
    return status;
}

void cc_learner_destroy(cc_learner *l) {
    if (!l) return;
    void *memory[] = {l->input,   l->target,       l->gradient,  l->value,
                      l->scratch, l->clip_scratch, l->constants, l->state};
    l->backend->forget(l->sequence);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) l->backend->store->free(memory[i]);
    cc_host_view_deinit(&l->state_view);
    free(l);
}

/* Clips and applies the gradients that the model holds. */
static cc_status apply(cc_learner *l) {
    const cc_arithmetic *arithmetic = l->backend->arithmetic;
    cc_flat flat = cc_model_flat(l->model);
    if (l->optimizer.clip_norm != CC_CLIP_OFF)
        CC_TRY(arithmetic->clip(flat.grads, flat.count, l->optimizer.clip_norm, l->clip_scratch));
    return arithmetic->optimise(&l->optimizer, l->constants, flat.values, flat.grads, l->state, l->bf16_copy,
                                flat.count, l->value);
}

/* One step in the backend's memory, as the opening of this file has it; what cc_backend.run records. */
static cc_status run_step(void *context) {
    cc_learner *l = context;
    const float *logits;
    CC_TRY(cc_plan_start_forward(l->plan, l->step_input, &logits));
    CC_TRY(l->backend->arithmetic->loss(l->value, l->gradient, &l->loss, logits, l->step_target, l->shape,
                                        l->scratch));
    CC_TRY(cc_plan_start_backward(l->plan, l->gradient));
    return apply(l);
}

/* Counts the step, and puts its learning rate and number where the optimiser reads them. */
static cc_status set_constants(cc_learner *l, double lr) {
    cc_step_constants constants = {.lr = lr, .step = ++l->step};
    void (*derive)(cc_step_constants *, const cc_optimizer_spec *) = l->backend->arithmetic->derive;
    if (derive) derive(&constants, &l->optimizer);
    cc_model_changed(l->model);
    return l->backend->store->put(l->constants, &constants, sizeof constants);
}

cc_status cc_learner_feed(cc_learner *l, const float *input, const float *target) {
    const cc_storage *store = l->backend->store;
    l->step_input = store->device_memory ? l->input : input;
    l->step_target = store->device_memory ? l->target : target;
    if (!store->device_memory) return CC_OK;
    CC_TRY(store->feed(l->input, input, l->input_bytes));
    return store->feed(l->target, target, l->target_bytes);
}

cc_status cc_learner_start(cc_learner *l, double lr) {
    CC_TRY(cc_model_update_bf16(l->model));
    CC_TRY(set_constants(l, lr));
    CC_TRY(cc_plan_set_step(l->plan, l->step));
    CC_TRY(cc_plan_is_timed(l->plan) ? run_step(l) : l->backend->run(&l->sequence, run_step, l));
    if (l->bf16_copy) cc_model_mark_bf16_current(l->model);
    return CC_OK;
}

cc_status cc_learner_finish(cc_learner *l, double *loss) {
    CC_TRY(l->backend->store->fetch(loss, l->value, sizeof *loss));
    if (isfinite(*loss)) return CC_OK;
    return cc_fail(CC_EINVAL, "training", "lower optimizer.lr, or set optimizer.clip_norm",
                   "the loss of step %lld is %s; the weights are those before it", (long long)l->step,
                   isnan(*loss) ? "no number" : "infinite");
}

cc_status cc_learner_step(cc_learner *l, const float *input, const float *target, double lr, double *loss) {
    CC_TRY(cc_learner_feed(l, input, target));
    CC_TRY(cc_learner_start(l, lr));
    return cc_learner_finish(l, loss);
}

cc_status cc_learner_apply(cc_learner *l, double lr) {
    CC_TRY(set_constants(l, lr));
    return apply(l);
}

cc_host_view *cc_learner_state(cc_learner *l) {
    return &l->state_view;
}

int64_t *cc_learner_steps(cc_learner *l) {
    return &l->step;
}
