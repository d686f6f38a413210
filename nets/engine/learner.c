/* nets/engine/learner.c -- a training step, started in this order in the backend's memory:
 *
 *   forward    plan: logits from the images; running statistics move
 *   loss       its value, and its gradient with respect to the logits
 *   backward   plan: gradients of all trained parameters, one flat range
 *   clip       the gradients' norm, where it is bounded
 *   optimise   parameters and state; their bf16 copies in the same pass
 *
 * Nothing of it waits for the host or allocates, so that a backend may record the whole and repeat it
 * (cc_backend.run); what differs from step to step lies in the backend's memory: images, targets, the
 * learning rate, the step's number. Only the loss is waited for, in `finish`. A loss that is no number must
 * not reach the weights, and nobody on the host has seen it yet: the optimiser looks at it, and changes
 * nothing. */
#include "nets/engine/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nets/engine/model_memory.h"
#include "nets/losses/levels.h"

/* The loss's trained numbers lie in the optimiser's state, behind that of the model's parameters: the
 * numbers, then their own state, each in a room of whole 64 bytes. What fills a room has no gradient and
 * stays 0. */
enum { LOSS_ROOM = 16 };

struct cc_learner {
    cc_model *model;
    cc_plan *plan;
    const cc_backend *backend;
    cc_level_loss loss; /* at all levels of a net that is trained at several */
    cc_optimizer_spec optimizer;
    cc_loss_heads heads;   /* the net's outputs, bound to the loss */
    cc_sequence *sequence; /* one step, once the backend has recorded it */
    int64_t step;          /* steps taken */
    size_t input_bytes, logits_bytes, target_bytes;
    int loss_parameter_count;
    float *level_targets; /* the host's: targets of all levels of such a net; NULL: those given are all */

    /* The backend's memory. */
    float *input, *target; /* [n][channels][pixels], the targets of all heads; NULL where it is the host's */
    float *gradient;       /* of the logits of all heads */
    double *value;         /* of the loss */
    void *scratch;         /* of the loss */
    void *clip_scratch;
    cc_step_constants *constants;
    float *state;            /* of the optimiser: as many floats as the parameters, times its moments; then */
    float *loss_parameters;  /* in it: the loss's trained numbers and their state; NULL: it has none */
    float *loss_gradients;   /* [LOSS_ROOM]; likewise */
    cc_host_view state_view; /* of that */
    void *bf16_copy;         /* of all trained values, the model's; NULL where the backend keeps none */

    const float *step_input, *step_target; /* of the step at hand */
};

static size_t input_bytes_of(const cc_plan *plan) {
    return (size_t)cc_shape_count(cc_graph_input_shape(cc_plan_graph(plan))) * sizeof(float);
}

/* Floats of the optimiser's state for `trained` values, and of what the loss has in it. */
static size_t state_count(size_t trained, const cc_optimizer_spec *optimizer, const cc_loss_spec *loss) {
    float values[CC_LOSS_PARAMETERS_MAX];
    const size_t moments = (size_t)cc_optimizer_state_count(optimizer);
    const bool more = loss && cc_loss_parameters(values, loss) > 0;
    return trained * moments + (more ? LOSS_ROOM * (1 + moments) : 0);
}

/* The outputs of a plan's net, each with the targets that the loss compares it with; a mask for each class
 * where there is no loss, or one that does not suit the net. */
static cc_loss_heads heads_of(cc_level_loss *levels, const cc_plan *plan, const cc_loss_spec *loss) {
    cc_loss_heads heads = cc_plan_heads(plan);
    if (loss && cc_level_loss_init(levels, &heads, loss) == CC_OK) return heads;
    for (int i = 0; i < heads.count; i++) heads.items[i].target_channels = heads.items[i].shape.classes;
    return heads;
}

size_t cc_learner_target_bytes(const cc_plan *plan, const cc_loss_spec *loss) {
    cc_level_loss levels;
    const cc_loss_heads heads = heads_of(&levels, plan, loss);
    return cc_loss_given_targets(&heads) * sizeof(float);
}

size_t cc_learner_fed_bytes(const cc_plan *plan, const cc_loss_spec *loss) {
    cc_level_loss levels;
    const cc_loss_heads heads = heads_of(&levels, plan, loss);
    return cc_loss_target_count(&heads) * sizeof(float);
}

/* What `allocate` takes. */
void cc_learner_measure(size_t *optimizer_bytes, size_t *other_bytes, cc_model *model, const cc_plan *plan,
                        const cc_loss_spec *loss, const cc_optimizer_spec *optimizer) {
    const cc_backend *backend = cc_model_backend(model);
    cc_level_loss levels = {.whole.type = NULL};
    const cc_loss_heads heads = heads_of(&levels, plan, loss);
    const cc_loss_spec *whole = levels.whole.type ? &levels.whole : loss;
    const size_t trained = cc_model_measure(model, true, CC_F32).gradients / sizeof(float);
    if (optimizer) *optimizer_bytes += state_count(trained, optimizer, loss) * sizeof(float);
    if (loss) *other_bytes += backend->arithmetic->loss_bytes(whole, &heads);
    *other_bytes += cc_loss_logits_count(&heads) * sizeof(float) + CC_CLIP_BYTES;
    /* The host has the targets of a net of one level where its loader left them. */
    const size_t targets = cc_loss_target_count(&heads) * sizeof(float);
    if (backend->store->device_memory)
        *other_bytes += targets + input_bytes_of(plan);
    else if (cc_loss_has_levels(&heads))
        *other_bytes += targets;
}

static cc_status allocate(cc_learner *l) {
    const cc_storage *store = l->backend->store;
    float values[CC_LOSS_PARAMETERS_MAX];
    const size_t trained = cc_model_flat(l->model).count,
                 state = state_count(trained, &l->optimizer, &l->loss.whole);
    l->loss_parameter_count = cc_loss_parameters(values, &l->loss.whole);
    l->logits_bytes = cc_loss_logits_count(&l->heads) * sizeof(float);
    l->target_bytes = cc_loss_target_count(&l->heads) * sizeof(float);
    l->input_bytes = input_bytes_of(l->plan);
    CC_TRY(store->get((void **)&l->gradient, l->logits_bytes, "gradient of the logits"));
    CC_TRY(store->get((void **)&l->value, sizeof *l->value, "loss"));
    CC_TRY(store->get((void **)&l->constants, sizeof *l->constants, "optimiser"));
    CC_TRY(store->get(&l->scratch, l->backend->arithmetic->loss_bytes(&l->loss.whole, &l->heads), "loss"));
    CC_TRY(store->get(&l->clip_scratch, CC_CLIP_BYTES, "clipping"));
    CC_TRY(store->get((void **)&l->state, state * sizeof(float), "optimiser"));
    CC_TRY(cc_host_view_init(&l->state_view, store, l->state, state));
    if (l->loss_parameter_count > 0) {
        l->loss_parameters = l->state + trained * (size_t)cc_optimizer_state_count(&l->optimizer);
        CC_TRY(store->get((void **)&l->loss_gradients, LOSS_ROOM * sizeof(float), "loss"));
        CC_TRY(cc_learner_reset(l));
    }
    if (cc_loss_has_levels(&l->heads))
        CC_TRY(store->get_host((void **)&l->level_targets, l->target_bytes, "targets"));
    if (!store->device_memory) return CC_OK;
    CC_TRY(store->get((void **)&l->input, l->input_bytes, "images"));
    return store->get((void **)&l->target, l->target_bytes, "targets");
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
                      .optimizer = *optimizer,
                      .heads = cc_plan_heads(plan),
                      .bf16_copy = cc_model_flat(model).bf16};
    cc_status status = cc_level_loss_init(&l->loss, &l->heads, loss);
    if (status == CC_OK) status = allocate(l);
    if (status != CC_OK)
        cc_learner_destroy(l);
    else
        *out = l;
    return status;
}

void cc_learner_destroy(cc_learner *l) {
    if (!l) return;
    void *memory[] = {l->input,        l->target,    l->gradient, l->value,         l->scratch,
                      l->clip_scratch, l->constants, l->state,    l->loss_gradients};
    l->backend->forget(l->sequence);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) l->backend->store->free(memory[i]);
    l->backend->store->free_host(l->level_targets);
    cc_host_view_deinit(&l->state_view);
    free(l);
}

/* Clips and applies the gradients that the model holds, then those of the loss's own numbers. */
static cc_status apply(cc_learner *l) {
    const cc_arithmetic *arithmetic = l->backend->arithmetic;
    cc_flat flat = cc_model_flat(l->model);
    if (l->optimizer.clip_norm != CC_CLIP_OFF)
        CC_TRY(arithmetic->clip(flat.grads, flat.count, l->optimizer.clip_norm, l->clip_scratch));
    CC_TRY(arithmetic->optimise(&l->optimizer, l->constants, flat.values, flat.grads, l->state, l->bf16_copy,
                                flat.count, l->value));
    if (!l->loss_parameters) return CC_OK;
    return arithmetic->optimise(&l->optimizer, l->constants, l->loss_parameters, l->loss_gradients,
                                l->loss_parameters + LOSS_ROOM, NULL, LOSS_ROOM, l->value);
}

/* One step in the backend's memory, as the opening of this file has it; what cc_backend.run records. */
static cc_status run_step(void *context) {
    cc_learner *l = context;
    const float *logits;
    CC_TRY(cc_plan_start_forward(l->plan, l->step_input, &logits));
    CC_TRY(l->backend->arithmetic->loss(l->value, &l->loss.whole,
                                        &(cc_loss_io){.heads = &l->heads,
                                                      .logits = logits,
                                                      .target = l->step_target,
                                                      .gradient = l->gradient,
                                                      .parameters = l->loss_parameters,
                                                      .parameter_gradients = l->loss_gradients,
                                                      .scratch = l->scratch}));
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
    if (l->level_targets) { /* whose last use is over: a device has copied it, the host taken its step */
        cc_level_targets(l->level_targets, target, &l->heads);
        target = l->level_targets;
    }
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

cc_status cc_learner_apply(cc_learner *l, double lr, const float *loss_gradients) {
    if (l->loss_parameters)
        CC_TRY(l->backend->store->put(l->loss_gradients, loss_gradients,
                                      (size_t)l->loss_parameter_count * sizeof *loss_gradients));
    CC_TRY(set_constants(l, lr));
    return apply(l);
}

cc_host_view *cc_learner_state(cc_learner *l) {
    return &l->state_view;
}

int64_t *cc_learner_steps(cc_learner *l) {
    return &l->step;
}

/* Optimisers start from a state of zeros, the loss's numbers from what its spec says. */
cc_status cc_learner_reset(cc_learner *l) {
    cc_host_view *view = &l->state_view;
    if (view->count > 0) memset(view->values, 0, view->count * sizeof *view->values); /* plain SGD has none */
    if (l->loss_parameters)
        cc_loss_parameters(view->values + (l->loss_parameters - l->state), &l->loss.whole);
    l->step = 0;
    return cc_host_view_put(view);
}

cc_status cc_learner_loss_parameters(float values[CC_LOSS_PARAMETERS_MAX], int *count, const cc_learner *l) {
    *count = l->loss_parameter_count;
    if (*count == 0) return CC_OK;
    return l->backend->store->fetch(values, l->loss_parameters, (size_t)*count * sizeof *values);
}
