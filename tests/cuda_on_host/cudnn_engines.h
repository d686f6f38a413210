/* tests/cuda_on_host/cudnn_engines.h -- the engines of the stand-in for cuDNN. Private to this folder. */
#ifndef CC_CUDA_ON_HOST_CUDNN_ENGINES_H
#define CC_CUDA_ON_HOST_CUDNN_ENGINES_H

#include "cudnn_graph.h"

namespace cc_dnn {

/* One way to use an engine, and the scratch memory that it then wants. */
struct setting {
    std::vector<std::pair<cudnnBackendKnobType_t, int64_t>> knobs;
    int64_t workspace;
};

struct engine {
    int number;
    std::vector<cudnnBackendNumericalNote_t> notes;
    bool compiled;
    int mantissa_bits; /* of what it multiplies; float has 23 */
    std::vector<setting> settings;
    bool (*supports)(const graph &g);

    bool varies() const { return number == CC_ON_HOST_VARYING; }
};

} // namespace cc_dnn

#endif
