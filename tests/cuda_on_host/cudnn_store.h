/* tests/cuda_on_host/cudnn_store.h -- the descriptors of the stand-in for cuDNN: what is set is kept by
 * value, descriptors by their handle. Private to this folder. */
#ifndef CC_CUDA_ON_HOST_CUDNN_STORE_H
#define CC_CUDA_ON_HOST_CUDNN_STORE_H

#include <string.h>
#include <map>
#include <memory>
#include <vector>
#include "cudnn.h"

namespace cc_dnn {

struct graph;  /* cudnn_graph.h */
struct engine; /* cudnn_engines.h */

struct attribute {
    cudnnBackendAttributeType_t type;
    int64_t count;
    std::vector<unsigned char> bytes;
};

struct descriptor {
    cudnnBackendDescriptorType_t type;
    bool finalized = false;
    std::map<int, attribute> attributes;
    std::vector<std::shared_ptr<descriptor>> owned; /* of those that attributes name, what nobody destroys */
    std::shared_ptr<const cc_dnn::graph> graph;     /* as read: of a graph, and what follows from it */
    const cc_dnn::engine *engine = nullptr;         /* of an engine, a configuration, a plan */

    explicit descriptor(cudnnBackendDescriptorType_t type_);
    descriptor(const descriptor &) = delete;
    ~descriptor();
    bool has(cudnnBackendAttributeName_t name) const { return attributes.count(name) > 0; }
    /* Of one that is there. */
    template <class T> std::vector<T> all(cudnnBackendAttributeName_t name) const {
        const attribute &a = attributes.at(name);
        std::vector<T> out((size_t)a.count);
        if (a.count > 0) memcpy(out.data(), a.bytes.data(), a.bytes.size());
        return out;
    }
    template <class T> T one(cudnnBackendAttributeName_t name) const { return all<T>(name)[0]; }
    const descriptor &child(cudnnBackendAttributeName_t name) const { return *one<const descriptor *>(name); }
    template <class T>
    void give(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t of,
              const std::vector<T> &values) {
        attribute a = {of, (int64_t)values.size(), {}};
        a.bytes.resize(values.size() * sizeof(T));
        if (a.count > 0) memcpy(a.bytes.data(), values.data(), a.bytes.size());
        attributes[name] = a;
    }
};

/* Keeps what went wrong for cudnnGetLastErrorString. */
cudnnStatus_t fail(cudnnStatus_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define CC_DNN_TRY(call)                                                                                     \
    do {                                                                                                     \
        cudnnStatus_t status_ = (call);                                                                      \
        if (status_ != CUDNN_STATUS_SUCCESS) return status_;                                                 \
    } while (0)

/* A finalized descriptor of this type, or an error. */
cudnnStatus_t find(const descriptor **out, cudnnBackendDescriptor_t handle,
                   cudnnBackendDescriptorType_t type);
/* The only one there is. */
cudnnStatus_t check_handle(cudnnHandle_t handle);

/* What is right for one type alone, once its attributes are there and what they name is finalized. */
cudnnStatus_t finalize_tensor(const descriptor &d);
cudnnStatus_t finalize_convolution(const descriptor &d);
cudnnStatus_t finalize_pointwise(const descriptor &d);
cudnnStatus_t finalize_operation(const descriptor &d);
cudnnStatus_t finalize_graph(descriptor &d);
cudnnStatus_t finalize_heuristic(descriptor &d);
cudnnStatus_t finalize_plan(descriptor &d);
cudnnStatus_t finalize_pack(const descriptor &d);

} // namespace cc_dnn

#endif
