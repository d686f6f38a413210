/* tests/cuda_on_host/cudnn_convolve.h -- the convolutions of the stand-in for cuDNN. Private to this folder.
 */
#ifndef CC_CUDA_ON_HOST_CUDNN_CONVOLVE_H
#define CC_CUDA_ON_HOST_CUDNN_CONVOLVE_H

#include "cudnn_graph.h"

namespace cc_dnn {

/* Values of a tensor, channels last. */
using values = std::vector<float>;

/* The step's output, of the two sides that are given, in float64 by OpenBLAS: products of matrices, whose
 * rows are the narrow side's pixels and whose columns are what each tap of the kernel reads. */
std::vector<double> convolve(const step &s, const values &x, const values &w, const values &y);

} // namespace cc_dnn

#endif
