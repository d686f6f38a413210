/* tests/cuda_on_host/cudnn_store.cpp -- descriptors of cuDNN's graph API: which attributes each type has, who may write them, and their values. */
#include "cudnn_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <set>

namespace cc_dnn {

/* Who may write an attribute: it must, it may, or cuDNN answers with it. */
enum need { NEEDED, POSSIBLE, ANSWERED };
enum { ANY_OPERATION = -1, NO_DESCRIPTOR = -2, MANY = 64, SPATIAL_MOST = 3, RANK_MOST = 5 };

struct rule {
    cudnnBackendDescriptorType_t of;
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    int64_t most;
    need who;
    int names; /* the type of the descriptors that it names */
};

#define TYPE(name) CUDNN_BACKEND_##name##_DESCRIPTOR
#define RULE(of, name, type, most, who)                                                                      \
    { TYPE(of), CUDNN_ATTR_##name, CUDNN_TYPE_##type, most, who, NO_DESCRIPTOR }
#define NAMES(of, name, what, who)                                                                           \
    { TYPE(of), CUDNN_ATTR_##name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, who, TYPE(what) }
#define OPERATION(of, name, x, w, y)                                                                         \
    NAMES(of, OPERATION_##name##_CONV_DESC, CONVOLUTION, NEEDED),                                            \
        NAMES(of, OPERATION_##name##_##x, TENSOR, NEEDED),                                                   \
        NAMES(of, OPERATION_##name##_##w, TENSOR, NEEDED),                                                   \
        NAMES(of, OPERATION_##name##_##y, TENSOR, NEEDED),                                                   \
        RULE(of, OPERATION_##name##_ALPHA, FLOAT, 1, POSSIBLE),                                              \
        RULE(of, OPERATION_##name##_BETA, FLOAT, 1, POSSIBLE)

static const rule rules[] = {
    RULE(TENSOR, TENSOR_DATA_TYPE, DATA_TYPE, 1, NEEDED),
    RULE(TENSOR, TENSOR_DIMENSIONS, INT64, RANK_MOST, NEEDED),
    RULE(TENSOR, TENSOR_STRIDES, INT64, RANK_MOST, NEEDED),
    RULE(TENSOR, TENSOR_UNIQUE_ID, INT64, 1, NEEDED),
    RULE(TENSOR, TENSOR_BYTE_ALIGNMENT, INT64, 1, NEEDED),
    RULE(TENSOR, TENSOR_IS_VIRTUAL, BOOLEAN, 1, POSSIBLE),
    RULE(CONVOLUTION, CONVOLUTION_SPATIAL_DIMS, INT64, 1, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_COMP_TYPE, DATA_TYPE, 1, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_CONV_MODE, CONVOLUTION_MODE, 1, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_PRE_PADDINGS, INT64, SPATIAL_MOST, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_POST_PADDINGS, INT64, SPATIAL_MOST, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_DILATIONS, INT64, SPATIAL_MOST, NEEDED),
    RULE(CONVOLUTION, CONVOLUTION_FILTER_STRIDES, INT64, SPATIAL_MOST, NEEDED),
    RULE(POINTWISE, POINTWISE_MODE, POINTWISE_MODE, 1, NEEDED),
    RULE(POINTWISE, POINTWISE_MATH_PREC, DATA_TYPE, 1, NEEDED),
    OPERATION(OPERATION_CONVOLUTION_FORWARD, CONVOLUTION_FORWARD, X, W, Y),
    OPERATION(OPERATION_CONVOLUTION_BACKWARD_DATA, CONVOLUTION_BWD_DATA, DX, W, DY),
    OPERATION(OPERATION_CONVOLUTION_BACKWARD_FILTER, CONVOLUTION_BWD_FILTER, X, DW, DY),
    NAMES(OPERATION_POINTWISE, OPERATION_POINTWISE_PW_DESCRIPTOR, POINTWISE, NEEDED),
    NAMES(OPERATION_POINTWISE, OPERATION_POINTWISE_XDESC, TENSOR, NEEDED),
    NAMES(OPERATION_POINTWISE, OPERATION_POINTWISE_BDESC, TENSOR, POSSIBLE),
    NAMES(OPERATION_POINTWISE, OPERATION_POINTWISE_YDESC, TENSOR, NEEDED),
    RULE(OPERATIONGRAPH, OPERATIONGRAPH_HANDLE, HANDLE, 1, NEEDED),
    {TYPE(OPERATIONGRAPH), CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, NEEDED,
     ANY_OPERATION},
    RULE(ENGINEHEUR, ENGINEHEUR_MODE, HEUR_MODE, 1, NEEDED),
    NAMES(ENGINEHEUR, ENGINEHEUR_OPERATION_GRAPH, OPERATIONGRAPH, NEEDED),
    NAMES(ENGINEHEUR, ENGINEHEUR_RESULTS, ENGINECFG, ANSWERED),
    NAMES(ENGINECFG, ENGINECFG_ENGINE, ENGINE, ANSWERED),
    NAMES(ENGINECFG, ENGINECFG_KNOB_CHOICES, KNOB_CHOICE, ANSWERED),
    RULE(ENGINE, ENGINE_GLOBAL_INDEX, INT64, 1, ANSWERED),
    RULE(ENGINE, ENGINE_NUMERICAL_NOTE, NUMERICAL_NOTE, MANY, ANSWERED),
    RULE(ENGINE, ENGINE_BEHAVIOR_NOTE, BEHAVIOR_NOTE, MANY, ANSWERED),
    RULE(KNOB_CHOICE, KNOB_CHOICE_KNOB_TYPE, KNOB_TYPE, 1, ANSWERED),
    RULE(KNOB_CHOICE, KNOB_CHOICE_KNOB_VALUE, INT64, 1, ANSWERED),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_HANDLE, HANDLE, 1, NEEDED),
    NAMES(EXECUTION_PLAN, EXECUTION_PLAN_ENGINE_CONFIG, ENGINECFG, NEEDED),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_WORKSPACE_SIZE, INT64, 1, ANSWERED),
    RULE(VARIANT_PACK, VARIANT_PACK_UNIQUE_IDS, INT64, MANY, NEEDED),
    RULE(VARIANT_PACK, VARIANT_PACK_DATA_POINTERS, VOID_PTR, MANY, NEEDED),
    RULE(VARIANT_PACK, VARIANT_PACK_WORKSPACE, VOID_PTR, 1, POSSIBLE),
};

static char last_error[240];

cudnnStatus_t fail(cudnnStatus_t status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    return status;
}

/* All there are, so that one that is not there any more is known. */
static std::set<const void *> &live() {
    static std::set<const void *> all;
    return all;
}
static int made_and_not_destroyed;

descriptor::descriptor(cudnnBackendDescriptorType_t type_) : type(type_) {
    live().insert(this);
}
descriptor::~descriptor() {
    live().erase(this);
}

static cudnnStatus_t find_any(descriptor **out, cudnnBackendDescriptor_t handle) {
    *out = nullptr;
    if (!handle) return fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the descriptor is NULL");
    if (!live().count(handle)) return fail(CUDNN_STATUS_BAD_PARAM, "the descriptor was destroyed");
    *out = (descriptor *)handle;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t find(const descriptor **out, cudnnBackendDescriptor_t handle,
                   cudnnBackendDescriptorType_t type) {
    descriptor *d;
    CC_DNN_TRY(find_any(&d, handle));
    if (d->type != type)
        return fail(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "a descriptor has type %d, not %d", d->type,
                    type);
    if (!d->finalized)
        return fail(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "a descriptor of type %d is not finalized", type);
    *out = d;
    return CUDNN_STATUS_SUCCESS;
}

static const rule *rule_of(const descriptor &d, cudnnBackendAttributeName_t name) {
    for (const rule &r : rules)
        if (r.of == d.type && r.name == name) return &r;
    return nullptr;
}

static size_t size_of(cudnnBackendAttributeType_t type) {
    switch (type) {
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
        return sizeof(void *);
    case CUDNN_TYPE_INT64:
        return sizeof(int64_t);
    case CUDNN_TYPE_BOOLEAN:
    case CUDNN_TYPE_CHAR:
        return 1;
    default:
        return sizeof(int32_t); /* enumerations and float */
    }
}

static cudnnStatus_t check_asked(const rule **out, const descriptor &d, cudnnBackendAttributeName_t name,
                                 cudnnBackendAttributeType_t type) {
    *out = rule_of(d, name);
    if (!*out)
        return fail(CUDNN_STATUS_BAD_PARAM, "a descriptor of type %d has no attribute %d", d.type, name);
    if ((*out)->type != type)
        return fail(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "attribute %d has type %d, not %d", name,
                    (*out)->type, type);
    return CUDNN_STATUS_SUCCESS;
}

static bool is_operation(cudnnBackendDescriptorType_t type) {
    return type >= TYPE(OPERATION_CONVOLUTION_FORWARD) && type <= TYPE(OPERATION_POINTWISE);
}

/* What was set last may have been destroyed since. */
static cudnnStatus_t check_named(const descriptor &d, const rule &r) {
    for (descriptor *named : d.all<descriptor *>(r.name)) {
        const descriptor *ignored;
        descriptor *any;
        CC_DNN_TRY(find_any(&any, named));
        if (r.names == ANY_OPERATION && !is_operation(any->type))
            return fail(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "type %d is no operation", any->type);
        CC_DNN_TRY(find(&ignored, named,
                        r.names == ANY_OPERATION ? any->type : (cudnnBackendDescriptorType_t)r.names));
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t check_attributes(const descriptor &d) {
    for (const rule &r : rules) {
        if (r.of != d.type) continue;
        if (r.who == ANSWERED && r.of != TYPE(ENGINEHEUR) && r.of != TYPE(EXECUTION_PLAN))
            return fail(CUDNN_STATUS_NOT_SUPPORTED, "descriptors of type %d come from heuristics alone",
                        d.type);
        if (r.who == NEEDED && !d.has(r.name))
            return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d is missing", r.name);
        if (d.has(r.name) && r.names != NO_DESCRIPTOR) CC_DNN_TRY(check_named(d, r));
        if (d.has(r.name) && r.type == CUDNN_TYPE_HANDLE)
            CC_DNN_TRY(check_handle(d.one<cudnnHandle_t>(r.name)));
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize(descriptor &d) {
    CC_DNN_TRY(check_attributes(d));
    switch (d.type) {
    case TYPE(TENSOR):
        return finalize_tensor(d);
    case TYPE(CONVOLUTION):
        return finalize_convolution(d);
    case TYPE(POINTWISE):
        return finalize_pointwise(d);
    case TYPE(OPERATIONGRAPH):
        return finalize_graph(d);
    case TYPE(ENGINEHEUR):
        return finalize_heuristic(d);
    case TYPE(EXECUTION_PLAN):
        return finalize_plan(d);
    case TYPE(VARIANT_PACK):
        return finalize_pack(d);
    default:
        return finalize_operation(d);
    }
}

/* The caller's descriptors become those that are named. */
static cudnnStatus_t copy_named(const descriptor &d, const rule &r, int64_t count,
                                cudnnBackendDescriptor_t *to) {
    std::vector<descriptor *> from = d.all<descriptor *>(r.name);
    for (int64_t i = 0; i < count; i++) {
        descriptor *out;
        CC_DNN_TRY(find_any(&out, to[i]));
        if (out->type != from[(size_t)i]->type || out->finalized)
            return fail(CUDNN_STATUS_BAD_PARAM, "number %d is not a new descriptor of type %d", (int)i,
                        from[(size_t)i]->type);
        out->attributes = from[(size_t)i]->attributes;
        out->owned = from[(size_t)i]->owned;
        out->graph = from[(size_t)i]->graph;
        out->engine = from[(size_t)i]->engine;
        out->finalized = true;
    }
    return CUDNN_STATUS_SUCCESS;
}

} // namespace cc_dnn

using namespace cc_dnn;

struct cc_on_host_cudnn {
    bool open;
};
static cc_on_host_cudnn the_handle;

cudnnStatus_t cc_dnn::check_handle(cudnnHandle_t handle) {
    return handle == &the_handle && the_handle.open ? CUDNN_STATUS_SUCCESS
                                                    : fail(CUDNN_STATUS_BAD_PARAM, "this is no handle");
}

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) {
    the_handle.open = true;
    *handle = &the_handle;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t) {
    return check_handle(handle);
}
size_t cudnnGetVersion() {
    return 90000;
}
const char *cudnnGetErrorString(cudnnStatus_t status) {
    return status == CUDNN_STATUS_SUCCESS           ? "CUDNN_STATUS_SUCCESS"
           : status == CUDNN_STATUS_NOT_INITIALIZED ? "CUDNN_STATUS_NOT_INITIALIZED"
           : status >= CUDNN_STATUS_NOT_SUPPORTED   ? "CUDNN_STATUS_NOT_SUPPORTED"
                                                    : "CUDNN_STATUS_BAD_PARAM";
}
void cudnnGetLastErrorString(char *message, size_t most) {
    snprintf(message, most, "%s", last_error);
    last_error[0] = 0;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *out) {
    for (const rule &r : rules) {
        if (r.of != type) continue;
        *out = new descriptor(type);
        made_and_not_destroyed++;
        return CUDNN_STATUS_SUCCESS;
    }
    return fail(CUDNN_STATUS_NOT_SUPPORTED, "there are no descriptors of type %d here", type);
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t handle) {
    descriptor *d;
    CC_DNN_TRY(find_any(&d, handle));
    delete d;
    made_and_not_destroyed--;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t handle, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void *values) {
    descriptor *d;
    const rule *r;
    CC_DNN_TRY(find_any(&d, handle));
    CC_DNN_TRY(check_asked(&r, *d, name, type));
    if (d->finalized) return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d is set after the end", name);
    if (r->who == ANSWERED) return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d is read only", name);
    if (count < 1 || count > r->most)
        return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d takes 1 to %d values, not %d", name, (int)r->most,
                    (int)count);
    if (!values)
        return fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the values of attribute %d are NULL", name);
    const unsigned char *bytes = (const unsigned char *)values;
    d->attributes[name] = {type, count, {bytes, bytes + (size_t)count * size_of(type)}};
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t handle, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t asked, int64_t *count,
                                       void *values) {
    descriptor *d;
    const rule *r;
    CC_DNN_TRY(find_any(&d, handle));
    CC_DNN_TRY(check_asked(&r, *d, name, type));
    if (!d->finalized) return fail(CUDNN_STATUS_NOT_INITIALIZED, "attribute %d is read before the end", name);
    if (!count || (!values && asked > 0))
        return fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "attribute %d is read into NULL", name);
    int64_t there = d->has(name) ? d->attributes[name].count : 0;
    *count = asked > 0 && asked < there ? asked : there;
    if (asked <= 0 || there == 0) return CUDNN_STATUS_SUCCESS;
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
        return copy_named(*d, *r, *count, (cudnnBackendDescriptor_t *)values);
    memcpy(values, d->attributes[name].bytes.data(), (size_t)*count * size_of(type));
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t handle) {
    descriptor *d;
    CC_DNN_TRY(find_any(&d, handle));
    if (d->finalized) return fail(CUDNN_STATUS_BAD_PARAM, "the descriptor was finalized before");
    CC_DNN_TRY(finalize(*d));
    d->finalized = true;
    return CUDNN_STATUS_SUCCESS;
}

int cc_on_host_descriptors() {
    return made_and_not_destroyed;
}
}
