/* nets/engine/model_memory.c -- where parameters lie, and which of them have a copy in bf16.
 *
 * A training plan in bf16 wants copies of all trained values: the optimiser writes master and copy in one
 * pass. An inference plan wants copies only of the weights that its kernels read, which may be few, so until
 * a plan trains those alone are kept, packed. When a training plan comes later, the full copies are added and
 * the packed ones stay: recorded graphs (cc_backend.run) of the earlier plans hold their addresses, and go on
 * reading them. Both are then rounded from the same values. */
#include "nets/engine/model_memory.h"

#include "nets/engine/model_parts.h"

enum { SLOT_ALIGNMENT = 64 };

/* Bytes that a slot takes in its flat range. */
static size_t padded(const cc_parameter_slot *slot) {
    return (slot->bytes + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
}

/* Bytes of all trained slots, and of all statistics. A slot that no kernel gave a layout is plain: a vector
 * with its padding, or a kernel's weights in PyTorch's order. */
static void count_bytes(size_t *trained, size_t *statistics, cc_model *model) {
    *trained = *statistics = 0;
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        int64_t count = slot->parameter->count;
        if (slot->parameter->of.rank == 1)
            count = (count + CC_VECTOR_PAD - 1) / CC_VECTOR_PAD * CC_VECTOR_PAD;
        if (!slot->bytes) slot->bytes = (size_t)count * sizeof(float);
        *(slot->parameter->trained ? trained : statistics) += padded(slot);
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
        *next += padded(slot) / sizeof(float);
    }
    return CC_OK;
}

/* Gradients lie as the values do: one offset serves both. */
static cc_status place_gradients(cc_model *model) {
    CC_TRY(model->backend->store->get((void **)&model->grads, model->trained_count * sizeof(float),
                                      "gradients"));
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        if (slot->parameter->trained) slot->grad = model->grads + (slot->value - model->values);
    }
    return CC_OK;
}

static bool keeps_bf16(const cc_model *model, cc_dtype dtype) {
    return dtype == CC_BF16 && model->backend->arithmetic->round_to_bf16;
}

/* Values in the slots that kernels of inference plans read in bf16. */
static size_t count_inference_bf16(const cc_model *model) {
    size_t count = 0;
    for (int i = 0; i < model->slot_count; i++)
        if (model->slots[i].reads_bf16_copy) count += padded(&model->slots[i]) / sizeof(float);
    return count;
}

/* Copies of all trained values where a plan trains, or where a second inference plan reads weights that the
 * packed copies of the first do not hold; else packed copies of those that are read. */
static cc_status place_bf16(cc_model *model, bool training) {
    const cc_storage *store = model->backend->store;
    bool missing = false;
    if (model->bf16) return CC_OK;
    for (int i = 0; i < model->slot_count; i++)
        missing |= model->slots[i].reads_bf16_copy && !model->slots[i].bf16_copy;
    if (training || (missing && model->inference_bf16)) {
        CC_TRY(
            store->get((void **)&model->bf16, model->trained_count * sizeof *model->bf16, "weights in bf16"));
        for (int i = 0; i < model->slot_count; i++) {
            cc_parameter_slot *slot = &model->slots[i];
            if (slot->parameter->trained) slot->bf16_copy = model->bf16 + (slot->value - model->values);
        }
        return CC_OK;
    }
    if (!missing) return CC_OK;
    model->inference_bf16_count = count_inference_bf16(model);
    CC_TRY(store->get((void **)&model->inference_bf16,
                      model->inference_bf16_count * sizeof *model->inference_bf16, "weights in bf16"));
    uint16_t *next = model->inference_bf16;
    for (int i = 0; i < model->slot_count; i++) {
        cc_parameter_slot *slot = &model->slots[i];
        if (!slot->reads_bf16_copy) continue;
        slot->bf16_copy = slot->inference_bf16_copy = next;
        next += padded(slot) / sizeof(float);
    }
    return CC_OK;
}

cc_status cc_model_place(cc_model *model, bool training, cc_dtype dtype) {
    if (!model->values) CC_TRY(place_values(model));
    if (keeps_bf16(model, dtype)) CC_TRY(place_bf16(model, training));
    return training && !model->grads ? place_gradients(model) : CC_OK;
}

cc_model_bytes cc_model_measure(cc_model *model, bool training, cc_dtype dtype) {
    size_t trained, statistics;
    count_bytes(&trained, &statistics, model);
    cc_model_bytes out = {.values = trained + statistics, .gradients = training ? trained : 0};
    if (keeps_bf16(model, dtype))
        out.bf16 = training ? trained / 2 : count_inference_bf16(model) * sizeof(uint16_t);
    return out;
}

size_t cc_model_held(const cc_model *model) {
    size_t trained = model->trained_count * sizeof(float);
    return (model->values ? trained : 0) + (model->statistics ? model->statistic_count * sizeof(float) : 0) +
           (model->grads ? trained : 0) + (model->bf16 ? trained / 2 : 0) +
           model->inference_bf16_count * sizeof *model->inference_bf16;
}

cc_status cc_model_update_bf16(cc_model *model) {
    if (model->inference_bf16 && model->inference_bf16_version != model->version) {
        for (int i = 0; i < model->slot_count; i++) {
            const cc_parameter_slot *slot = &model->slots[i];
            if (slot->inference_bf16_copy)
                CC_TRY(model->backend->arithmetic->round_to_bf16(slot->inference_bf16_copy, slot->value,
                                                                 padded(slot) / sizeof(float)));
        }
        model->inference_bf16_version = model->version;
    }
    if (!model->bf16 || model->bf16_version == model->version) return CC_OK;
    model->bf16_version = model->version;
    return model->backend->arithmetic->round_to_bf16(model->bf16, model->values, model->trained_count);
}

void cc_model_mark_bf16_current(cc_model *model) {
    model->bf16_version = model->version;
}
