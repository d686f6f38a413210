/* tests/cuda_on_host/cublas.cpp -- cublasLt's products of matrices as loops of the host. */
#include "cublasLt.h"

#include <algorithm>
#include "recorded.h"
#include "values.h"

struct cc_on_host_matrix {
    int type;
    int64_t rows, columns; /* by columns, one after another */
};
struct cc_on_host_product {
    int32_t transposed[2]; /* the first, the second operand */
    uint32_t end;
    const void *bias;
};
struct cc_on_host_preference {
    uint64_t workspace;
    uint32_t reductions, alignments[4];
};

/* What stands in an algorithm, in the order of its attributes; then the workspace that it wants and how its
 * operands must lie. */
enum { ATTRIBUTES = 9 };
struct algorithm {
    uint16_t attributes[ATTRIBUTES];
    uint16_t workspace, alignment;
};

static bool hidden;
static cublasComputeType_t asked_compute;

static cublasStatus_t valid(bool is) {
    return is ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

template <class V> static cublasStatus_t take(V *to, const void *value, size_t bytes) {
    if (!value || bytes != sizeof *to) return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(to, value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

static bool lies_on(const void *memory, uintptr_t alignment) {
    return memory && (uintptr_t)memory % alignment == 0;
}

static bool has_bias(const cc_on_host_product &p) {
    return p.end & CUBLASLT_EPILOGUE_BIAS;
}

/* The inner extent of op(a) op(b) = d, 0 where they do not fit each other. */
static int64_t inner(const cc_on_host_product &p, const cc_on_host_matrix &a, const cc_on_host_matrix &b,
                     const cc_on_host_matrix &d) {
    bool ta = p.transposed[0] == CUBLAS_OP_T, tb = p.transposed[1] == CUBLAS_OP_T;
    int64_t k = ta ? a.rows : a.columns;
    bool fits = (ta ? a.columns : a.rows) == d.rows && (tb ? b.rows : b.columns) == d.columns &&
                (tb ? b.columns : b.rows) == k && a.type == b.type &&
                (d.type == a.type || (a.type == CUDA_R_16BF && d.type == CUDA_R_32F));
    return fits ? k : 0;
}

static void multiply(const cc_on_host_product &p, const void *a, const cc_on_host_matrix &am, const void *b,
                     const cc_on_host_matrix &bm, void *d, const cc_on_host_matrix &dm) {
    bool ta = p.transposed[0] == CUBLAS_OP_T, tb = p.transposed[1] == CUBLAS_OP_T,
         half = dm.type == CUDA_R_16BF;
    int64_t depth = inner(p, am, bm, dm);
    std::vector<float> as = cc_on_host_read(a, am.rows * am.columns, am.type == CUDA_R_16BF),
                       bs = cc_on_host_read(b, bm.rows * bm.columns, bm.type == CUDA_R_16BF), bias;
    if (has_bias(p)) bias = cc_on_host_read(p.bias, dm.rows, half);
    for (int64_t j = 0; j < dm.columns; j++)
        for (int64_t i = 0; i < dm.rows; i++) {
            double sum = has_bias(p) ? bias[(size_t)i] : 0;
            for (int64_t k = 0; k < depth; k++)
                sum += (double)as[(size_t)(ta ? i * am.rows + k : k * am.rows + i)] *
                       bs[(size_t)(tb ? k * bm.rows + j : j * bm.rows + k)];
            if (p.end == CUBLASLT_EPILOGUE_RELU_BIAS) sum = std::max(sum, 0.0);
            cc_on_host_set(d, j * dm.rows + i, sum, half);
        }
}

extern "C" {

bool cc_on_host_has_cublas() {
    return !hidden;
}
void cc_on_host_hide_cublas(bool hide) {
    hidden = hide;
}
cublasComputeType_t cc_on_host_compute() {
    return asked_compute;
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
    *handle = (cublasLtHandle_t)handle;
    return CUBLAS_STATUS_SUCCESS;
}
size_t cublasLtGetVersion() {
    return 130000;
}
const char *cublasLtGetStatusString(cublasStatus_t status) {
    return status == CUBLAS_STATUS_NOT_SUPPORTED ? "not supported" : "an unsupported value or parameter";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *p, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
    asked_compute = compute;
    *p = new cc_on_host_product{{CUBLAS_OP_N, CUBLAS_OP_N}, CUBLASLT_EPILOGUE_DEFAULT, nullptr};
    return valid(scale == CUDA_R_32F);
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t p) {
    delete p;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t p,
                                              cublasLtMatmulDescAttributes_t attribute, const void *value,
                                              size_t bytes) {
    switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
        return take(&p->transposed[0], value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
        return take(&p->transposed[1], value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
        return take(&p->end, value, bytes);
    default:
        return take(&p->bias, value, bytes);
    }
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *m, cudaDataType_t type, uint64_t rows,
                                          uint64_t columns, int64_t leading) {
    *m = new cc_on_host_matrix{type, (int64_t)rows, (int64_t)columns};
    return valid(leading == (int64_t)rows && rows && columns && rows <= INT32_MAX && columns <= INT32_MAX);
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t m) {
    delete m;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *p) {
    *p = new cc_on_host_preference{0, CUBLASLT_REDUCTION_SCHEME_MASK, {256, 256, 256, 256}};
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) {
    delete p;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t p,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void *value, size_t bytes) {
    switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
        return take(&p->workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
        return take(&p->reductions, value, bytes);
    default:
        return take(&p->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value, bytes);
    }
}

/* One that adds in place; one that splits nothing, twice; one that keeps its parts in the workspace; one that
 * this product cannot have. */
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t p,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int asked,
                                              cublasLtMatmulHeuristicResult_t list[], int *returned) {
    uint16_t alignment = (uint16_t)*std::min_element(preference->alignments, preference->alignments + 4);
    const algorithm all[] = {
        {{9, 15, 2, CUBLASLT_REDUCTION_SCHEME_INPLACE, 0, 0, 5, 0, 2}, 1000, alignment},
        {{66, 20, 1, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 0, 5, 3, 2}, 0, alignment},
        {{66, 20, 1, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 0, 5, 3, 2}, 0, alignment},
        {{66, 20, 3, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, 1, 0, 5, 3, 2}, 999, alignment},
        {{67, 20, 1, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 0, 5, 3, 2}, 0, alignment}};
    if (!inner(*p, *a, *b, *d) || c != d || asked < 1 || (has_bias(*p) && !lies_on(p->bias, 16)))
        return CUBLAS_STATUS_INVALID_VALUE;
    *returned = 0;
    for (const algorithm &each : all) {
        uint16_t scheme = each.attributes[CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME];
        if ((scheme && !(scheme & preference->reductions)) || each.workspace > preference->workspace)
            continue;
        if (*returned == asked) break;
        list[*returned] = {{}, each.workspace, CUBLAS_STATUS_SUCCESS, 1, {}};
        memcpy(&list[*returned].algo, &each, sizeof each);
        if (each.attributes[CUBLASLT_ALGO_CONFIG_ID] == 67)
            list[*returned].state = CUBLAS_STATUS_NOT_SUPPORTED;
        ++*returned;
    }
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *chosen,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    void *value, size_t bytes, size_t *written) {
    algorithm a;
    memcpy(&a, chosen, sizeof a);
    uint16_t narrow = a.attributes[attribute];
    uint32_t wide = narrow;
    *written = attribute < CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID ? sizeof wide : sizeof narrow;
    if (bytes != *written) return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(value, bytes == sizeof wide ? (void *)&wide : (void *)&narrow, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t p, const void *alpha, const void *a,
                              cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout,
                              const void *beta, const void *c, cublasLtMatrixLayout_t c_layout, void *d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t *chosen,
                              void *workspace, size_t bytes, cudaStream_t) {
    auto product = *p;
    auto am = *a_layout, bm = *b_layout, dm = *d_layout;
    algorithm how;
    memcpy(&how, chosen, sizeof how);
    bool lie = lies_on(a, how.alignment) && lies_on(b, how.alignment) && lies_on(d, how.alignment) &&
               (!has_bias(product) || lies_on(product.bias, how.alignment)) &&
               (!how.workspace || lies_on(workspace, 256));
    if (!lie || !inner(product, am, bm, dm) || bytes < how.workspace || *(const float *)alpha != 1 ||
        *(const float *)beta != 0 || c != d || c_layout != d_layout)
        return CUBLAS_STATUS_INVALID_VALUE;
    cc_on_host_start([=] {
        if (how.workspace) memset(workspace, 0xff, how.workspace);
        multiply(product, a, am, b, bm, d, dm);
    });
    return CUBLAS_STATUS_SUCCESS;
}
}
