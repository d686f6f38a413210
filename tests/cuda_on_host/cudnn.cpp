#include "cudnn.h"

#include <stdint.h>
#include <string.h>
#include <vector>
#include "recorded.h"
#include "values.h"

struct cc_on_host_tensor {
    int type, format, rank, dims[5];
};
struct cc_on_host_filter {
    int type, format, rank, dims[5];
};
struct cc_on_host_convolution {
    int length, padding[3], stride[3], dilation[3], groups;
};

static cudnnMathType_t asked_math;

/* The scratch memory that each call asks for and fills, lest it overlaps something. */
static const size_t workspace_bytes = 1000;

static std::vector<float> read(const void *values, int64_t count, int type) {
    return cc_on_host_read(values, count, type != CUDNN_DATA_FLOAT);
}

static void set(void *values, int64_t i, double value, int type) {
    cc_on_host_set(values, i, value, type != CUDNN_DATA_FLOAT);
}

struct extent {
    int64_t d, h, w;
};
static extent extent_of(int rank, const int *dims) {
    return rank == 5 ? extent{dims[2], dims[3], dims[4]} : extent{1, dims[2], dims[3]};
}
static int64_t along(const int *values, int length, int axis) { /* of D,H,W; D is not there at rank 4 */
    return length == 3 ? values[axis] : axis == 0 ? -1 : values[axis - 1];
}

/* Calls each(x index, w index, y index, count) for every run of products of the convolution: x and w go on
 * from their indices over the input channels of a group, y stays. */
template <class F>
static void for_products(const cc_on_host_tensor &x, const cc_on_host_filter &w, const cc_on_host_tensor &y,
                         const cc_on_host_convolution &c, const F &each) {
    extent in = extent_of(x.rank, x.dims), out = extent_of(y.rank, y.dims), k = extent_of(w.rank, w.dims);
    int64_t per_in = x.dims[1] / c.groups, per_out = y.dims[1] / c.groups;
    auto place = [&](int axis, int64_t p, int64_t t) {
        int64_t stride = along(c.stride, c.length, axis), padding = along(c.padding, c.length, axis),
                dilation = along(c.dilation, c.length, axis);
        return c.length == 2 && axis == 0 ? p : p * stride - padding + t * dilation;
    };
    for (int64_t n = 0; n < y.dims[0]; n++)
        for (int64_t q = 0; q < out.d * out.h * out.w * k.d * k.h * k.w; q++) {
            int64_t t = q % (k.d * k.h * k.w), p = q / (k.d * k.h * k.w);
            int64_t d = place(0, p / (out.h * out.w), t / (k.h * k.w)),
                    h = place(1, p / out.w % out.h, t / k.w % k.h), v = place(2, p % out.w, t % k.w);
            if (d < 0 || d >= in.d || h < 0 || h >= in.h || v < 0 || v >= in.w) continue;
            int64_t x_row = ((n * in.d + d) * in.h + h) * in.w + v, y_row = n * out.d * out.h * out.w + p;
            for (int64_t o = 0; o < y.dims[1]; o++)
                each(x_row * x.dims[1] + o / per_out * per_in, (o * k.d * k.h * k.w + t) * per_in,
                     y_row * y.dims[1] + o, per_in);
        }
}

template <class D> static int64_t count_of(const D &d) {
    int64_t count = 1;
    for (int i = 0; i < d.rank; i++) count *= d.dims[i];
    return count;
}

static bool fits(const cc_on_host_tensor &x, const cc_on_host_filter &w, const cc_on_host_tensor &y,
                 const cc_on_host_convolution &c) {
    bool all = x.format == CUDNN_TENSOR_NHWC && y.format == x.format && w.format == x.format &&
               x.type == w.type && x.type == y.type && x.rank == y.rank && x.rank == w.rank &&
               c.length == x.rank - 2 && x.dims[0] == y.dims[0] && w.dims[0] == y.dims[1] &&
               w.dims[1] * c.groups == x.dims[1];
    for (int i = 0; i < c.length; i++) {
        int reach = c.dilation[i] * (w.dims[2 + i] - 1) + 1;
        all &= y.dims[2 + i] == (x.dims[2 + i] + 2 * c.padding[i] - reach) / c.stride[i] + 1;
    }
    return all;
}

/* Works out one side from the other two. */
template <class D, class F>
static cudnnStatus_t start(void *out, const D &shape, void *workspace, size_t bytes, const F &sum) {
    if (bytes != workspace_bytes || !workspace) return CUDNN_STATUS_BAD_PARAM;
    cc_on_host_start([=] {
        std::vector<double> sums((size_t)count_of(shape));
        memset(workspace, 0xff, bytes);
        sum(sums);
        for (size_t i = 0; i < sums.size(); i++) set(out, (int64_t)i, sums[i], shape.type);
    });
    return CUDNN_STATUS_SUCCESS;
}

template <class D> static cudnnStatus_t describe(D *d, int type, int format, int rank, const int dims[]) {
    *d = {type, format, rank, {}};
    memcpy(d->dims, dims, (size_t)rank * sizeof *dims);
    return CUDNN_STATUS_SUCCESS;
}

/* A non-deterministic one first, a deterministic one, and one that this convolution cannot have. */
template <class P> static cudnnStatus_t list_algorithms(int *returned, P *list) {
    *returned = 3;
    list[0] = {0, CUDNN_STATUS_SUCCESS, 1, workspace_bytes, CUDNN_NON_DETERMINISTIC, CUDNN_DEFAULT_MATH, {}};
    list[1] = {1, CUDNN_STATUS_SUCCESS, 2, workspace_bytes, CUDNN_DETERMINISTIC, CUDNN_DEFAULT_MATH, {}};
    list[2] = {2, CUDNN_STATUS_NOT_SUPPORTED, -1, 0, CUDNN_DETERMINISTIC, CUDNN_DEFAULT_MATH, {}};
    return CUDNN_STATUS_SUCCESS;
}

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) {
    *handle = (cudnnHandle_t)handle;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, void *) {
    return CUDNN_STATUS_SUCCESS;
}
size_t cudnnGetVersion() {
    return 90000;
}
const char *cudnnGetErrorString(cudnnStatus_t status) {
    return status == CUDNN_STATUS_NOT_SUPPORTED ? "not supported" : "bad parameter";
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *t) {
    *t = new cc_on_host_tensor;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t t) {
    delete t;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetTensorNdDescriptorEx(cudnnTensorDescriptor_t t, cudnnTensorFormat_t format,
                                           cudnnDataType_t type, int rank, const int dims[]) {
    return describe(t, type, format, rank, dims);
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *f) {
    *f = new cc_on_host_filter;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t f) {
    delete f;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetFilterNdDescriptor(cudnnFilterDescriptor_t f, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int rank, const int dims[]) {
    return describe(f, type, format, rank, dims);
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *c) {
    *c = new cc_on_host_convolution{};
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t c) {
    delete c;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionNdDescriptor(cudnnConvolutionDescriptor_t c, int length, const int padding[],
                                              const int stride[], const int dilation[],
                                              cudnnConvolutionMode_t mode, cudnnDataType_t compute) {
    if (mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT) return CUDNN_STATUS_BAD_PARAM;
    *c = {length, {}, {}, {}, 1};
    for (int i = 0; i < length; i++) {
        c->padding[i] = padding[i];
        c->stride[i] = stride[i];
        c->dilation[i] = dilation[i];
    }
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t c, int groups) {
    c->groups = groups;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t, cudnnMathType_t math) {
    asked_math = math;
    return CUDNN_STATUS_SUCCESS;
}
cudnnMathType_t cc_on_host_math(void) {
    return asked_math;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x,
                                                     cudnnFilterDescriptor_t w,
                                                     cudnnConvolutionDescriptor_t c,
                                                     cudnnTensorDescriptor_t y, int, int *returned,
                                                     cudnnConvolutionFwdAlgoPerf_t *list) {
    return fits(*x, *w, *y, *c) ? list_algorithms(returned, list) : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, cudnnFilterDescriptor_t w,
                                                          cudnnTensorDescriptor_t dy,
                                                          cudnnConvolutionDescriptor_t c,
                                                          cudnnTensorDescriptor_t dx, int, int *returned,
                                                          cudnnConvolutionBwdDataAlgoPerf_t *list) {
    return fits(*dx, *w, *dy, *c) ? list_algorithms(returned, list) : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x,
                                                            cudnnTensorDescriptor_t dy,
                                                            cudnnConvolutionDescriptor_t c,
                                                            cudnnFilterDescriptor_t dw, int, int *returned,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t *list) {
    return fits(*x, *dw, *dy, *c) ? list_algorithms(returned, list) : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t,
                                                      cudnnFilterDescriptor_t, cudnnConvolutionDescriptor_t,
                                                      cudnnTensorDescriptor_t, int, size_t *bytes) {
    *bytes = workspace_bytes;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t, cudnnFilterDescriptor_t,
                                                           cudnnTensorDescriptor_t,
                                                           cudnnConvolutionDescriptor_t,
                                                           cudnnTensorDescriptor_t, int, size_t *bytes) {
    *bytes = workspace_bytes;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t,
                                                             cudnnTensorDescriptor_t,
                                                             cudnnConvolutionDescriptor_t,
                                                             cudnnFilterDescriptor_t, int, size_t *bytes) {
    *bytes = workspace_bytes;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void *, cudnnTensorDescriptor_t x_desc,
                                      const void *x, cudnnFilterDescriptor_t w_desc, const void *w,
                                      cudnnConvolutionDescriptor_t c, int, void *workspace, size_t bytes,
                                      const void *, cudnnTensorDescriptor_t y_desc, void *y) {
    auto xd = *x_desc;
    auto wd = *w_desc;
    auto yd = *y_desc;
    auto cd = *c;
    return start(y, yd, workspace, bytes, [=](std::vector<double> &sums) {
        std::vector<float> xs = read(x, count_of(xd), xd.type), ws = read(w, count_of(wd), wd.type);
        for_products(xd, wd, yd, cd, [&](int64_t i, int64_t k, int64_t o, int64_t count) {
            double sum = 0;
            for (int64_t c = 0; c < count; c++) sum += (double)xs[(size_t)(i + c)] * ws[(size_t)(k + c)];
            sums[(size_t)o] += sum;
        });
    });
}
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void *, cudnnFilterDescriptor_t w_desc,
                                           const void *w, cudnnTensorDescriptor_t dy_desc, const void *dy,
                                           cudnnConvolutionDescriptor_t c, int, void *workspace, size_t bytes,
                                           const void *, cudnnTensorDescriptor_t dx_desc, void *dx) {
    auto xd = *dx_desc;
    auto wd = *w_desc;
    auto yd = *dy_desc;
    auto cd = *c;
    return start(dx, xd, workspace, bytes, [=](std::vector<double> &sums) {
        std::vector<float> ds = read(dy, count_of(yd), yd.type), ws = read(w, count_of(wd), wd.type);
        for_products(xd, wd, yd, cd, [&](int64_t i, int64_t k, int64_t o, int64_t count) {
            double d = ds[(size_t)o];
            for (int64_t c = 0; c < count; c++) sums[(size_t)(i + c)] += d * ws[(size_t)(k + c)];
        });
    });
}
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void *, cudnnTensorDescriptor_t x_desc,
                                             const void *x, cudnnTensorDescriptor_t dy_desc, const void *dy,
                                             cudnnConvolutionDescriptor_t c, int, void *workspace,
                                             size_t bytes, const void *, cudnnFilterDescriptor_t dw_desc,
                                             void *dw) {
    auto xd = *x_desc;
    auto wd = *dw_desc;
    auto yd = *dy_desc;
    auto cd = *c;
    return start(dw, wd, workspace, bytes, [=](std::vector<double> &sums) {
        std::vector<float> ds = read(dy, count_of(yd), yd.type), xs = read(x, count_of(xd), xd.type);
        for_products(xd, wd, yd, cd, [&](int64_t i, int64_t k, int64_t o, int64_t count) {
            double d = ds[(size_t)o];
            for (int64_t c = 0; c < count; c++) sums[(size_t)(k + c)] += d * xs[(size_t)(i + c)];
        });
    });
}
}
