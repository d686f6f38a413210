/* nets/engine/model.c -- a model's parameters by number and by name: created, read, written, initialised.
 *
 * A parameter has two forms. The stored one is what kernels read: blocked and padded as the first plan's
 * kernels chose, in the backend's memory. The plain one is PyTorch's order on the host, which files and tests
 * speak. get and set convert (cc_parameter_slot.pack, unpack); where the two are the same they copy. */
#include "nets/engine/model.h"

#include <math.h>
#include <stdlib.h>
#include "core/rng.h"
#include "nets/engine/model_parts.h"

/* Parameters do not depend on the size of the images: the graph of the smallest names them all. Their memory
 * is taken when the first plan has chosen layouts (nets/engine/model_memory.h). */
cc_status cc_model_create(cc_model **out, const cc_net_spec *spec, const cc_backend *backend) {
    cc_status status = CC_OK;
    cc_model *model = calloc(1, sizeof *model);
    if (!model) return cc_fail_memory("model", sizeof *model);
    model->spec = *spec;
    model->backend = backend;
    int64_t size[CC_SPATIAL_MAX];
    CC_CHECK(cc_net_stride(size, spec));
    CC_CHECK(cc_net_build(&model->smallest, spec, 1, size[0], size[1], size[2]));
    model->slot_count = cc_graph_parameter_count(model->smallest);
    model->slots = calloc((size_t)model->slot_count + 1, sizeof *model->slots);
    if (!model->slots) CC_CHECK(cc_fail_memory("model", (size_t)model->slot_count * sizeof *model->slots));
    for (int i = 0; i < model->slot_count; i++)
        model->slots[i].parameter = cc_graph_parameter(model->smallest, i);
    *out = model;
    model = NULL;
done:
    cc_model_destroy(model);
    return status;
}

void cc_model_destroy(cc_model *model) {
    if (!model) return;
    const cc_storage *store = model->backend->store;
    for (int i = 0; i < model->slot_count && model->slots; i++)
        if (model->slots[i].release) model->slots[i].release(model->slots[i].layout);
    free(model->slots);
    store->free(model->values);
    store->free(model->statistics);
    store->free(model->grads);
    store->free(model->bf16);
    store->free(model->inference_bf16);
    cc_graph_destroy(model->smallest);
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
    return cc_graph_trained_values(model->smallest);
}

/* A parameter or its gradient, which are stored alike. */
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

/* The last parameter of a net, its auxiliary outputs aside: where the node that makes its output ends. */
static int find_last(const cc_graph *graph) {
    const int outputs = cc_graph_output_count(graph);
    if (!cc_graph_output_at(graph, outputs - 1)->auxiliary) return cc_graph_parameter_count(graph) - 1;
    const cc_node *node = cc_graph_node(graph, cc_graph_output_at(graph, 0)->value - 1);
    return node->first_parameter + node->parameter_count - 1;
}

cc_status cc_model_initialise(cc_model *model, uint64_t seed) {
    cc_status status = CC_OK;
    const double prior = model->spec.prior;
    const int last = find_last(model->smallest);
    for (int i = 0; i < model->slot_count && status == CC_OK; i++) {
        const cc_parameter *p = model->slots[i].parameter;
        float *values = malloc((size_t)p->count * sizeof *values);
        if (!values) return cc_fail_memory(p->name, (size_t)p->count * sizeof *values);
        /* He et al. 2015, eq. 10: a variance of 2 / fan_in keeps that of the activations from layer to layer
         * behind ReLUs. Each parameter has a stream of its own. */
        cc_rng rng = cc_rng_init(seed, CC_PURPOSE_WEIGHTS, 0, (uint64_t)i);
        const double deviation = p->of.role == CC_ROLE_KERNEL ? sqrt(2.0 / p->of.fan_in) : 0;
        const bool one = p->of.role == CC_ROLE_NORM_WEIGHT || p->of.role == CC_ROLE_RUNNING_VAR;
        const double start = p->of.role == CC_ROLE_SLOPE ? 0.25 : one; /* else 0 */
        for (int64_t k = 0; k < p->count; k++)
            values[k] = (float)(deviation > 0 ? deviation * cc_rng_normal(&rng) : start);
        /* The last layer's bias, which is the last parameter: sigmoid(bias) is the prior (Lin et al. 2017,
         * section 4.1), so that many background pixels do not swamp the first steps. Likewise those of the
         * auxiliary outputs, which come behind it. */
        const bool is_head_bias = i >= last && p->of.role == CC_ROLE_BIAS;
        for (int64_t k = 0; prior > 0 && is_head_bias && k < p->count; k++)
            values[k] = (float)log(prior / (1 - prior));
        status = cc_model_set(model, i, values);
        free(values);
    }
    return status;
}

cc_flat cc_model_flat(const cc_model *model) {
    return (cc_flat){
        .values = model->values, .grads = model->grads, .bf16 = model->bf16, .count = model->trained_count};
}

cc_flat cc_model_flat_statistics(const cc_model *model) {
    return (cc_flat){.values = model->statistics, .count = model->statistic_count};
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
