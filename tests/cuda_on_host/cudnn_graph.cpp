/* tests/cuda_on_host/cudnn_graph.cpp -- reads a graph of operations out of descriptors, as cuDNN's finalise does. */
#include "cudnn_graph.h"

#include <algorithm>
#include <set>

namespace cc_dnn {

int64_t tensor::reach() const {
    int64_t last = 0;
    for (int i = N; i < AXES; i++) last += (dims[i] - 1) * strides[i];
    return last + 1;
}

const tensor &step::output() const {
    return type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR     ? x
           : type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR ? w
                                                                                    : y;
}

std::vector<const tensor *> step::inputs() const {
    std::vector<const tensor *> out;
    for (const tensor *t : {&x, &w, &y})
        if (t != &output() && (t != &w || has_operand())) out.push_back(t);
    return out;
}

/* --- tensors --- */

static bool is_number_type(cudnnDataType_t type) {
    return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_BFLOAT16;
}

static tensor read_tensor(const descriptor &d) {
    std::vector<int64_t> dims = d.all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
                         strides = d.all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
    tensor t = {};
    t.id = d.one<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    t.alignment = d.one<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
    t.type = d.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE);
    t.is_virtual = d.has(CUDNN_ATTR_TENSOR_IS_VIRTUAL) && d.one<unsigned char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL);
    t.dims[D] = 1;
    for (size_t i = 0; i < dims.size(); i++) {
        size_t at = i < 2 ? i : i + AXES - dims.size();
        t.dims[at] = dims[i];
        t.strides[at] = strides[i];
    }
    return t;
}

cudnnStatus_t finalize_tensor(const descriptor &d) {
    std::vector<int64_t> dims = d.all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
                         strides = d.all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
    int64_t alignment = d.one<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
    if (!is_number_type(d.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE)))
        return fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "a tensor is neither float nor bfloat16");
    if (dims.size() < 4 || dims.size() != strides.size())
        return fail(CUDNN_STATUS_BAD_PARAM, "a tensor has %d dimensions and %d strides", (int)dims.size(),
                    (int)strides.size());
    for (size_t i = 0; i < dims.size(); i++)
        if (dims[i] < 1 || strides[i] < 1)
            return fail(CUDNN_STATUS_BAD_PARAM, "dimension %d of a tensor is %lld, its stride %lld", (int)i,
                        (long long)dims[i], (long long)strides[i]);
    if (alignment < 1 || (alignment & (alignment - 1)) != 0)
        return fail(CUDNN_STATUS_BAD_PARAM, "a tensor's alignment is %d", (int)alignment);
    return CUDNN_STATUS_SUCCESS;
}

/* --- operations --- */

cudnnStatus_t finalize_convolution(const descriptor &d) {
    int64_t spatial = d.one<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
    for (auto name : {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
                      CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES}) {
        std::vector<int64_t> values = d.all<int64_t>(name);
        bool padding =
            name == CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS || name == CUDNN_ATTR_CONVOLUTION_POST_PADDINGS;
        if ((int64_t)values.size() != spatial)
            return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d has %d values, not %d", name,
                        (int)values.size(), (int)spatial);
        if (*std::min_element(values.begin(), values.end()) < (padding ? 0 : 1))
            return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d is too small", name);
    }
    if (d.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE) != CUDNN_DATA_FLOAT)
        return fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "a convolution is not computed in float");
    if (d.one<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) != CUDNN_CROSS_CORRELATION)
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "a convolution is no cross-correlation");
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t finalize_pointwise(const descriptor &d) {
    switch (d.one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE)) {
    case CUDNN_POINTWISE_ADD:
    case CUDNN_POINTWISE_RELU_FWD:
    case CUDNN_POINTWISE_SWISH_FWD:
        break;
    default:
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "there is no such pointwise mode here");
    }
    if (d.one<cudnnDataType_t>(CUDNN_ATTR_POINTWISE_MATH_PREC) != CUDNN_DATA_FLOAT)
        return fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "a pointwise operation is not computed in float");
    return CUDNN_STATUS_SUCCESS;
}

/* The names of what one operation takes, in the order of struct step. */
struct names {
    cudnnBackendAttributeName_t how, x, w, y, alpha, beta;
};

static names names_of(cudnnBackendDescriptorType_t type) {
#define NAMES(name, x, w, y)                                                                                 \
    {                                                                                                        \
        CUDNN_ATTR_OPERATION_##name##_CONV_DESC, CUDNN_ATTR_OPERATION_##name##_##x,                          \
            CUDNN_ATTR_OPERATION_##name##_##w, CUDNN_ATTR_OPERATION_##name##_##y,                            \
            CUDNN_ATTR_OPERATION_##name##_ALPHA, CUDNN_ATTR_OPERATION_##name##_BETA                          \
    }
    if (type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
        return NAMES(CONVOLUTION_FORWARD, X, W, Y);
    if (type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR)
        return NAMES(CONVOLUTION_BWD_DATA, DX, W, DY);
    return NAMES(CONVOLUTION_BWD_FILTER, X, DW, DY);
#undef NAMES
}

static void read_spatial(int64_t *out, int64_t otherwise, const descriptor &d,
                         cudnnBackendAttributeName_t name) {
    std::vector<int64_t> values = d.all<int64_t>(name);
    for (int i = N; i < AXES; i++) out[i] = otherwise;
    for (size_t i = 0; i < values.size(); i++) out[AXES - values.size() + i] = values[i];
}

static step read_convolution(const descriptor &d) {
    const names of = names_of(d.type);
    const descriptor &how = d.child(of.how);
    step s = {};
    s.type = d.type;
    s.x = read_tensor(d.child(of.x));
    s.w = read_tensor(d.child(of.w));
    s.y = read_tensor(d.child(of.y));
    read_spatial(s.padding, 0, how, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
    read_spatial(s.after, 0, how, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
    read_spatial(s.stride, 1, how, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
    read_spatial(s.dilation, 1, how, CUDNN_ATTR_CONVOLUTION_DILATIONS);
    return s;
}

static step read_pointwise(const descriptor &d) {
    step s = {};
    s.type = d.type;
    s.mode = d.child(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                 .one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
    s.x = read_tensor(d.child(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    if (s.has_operand()) s.w = read_tensor(d.child(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
    s.y = read_tensor(d.child(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    return s;
}

static cudnnStatus_t check_convolution(const descriptor &d) {
    const names of = names_of(d.type);
    const step s = read_convolution(d);
    size_t rank = d.child(of.x).all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS).size();
    for (auto name : {of.w, of.y})
        if (d.child(name).all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS).size() != rank)
            return fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the tensors' ranks differ");
    if (d.child(of.how).one<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS) + 2 != (int64_t)rank)
        return fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the convolution has another rank");
    if (s.x.dims[N] != s.y.dims[N] || s.w.dims[N] != s.y.dims[C] || s.x.dims[C] % s.w.dims[C] != 0 ||
        s.y.dims[C] % s.groups() != 0)
        return fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "batches or channels do not fit");
    for (int i = D; i < AXES; i++) {
        int64_t room = s.x.dims[i] + s.padding[i] + s.after[i] - s.dilation[i] * (s.w.dims[i] - 1) - 1;
        if (room < 0 || s.y.dims[i] != room / s.stride[i] + 1)
            return fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "axis %d of the output does not fit", i);
    }
    if ((d.has(of.alpha) && d.one<float>(of.alpha) != 1) || (d.has(of.beta) && d.one<float>(of.beta) != 0))
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "results are neither scaled nor added to here");
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t check_pointwise(const descriptor &d) {
    bool two = d.child(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                   .one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE) == CUDNN_POINTWISE_ADD;
    if (two != d.has(CUDNN_ATTR_OPERATION_POINTWISE_BDESC))
        return fail(CUDNN_STATUS_BAD_PARAM, "a pointwise operation has %s operand",
                    two ? "no second" : "a second");
    const step s = read_pointwise(d);
    for (int i = N; i < AXES; i++)
        if (s.x.dims[i] != s.y.dims[i] || (two && s.w.dims[i] != 1 && s.w.dims[i] != s.x.dims[i]))
            return fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "axis %d of pointwise operands does not fit",
                        i);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t finalize_operation(const descriptor &d) {
    return d.type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR ? check_pointwise(d) : check_convolution(d);
}

/* --- graphs --- */

static bool are_same(const tensor &a, const tensor &b) {
    return std::equal(a.dims, a.dims + AXES, b.dims) && std::equal(a.strides, a.strides + AXES, b.strides) &&
           a.type == b.type && a.alignment == b.alignment && a.is_virtual == b.is_virtual;
}

/* A number means one tensor, which one operation writes, before others read it. */
static cudnnStatus_t check_numbers(const graph &g) {
    std::map<int64_t, tensor> known;
    std::set<int64_t> written, read;
    for (const step &s : g.steps) {
        std::vector<const tensor *> all = s.inputs();
        for (const tensor *t : all)
            if (t->is_virtual && !written.count(t->id))
                return fail(CUDNN_STATUS_BAD_PARAM, "nothing writes virtual tensor %lld", (long long)t->id);
            else
                read.insert(t->id);
        all.push_back(&s.output());
        for (const tensor *t : all)
            if (!known.emplace(t->id, *t).second && !are_same(known[t->id], *t))
                return fail(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "two tensors have number %lld",
                            (long long)t->id);
        if (read.count(s.output().id) || !written.insert(s.output().id).second)
            return fail(CUDNN_STATUS_BAD_PARAM, "tensor %lld is written once too often",
                        (long long)s.output().id);
    }
    for (const auto &[id, t] : known)
        if (t.is_virtual && !read.count(id))
            return fail(CUDNN_STATUS_BAD_PARAM, "nothing reads virtual tensor %lld", (long long)id);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t finalize_graph(descriptor &d) {
    auto g = std::make_shared<graph>();
    for (const descriptor *o : d.all<const descriptor *>(CUDNN_ATTR_OPERATIONGRAPH_OPS))
        g->steps.push_back(o->type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR ? read_pointwise(*o)
                                                                                   : read_convolution(*o));
    CC_DNN_TRY(check_numbers(*g));
    d.graph = g;
    return CUDNN_STATUS_SUCCESS;
}

} // namespace cc_dnn
