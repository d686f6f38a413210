/* tests/cuda_on_host/cudnn_graph.h -- what a graph of the stand-in for cuDNN computes. Private to this
 * folder. */
#ifndef CC_CUDA_ON_HOST_CUDNN_GRAPH_H
#define CC_CUDA_ON_HOST_CUDNN_GRAPH_H

#include "cudnn_store.h"

namespace cc_dnn {

/* N,C,D,H,W; D is 1 at rank 4. */
enum { N, C, D, H, W, AXES };

struct tensor {
    int64_t id, alignment;
    int64_t dims[AXES], strides[AXES];
    cudnnDataType_t type;
    bool is_virtual;

    int64_t count() const { return dims[N] * dims[C] * dims[D] * dims[H] * dims[W]; }
    size_t value_bytes() const { return type == CUDNN_DATA_FLOAT ? 4 : 2; }
    /* From the first value to the end of the last. */
    int64_t reach() const;
};

/* One operation: of a convolution x is the wide side and y the narrow one, whichever of the three is worked
 * out; pointwise, w is the second operand. */
struct step {
    cudnnBackendDescriptorType_t type;
    cudnnPointwiseMode_t mode;
    tensor x, w, y;
    int64_t padding[AXES], stride[AXES], dilation[AXES];
    int64_t after[AXES]; /* padding at the other end */

    bool is_pointwise() const { return type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR; }
    bool has_operand() const { return !is_pointwise() || mode == CUDNN_POINTWISE_ADD; }
    int64_t groups() const { return x.dims[C] / w.dims[C]; }
    const tensor &output() const;
    std::vector<const tensor *> inputs() const;
};

struct graph {
    std::vector<step> steps;
};

} // namespace cc_dnn

#endif
