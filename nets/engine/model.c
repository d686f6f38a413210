#include "nets/engine/plan.h"

#include <math.h>
#include <stdlib.h>
#include "core/rng.h"

enum { SLOT_ALIGNMENT = 64 };

static size_t rounded(size_t bytes) {
    return (bytes + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
}

cc_status cc_model_create(cc_model **out, const cc_net_spec *spec, const cc_backend *backend) {
    cc_status status = CC_OK;
    cc_model *model = calloc(1, sizeof *model);
    if (!model) return cc_fail_memory("model", sizeof *model);
    model->spec = *spec;
    model->backend = backend;
    int stride = cc_net_stride(spec);
    CC_CHECK(stride ? CC_OK : cc_error_get()->status);
    CC_CHECK(cc_net_build(&model->names, spec, 1, stride, stride));
    model->slot_count = cc_graph_parameter_count(model->names);
    model->slots = calloc((size_t)model->slot_count + 1, sizeof *model->slots);
    if (!model->slots) CC_CHECK(cc_fail_memory("model", (size_t)model->slot_count * sizeof *model->slots));
    for (int i = 0; i < model->slot_count; i++)
        model->slots[i].parameter = cc_graph_parameter(model->names, i);
    *out = model;
    model = NULL;
done:
    cc_model_destroy(model);
    return status;
}

void cc_model_destroy(cc_model *model) {
    if (!model) return;
    const cc_backend *backend = model->backend;
    for (int i = 0; i < model->slot_count && model->slots; i++)
        if (model->slots[i].release) model->slots[i].release(model->slots[i].layout);
    free(model->slots);
    backend->store->free(model->values);
    backend->store->free(model->statistics);
    backend->store->free(model->grads);
    backend->store->free(model->halves);
    backend->store->free(model->few_halves);
    cc_graph_destroy(model->names);
    free(model);
}

const cc_backend *cc_model_backend(const cc_model *model) {
    return model->backend;
}

int cc_model_parameter_count(const cc_model *model) {
    return model->slot_count;
}
const cc_parameter *cc_model_parameter(const cc_model *model, int index) {
    return model->slots[index].parameter;
}
int64_t cc_model_trained_values(const cc_model *model) {
    return cc_graph_trained_values(model->names);
}

/* A slot that no kernel laid out is plain: a vector with its padding, or a kernel's weights as PyTorch has
 * them. */
static void lay_out_plain(cc_parameter_slot *slot) {
    if (slot->bytes) return;
    int64_t count = slot->parameter->count;
    if (slot->parameter->of.rank == 1) count = (count + CC_VECTOR_PAD - 1) / CC_VECTOR_PAD * CC_VECTOR_PAD;
    slot->bytes = (size_t)count * sizeof(float);
}

static void count_bytes(size_t *trained, size_t *statistics, cc_model *model) {
    *trained = *statistics = 0;
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        lay_out_plain(slot);
        *(slot->parameter->trained ? trained : statistics) += rounded(slot->bytes);
    }
}

static cc_status place_values(cc_model *model) {
    size_t trained, statistics;
    const cc_storage *store = model->backend->store;
    count_bytes(&trained, &statistics, model);
    CC_TRY(store->get((void **)&model->values, trained, "weights"));
    CC_TRY(store->get((void **)&model->statistics, statistics, "weights"));
    model->trained_count = trained / sizeof(float);
    model->statistic_count = statistics / sizeof(float);
    float *next_value = model->values, *next_statistic = model->statistics;
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        float **next = slot->parameter->trained ? &next_value : &next_statistic;
        slot->value = *next;
        *next += rounded(slot->bytes) / sizeof(float);
    }
    return CC_OK;
}

static bool wants_halves(const cc_model *model, cc_dtype dtype) {
    return dtype == CC_BF16 && model->backend->arithmetic->round_to_bf16;
}

static cc_status place_all_halves(cc_model *model) {
    CC_TRY(model->backend->store->get((void **)&model->halves, model->trained_count * sizeof *model->halves,
                                      "weights in bf16"));
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        if (slot->parameter->trained) slot->half = model->halves + (slot->value - model->values);
    }
    return CC_OK;
}

static size_t count_few(const cc_model *model) {
    size_t count = 0;
    for (int i = 0; i < model->slot_count; i++)
        if (model->slots[i].reads_half) count += rounded(model->slots[i].bytes) / sizeof(float);
    return count;
}

static cc_status place_few_halves(cc_model *model) {
    model->few_count = count_few(model);
    CC_TRY(model->backend->store->get((void **)&model->few_halves,
                                      model->few_count * sizeof *model->few_halves, "weights in bf16"));
    uint16_t *next = model->few_halves;
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        if (!slot->reads_half) continue;
        slot->half = slot->few_half = next;
        next += rounded(slot->bytes) / sizeof(float);
    }
    return CC_OK;
}

/* Recordings of earlier plans go on reading the few, once there are all. */
static cc_status place_halves(cc_model *model, bool training) {
    bool missing = false;
    if (model->halves) return CC_OK;
    for (int i = 0; i < model->slot_count; i++)
        missing |= model->slots[i].reads_half && !model->slots[i].half;
    if (training || (missing && model->few_halves)) return place_all_halves(model);
    return missing ? place_few_halves(model) : CC_OK;
}

static cc_status halve_few(cc_model *model) {
    for (int i = 0; i < model->slot_count; i++) {
        const cc_parameter_slot *slot = &model->slots[i];
        if (slot->few_half)
            CC_TRY(model->backend->arithmetic->round_to_bf16(slot->few_half, slot->value,
                                                             rounded(slot->bytes) / sizeof(float)));
    }
    model->few_halved = model->version;
    return CC_OK;
}

cc_status cc_model_halve(cc_model *model) {
    if (model->few_halves && model->few_halved != model->version) CC_TRY(halve_few(model));
    if (!model->halves || model->halved == model->version) return CC_OK;
    model->halved = model->version;
    return model->backend->arithmetic->round_to_bf16(model->halves, model->values, model->trained_count);
}

void cc_model_was_halved(cc_model *model) {
    model->halved = model->version;
}

cc_model_bytes cc_model_measure(cc_model *model, bool training, cc_dtype dtype) {
    size_t trained, statistics;
    count_bytes(&trained, &statistics, model);
    return (cc_model_bytes){.values = trained + statistics,
                            .halves = !wants_halves(model, dtype) ? 0
                                      : training                  ? trained / 2
                                                                  : count_few(model) * sizeof(uint16_t),
                            .gradients = training ? trained : 0};
}

size_t cc_model_held(const cc_model *model) {
    size_t trained = model->trained_count * sizeof(float);
    return (model->values ? trained : 0) + (model->statistics ? model->statistic_count * sizeof(float) : 0) +
           (model->grads ? trained : 0) + (model->halves ? trained / 2 : 0) +
           model->few_count * sizeof *model->few_halves;
}

cc_status cc_model_place(cc_model *model, bool training, cc_dtype dtype) {
    if (!model->values) CC_TRY(place_values(model));
    if (wants_halves(model, dtype)) CC_TRY(place_halves(model, training));
    if (!training || model->grads) return CC_OK;
    CC_TRY(model->backend->store->get((void **)&model->grads, model->trained_count * sizeof(float),
                                      "gradients"));
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        if (slot->parameter->trained) slot->grad = model->grads + (slot->value - model->values);
    }
    return CC_OK;
}

static cc_status unpack(float *plain, const cc_model *model, const cc_parameter_slot *slot,
                        const float *stored) {
    if (slot->unpack) return slot->unpack(slot, plain, stored);
    return model->backend->store->fetch(plain, stored, (size_t)slot->parameter->count * sizeof *plain);
}

cc_status cc_model_get(float *values, const cc_model *model, int index) {
    return unpack(values, model, &model->slots[index], model->slots[index].value);
}

cc_status cc_model_get_gradient(float *values, const cc_model *model, int index) {
    return unpack(values, model, &model->slots[index], model->slots[index].grad);
}

cc_status cc_model_set(cc_model *model, int index, const float *values) {
    cc_parameter_slot *slot = &model->slots[index];
    model->version++;
    if (slot->pack) return slot->pack(slot, slot->value, values);
    return model->backend->store->put(slot->value, values, (size_t)slot->parameter->count * sizeof *values);
}

size_t cc_model_value_count(const cc_model *model) {
    size_t count = 0;
    for (int i = 0; i < model->slot_count; i++) count += (size_t)model->slots[i].parameter->count;
    return count;
}

cc_status cc_model_get_all(float *values, const cc_model *model) {
    for (int i = 0; i < model->slot_count; values += model->slots[i++].parameter->count)
        CC_TRY(cc_model_get(values, model, i));
    return CC_OK;
}

cc_status cc_model_set_all(cc_model *model, const float *values) {
    for (int i = 0; i < model->slot_count; values += model->slots[i++].parameter->count)
        CC_TRY(cc_model_set(model, i, values));
    return CC_OK;
}

static void fill_initial(float *values, const cc_parameter *p, uint64_t seed, int index) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_WEIGHTS, 0, (uint64_t)index);
    bool one = p->of.role == CC_ROLE_NORM_WEIGHT || p->of.role == CC_ROLE_RUNNING_VAR;
    double deviation = p->of.role == CC_ROLE_KERNEL ? sqrt(2.0 / p->of.fan_in) : 0;
    for (int64_t i = 0; i < p->count; i++)
        values[i] = (float)(deviation > 0 ? deviation * cc_rng_normal(&rng) : one);
}

/* The bias of the last layer is the last parameter. */
static bool is_head_bias(const cc_model *model, int index) {
    return index == model->slot_count - 1 && model->slots[index].parameter->of.role == CC_ROLE_BIAS;
}

cc_status cc_model_initialise(cc_model *model, uint64_t seed) {
    cc_status status = CC_OK;
    double prior = model->spec.prior;
    for (int i = 0; i < model->slot_count && status == CC_OK; i++) {
        const cc_parameter *p = model->slots[i].parameter;
        float *values = malloc((size_t)p->count * sizeof *values);
        if (!values) return cc_fail_memory(p->name, (size_t)p->count * sizeof *values);
        fill_initial(values, p, seed, i);
        for (int64_t k = 0; prior > 0 && is_head_bias(model, i) && k < p->count; k++)
            values[k] = (float)log(prior / (1 - prior));
        status = cc_model_set(model, i, values);
        free(values);
    }
    return status;
}

cc_flat cc_model_flat(const cc_model *model) {
    return (cc_flat){.values = model->values,
                     .grads = model->grads,
                     .halves = model->halves,
                     .count = model->trained_count};
}

const cc_parameter *cc_model_flat_parameter(const cc_model *model, size_t index) {
    const bool trained = index < model->trained_count;
    const float *at = trained ? model->values + index : model->statistics + (index - model->trained_count);
    const cc_parameter *found = NULL;
    for (int i = 0; i < model->slot_count; i++) /* slots lie in their order: the last that begins before it */
        if (model->slots[i].parameter->trained == trained && model->slots[i].value <= at)
            found = model->slots[i].parameter;
    return found;
}

void cc_model_changed(cc_model *model) {
    model->version++;
}

cc_flat cc_model_flat_statistics(const cc_model *model) {
    return (cc_flat){.values = model->statistics, .count = model->statistic_count};
}
