#ifdef CC_HAVE_CUDA
#include "nets/cuda/conv_pass.h"

#include "nets/cuda/device.h"
#include "nets/needs.h"

/* No algorithm may want more scratch memory than this. */
static const size_t workspace_most = CC_NEEDS_UNKNOWN;

#define TRY_CUDNN(call) CC_TRY(cc_cudnn_status(c->cudnn, c->cudnn->call))

static cc_status describe_tensor(cc_conv_cudnn *c, cudnnTensorDescriptor_t *out, const cc_shape *shape,
                                 cudnnDataType_t type) {
    int dims[CC_RANK_MAX];
    for (int i = 0; i < shape->rank; i++) dims[i] = (int)shape->dims[i];
    TRY_CUDNN(cudnnCreateTensorDescriptor(out));
    TRY_CUDNN(cudnnSetTensorNdDescriptorEx(*out, CUDNN_TENSOR_NHWC, type, shape->rank, dims));
    return CC_OK;
}

static cc_status describe_weights(cc_conv_cudnn *c, const cc_conv_attr *a, const cc_shape *wide,
                                  const cc_shape *narrow, cudnnDataType_t type) {
    int dims[CC_RANK_MAX] = {(int)narrow->dims[1], (int)(wide->dims[1] / a->groups)},
        spatial = wide->rank - 2;
    for (int i = 0; i < spatial; i++) dims[2 + i] = (int)a->kernel[CC_SPATIAL_MAX - spatial + i];
    TRY_CUDNN(cudnnCreateFilterDescriptor(&c->weights));
    TRY_CUDNN(cudnnSetFilterNdDescriptor(c->weights, type, CUDNN_TENSOR_NHWC, wide->rank, dims));
    return CC_OK;
}

/* float32 without TF32 must be asked for. */
static cc_status describe_convolution(cc_conv_cudnn *c, const cc_conv_attr *a, int spatial, cc_dtype dtype,
                                      bool tf32) {
    int padding[CC_SPATIAL_MAX], stride[CC_SPATIAL_MAX], dilation[CC_SPATIAL_MAX];
    cudnnMathType_t math = dtype == CC_BF16 ? CUDNN_TENSOR_OP_MATH
                           : tf32           ? CUDNN_DEFAULT_MATH
                                            : CUDNN_FMA_MATH;
    for (int i = 0; i < spatial; i++) {
        int from = CC_SPATIAL_MAX - spatial + i;
        padding[i] = (int)a->padding[from];
        stride[i] = (int)a->stride[from];
        dilation[i] = (int)a->dilation[from];
    }
    TRY_CUDNN(cudnnCreateConvolutionDescriptor(&c->convolution));
    TRY_CUDNN(cudnnSetConvolutionNdDescriptor(c->convolution, spatial, padding, stride, dilation,
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    TRY_CUDNN(cudnnSetConvolutionGroupCount(c->convolution, (int)a->groups));
    TRY_CUDNN(cudnnSetConvolutionMathType(c->convolution, math));
    return CC_OK;
}

cc_status cc_conv_cudnn_init(cc_conv_cudnn *c, const cc_conv_attr *attr, const cc_shape *wide,
                             const cc_shape *narrow, cc_dtype dtype, bool tf32) {
    cudnnDataType_t type = dtype == CC_BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    *c = (cc_conv_cudnn){0};
    CC_TRY(cc_cudnn_open(&c->cudnn));
    CC_TRY(describe_tensor(c, &c->wide, wide, type));
    CC_TRY(describe_tensor(c, &c->narrow, narrow, type));
    CC_TRY(describe_weights(c, attr, wide, narrow, type));
    return describe_convolution(c, attr, wide->rank - 2, dtype, tf32);
}

void cc_conv_cudnn_deinit(cc_conv_cudnn *c) {
    if (c->wide) c->cudnn->cudnnDestroyTensorDescriptor(c->wide);
    if (c->narrow) c->cudnn->cudnnDestroyTensorDescriptor(c->narrow);
    if (c->weights) c->cudnn->cudnnDestroyFilterDescriptor(c->weights);
    if (c->convolution) c->cudnn->cudnnDestroyConvolutionDescriptor(c->convolution);
    *c = (cc_conv_cudnn){0};
}

static cudnnStatus_t workspace_of(size_t *bytes, const cc_conv_cudnn *c, cc_conv_part part, int algorithm) {
    const cc_cudnn *l = c->cudnn;
    switch (part) {
    case CC_CONV_NARROW:
        return l->cudnnGetConvolutionForwardWorkspaceSize(l->handle, c->wide, c->weights, c->convolution,
                                                          c->narrow, (cudnnConvolutionFwdAlgo_t)algorithm,
                                                          bytes);
    case CC_CONV_WIDE:
        return l->cudnnGetConvolutionBackwardDataWorkspaceSize(
            l->handle, c->weights, c->narrow, c->convolution, c->wide,
            (cudnnConvolutionBwdDataAlgo_t)algorithm, bytes);
    default:
        return l->cudnnGetConvolutionBackwardFilterWorkspaceSize(
            l->handle, c->wide, c->narrow, c->convolution, c->weights,
            (cudnnConvolutionBwdFilterAlgo_t)algorithm, bytes);
    }
}

/* Keeps an algorithm of cuDNN's list, unless it is there already (with another kind of arithmetic). */
static void consider(cc_conv_way *out, int *count, const cc_conv_cudnn *c, cc_conv_part part, int algorithm,
                     cudnnStatus_t status, bool allowed) {
    size_t bytes = 0;
    if (status != CUDNN_STATUS_SUCCESS || !allowed || *count == CC_CONV_WAYS_MAX) return;
    for (int i = 0; i < *count; i++)
        if (out[i].algorithm == algorithm) return;
    if (workspace_of(&bytes, c, part, algorithm) != CUDNN_STATUS_SUCCESS || bytes > workspace_most) return;
    out[(*count)++] = (cc_conv_way){algorithm, bytes};
}

cc_status cc_conv_cudnn_ways(cc_conv_way out[CC_CONV_WAYS_MAX], int *count, const cc_conv_cudnn *c,
                             cc_conv_part part, bool fast) {
    enum { ASKED = 16 };
    int found = 0;
    *count = 0;
    if (part == CC_CONV_NARROW) {
        cudnnConvolutionFwdAlgoPerf_t list[ASKED];
        TRY_CUDNN(cudnnGetConvolutionForwardAlgorithm_v7(c->cudnn->handle, c->wide, c->weights,
                                                         c->convolution, c->narrow, ASKED, &found, list));
        for (int i = 0; i < found; i++)
            consider(out, count, c, part, (int)list[i].algo, list[i].status,
                     fast || list[i].determinism == CUDNN_DETERMINISTIC);
    } else if (part == CC_CONV_WIDE) {
        cudnnConvolutionBwdDataAlgoPerf_t list[ASKED];
        TRY_CUDNN(cudnnGetConvolutionBackwardDataAlgorithm_v7(c->cudnn->handle, c->weights, c->narrow,
                                                              c->convolution, c->wide, ASKED, &found, list));
        for (int i = 0; i < found; i++)
            consider(out, count, c, part, (int)list[i].algo, list[i].status,
                     fast || list[i].determinism == CUDNN_DETERMINISTIC);
    } else {
        cudnnConvolutionBwdFilterAlgoPerf_t list[ASKED];
        TRY_CUDNN(cudnnGetConvolutionBackwardFilterAlgorithm_v7(
            c->cudnn->handle, c->wide, c->narrow, c->convolution, c->weights, ASKED, &found, list));
        for (int i = 0; i < found; i++)
            consider(out, count, c, part, (int)list[i].algo, list[i].status,
                     fast || list[i].determinism == CUDNN_DETERMINISTIC);
    }
    if (*count > 0) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, NULL, "use --device cpu",
                   "cuDNN has no %s algorithm for this convolution", fast ? "fast" : "deterministic");
}

const char *cc_conv_way_name(cc_conv_part part, int algorithm) {
    static const char *const names[3][8] = {
        {"implicit-gemm", "implicit-precomp-gemm", "gemm", "direct", "fft", "fft-tiling", "winograd",
         "winograd-nonfused"},
        {"data-0", "data-1", "data-fft", "data-fft-tiling", "data-winograd", "data-winograd-nonfused"},
        {"filter-0", "filter-1", "filter-fft", "filter-3", "filter-winograd", "filter-winograd-nonfused",
         "filter-fft-tiling"}};
    return algorithm >= 0 && algorithm < 8 ? names[part][algorithm] : NULL;
}

cc_status cc_conv_cudnn_run(const cc_conv_cudnn *c, cc_conv_part part, const cc_conv_way *way,
                            const cc_conv_operands *o) {
    const float one = 1, zero = 0;
    const cc_cudnn *l = c->cudnn;
    cudnnStatus_t code;
    switch (part) {
    case CC_CONV_NARROW:
        code = l->cudnnConvolutionForward(l->handle, &one, c->wide, o->wide, c->weights, o->weights,
                                          c->convolution, (cudnnConvolutionFwdAlgo_t)way->algorithm,
                                          o->workspace, way->workspace, &zero, c->narrow, o->narrow);
        break;
    case CC_CONV_WIDE:
        code = l->cudnnConvolutionBackwardData(l->handle, &one, c->weights, o->weights, c->narrow, o->narrow,
                                               c->convolution, (cudnnConvolutionBwdDataAlgo_t)way->algorithm,
                                               o->workspace, way->workspace, &zero, c->wide, o->wide);
        break;
    default:
        code =
            l->cudnnConvolutionBackwardFilter(l->handle, &one, c->wide, o->wide, c->narrow, o->narrow,
                                              c->convolution, (cudnnConvolutionBwdFilterAlgo_t)way->algorithm,
                                              o->workspace, way->workspace, &zero, c->weights, o->weights);
    }
    return cc_cudnn_status(c->cudnn, code);
}
#else
typedef int cc_conv_pass_is_absent;
#endif
