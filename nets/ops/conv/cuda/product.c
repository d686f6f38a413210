/* nets/ops/conv/cuda/product.c -- 1x1 convolutions as products of cublasLt, whose algorithms are listed,
 * named by all that cuBLAS tells of them, and run one by one, as cuDNN's engines are. */
#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/product.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "nets/backends/cuda/device.h"

/* What NVIDIA advises for cards of compute capability 9.0. */
static const uint64_t workspace_most = 32 << 20;
/* Of operands: what the bf16 copy of a parameter keeps. */
enum { ALIGNMENT = 32 };

#define TRY_CUBLAS(call) CC_TRY(cc_cublas_status(p->cublas, p->cublas->call))

/* Without padding, extents stay as they are only where the kernel is 1, and the stride too or the extent. */
bool cc_product_fits(const cc_conv_attr *a, const cc_shape *input, const cc_shape *output) {
    bool fits = a->groups == 1 && cc_shape_count(input) / input->dims[1] <= INT32_MAX;
    for (int i = 0; i < CC_SPATIAL_MAX; i++) fits &= a->padding[i] == 0;
    for (int i = 0; i < input->rank; i++) fits &= i == 1 || input->dims[i] == output->dims[i];
    return fits;
}

/* cuBLAS stores by columns: to it, P x C values, channels last, are a matrix of C rows and P columns, the
 * weights one of I rows and O columns, and each product is transposed. */
static cc_status lay_out(cc_product *p, const cc_shape *input, const cc_shape *output, cudaDataType_t type) {
    uint64_t in = (uint64_t)input->dims[1], out = (uint64_t)output->dims[1],
             pixels = (uint64_t)cc_shape_count(input) / in;
    cublasLtMatrixLayout_t *of_input = p->pass == CC_PASS_BACKWARD_DATA      ? &p->result
                                       : p->pass == CC_PASS_BACKWARD_WEIGHTS ? &p->first
                                                                             : &p->second,
                           *of_output = p->pass == CC_PASS_FORWARD ? &p->result : &p->second,
                           *of_weights = p->pass == CC_PASS_BACKWARD_WEIGHTS ? &p->result : &p->first;
    cudaDataType_t weights = p->pass == CC_PASS_BACKWARD_WEIGHTS ? CUDA_R_32F : type;
    TRY_CUBLAS(cublasLtMatrixLayoutCreate(of_input, type, in, pixels, (int64_t)in));
    TRY_CUBLAS(cublasLtMatrixLayoutCreate(of_output, type, out, pixels, (int64_t)out));
    TRY_CUBLAS(cublasLtMatrixLayoutCreate(of_weights, weights, in, out, (int64_t)in));
    return CC_OK;
}

/* The bias's address is part of the operation: set before each run. */
static cc_status set_bias(const cc_product *p, const void *bias) {
    TRY_CUBLAS(
        cublasLtMatmulDescSetAttribute(p->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias));
    return CC_OK;
}

/* In cuBLAS's columns: FORWARD weights^T * input, BACKWARD_DATA weights * output, BACKWARD_WEIGHTS input *
 * output^T. */
static cc_status describe_operation(cc_product *p, bool tf32) {
    int32_t first = p->pass == CC_PASS_FORWARD ? CUBLAS_OP_T : CUBLAS_OP_N,
            second = p->pass == CC_PASS_BACKWARD_WEIGHTS ? CUBLAS_OP_T : CUBLAS_OP_N;
    uint32_t end = p->end == CC_PRODUCT_BIAS_RELU ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
    TRY_CUBLAS(cublasLtMatmulDescCreate(
        &p->operation, tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F));
    TRY_CUBLAS(
        cublasLtMatmulDescSetAttribute(p->operation, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first));
    TRY_CUBLAS(
        cublasLtMatmulDescSetAttribute(p->operation, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second));
    if (p->end == CC_PRODUCT_PLAIN) return CC_OK;
    TRY_CUBLAS(cublasLtMatmulDescSetAttribute(p->operation, CUBLASLT_MATMUL_DESC_EPILOGUE, &end, sizeof end));
    return set_bias(p, (const void *)(uintptr_t)ALIGNMENT); /* of which cuBLAS looks at the alignment alone */
}

/* What algorithms must make do with: our workspace and our alignment. */
static cc_status prefer(cc_product *p) {
    static const cublasLtMatmulPreferenceAttributes_t alignments[] = {
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES};
    uint32_t alignment = ALIGNMENT;
    TRY_CUBLAS(cublasLtMatmulPreferenceCreate(&p->preference));
    TRY_CUBLAS(cublasLtMatmulPreferenceSetAttribute(p->preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                    &workspace_most, sizeof workspace_most));
    for (int i = 0; i < 4; i++)
        TRY_CUBLAS(
            cublasLtMatmulPreferenceSetAttribute(p->preference, alignments[i], &alignment, sizeof alignment));
    return CC_OK;
}

cc_status cc_product_init(cc_product *p, cc_pass pass, const cc_shape *input, const cc_shape *output,
                          cc_dtype dtype, bool tf32, cc_product_end end) {
    *p = (cc_product){.pass = pass, .end = end};
    cc_status status = cc_cublas_open(&p->cublas);
    if (status != CC_OK) p->cublas = NULL;
    if (status == CC_ENOTFOUND) {
        cc_error_clear();
        return CC_OK;
    }
    CC_TRY(status);
    CC_TRY(lay_out(p, input, output, dtype == CC_BF16 ? CUDA_R_16BF : CUDA_R_32F));
    CC_TRY(describe_operation(p, dtype == CC_F32 && tf32));
    return prefer(p);
}

void cc_product_deinit(cc_product *p) {
    if (p->first) p->cublas->cublasLtMatrixLayoutDestroy(p->first);
    if (p->second) p->cublas->cublasLtMatrixLayoutDestroy(p->second);
    if (p->result) p->cublas->cublasLtMatrixLayoutDestroy(p->result);
    if (p->operation) p->cublas->cublasLtMatmulDescDestroy(p->operation);
    if (p->preference) p->cublas->cublasLtMatmulPreferenceDestroy(p->preference);
    *p = (cc_product){0};
}

/* Other versions of cuBLAS may mean something else by the same numbers. */
static cc_status name_way(cc_product_way *way, const cc_product *p) {
    static const struct {
        cublasLtMatmulAlgoConfigAttributes_t attribute;
        size_t bytes;
    } fields[] = {{CUBLASLT_ALGO_CONFIG_ID, 4},
                  {CUBLASLT_ALGO_CONFIG_TILE_ID, 4},
                  {CUBLASLT_ALGO_CONFIG_STAGES_ID, 4},
                  {CUBLASLT_ALGO_CONFIG_SPLITK_NUM, 4},
                  {CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, 4},
                  {CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, 4},
                  {CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, 4},
                  {CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, 2},
                  {CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, 2}};
    size_t at = (size_t)snprintf(way->name, sizeof way->name, "gemm-%zu", p->cublas->cublasLtGetVersion());
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t written;
        union {
            uint32_t bits_32;
            uint16_t bits_16;
        } value = {0};
        TRY_CUBLAS(cublasLtMatmulAlgoConfigGetAttribute(&way->algorithm, fields[i].attribute, &value,
                                                        fields[i].bytes, &written));
        if (at < sizeof way->name)
            at += (size_t)snprintf(way->name + at, sizeof way->name - at, "%c%u", i ? '.' : '-',
                                   fields[i].bytes == 2 ? value.bits_16 : value.bits_32);
    }
    return CC_OK;
}

/* Names one that cuBLAS found; it is kept if it fits into the workspace and no other has its name. */
static cc_status consider(cc_product_way *out, int *count, const cc_product *p,
                          const cublasLtMatmulHeuristicResult_t *found) {
    cc_product_way *way = &out[*count];
    if (found->state != CUBLAS_STATUS_SUCCESS || found->workspaceSize > workspace_most) return CC_OK;
    way->algorithm = found->algo;
    way->workspace = cc_conv_workspace_bytes(found->workspaceSize);
    CC_TRY(name_way(way, p));
    for (int i = 0; i < *count; i++)
        if (strcmp(out[i].name, way->name) == 0) return CC_OK;
    (*count)++;
    return CC_OK;
}

cc_status cc_product_ways(cc_product_way out[CC_PRODUCT_WAYS_MAX], int *count, const cc_product *p,
                          bool fast) {
    enum { ASKED = 8 };
    cublasLtMatmulHeuristicResult_t found[ASKED];
    /* Split sums: by any scheme where fast; else kept in float32 in the workspace until they are added. */
    uint32_t sums = fast ? CUBLASLT_REDUCTION_SCHEME_MASK : CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    int returned = 0;
    *count = 0;
    if (!p->cublas) return CC_OK;
    TRY_CUBLAS(cublasLtMatmulPreferenceSetAttribute(p->preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                                    &sums, sizeof sums));
    cublasStatus_t code = p->cublas->cublasLtMatmulAlgoGetHeuristic(p->cublas->handle, p->operation, p->first,
                                                                    p->second, p->result, p->result,
                                                                    p->preference, ASKED, found, &returned);
    if (code == CUBLAS_STATUS_NOT_SUPPORTED) return CC_OK;
    CC_TRY(cc_cublas_status(p->cublas, code));
    for (int i = 0; i < returned && *count < CC_PRODUCT_WAYS_MAX; i++)
        CC_TRY(consider(out, count, p, &found[i]));
    return CC_OK;
}

cc_status cc_product_run(const cc_product *p, const cc_product_way *way, const cc_conv_operands *o) {
    const float one = 1, zero = 0;
    const void *first = p->pass == CC_PASS_BACKWARD_WEIGHTS ? o->input : o->weights,
               *second = p->pass == CC_PASS_FORWARD ? o->input : o->output;
    void *result = p->pass == CC_PASS_FORWARD         ? o->output
                   : p->pass == CC_PASS_BACKWARD_DATA ? o->input
                                                      : o->weights;
    size_t bytes = way->workspace ? way->workspace - (CC_CONV_WORKSPACE_ALIGNMENT - 1) : 0;
    void *workspace = bytes ? cc_conv_workspace(o) : NULL;
    if (p->end != CC_PRODUCT_PLAIN) CC_TRY(set_bias(p, o->bias));
    TRY_CUBLAS(cublasLtMatmul(p->cublas->handle, p->operation, &one, first, p->first, second, p->second,
                              &zero, result, p->result, result, p->result, &way->algorithm, workspace, bytes,
                              (cudaStream_t)cc_cuda_stream()));
    return CC_OK;
}
#else
typedef int cc_product_is_absent;
#endif
