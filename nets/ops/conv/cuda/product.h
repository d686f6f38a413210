/* nets/ops/conv/cuda/product.h -- one pass of a 1x1 convolution as a matrix product of cuBLAS.
 *
 * With P pixels (N*[D*]H*W), I channels of the convolution's input and O of its output, channels last:
 *   output  [P x O] = input  [P x I]   * weights [O x I]^T   FORWARD
 *   input   [P x I] = output [P x O]   * weights [O x I]     BACKWARD_DATA
 *   weights [O x I] = output [P x O]^T * input   [P x I]     BACKWARD_WEIGHTS
 * where what is computed, and output in the last two, are gradients. A transposed convolution: see
 * cc_cuda_conv. Sums are float32 always. Weight gradients are float32 also where the plan is bf16: they go
 * where the masters' gradients lie, without a rounding to bf16 and without a kernel that converts them back.
 *
 * cublasLt rather than cublasGemmEx, as its algorithms have names that a later run can ask for, use memory of
 * ours, and may add a bias. Source: NVIDIA, cuBLAS 13: results of one version are the same at each run on the
 * same architecture with as many multiprocessors; sums split over P are added in a fixed order (2.1.4,
 * 2.1.10). */
#ifndef CC_NETS_OPS_CONV_CUDA_PRODUCT_H
#define CC_NETS_OPS_CONV_CUDA_PRODUCT_H

#include <stdbool.h>
#include "nets/backends/cuda/cublas.h"
#include "nets/ops/conv/cuda/cudnn_pass.h"

/* What is done to each output before it is rounded and written. */
typedef enum cc_product_end { CC_PRODUCT_PLAIN, CC_PRODUCT_BIAS, CC_PRODUCT_BIAS_RELU } cc_product_end;

typedef struct cc_product {
    const cc_cublas *cublas; /* NULL: there is no cuBLAS here */
    cc_pass pass;
    cc_product_end end;
    cublasLtMatmulDesc_t operation;
    cublasLtMatrixLayout_t first, second, result;
    cublasLtMatmulPreference_t preference;
} cc_product;

enum { CC_PRODUCT_WAYS_MAX = 4, CC_PRODUCT_NAME_BYTES = 128 };

typedef struct cc_product_way {
    char name[CC_PRODUCT_NAME_BYTES]; /* "gemm-VERSION-...": all that cuBLAS tells of it, no two alike */
    cublasLtMatmulAlgo_t algorithm;
    size_t workspace;
} cc_product_way;

/* Whether the convolution is a product: kernel and stride 1, one group, no padding. */
bool cc_product_fits(const cc_conv_attr *attr, const cc_shape *input, const cc_shape *output);

/* Of shapes that fit; `end` is CC_PRODUCT_PLAIN but for FORWARD. Without cuBLAS it is CC_OK, and
 * there are no ways; the caller deinits *out also where it fails. */
cc_status cc_product_init(cc_product *out, cc_pass pass, const cc_shape *input, const cc_shape *output,
                          cc_dtype dtype, bool tf32, cc_product_end end);
void cc_product_deinit(cc_product *p);

/* The ways there are, perhaps none, those first that cuBLAS thinks fastest. Where not `fast`, split sums are
 * kept in float32 until they are added. */
cc_status cc_product_ways(cc_product_way out[CC_PRODUCT_WAYS_MAX], int *count, const cc_product *p,
                          bool fast);

/* Operands are of the plan's dtype (weights that are the output: float32), on 32 bytes each, the bias
 * too; that is not looked at where the end is CC_PRODUCT_PLAIN. May be recorded. */
cc_status cc_product_run(const cc_product *p, const cc_product_way *way, const cc_conv_operands *operands);

#endif
